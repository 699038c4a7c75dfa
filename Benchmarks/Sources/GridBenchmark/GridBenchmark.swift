import BenchmarkSupport
import Foundation

/// Times whole grids in turn, from the start of a program to its end, and checks that both sides trained the same.
struct GridBenchmark {
  private let arguments: GridArguments
  private let python: PythonPeer

  /// The largest relative difference of two losses of the same step.
  private static let tolerance = 1e-4
  /// The largest difference of two mean accuracies over the seeds of a method. Single-precision sums of another order part two runs from the same
  /// weights for good within a hundred steps, so they end as far apart as two seeds do.
  private static let accuracyTolerance = 0.015

  init(_ words: [String]) throws {
    arguments = try GridArguments(words)
    python = try PythonPeer(python: arguments.python)
  }

  private struct Round {
    let ours: Double
    let theirs: Double
    let lossDifference: Double
    /// By method, ours and the peer's.
    let accuracies: [String: (Double, Double)]
  }

  func run() throws {
    defer { if !arguments.keeps { try? FileManager.default.removeItem(atPath: arguments.folder) } }
    let prepared = "\(arguments.folder)/prepared"
    let export = try GridExport(arguments, results: prepared, folder: "\(arguments.folder)/export")
    let world = try self.world(prepared)
    var rounds: [Round] = []
    var engine = ""
    var peers: [String] = []
    for index in 0..<arguments.rounds {
      var ours = (seconds: 0.0, runs: [String: GridOutcome]())
      var theirs: (seconds: Double, grid: PeerGrid)?
      // By turns, so that neither always has the machine as the other left it.
      for isOurs in index % 2 == 0 ? [true, false] : [false, true] {
        if isOurs { ours = try runOurs(export, prepared, round: index) } else { theirs = try runPeer(world) }
      }
      guard let theirs else { continue }
      rounds.append(try round(export, ours, theirs))
      (engine, peers) = (theirs.grid.engine, theirs.grid.peers)
    }
    try show(rounds, export, engine: engine, peers: peers)
  }

  /// The folder of the one world that was made.
  private func world(_ results: String) throws -> String {
    let worlds = "\(results)/worlds"
    let names = try FileManager.default.contentsOfDirectory(atPath: worlds).filter { !$0.hasPrefix(".") }
    guard let name = names.first, names.count == 1 else {
      throw Failure("\(names.count) worlds in \(worlds), where one was to be made")
    }
    return "\(worlds)/\(name)"
  }

  /// The grid by the product, in a folder without runs; the worlds are those that were made before.
  private func runOurs(_ export: GridExport, _ prepared: String, round: Int) throws -> (
    seconds: Double, runs: [String: GridOutcome]
  ) {
    let results = "\(arguments.folder)/results"
    try? FileManager.default.removeItem(atPath: results)
    try FileManager.default.createDirectory(atPath: results, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: "\(results)/worlds", withDestinationPath: "\(prepared)/worlds")
    var words = ["run", arguments.experiment, "--results", results, "--log-level", "warning"]
    words += ["--jobs", "\(arguments.jobs)", "--threads", "\(arguments.jobs)"]
    words += arguments.settings.flatMap { ["--set", $0] }
    // Those alone that train, as the peer does.
    words += Set(export.runs.map(\.loss)).sorted().flatMap { ["--only", "loss=\($0)"] }
    var status: Int32 = 0
    let time = try seconds { status = try ChildProcess(arguments.likeness, words).status }
    guard status == 0 else { throw Failure("likeness \(words.joined(separator: " ")): status \(status)") }
    let runs = try export.runs.map {
      ($0.identity, try GridOutcome(ofRun: $0.identity, in: "\(results)/runs"))
    }
    return (time, Dictionary(uniqueKeysWithValues: runs))
  }

  private func runPeer(_ world: String) throws -> (seconds: Double, grid: PeerGrid) {
    var grid: PeerGrid?
    let time = try seconds {
      grid = try python.run(
        "grid.py",
        [
          "\(arguments.folder)/export", "\(world)/train.h5", "\(world)/\(arguments.set).h5",
          "\(world)/lists/\(arguments.set)/pairs.txt", "--jobs", "\(arguments.jobs)",
        ], threads: 1)
    }
    guard let grid else { throw Failure("grid.py cannot be run here") }
    return (time, grid)
  }

  /// Compares what both sides trained; where it is not the same no time counts.
  private func round(
    _ export: GridExport, _ ours: (seconds: Double, runs: [String: GridOutcome]),
    _ theirs: (seconds: Double, grid: PeerGrid)
  ) throws -> Round {
    var largest = 0.0
    var accuracies: [String: [(Double, Double)]] = [:]
    for run in export.runs {
      guard let own = ours.runs[run.identity], let other = theirs.grid.runs[run.identity] else {
        throw Failure("the run \(run.identity) is missing on one side")
      }
      let difference = own.difference(from: other)
      guard difference <= Self.tolerance else {
        throw Failure(
          "\(run.method), seed \(run.seed): the losses of the first steps differ by \(difference) of their size: no time counts\n"
            + "likeness: \(own.losses)\n\(theirs.grid.engine): \(other.losses)")
      }
      largest = max(largest, difference)
      accuracies[run.method, default: []].append((own.accuracy, other.accuracy))
    }
    let means = accuracies.mapValues { pairs in
      let count = Double(pairs.count)
      return (pairs.reduce(0) { $0 + $1.0 } / count, pairs.reduce(0) { $0 + $1.1 } / count)
    }
    for (method, mean) in means where !(abs(mean.0 - mean.1) <= Self.accuracyTolerance) {
      throw Failure("\(method): mean accuracies of \(mean.0) and \(mean.1): no time counts")
    }
    return Round(
      ours: ours.seconds, theirs: theirs.seconds, lossDifference: largest, accuracies: means)
  }

  private func show(_ rounds: [Round], _ export: GridExport, engine: String, peers: [String]) throws {
    func percent(_ share: Double) -> String { String(format: "%.2f %%", share * 100) }
    let name = URL(fileURLWithPath: arguments.experiment).deletingPathExtension().lastPathComponent
    var record = BenchmarkRecord("A whole grid")
    record.add(
      "\(export.runs.count) runs of `\(name)`, training and accuracy on pairs, \(arguments.jobs) at a time, \(rounds.count) rounds in turn, each from the start of a program to its "
        + "end. From the same weights and batches the first \(GridOutcome.comparedLosses) losses of every run differ by at most "
        + String(format: "%.1e", rounds.map(\.lossDifference).max() ?? .nan) + " of their size.")
    var accuracies = MarkdownTable(["accuracy, mean over seeds", "Likeness", engine])
    for (method, mean) in rounds[0].accuracies.sorted(by: { $0.key < $1.key }) {
      accuracies.add([method, percent(mean.0), percent(mean.1)])
    }
    record.add(accuracies)
    var table = MarkdownTable(["", "s", "quartiles", "range", "PyTorch / it", "quartiles", "range"])
    for (title, times) in [("Likeness", rounds.map(\.ours)), (engine, rounds.map(\.theirs))] {
      let ratios = zip(rounds.map(\.theirs), times).map { $0 / $1 }
      table.add([title] + Spread(of: times).columns + Spread(of: ratios).columns)
    }
    record.add(table)
    for peer in peers { record.add(peer: peer) }
    try record.finish(in: arguments.record)
  }
}
