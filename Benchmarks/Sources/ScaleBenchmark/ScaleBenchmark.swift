import BenchmarkSupport
import Foundation

/// Makes stores and lists, measures the evaluation and its peers one after the other, and prints the ratios.
struct ScaleBenchmark {
  let arguments: Arguments

  init(_ arguments: Arguments) { self.arguments = arguments }

  func run() throws {
    let ijbc = IJBCScale(arguments)
    let megaFace = MegaFaceScale(arguments)
    switch arguments.task {
    case .ijbc: try compareIJBC()
    case .megaface: try compareMegaFace()
    case .makeIJBC: try ijbc.make()
    case .evaluateIJBC: try ijbc.evaluate()
    case .makeMegaFace: try megaFace.make()
    case .evaluateMegaFace: try megaFace.evaluate()
    case .screenMegaFace: try megaFace.evaluate(screening: true)
    case .productMegaFace: try megaFace.multiply()
    }
  }

  private func measure(_ task: Arguments.Task) throws -> Measurement {
    try Measurement.of(
      CommandLine.arguments[0],
      [
        task.rawValue, "--folder", arguments.folder, "--fraction", "\(arguments.fraction)", "--threads",
        "\(arguments.threads)",
      ])
  }

  private func prepare(_ task: Arguments.Task) throws {
    if !FileManager.default.fileExists(atPath: "\(arguments.folder)/\(task.rawValue).done") {
      _ = try measure(task)
      try Data().write(to: URL(fileURLWithPath: "\(arguments.folder)/\(task.rawValue).done"))
    }
  }

  private func clean() {
    if !arguments.keeps { try? FileManager.default.removeItem(atPath: arguments.folder) }
  }

  private func show(_ name: String, _ measured: Measurement) {
    let steps = measured.steps.sorted { $0.key < $1.key }.map { "\($0.key) \(Self.text($0.value)) s" }
    print(
      "\(name): \(Self.text(measured.seconds)) s, peak \(Int(measured.peakMiB)) MiB (\(steps.joined(separator: ", ")))"
    )
  }

  private static func text(_ value: Double) -> String { String(format: "%.2f", value) }

  private func compareIJBC() throws {
    defer { clean() }
    try prepare(.makeIJBC)
    var ours: [Measurement] = []
    var theirs: [Measurement] = []
    for _ in 0..<2 {
      ours.append(try measure(.evaluateIJBC))
      show("likeness", ours[ours.count - 1])
      guard let python = arguments.python else { continue }
      theirs.append(try Measurement.of(python, [PeerFolder.script("ijbc.py"), arguments.folder]))
      show("NumPy and scikit-learn", theirs[theirs.count - 1])
    }
    guard let peer = theirs.first, let own = ours.first else { return }
    for (name, value) in own.results.sorted(by: { $0.key < $1.key }) {
      print("\(name): \(value), peer \(peer.results[name] ?? .nan)")
    }
    let best = (ours.map(\.seconds).min() ?? 0, theirs.map(\.seconds).min() ?? 0)
    print(
      "time: \(Self.text(best.0 / best.1)) of the peer's; memory: \(Self.text(own.peakMiB / peer.peakMiB))")
  }

  private func compareMegaFace() throws {
    defer { clean() }
    try prepare(.makeMegaFace)
    var products: [Measurement] = []
    var evaluations: [Measurement] = []
    var screenings: [Measurement] = []
    for _ in 0..<2 {
      products.append(try measure(.productMegaFace))
      show("bare product", products[products.count - 1])
      evaluations.append(try measure(.evaluateMegaFace))
      show("likeness", evaluations[evaluations.count - 1])
      screenings.append(try measure(.screenMegaFace))
      show("likeness, 8-bit screening", screenings[screenings.count - 1])
    }
    try requireEqual(evaluations + screenings)
    let product = products.map(\.seconds).min() ?? 0
    let whole = evaluations.map(\.seconds).min() ?? 0
    let pass = evaluations.compactMap { $0.steps["pass"] }.min() ?? 0
    let screened = screenings.compactMap { $0.steps["pass"] }.min() ?? 0
    let shares = screenings.first?.shares ?? [:]
    print(
      "pass: \(Self.text(pass / product)) × the bare product; with lists and names: \(Self.text(whole / product))"
    )
    print(
      "screened pass: \(Self.text(screened / product)) × the bare product, \(Self.text(screened / pass)) × the plain pass; of all scores "
        + shares.sorted { $0.key < $1.key }.map { "\(Self.percent($0.value)) \($0.key)" }
        .joined(separator: ", "))
  }

  /// Every rank, count and threshold is the same with and without screening.
  private func requireEqual(_ evaluations: [Measurement]) throws {
    guard let first = evaluations.first?.results, !first.isEmpty else { throw Failure("no results") }
    for other in evaluations where other.results != first {
      let names = Set(first.keys).union(other.results.keys).filter { first[$0] != other.results[$0] }
      throw Failure("results differ: \(names.sorted().joined(separator: ", "))")
    }
    print("\(first.count) hits, counts and thresholds are equal in all \(evaluations.count) evaluations")
  }

  private static func percent(_ share: Double) -> String { String(format: "%.3f %%", 100 * share) }
}
