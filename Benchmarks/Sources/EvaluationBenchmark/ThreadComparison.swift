import BenchmarkSupport
import Evaluation
import FeatureStores
import Foundation
import LinearAlgebra

/// Two threads beside one: how much faster, and whether the bytes of what comes out are the same.
struct ThreadComparison {
  private let settings: Settings
  private let megaFace: MegaFaceStore
  private let templates: TemplateStore

  /// Steps whose weights are compared, and which are timed but for the first few.
  private static let steps = 20
  private static let warmUp = 3

  private enum Work: String, CaseIterable {
    case step
    case search
    case templates

    var title: String {
      switch self {
      case .step: "a step of training, 10,000 classes"
      case .search: "a search among distractors (MegaFace)"
      case .templates: "comparisons of templates (IJB-C)"
      }
    }
  }

  init(_ settings: Settings) {
    self.settings = settings
    let fraction = settings.fraction ?? 0.1
    megaFace = MegaFaceStore(folder: settings.folder, distractors: max(100, Int(1_000_000 * fraction)))
    templates = TemplateStore(folder: settings.folder, fraction: fraction)
  }

  /// Seconds of one process, and where it wrote what came out.
  private struct Measurement: Codable {
    let seconds: Double
    let output: String
  }

  func measure() throws {
    guard let work = settings.work.flatMap(Work.init) else { throw Failure("--work: \(settings.work ?? "")") }
    let workers = Workers(settings.threads)
    let output = "\(settings.folder)/\(work.rawValue)-\(settings.threads).out"
    let (time, bytes) =
      switch work {
      case .step: try train(workers)
      case .search: try search(workers)
      case .templates: try compareTemplates(workers)
      }
    try bytes.write(to: URL(fileURLWithPath: output))
    try printJSON(Measurement(seconds: time, output: output))
  }

  /// The median time of a step, and everything that training has changed.
  private func train(_ workers: Workers) throws -> (Double, Data) {
    var trainer = try TrainingWork(classes: 10_000).trainer(steps: Self.steps, workers: workers)
    var times: [Double] = []
    for _ in 0..<Self.steps { times.append(try seconds { _ = try trainer.step() }) }
    return (Spread(of: times.dropFirst(Self.warmUp).map(\.self)).median, try trainer.checkpoint())
  }

  /// Without opening the store and reading the lists.
  private func search(_ workers: Workers) throws -> (Double, Data) {
    let embeddings = try megaFace.embeddings(workers: workers)
    let task = try megaFace.task(embeddings, sizes: megaFace.sizes)
    return try evaluated(task, embeddings, workers)
  }

  private func compareTemplates(_ workers: Workers) throws -> (Double, Data) {
    let (task, embeddings) = try templates.task(workers: workers)
    return try evaluated(task, embeddings, workers)
  }

  private func evaluated(
    _ task: any EvaluationTask, _ embeddings: StoreEmbeddings, _ workers: Workers
  ) throws -> (Double, Data) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    var result: (any EvaluationResult)?
    let time = try seconds { result = try task.evaluation(of: embeddings, workers: workers) }
    return (time, try result.map { try encoder.encode($0) } ?? Data())
  }

  func compare() throws {
    defer { settings.clean() }
    try megaFace.make(sizes: megaFace.sizes)
    try templates.make()
    var times: [Work: [(one: Double, two: Double)]] = [:]
    for round in 0..<settings.rounds {
      for work in Work.allCases {
        var measured: [Int: Measurement] = [:]
        for threads in round % 2 == 0 ? [1, 2] : [2, 1] {
          measured[threads] = try settings.measured(
            .threadedWork, threads: threads,
            ["--work", work.rawValue, "--fraction", "\(settings.fraction ?? 0.1)"])
        }
        guard let one = measured[1], let two = measured[2] else { continue }
        try demandEquality(work, one, two)
        times[work, default: []].append((one.seconds, two.seconds))
      }
    }
    var record = BenchmarkRecord("Two threads")
    record.add(
      "\(settings.rounds) rounds in turn, \(megaFace.distractors) distractors and that share of IJB-C; a ratio is the time on one thread over that on two. "
        + "Checkpoints after \(Self.steps) steps and results as JSON have the same bytes.")
    var table = MarkdownTable([
      "", "s, one thread", "s, two threads", "one / two", "quartiles", "range",
    ])
    for work in Work.allCases {
      let pairs = times[work] ?? []
      func median(_ values: [Double]) -> String { String(format: "%.3f", Spread(of: values).median) }
      table.add(
        [work.title, median(pairs.map(\.one)), median(pairs.map(\.two))]
          + Spread(of: pairs.map { $0.one / $0.two }).columns)
    }
    record.add(table)
    try record.finish(in: settings.record)
  }

  private func demandEquality(_ work: Work, _ one: Measurement, _ two: Measurement) throws {
    func bytes(_ measured: Measurement) throws -> Data {
      try Data(contentsOf: URL(fileURLWithPath: measured.output))
    }
    let (first, second) = (try bytes(one), try bytes(two))
    guard first == second, !first.isEmpty else {
      throw Failure("\(work.title): two threads give other bytes than one (\(one.output), \(two.output))")
    }
  }
}
