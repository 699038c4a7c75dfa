import Experiments

/// The leading columns of a table of rows: those in which rows differ.
struct RowColumns {
  let headers: [String]
  private let hasDataset: Bool
  private let hasMechanism: Bool
  private let hasNetwork: Bool
  private let hasSampler: Bool
  private let hasRecipe: Bool
  /// Whether the oracle knows of an image what methods need not see. It is so for all sets of a world or for none.
  private let oracleKnowsAttributes: Bool

  /// Without mechanisms where these are columns themselves.
  init(_ experiment: BoundExperiment, hasMechanism: Bool = true) {
    self.hasMechanism = hasMechanism
    oracleKnowsAttributes = experiment.datasets.contains { dataset in
      dataset.tests.contains { $0.oracle?.knowsAttributes ?? false }
    }
    hasDataset = experiment.datasets.count > 1
    hasNetwork = experiment.definition.networks.count > 1
    hasSampler = experiment.definition.samplers.count > 1
    hasRecipe = experiment.definition.recipes.count > 1
    headers =
      (hasDataset ? ["Data"] : []) + ["Method"] + (hasMechanism ? ["Mechanism"] : [])
      + (hasNetwork ? ["Network"] : [])
      + (hasSampler ? ["Sampler"] : []) + (hasRecipe ? ["Training"] : [])
  }

  /// The cells of a row, or of `count` rows that differ in their loss.
  func cells(_ row: GridRow, of count: Int) -> [TableCell] {
    let method =
      switch row.kind {
      case .untrained: "untrained (features as stored)"
      case .ceiling:
        oracleKnowsAttributes ? "ceiling (oracle with known quality)" : "ceiling (Bayes oracle)"
      case .trained: count == 1 ? row.loss : "\(count) losses"
      }
    let texts =
      (hasDataset ? [row.dataset] : []) + [method] + (hasMechanism ? [row.mechanism] : [])
      + (hasNetwork ? [row.network] : [])
      + (hasSampler ? [row.sampler] : []) + (hasRecipe ? [row.recipe] : [])
    return texts.map { .text($0) }
  }
}
