import BenchmarkSupport
import Foundation

/// Runs ours and the peers in turn, each round in processes of their own, and prints how their times stand to each other: from step 0, or from a
/// late state with our step that leaves gradients out as well.
///
/// A round's ratio is our median over the peer's median. No time counts before the losses of the first steps agree: in every
/// round, with every peer, else nothing is printed but both lists.
struct PeerComparison {
  private let arguments: Arguments
  private let python: String

  /// The largest relative difference of two losses of the same step.
  private static let tolerance = 1e-4

  init(_ arguments: Arguments) throws {
    self.arguments = arguments
    guard let python = arguments.python else {
      throw Failure(
        "no Python for the peers: run Benchmarks/peers/setup.sh, or name one with --python")
    }
    self.python = python
  }

  /// Who is timed.
  private enum Contender: Hashable {
    /// Ours, dense or with a bound on the error of gradients.
    case ours(bound: Double?)
    case peer(Peer)
  }

  /// What each contender took in one round.
  private typealias Round = [Contender: StepMeasurement]

  private static let dense = Contender.ours(bound: nil)

  /// Our contenders, the dense one first.
  private var ownContenders: [Contender] {
    arguments.startsLate ? [Self.dense, .ours(bound: arguments.bound)] : [Self.dense]
  }

  func run() throws {
    // A late state is kept for the next time.
    defer {
      if !arguments.keeps && !arguments.startsLate {
        try? FileManager.default.removeItem(atPath: arguments.folder)
      }
    }
    for classes in arguments.classes { try compare(classes: classes) }
  }

  private func compare(classes: Int) throws {
    let start = arguments.startsLate ? ", after \(arguments.lateSteps) steps of training on them" : ""
    print(
      "\(classes) classes\(start), \(arguments.threads) threads, \(arguments.steps) steps, \(arguments.rounds) rounds"
    )
    var own = [
      "--classes", "\(classes)", "--threads", "\(arguments.threads)", "--steps", "\(arguments.steps)",
      "--folder", arguments.folder,
    ]
    if arguments.startsLate { own += ["--from-late", "--late-steps", "\(arguments.lateSteps)"] }
    _ = try ours("export", own)
    var contenders = ownContenders + arguments.peers.map { .peer($0) }
    var rounds: [Round] = []
    for _ in 0..<arguments.rounds {
      var round: Round = [:]
      for contender in contenders {
        round[contender] = try measurement(of: contender, classes: classes, own: own)
        if round[contender] == nil, case .peer(let peer) = contender {
          print("\(peer.title) is left out: this machine lacks what standard error names.")
        }
      }
      // Missing now is missing for good. The next round goes the other way, so that no one always has the machine as the same
      // other left it.
      contenders = contenders.filter { round[$0] != nil }.reversed()
      try demandAgreement(round)
      rounds.append(round)
    }
    try? FileManager.default.removeItem(atPath: arguments.file(classes: classes))
    show(rounds)
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
  private func demandAgreement(_ round: Round) throws {
    let count = StepMeasurement.comparedLosses
    let ours = round[Self.dense]?.losses ?? []
    for (contender, measurement) in round where contender != Self.dense {
      let theirs = measurement.losses
      if ours.count == count, theirs.count == count, Self.difference(ours, theirs) <= Self.tolerance {
        continue
      }
      throw Failure(
        "the losses of the first \(count) steps differ by more than \(Self.tolerance) of their size: no time counts\n"
          + "likeness: \(ours)\n\(measurement.engine): \(theirs)")
    }
  }

  /// The largest relative difference; infinite where a number is not finite.
  private static func difference(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).map { x, y in
      guard x.isFinite && y.isFinite else { return .infinity }
      return x == y ? 0 : abs(x - y) / max(abs(x), abs(y))
    }.max() ?? .infinity
  }

  private func show(_ rounds: [Round]) {
    let others = arguments.peers.map { Contender.peer($0) }.filter { rounds[0][$0] != nil }
    print("\n| | ms a step | quartiles | range | peak MiB | page faults a step |")
    print("|---|---:|---:|---:|---:|---:|")
    for contender in ownContenders + others { printRow(rounds.compactMap { $0[contender] }) }
    for (place, ours) in ownContenders.enumerated() {
      let compared = (place > 0 ? [Self.dense] : []) + others
      guard !compared.isEmpty, let engine = rounds[0][ours]?.engine else { continue }
      print("\n| \(engine) over | ratio of times | quartiles | range | losses differ by at most |")
      print("|---|---:|---:|---:|---:|")
      for contender in compared { printRatio(of: ours, over: contender, rounds) }
    }
    let shares = rounds.compactMap { $0[Self.dense] }.compactMap { ours in
      ours.products.map { $0.median / ours.step.median }
    }
    print(
      "\nThe bare products take \(Spread(of: shares).cells) of our dense step (median | quartiles | range of rounds).\n"
    )
    for error in rounds.compactMap({ $0[ownContenders[ownContenders.count - 1]]?.skipping }).last ?? [] {
      print(
        String(
          format:
            "Measured after these steps: %.3f of the gradient at the cosines is multiplied; relative error %.1e "
            + "of the gradient at the embeddings, %.1e of that at the prototypes.\n",
          error.share, error.embeddings, error.prototypes ?? .nan))
    }
  }

  /// The ratio of a round's medians.
  private func printRatio(of ours: Contender, over other: Contender, _ rounds: [Round]) {
    let pairs = rounds.compactMap { round in
      if let ours = round[ours], let theirs = round[other] { (ours: ours, theirs: theirs) } else { nil }
    }
    let ratios = pairs.map { $0.ours.step.median / $0.theirs.step.median }
    let difference = pairs.map { Self.difference($0.ours.losses, $0.theirs.losses) }.max() ?? .nan
    let engine = pairs.first?.theirs.engine ?? ""
    print("| \(engine) | \(Spread(of: ratios).cells) | \(String(format: "%.1e", difference)) |")
  }

  /// The medians over rounds of a process's median and quartiles, and the range over all steps of all rounds.
  private func printRow(_ rounds: [StepMeasurement]) {
    func middle(_ value: (StepMeasurement) -> Double) -> Double { Spread(of: rounds.map(value)).median }
    func milliseconds(_ seconds: Double) -> String { String(format: "%.2f", seconds * 1000) }
    let steps = rounds.map(\.step)
    let least = steps.map(\.least).min() ?? .nan
    let most = steps.map(\.most).max() ?? .nan
    print(
      "| \(rounds[0].engine) | \(milliseconds(middle(\.step.median))) "
        + "| \(milliseconds(middle(\.step.lower)))–\(milliseconds(middle(\.step.upper))) "
        + "| \(milliseconds(least))–\(milliseconds(most)) "
        + "| \(Int(middle(\.peakMiB))) | \(Int(middle(\.pageFaults).rounded())) |")
  }
}
