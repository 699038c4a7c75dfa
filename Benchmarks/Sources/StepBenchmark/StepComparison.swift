import BenchmarkSupport
import Foundation

/// What all contenders took with one number of classes, round by round, and the tables of it.
struct StepComparison {
  /// What each contender took in one round.
  typealias Round = [Contender: StepMeasurement]

  private let classes: Int
  /// Ours, the dense one first.
  private let own: [Contender]
  /// Those that this machine can run.
  private let others: [Contender]
  private let rounds: [Round]

  /// Of at least one round with all of `own` in it; a peer that the first one lacks is left out.
  init(classes: Int, own: [Contender], peers: [Peer], rounds: [Round]) {
    self.classes = classes
    self.own = own
    self.rounds = rounds
    others = peers.map { .peer($0) }.filter { rounds[0][$0] != nil }
  }

  func lacks(_ peer: Peer) -> Bool { !others.contains(.peer(peer)) }

  /// Adds times and ratios, what leaving gradients out changed, and who was compared.
  func add(to record: inout BenchmarkRecord) {
    record.add(times)
    for (place, ours) in own.enumerated() {
      let compared = (place > 0 ? [.dense] : []) + others
      if !compared.isEmpty { record.add(ratios(of: ours, over: compared)) }
    }
    for error in own.last.flatMap({ measurements($0).last?.skipping }) ?? [] {
      record.add(
        String(
          format:
            "Measured after these steps: %.3f of the gradient at the cosines is multiplied; relative error %.1e "
            + "of the gradient at the embeddings, %.1e of that at the prototypes.",
          error.share, error.embeddings, error.prototypes ?? .nan))
    }
    for engine in others.compactMap({ rounds[0][$0]?.engine }) {
      // What follows a comma tells how it was run.
      record.add(peer: String(engine.prefix { $0 != "," }))
    }
  }

  private func measurements(_ contender: Contender) -> [StepMeasurement] {
    rounds.compactMap { $0[contender] }
  }

  private var gigaflop: Double { StepProducts.gigaflop(classes: classes) }

  private var times: MarkdownTable {
    var table = MarkdownTable([
      "\(classes) classes", "ms a step", "quartiles", "range", "GFLOP/s", "peak MiB", "page faults a step",
    ])
    func add(_ title: String, _ spreads: [Spread], _ more: [String]) {
      let seconds = Spread(ofRounds: spreads)
      let rate = String(format: "%.1f", gigaflop / seconds.median)
      table.add([title] + seconds.scaled(by: 1000).columns + [rate] + more)
    }
    for contender in own + others {
      let measured = measurements(contender)
      let memory = Spread(of: measured.map(\.peakMiB)).median
      let faults = Spread(of: measured.map(\.pageFaults)).median
      add(measured[0].engine, measured.map(\.step), ["\(Int(memory))", "\(Int(faults.rounded()))"])
    }
    add("the products alone, by our `gemm`", measurements(.dense).compactMap(\.products), ["", ""])
    return table
  }

  private func ratios(of ours: Contender, over others: [Contender]) -> MarkdownTable {
    var table = MarkdownTable([
      "\(classes) classes, \(rounds[0][ours]?.engine ?? "") over", "ratio of times", "quartiles", "range",
      "losses differ by at most",
    ])
    for other in others {
      let pairs = zip(measurements(ours), measurements(other))
      let ratios = pairs.map { $0.step.median / $1.step.median }
      let difference = pairs.map { $0.lossDifference(from: $1) }.max() ?? .nan
      table.add(
        [rounds[0][other]?.engine ?? ""] + Spread(of: ratios).columns + [String(format: "%.1e", difference)])
    }
    return table
  }

  /// What the matrix products are of our dense step, one row for each number of classes.
  static func products(_ comparisons: [StepComparison]) -> MarkdownTable {
    var table = MarkdownTable([
      "", "GFLOP of products a step", "their part of our dense step's time", "quartiles", "range",
    ])
    for comparison in comparisons {
      let parts = comparison.measurements(.dense).compactMap { ours in
        ours.products.map { $0.median / ours.step.median }
      }
      table.add(
        ["\(comparison.classes) classes", String(format: "%.2f", comparison.gigaflop)]
          + Spread(of: parts).columns)
    }
    return table
  }
}
