import Evaluation
import Experiments
import FeatureStores
import Foundation
import Metrics

/// The table of one protocol: a row for each row of the grid. For comparisons of images or templates accuracy, AUC, EER and TAR at the protocol's FARs, for
/// searches the identification rates and the rates at its targets.
struct VerificationTable {
  let table: ReportTable
  let export: Export

  /// Every number behind the table, seed by seed, with its operating points: `PROTOCOL.json`.
  struct Export: Encodable {
    struct Row: Encodable {
      var kind: RunSpecification.Kind
      var dataset: String
      var network: String
      var loss: String
      var mechanism: String
      var sampler: String
      /// What tells its training from that of other rows, where rows differ in it.
      var training: String?
      var gap: String?
      var outcomes: [Outcome]
    }

    struct Outcome: Encodable {
      var seed: UInt64?
      var accuracy: Double?
      var auc: Double?
      var eer: Double?
      var tar: [Target]
      /// For searches, in the order of `rateNames`.
      var rates: [ExperimentResults.Outcome.Rate]?
      /// Over resamples of people, where these are known.
      var intervals: [Interval]?
    }

    /// What resamples of people say of a number.
    struct Interval: Encodable {
      var number: String
      var estimate: Double?
      var lower: Double?
      var upper: Double?
    }

    struct Target: Encodable {
      var targetFAR: Double
      var tar: Double?
      var operatingPoints: [OperatingPoint]
    }

    struct Resampling: Encodable {
      var level: Double
      var replicates: Int
      var subjects: Int
      var subjectsFrom: String
      var thresholds: SubjectIntervals.Thresholds
    }

    var experiment: String
    var `protocol`: String
    var protocolVersion: Int
    /// The rules of a protocol of pairs of images.
    var convention: VerificationConvention?
    /// The whole protocol, of another kind.
    var rules: ProtocolDefinition?
    var rateNames: [String]?
    var lists: [ListDigest]
    var provenance: Provenance
    /// What the intervals of outcomes cover, and how many resamples of how many people they are made of.
    var resampling: Resampling?
    var comparisons: TableComparisons
    var rows: [Row]
  }

  init(_ report: ExperimentReport, protocolName: String) throws {
    let results = report.results
    let experiment = results.experiment
    guard let test = report.test(protocolName) else {
      throw HarnessError(.fault, found: "no protocol ‘\(protocolName)’ in the experiment")
    }
    let metrics = TableMetric.all(of: test)
    let hasAccuracyTable = AccuracyTable.tests(report).count > 1
    let rows = MethodRows(
      results, metrics.map { .init(test: test, metric: $0, column: $0.column) },
      hasPublished: !hasAccuracyTable)
    let names = test.searchRateNames
    table = ReportTable(
      title: "\(experiment.definition.title): \(test.task.definition.title)",
      caption: Self.caption(test, isFoldwise: experiment.definition.data.isFoldwise),
      columns: rows.columns, rows: rows.rows,
      footnotes: rows.comparisons.footnotes
        + (try Self.footnotes(report, test, harmBy: metrics.first, hasPublished: !hasAccuracyTable)))
    export = Export(
      experiment: experiment.definition.name, protocol: protocolName,
      protocolVersion: test.task.definition.version, convention: test.verification?.settings.convention,
      rules: test.verification == nil ? test.task.definition : nil, rateNames: names.isEmpty ? nil : names,
      lists: test.task.listDigests,
      provenance: report.provenance,
      resampling: results.rows.flatMap { $0.outcomes(protocolName) }.lazy.compactMap(\.intervals).first.map {
        Export.Resampling(
          level: $0.level, replicates: $0.replicates, subjects: $0.subjects, subjectsFrom: $0.subjectsFrom,
          thresholds: $0.thresholds)
      }, comparisons: rows.comparisons,
      rows: results.rows.map { row in
        Export.Row(
          kind: row.row.kind, dataset: row.row.dataset, network: row.row.network, loss: row.row.loss,
          mechanism: row.row.mechanism, sampler: row.row.sampler,
          training: row.row.recipe.isEmpty ? nil : row.row.recipe, gap: row.gap,
          outcomes: (row.entries[protocolName]?.outcomes ?? []).map { outcome in
            Export.Outcome(
              seed: outcome.seed, accuracy: outcome.accuracy, auc: outcome.auc, eer: outcome.eer,
              tar: outcome.tar.map {
                Export.Target(targetFAR: $0.targetFAR, tar: $0.tar, operatingPoints: $0.points)
              }, rates: outcome.rates.isEmpty ? nil : outcome.rates,
              intervals: outcome.intervals?.numbers.map {
                Export.Interval(
                  number: $0.name, estimate: $0.estimate, lower: $0.interval?.lower, upper: $0.interval?.upper
                )
              })
          })
      })
  }

  private static func caption(_ test: BoundTest, isFoldwise: Bool) -> String {
    guard let task = test.verification else { return test.rulesInWords + "." }
    let convention = task.settings.convention
    let genuine = task.pairs.count { $0.listed.isGenuine }
    let rule =
      isFoldwise
      ? "Fold-wise: a model a fold, trained without the identities of the fold and of the next one; its threshold chosen on "
        + "the next fold; AUC, EER and TAR read within each fold and averaged; scores of different models never pooled."
      : convention.selection == .otherFolds
        ? "Accuracy: the threshold of each fold chosen on the other folds. AUC, EER and TAR over all pairs."
        : "Accuracy: one threshold chosen on all pairs (optimistic). AUC, EER and TAR over all pairs."
    return
      "\(test.rulesInWords); "
      + "\(genuine) genuine and \(task.pairs.count - genuine) impostor pairs in \(task.foldCount) folds. \(rule)"
  }

  private static func footnotes(
    _ report: ExperimentReport, _ test: BoundTest, harmBy metric: TableMetric?, hasPublished: Bool
  ) throws -> [String] {
    let experiment = report.results.experiment
    var notes = [
      "Checkpoint rule: \(experiment.definition.checkpoint.inWords). Nothing was chosen on test data."
    ]
    let rows = (test.verification?.pairs ?? []).compactMap { pair in
      pair.firstRow.flatMap { first in pair.secondRow.map { (first, $0) } }
    }
    if let oracle = test.oracle {
      let known = oracle.knowsAttributes ? ", which knows each image's quality and pose," : ""
      let what =
        test.verification == nil
        ? "the same lists, with likelihood ratios in place of similarities" : "the same pairs"
      let best = oracle.populationAccuracy(of: rows).map {
        "The population's best attainable accuracy is \(NumberText.percent($0, decimals: 2)) %; a finite sample may exceed it."
      }
      notes.append(
        "Ceiling: the world's Bayes oracle\(known) on \(what). "
          + (best ?? "No score does better in the population; on a finite sample one may."))
    }
    if case .folds(_, let unlisted) = experiment.definition.data {
      notes.append(
        "Identities that no list names: \(unlisted == .train ? "train" : "excluded from training").")
    }
    if hasPublished { notes += experiment.definition.published.map(\.inWords) }
    if let metric { notes += harm(report.results, test, metric) }
    notes += test.task.warnings
    notes.append(report.runsInWords)
    let stores = experiment.datasets.flatMap { dataset in
      ["\(dataset.name) \(dataset.digest.prefix(16))"]
        + dataset.tests.filter { $0.name == test.name && $0.digest != dataset.digest }.map {
          "\($0.embeddings.source.lastPathComponent) \($0.digest.prefix(16))"
        }
    }
    notes.append("Stores (SHA-256 of the content): \(stores.joined(separator: ", ")).")
    return notes
  }

  /// What training made worse: for each dataset how many of the rows trained on it have a lower mean of the table's first number than its
  /// features as stored.
  static func harm(_ results: ExperimentResults, _ test: BoundTest, _ metric: TableMetric) -> [String] {
    results.experiment.datasets.compactMap { dataset in
      let rows = results.rows.filter { $0.row.dataset == dataset.name }
      func value(_ row: ExperimentResults.Row) -> Double? {
        metric.mean(row.entries[test.name]?.outcomes ?? [])
      }
      guard let untrained = rows.first(where: { $0.row.kind == .untrained }).flatMap(value) else {
        return nil
      }
      let trained = rows.filter { $0.row.kind == .trained }.compactMap(value)
      let worse = trained.count { $0 < untrained }
      guard worse > 0 else { return nil }
      return
        "Worse than without training: of \(CountedNoun(trained.count, "row")) trained on ‘\(dataset.name)’, \(worse) "
        + "\(worse == 1 ? "has" : "have") a lower mean \(metric.name) than its features as stored (the row ‘untrained’)."
    }
  }
}
