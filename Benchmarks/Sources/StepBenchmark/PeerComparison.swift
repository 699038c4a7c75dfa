import BenchmarkSupport
import Foundation

/// Runs ours and the peers in turn, each round in processes of their own, and prints how their times stand to each other: from step 0, or from a
/// late state with our step that leaves gradients out as well.
///
/// No time counts before the losses of the first steps agree: in every round, with every peer, else nothing is printed but both lists.
struct PeerComparison {
  private let arguments: Arguments
  private let python: PythonPeer

  /// The largest relative difference of two losses of the same step.
  private static let tolerance = 1e-4

  init(_ arguments: Arguments) throws {
    self.arguments = arguments
    python = try PythonPeer(python: arguments.python)
  }

  /// Our contenders, the dense one first.
  private var ownContenders: [Contender] {
    arguments.startsLate ? [.dense, .ours(bound: arguments.bound)] : [.dense]
  }

  func run() throws {
    // A late state is kept for the next time.
    defer {
      if !arguments.keeps && !arguments.startsLate {
        try? FileManager.default.removeItem(atPath: arguments.folder)
      }
    }
    let comparisons = try arguments.classes.map(compare)
    var record = BenchmarkRecord(arguments.startsLate ? "A late step of training" : "A step of training")
    record.add(introduction)
    for comparison in comparisons { comparison.add(to: &record) }
    record.add(StepComparison.products(comparisons))
    for peer in arguments.peers where comparisons.contains(where: { $0.lacks(peer) }) {
      record.add("\(peer.title) is left out: this machine lacks something that it needs.")
    }
    try record.finish(in: arguments.record)
  }

  private var introduction: String {
    let start =
      arguments.startsLate
      ? "after \(arguments.lateSteps) steps of training on the images of all classes" : "from step 0"
    let left =
      arguments.startsLate
      ? ", even where some of them are left out, so that it is no rate of the machine there" : ""
    return
      "One step with \(StepWorkload.batch) samples \(start): \(arguments.threads) threads, \(arguments.steps) steps after "
      + "\(StepMeasurement.comparedLosses) whose losses agree to \(Self.tolerance) of their size, \(arguments.rounds) rounds in turn. "
      + "A row of times has the medians over rounds of a round's median and quartiles, and the range of all steps; a ratio is that of a round's medians. "
      + "GFLOP/s is all matrix products of a dense step over the time of the whole step\(left)."
  }

  private func compare(classes: Int) throws -> StepComparison {
    var own = [
      "--classes", "\(classes)", "--threads", "\(arguments.threads)", "--steps", "\(arguments.steps)",
      "--folder", arguments.folder,
    ]
    if arguments.startsLate { own += ["--from-late", "--late-steps", "\(arguments.lateSteps)"] }
    _ = try ours("export", own)
    var contenders = ownContenders + arguments.peers.map { .peer($0) }
    var rounds: [StepComparison.Round] = []
    for number in 1...arguments.rounds {
      FileHandle.standardError.write(
        Data("\(classes) classes, round \(number) of \(arguments.rounds)\n".utf8))
      var round: StepComparison.Round = [:]
      for contender in contenders {
        round[contender] = try measurement(of: contender, classes: classes, own: own)
      }
      // Missing now is missing for good. The next round goes the other way, so that no one always has the machine as the same
      // other left it.
      contenders = contenders.filter { round[$0] != nil }.reversed()
      try demandAgreement(round)
      rounds.append(round)
    }
    try? FileManager.default.removeItem(atPath: arguments.file(classes: classes))
    return StepComparison(classes: classes, own: ownContenders, peers: arguments.peers, rounds: rounds)
  }

  /// What one process of a contender took; nil where this machine cannot run it.
  private func measurement(of contender: Contender, classes: Int, own: [String]) throws -> StepMeasurement? {
    switch contender {
    case .ours(let bound):
      let options = own + (bound.map { ["--bound", "\($0)"] } ?? [])
      return try JSONDecoder().decode(StepMeasurement.self, from: ours("step", options))
    case .peer(let peer):
      return try peer.measurement(
        file: arguments.file(classes: classes), python: python, folder: arguments.folder,
        threads: arguments.threads, steps: arguments.steps)
    }
  }

  /// The output of one of our own processes.
  private func ours(_ task: String, _ options: [String]) throws -> Data {
    let process = try ChildProcess(CommandLine.arguments[0], [task] + options)
    guard process.status == 0 else { throw Failure("\(task) failed with status \(process.status)") }
    return process.output
  }

  /// Throws, with both lists, where the first losses of a contender differ from our dense step's by more than rounding.
  private func demandAgreement(_ round: StepComparison.Round) throws {
    let count = StepMeasurement.comparedLosses
    guard let ours = round[.dense] else { return }
    for (contender, other) in round where contender != .dense {
      if ours.losses.count == count, other.losses.count == count,
        ours.lossDifference(from: other) <= Self.tolerance
      {
        continue
      }
      throw Failure(
        "the losses of the first \(count) steps differ by more than \(Self.tolerance) of their size: no time counts\n"
          + "likeness: \(ours.losses)\n\(other.engine): \(other.losses)")
    }
  }
}
