import Learning

/// One row of an experiment's tables: what is the same for all seeds and folds.
public struct GridRow: Sendable, Hashable {
  public var kind: RunSpecification.Kind
  /// The block of rows: the name of the world or store.
  public var dataset: String
  /// The network's name; empty for untrained and ceiling rows.
  public var network: String
  /// The loss with the options that tell it apart.
  public var loss: String
  public var mechanism: String
  public var sampler: String
  /// What tells its training from that of other rows; empty where all train alike.
  public var recipe: String = ""
  /// What is trained; nil for untrained and ceiling rows.
  public var method: Method?
  /// Why the row cannot be trained; nil where it can.
  public var unsupportedReason: String?

  /// A loss trained by a mechanism.
  public struct Method: Sendable, Hashable {
    public var loss: LossConfiguration
    public var mechanism: MechanismConfiguration
  }

  /// The row in one line.
  public var label: String {
    switch kind {
    case .untrained: "untrained (features as stored)"
    case .ceiling: "ceiling (Bayes oracle)"
    case .trained: [loss, mechanism, network, sampler, recipe].filter { !$0.isEmpty }.joined(separator: ", ")
    }
  }
}

/// One run of a row: a seed, and for fold-wise data a fold.
public struct GridRun: Sendable {
  public var row: GridRow
  public var specification: RunSpecification
  public var identity: RunIdentity
  /// Nil for runs without randomness.
  public var seed: UInt64?
  public var fold: Int?
  /// The index of the dataset.
  public var dataset: Int
}

/// All runs of an experiment, in the order of its tables.
public struct Grid: Sendable {
  public let rows: [GridRow]
  public let runs: [GridRun]

  public init(_ definition: ExperimentDefinition, datasets: [BoundDataset]) throws {
    var rows: [GridRow] = []
    var runs: [GridRun] = []
    for (index, dataset) in datasets.enumerated() {
      let identities = dataset.trainingIdentities
      for kind in [RunSpecification.Kind.untrained, .ceiling] {
        if kind == .ceiling && !dataset.tests.contains(where: { $0.oracle != nil }) { continue }
        let row = GridRow(
          kind: kind, dataset: dataset.name, network: "", loss: "", mechanism: "", sampler: "")
        rows.append(row)
        let specification = RunSpecification(kind: kind, store: dataset.digest)
        runs.append(
          GridRun(
            row: row, specification: specification,
            identity: try RunIdentity(of: specification, prefix: "\(kind.rawValue)-\(dataset.name)"),
            dataset: index))
      }
      for cell in Self.cells(definition) {
        var row = GridRow(
          kind: .trained, dataset: dataset.name, network: cell.network.name,
          loss: cell.loss.label(among: definition.losses),
          mechanism: cell.mechanism.label(among: definition.mechanisms),
          sampler: definition.samplers.count > 1 ? cell.sampler?.rawValue ?? "" : "",
          recipe: cell.recipe.label(among: definition.recipes),
          method: GridRow.Method(loss: cell.loss, mechanism: cell.mechanism))
        row.unsupportedReason = cell.configuration(seed: 0).unsupportedReason(
          inputs: dataset.features.columns, classes: identities)
        rows.append(row)
        if row.unsupportedReason != nil { continue }
        for seed in definition.seeds {
          for fold in dataset.trainingRows.map({ rows in rows.indices.map { $0 as Int? } }) ?? [nil] {
            let specification = RunSpecification.trained(
              cell.configuration(seed: seed), store: dataset.digest, rows: dataset.rows(fold: fold),
              validation: dataset.validation(fold: fold))
            let prefix = [
              dataset.name, cell.network.name, cell.loss.name, cell.mechanism.name, "seed\(seed)",
              fold.map { "fold\($0 + 1)" } ?? "",
            ]
            runs.append(
              GridRun(
                row: row, specification: specification,
                identity: try RunIdentity(of: specification, prefix: prefix.joined(separator: " ")),
                seed: seed, fold: fold, dataset: index))
          }
        }
      }
    }
    self.rows = rows
    self.runs = runs
  }

  /// Everything that runs of an experiment train, whatever their data.
  static func configurations(_ definition: ExperimentDefinition) -> [TrainingConfiguration] {
    cells(definition).flatMap { cell in definition.seeds.map { cell.configuration(seed: $0) } }
  }

  /// What is trained on each dataset, in the order of the rows.
  private static func cells(_ definition: ExperimentDefinition) -> [Cell] {
    definition.networks.flatMap { network in
      definition.losses.flatMap { loss in
        definition.mechanisms.flatMap { mechanism in
          definition.samplers.flatMap { sampler in
            definition.recipes.map { recipe in
              Cell(
                network: network, loss: loss, mechanism: mechanism, sampler: sampler, recipe: recipe,
                checkpoint: definition.checkpoint)
            }
          }
        }
      }
    }
  }

  /// A point of the product that the grid is.
  private struct Cell {
    var network: ExperimentDefinition.NamedNetwork
    var loss: LossConfiguration
    var mechanism: MechanismConfiguration
    var sampler: SamplerConfiguration?
    var recipe: TrainingRecipe
    var checkpoint: CheckpointChoice

    func configuration(seed: UInt64) -> TrainingConfiguration {
      TrainingConfiguration(
        network: network.configuration, loss: loss, mechanism: mechanism, optimizer: recipe.optimizer,
        schedule: recipe.schedule, sampler: sampler, batch: recipe.batch, steps: recipe.steps, seed: seed,
        checkpoint: checkpoint.rule, validateEvery: checkpoint.every,
        gradientSkipping: recipe.gradientSkipping)
    }
  }
}

extension MethodConfiguration {
  /// The title, with the options that differ from another configuration of the same name in `all`.
  func label(among all: [MethodConfiguration]) -> String {
    let namesakes = all.filter { $0.name == name }
    let telling = options.values.keys.sorted().filter { key in
      Set(namesakes.map { $0.options.values[key] }).count > 1
    }
    guard !telling.isEmpty else { return title }
    let parts = telling.compactMap { key in options.values[key].map { "\(key) \($0)" } }
    return "\(title) (\(parts.joined(separator: ", ")))"
  }
}
