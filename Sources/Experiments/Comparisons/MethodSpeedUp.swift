import LinearAlgebra
import Metrics

/// How much faster a row of an experiment trains than the baseline of its block, on validation identities.
///
/// τ is a share of the mean final validation accuracy of the baseline's runs. The primary share is 99 %, fixed before any run; others describe.
public struct MethodSpeedUp: Sendable {
  public static let primaryShare = 0.99
  /// Shares that describe, beside the primary one.
  public static let otherShares = [0.95, 0.98, 1.0]
  public static let intervalLevel = 0.95
  public static let replicates = 10_000

  public var row: GridRow
  public var baseline: GridRow
  public var share: Double
  /// The validation accuracy that is τ.
  public var level: Double
  /// The seeds that both rows have all runs of, each with its passages; more than one a seed for fold-wise data.
  public var pairs: [(seed: UInt64, passages: [SpeedUp.Pair])]
  /// Nil without common seeds, and where a curve is at τ before the first step.
  public var speedUp: SpeedUp?
}

extension DiagnosticEntry {
  /// When the run's validation curve passes `level`; nil where it recorded none.
  public func passage(of level: Double) -> FirstPassage? {
    record.curve.flatMap { curve in
      FirstPassage(steps: curve.map(\.step), values: curve.map(\.validation.accuracy), level: level)
    }
  }
}

extension ExperimentResults {
  /// The validation curves of the finished runs, from the diagnostic with the closest points; empty where the experiment asks for none.
  public func validationCurves() throws -> [DiagnosticEntry] {
    let curves = experiment.definition.diagnostics.filter { $0.diagnostic == .curve }
    let finest = curves.min { $0.options.integer("every") < $1.options.integer("every") }
    return try finest.map(diagnostics) ?? []
  }

  /// τ: `share` of the mean final validation accuracy of a row's runs; nil where one has none.
  public static func level(of row: GridRow, share: Double, _ curves: [DiagnosticEntry]) -> Double? {
    let own = curves.filter { $0.run.row == row }
    let finals = own.compactMap { $0.record.curve?.last?.validation.accuracy }
    return finals.count == own.count ? Spread(finals).map { share * $0.mean } : nil
  }

  /// For a grid that trains its methods in several ways: blocks of each mechanism's best row, by the mean final validation accuracy, the first of equals.
  /// A mechanism of which a row has no curves yet is left out, as its search is not over.
  public func bestOfSearch(_ curves: [DiagnosticEntry]) -> [MechanismBlock] {
    guard experiment.definition.recipes.count > 1 else { return [] }
    let blocks = experiment.grid.mechanismBlocks
    var searched: [MechanismBlock] = []
    for block in blocks {
      let family = blocks.filter {
        $0.dataset == block.dataset && $0.network == block.network && $0.loss == block.loss
          && $0.sampler == block.sampler
      }
      guard family.first == block else { continue }
      var best = block
      best.rows = block.rows.compactMap { row in
        let rivals = family.compactMap { $0.rows.first { $0.mechanism == row.mechanism } }
        let finals = rivals.compactMap { Self.level(of: $0, share: 1, curves) }
        guard finals.count == rivals.count, let highest = finals.max() else { return nil }
        return zip(rivals, finals).first { $0.1 == highest }?.0
      }
      searched.append(best)
    }
    return searched
  }

  /// The speed-up of a row over the baseline of its block at a share, its interval at `confidence`; nil where the baseline has no τ.
  public static func speedUp(
    of row: GridRow, over baseline: GridRow, share: Double,
    level confidence: Double = MethodSpeedUp.intervalLevel, _ curves: [DiagnosticEntry]
  ) -> MethodSpeedUp? {
    guard let level = level(of: baseline, share: share, curves) else { return nil }
    func runs(_ row: GridRow) -> [DiagnosticEntry] { curves.filter { $0.run.row == row } }
    let (own, base) = (runs(row), runs(baseline))
    var seeds: [UInt64] = []
    for seed in base.compactMap(\.run.seed) where !seeds.contains(seed) { seeds.append(seed) }
    let pairs = seeds.compactMap { seed -> (seed: UInt64, passages: [SpeedUp.Pair])? in
      let ofSeed = base.filter { $0.run.seed == seed }
      let passages = ofSeed.compactMap { entry -> SpeedUp.Pair? in
        guard let other = own.first(where: { $0.run.seed == seed && $0.run.fold == entry.run.fold }),
          let a = entry.passage(of: level), let b = other.passage(of: level)
        else { return nil }
        return SpeedUp.Pair(baseline: a, method: b)
      }
      return passages.isEmpty || passages.count < ofSeed.count ? nil : (seed, passages)
    }
    var stream = RandomStream(seed: 0, name: "bootstrap.speed-up")
    return MethodSpeedUp(
      row: row, baseline: baseline, share: share, level: level, pairs: pairs,
      speedUp: SpeedUp(
        pairs.map(\.passages), level: confidence, replicates: MethodSpeedUp.replicates
      ) { _ in
        (0..<pairs.count).map { _ in stream.integer(below: pairs.count) }
      })
  }
}
