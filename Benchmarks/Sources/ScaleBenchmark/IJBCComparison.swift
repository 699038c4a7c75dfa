import BenchmarkSupport
import LinearAlgebra

/// Measures the evaluation of IJB-C and that of the peer in turn, each in a process of its own, and prints the ratios of time and memory.
struct IJBCComparison {
  private let arguments: Arguments
  private let size: IJBCScale
  private let python: PythonPeer?

  private static let ownName = "Likeness"
  private static let peerName = "NumPy and scikit-learn"
  private static let steps = ["store", "lists", "evaluation"]
  /// By as many genuine pairs a rate may differ: another order of a sum in single precision ranks two nearly equal scores the other way round.
  private static let tolerance = 3.0

  init(_ arguments: Arguments) throws {
    self.arguments = arguments
    size = IJBCScale(arguments)
    python = try arguments.python.map { try PythonPeer(python: $0) }
  }

  func run() throws {
    defer { arguments.clean() }
    try arguments.prepare(.makeIJBC)
    var ours: [Measurement] = []
    var theirs: [Measurement] = []
    for _ in 0..<arguments.rounds {
      let own = try arguments.measure(.evaluateIJBC)
      ours.append(own)
      guard let python else { continue }
      let peer = try python.run(
        "ijbc.py", [arguments.folder], threads: arguments.threads, as: Measurement.self)
      guard let peer else { throw Failure("ijbc.py cannot be run here") }
      try demandAgreement(own, peer)
      theirs.append(peer)
    }
    try show(ours, theirs)
  }

  /// No time counts before rates and area are the same but for rounding.
  private func demandAgreement(_ ours: Measurement, _ theirs: Measurement) throws {
    let tolerance = Self.tolerance / Double(size.genuine)
    let agree =
      !ours.results.isEmpty
      && ours.results.allSatisfy { name, value in abs(value - (theirs.results[name] ?? .nan)) <= tolerance }
    guard agree else {
      throw Failure(
        "the results differ: no time counts\nlikeness: \(ours.results)\n\(Self.peerName): \(theirs.results)")
    }
  }

  private func show(_ ours: [Measurement], _ theirs: [Measurement]) throws {
    var record = BenchmarkRecord("IJB-C at full size")
    record.add(
      "\(size.faces) faces, \(size.templates) templates, \(size.genuine + size.impostor) pairs, \(IJBCScale.dimension) dimensions, \(arguments.threads) "
        + "threads, \(arguments.rounds) rounds in turn, from the files in the page cache to TAR at FAR and AUC. Steps and peaks are medians."
    )
    record.add(times(ours, theirs))
    if let own = ours.first, let peer = theirs.first {
      record.add(results(own, peer))
      for package in try python?.versions(of: ["numpy", "scikit-learn", "h5py"]) ?? [] {
        record.add(peer: package)
      }
    } else {
      record.add("Without the peer, which needs a Python: run Benchmarks/peers/setup.sh.")
    }
    try record.finish(in: arguments.record)
  }

  private func times(_ ours: [Measurement], _ theirs: [Measurement]) -> MarkdownTable {
    var table = MarkdownTable(
      ["", "s", "quartiles", "range"] + Self.steps.map { "\($0), s" }
        + ["peak MiB", "Likeness's time / its", "quartiles", "range", "Likeness's peak / its"])
    for (name, measured) in [(Self.ownName, ours), (Self.peerName, theirs)] where !measured.isEmpty {
      let times = Spread(of: zip(ours, measured).map { $0.seconds / $1.seconds })
      let memory = Spread(of: zip(ours, measured).map { $0.peakMiB / $1.peakMiB })
      table.add(
        [name] + measured.cells(steps: Self.steps) + times.columns + [String(format: "%.2f", memory.median)])
    }
    return table
  }

  private func results(_ ours: Measurement, _ theirs: Measurement) -> MarkdownTable {
    var table = MarkdownTable(["", Self.ownName, Self.peerName])
    for (name, value) in ours.results.sorted(by: { $0.key < $1.key }) {
      table.add([name, "\(value)", "\(theirs.results[name] ?? .nan)"])
    }
    return table
  }
}
