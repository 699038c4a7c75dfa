import BenchmarkSupport
import LinearAlgebra

/// TAR at FAR from stored scores, ours and the peers in turn.
struct OperatingPoints {
  private let settings: Settings
  private let file: ScoreFile

  init(_ settings: Settings) {
    self.settings = settings
    file = ScoreFile(path: "\(settings.folder)/scores.f32")
  }

  /// Ours alone, in this process: reading the file does not count.
  func measure() throws {
    let scores = try file.read()
    let workers = Workers(settings.threads)
    var times: [Double] = []
    var points: [PointsMeasurement.Point] = []
    // The first one finds memory that was never touched, as the peers' first does.
    for repetition in -1..<settings.repetitions {
      let time = seconds {
        points = OperatingPointReading.points(
          genuine: scores.genuine, impostor: scores.impostor, workers: workers)
      }
      if repetition >= 0 { times.append(time) }
    }
    try printJSON(PointsMeasurement(engine: "Likeness", seconds: times, points: points))
  }

  private enum Contender: Hashable, CaseIterable {
    case oneThread, twoThreads, sort, rocCurve

    var title: String {
      switch self {
      case .oneThread: "Likeness, one thread"
      case .twoThreads: "Likeness, two threads"
      case .sort: "`np.sort` and `searchsorted`"
      case .rocCurve: "`roc_curve`"
      }
    }

    /// scikit-learn takes a hundred times as long: once a round is enough.
    func repetitions(_ settings: Settings) -> Int { self == .rocCurve ? 1 : settings.repetitions }
  }

  func compare() throws {
    defer { settings.clean() }
    if !file.exists { try file.make() }
    let python = try PythonPeer(python: settings.python)
    var rounds: [[Contender: PointsMeasurement]] = []
    var order = Contender.allCases
    for _ in 0..<settings.rounds {
      var round: [Contender: PointsMeasurement] = [:]
      for contender in order {
        let measured = try measurement(of: contender, python)
        try demandEquality(measured, with: round.first?.value ?? measured)
        round[contender] = measured
      }
      rounds.append(round)
      order.reverse()
    }
    try show(rounds)
  }

  private func measurement(of contender: Contender, _ python: PythonPeer) throws -> PointsMeasurement {
    switch contender {
    case .oneThread: return try settings.measured(.readPoints, threads: 1)
    case .twoThreads: return try settings.measured(.readPoints, threads: 2)
    case .sort, .rocCurve:
      let method = contender == .sort ? "sort" : "roc_curve"
      let output = try python.run(
        "operating_points.py",
        [
          method, file.path, "\(ScoreFile.genuine)", "--repetitions", "\(contender.repetitions(settings))",
        ], threads: 1, as: PointsMeasurement.self)
      guard let output else { throw Failure("operating_points.py cannot be run here") }
      return output
    }
  }

  /// No time counts before thresholds and counts are the same to the last one.
  private func demandEquality(_ one: PointsMeasurement, with other: PointsMeasurement) throws {
    guard one.points == other.points else {
      throw Failure(
        "the operating points differ: no time counts\n\(one.engine): \(one.points)\n\(other.engine): \(other.points)"
      )
    }
  }

  private func show(_ rounds: [[Contender: PointsMeasurement]]) throws {
    func medians(_ contender: Contender) -> [Double] {
      rounds.compactMap { $0[contender].map { Spread(of: $0.seconds).median } }
    }
    var record = BenchmarkRecord("Operating points")
    record.add(
      "TAR at the FARs \(OperatingPointReading.targets.map { "\($0)" }.joined(separator: ", ")) from \(ScoreFile.genuine) genuine and "
        + "\(ScoreFile.impostor) impostor scores in memory, \(rounds.count) rounds in turn; thresholds and counts are equal. A ratio is the peer's time over ours."
    )
    var table = MarkdownTable([
      "", "ms", "quartiles", "range", "`np.sort` / it", "quartiles", "range", "`roc_curve` / it",
    ])
    for contender in Contender.allCases {
      let own = medians(contender)
      func ratios(_ peer: Contender) -> Spread { Spread(of: zip(medians(peer), own).map { $0 / $1 }) }
      table.add(
        [contender.title] + Spread(of: own.map { $0 * 1000 }).columns + ratios(.sort).columns
          + [String(format: "%.1f", ratios(.rocCurve).median)])
    }
    record.add(table)
    for engine in [Contender.sort, .rocCurve].compactMap({ rounds[0][$0]?.engine }) {
      record.add(peer: engine)
    }
    try record.finish(in: settings.record)
  }
}
