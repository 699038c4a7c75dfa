import Evaluation
import Experiments
import Metrics

/// Which rows of a table cannot be told from the best of their column: each row against the best within its data.
///
/// Models that were trained once a seed are compared by a bootstrap of two levels, seeds and then people, the same draws for both
/// (`PairedBootstrap`); fold-wise trained ones by the corrected resampled t-test over folds. A row without randomness is the same at every seed. The
/// ceiling is no method, and published figures are of other data: neither is compared. Two-sided p-values are corrected by Holm over all
/// comparisons of the table.
struct TableComparisons: Encodable {
  /// How rows are compared.
  enum Test: String, Encodable {
    case pairedBootstrap = "paired bootstrap: seeds, then people"
    case correctedResampledT = "corrected resampled t-test over folds (Nadeau and Bengio)"
  }

  /// A row against the best of one column.
  struct Comparison: Encodable, Equatable {
    var dataset: String
    /// In a table of several protocols.
    var `protocol`: String?
    var metric: String
    /// The places of the row and of the best among all rows.
    var row: Int
    var best: Int
    /// The row's number less the best's, with its interval at `level`.
    var difference: Double
    var lower: Double
    var upper: Double
    var p: Double
    /// After Holm's correction.
    var correctedP: Double
    /// Whether `correctedP` ≤ 1 − `level`.
    var isTold: Bool
    /// Seeds that both have; nil where neither is trained.
    var commonSeeds: Int?
  }

  let test: Test
  let level: Double
  /// Resamples of people; nil for fold-wise models.
  let replicates: Int?
  /// n_test/n_train of the t-test, by dataset; in a table of several protocols by dataset and protocol.
  let testToTraining: [String: Double]?
  let comparisons: [Comparison]
  /// Metrics of which no row could be compared, for want of resamples.
  let notCompared: [String]
  /// The best row of each column and dataset.
  private let bests: [Place: Int]

  private struct Place: Hashable {
    var dataset: String
    var test: String
    var metric: String
  }

  private enum CodingKeys: String, CodingKey {
    case test, level, replicates, testToTraining, comparisons, notCompared
  }

  /// Of columns that each hold a number of a test.
  init(_ results: ExperimentResults, _ columns: [(test: BoundTest, metric: TableMetric)]) {
    let tests = Set(columns.map(\.test.name))
    let isFoldwise = results.experiment.definition.data.isFoldwise
    let level = columns.first?.test.intervalSettings?.level ?? 0.95
    var ratios: [String: Double] = [:]
    var bests: [Place: Int] = [:]
    var found: [Comparison] = []
    var attempts: [String: (tried: Int, made: Int)] = [:]
    for dataset in results.experiment.datasets {
      for (test, metric) in columns {
        let ratio = isFoldwise ? dataset.testToTraining(test.name) : nil
        if isFoldwise { ratios[tests.count > 1 ? "\(dataset.name), \(test.name)" : dataset.name] = ratio }
        let rivals = results.rows.indices.filter { place in
          let row = results.rows[place]
          return row.row.dataset == dataset.name && row.row.kind != .ceiling
            && metric.mean(row.outcomes(test.name)) != nil
        }
        guard rivals.count > 1, let best = metric.best(of: rivals, results, test.name) else { continue }
        bests[Place(dataset: dataset.name, test: test.name, metric: metric.name)] = best
        for row in rivals where row != best {
          attempts[metric.name, default: (0, 0)].tried += 1
          let pair = OutcomePair(
            results.rows[row].outcomes(test.name), results.rows[best].outcomes(test.name))
          let difference =
            isFoldwise
            ? pair.foldwise(metric.numberName, testToTraining: ratio ?? 0, level: level)
            : pair.resampled(metric.numberName, level: level)
          guard let difference else { continue }
          attempts[metric.name, default: (0, 0)].made += 1
          found.append(
            Comparison(
              dataset: dataset.name, protocol: tests.count > 1 ? test.name : nil, metric: metric.name,
              row: row, best: best, difference: difference.value, lower: difference.lower,
              upper: difference.upper, p: difference.p, correctedP: difference.p,
              isTold: false, commonSeeds: pair.seeds))
        }
      }
    }
    for (place, corrected) in holmCorrected(found.map(\.p)).enumerated() {
      found[place].correctedP = corrected
      found[place].isTold = corrected <= 1 - level
    }
    self.test = isFoldwise ? .correctedResampledT : .pairedBootstrap
    self.level = level
    replicates = isFoldwise ? nil : columns.first?.test.intervalSettings?.replicates
    testToTraining = isFoldwise ? ratios : nil
    comparisons = found
    var names: [String] = []
    for name in columns.map(\.metric.name) where !names.contains(name) { names.append(name) }
    notCompared = names.filter { name in attempts[name].map { $0.tried > 0 && $0.made == 0 } ?? false }
    self.bests = bests
  }

  /// What is said of a cell: that its row is the best, or how it compares with the best; nil where nothing is.
  func comparison(row: Int, dataset: String, test: String, metric: TableMetric) -> TableCell.Comparison? {
    if bests[Place(dataset: dataset, test: test, metric: metric.name)] == row { return .best }
    guard
      let known = comparisons.first(where: {
        $0.row == row && $0.dataset == dataset && $0.metric == metric.name
          && $0.protocol.map { $0 == test } ?? true
      })
    else { return nil }
    return known.isTold ? .told(correctedP: known.correctedP) : .notTold(correctedP: known.correctedP)
  }

  /// What a cell that cannot be told from the best is marked with.
  static let mark = TableCell.Mark("≈", meaning: "not told from the best of its column; see Comparisons")

  /// What stands under the table.
  var footnotes: [String] {
    var notes: [String] = []
    if !comparisons.isEmpty {
      let alpha = NumberText.fixed(1 - level, decimals: 2)
      let how =
        switch test {
        case .pairedBootstrap:
          "paired bootstrap of two levels (common seeds, then people, the same draws for both; \(replicates ?? 0) replicates; "
            + "p of a normal distribution with the bootstrap's standard error)"
        case .correctedResampledT:
          "corrected resampled t-test of Nadeau and Bengio over the folds, seeds averaged in each "
            + "(test to training images \(ratiosInWords))"
        }
      notes.append(
        "Comparisons: each row with the best of its column (bold, within its data) by a \(how), two-sided; told from it where "
          + "p ≤ \(alpha) after Holm's correction over the \(comparisons.count) comparisons of the table. The ceiling and published figures "
          + "are not compared.")
      let seeds = comparisons.compactMap(\.commonSeeds)
      if let fewest = seeds.min(), fewest == 1 {
        notes.append("Comparisons of one seed: the spread between trainings is unknown and not covered.")
      }
    }
    if !notCompared.isEmpty {
      notes.append(
        "Not compared, because people are not resampled for it: \(notCompared.joined(separator: ", ")).")
    }
    return notes
  }

  private var ratiosInWords: String {
    (testToTraining ?? [:]).sorted { $0.key < $1.key }.map {
      "\($0.key) \(NumberText.fixed($0.value, decimals: 3))"
    }
    .joined(separator: ", ")
  }
}

extension ExperimentResults.Row {
  /// The outcomes of the seeds that are finished.
  func outcomes(_ protocolName: String) -> [ExperimentResults.Outcome] {
    entries[protocolName]?.outcomes ?? []
  }
}

extension TableMetric {
  /// The first of the rows with the best mean.
  fileprivate func best(of rows: [Int], _ results: ExperimentResults, _ protocolName: String) -> Int? {
    let means = rows.map { mean(results.rows[$0].outcomes(protocolName)) }
    return zip(rows, means).first { _, own in
      guard let own else { return false }
      return means.allSatisfy { $0.map { isAtLeastAsGood(own, $0) } ?? true }
    }?.0
  }
}
