import BenchmarkSupport
import Evaluation
import FeatureStores
import Foundation
import Learning
import LinearAlgebra
import Reports

/// How the time of a search among distractors and of a step of training grows, quantity by quantity, every other one fixed.
///
/// A round goes through all sizes of a quantity once, upwards and downwards by turns, so that what slows the machine down for a while tilts no line.
struct Growth {
  private let settings: Settings
  private let workers: Workers
  private let store: MegaFaceStore
  private let fraction: Double

  init(_ settings: Settings) {
    self.settings = settings
    workers = Workers(settings.threads)
    fraction = settings.fraction ?? 1
    store = MegaFaceStore(
      folder: settings.folder, distractors: max(2_000, Int(200_000 * fraction)), probes: 800)
  }

  func run() throws {
    defer { settings.clean() }
    try store.make(sizes: Array(Set(rows + store.sizes)).sorted())
    let embeddings = try store.embeddings(workers: workers)
    // The digest is computed once for a source, beside its first pass.
    _ = try embeddings.contentDigest()
    var series: [GrowthSeries] = []
    series.append(try distractors(embeddings))
    series.append(try operatingPoints(embeddings))
    series.append(try ranks(embeddings))
    series.append(try distractorSizes(embeddings))
    series.append(try blockSizes(embeddings))
    series.append(try classes())
    series.append(try batches())
    try show(series)
  }

  private var rows: [Int] { [16, 8, 4, 2, 1].map { store.distractors / $0 } }
  private var fixed: String {
    "\(store.probes) probes among \(store.distractors) distractors, \(store.dimension) dimensions, \(settings.threads) threads"
  }

  private func distractors(_ embeddings: StoreEmbeddings) throws -> GrowthSeries {
    let tasks = try rows.map { try store.task(embeddings, sizes: [$0], targets: [1e-4]) }
    return try measured(
      "distractors", "A search among distractors", "\(store.probes) probes, \(settings.threads) threads",
      isLinear: true, rows
    ) { try search(tasks[$0], embeddings) }
  }

  private func operatingPoints(_ embeddings: StoreEmbeddings) throws -> GrowthSeries {
    let counts = [1, 4, 16, 64]
    let tasks = try counts.map { count in
      let targets = (0..<count).map { 1e-4 * (1 - 0.9 * Double($0) / Double(count)) }
      return try store.task(embeddings, sizes: [store.distractors], targets: targets)
    }
    return try measured("operating points", "A search among distractors", fixed, isLinear: false, counts) {
      try search(tasks[$0], embeddings)
    }
  }

  private func ranks(_ embeddings: StoreEmbeddings) throws -> GrowthSeries {
    let counts = [1, 10, 100, 1_000]
    let tasks = try counts.map { count in
      try store.task(embeddings, sizes: [store.distractors], ranks: [count], targets: [1e-4])
    }
    return try measured("ranks", "A search among distractors", fixed, isLinear: false, counts) {
      try search(tasks[$0], embeddings)
    }
  }

  private func distractorSizes(_ embeddings: StoreEmbeddings) throws -> GrowthSeries {
    let counts = Array(1...store.sizes.count)
    let tasks = try counts.map { count in
      try store.task(embeddings, sizes: Array(store.sizes.suffix(count)), targets: [1e-4])
    }
    return try measured("distractor sizes", "A search among distractors", fixed, isLinear: false, counts) {
      try search(tasks[$0], embeddings)
    }
  }

  private func blockSizes(_ embeddings: StoreEmbeddings) throws -> GrowthSeries {
    let sizes = [1_024, 2_048, 4_096, 8_192, 16_384]
    let task = try store.task(embeddings, sizes: [store.distractors], targets: [1e-4])
    return try measured("rows a block", "A search among distractors", fixed, isLinear: false, sizes) {
      _ = try task.result(of: embeddings, workers: workers, blockRows: sizes[$0])
    }
  }

  private func classes() throws -> GrowthSeries {
    let counts = [2_500, 5_000, 10_000, 20_000, 40_000].map { max(100, Int(Double($0) * fraction)) }
    return try training(
      "classes", counts.map { TrainingWork(classes: $0) }, counts,
      "batches of 512, \(settings.threads) threads")
  }

  private func batches() throws -> GrowthSeries {
    let counts = [64, 128, 256, 512, 1_024]
    let classes = max(1_000, Int(10_000 * fraction))
    return try training(
      "samples a batch", counts.map { TrainingWork(classes: classes, batch: $0) }, counts,
      "\(classes) classes, \(settings.threads) threads")
  }

  private func training(_ quantity: String, _ works: [TrainingWork], _ sizes: [Int], _ caption: String) throws
    -> GrowthSeries
  {
    let warmUp = 2
    let stepsARound = 3
    var trainers = try works.map {
      try $0.trainer(steps: warmUp + (settings.rounds + 1) * stepsARound, workers: workers)
    }
    for index in trainers.indices {
      for _ in 0..<warmUp { _ = try trainers[index].step() }
    }
    return try measured(
      quantity, "A step of training", caption, isLinear: true, sizes, repetitions: stepsARound
    ) {
      index in
      for _ in 0..<stepsARound { _ = try trainers[index].step() }
    }
  }

  private func search(_ task: DistractorTask, _ embeddings: StoreEmbeddings) throws {
    _ = try task.result(of: embeddings, workers: workers)
  }

  /// Times `body` for each size, by its place, once a round; what it does several times in a call counts once.
  private func measured(
    _ quantity: String, _ title: String, _ caption: String, isLinear: Bool, _ sizes: [Int],
    repetitions: Int = 1, _ body: (_ place: Int) throws -> Void
  ) throws -> GrowthSeries {
    var series = GrowthSeries(
      quantity: quantity, title: title, caption: caption, isLinear: isLinear, sizes: sizes)
    for round in -1..<settings.rounds {
      var times = [Double](repeating: 0, count: sizes.count)
      for place in round % 2 == 0 ? Array(sizes.indices) : sizes.indices.reversed() {
        times[place] = try seconds { try body(place) } / Double(repetitions)
      }
      // The first one finds memory that was never touched.
      if round >= 0 { series.rounds.append(times) }
    }
    print("\(quantity): \(series.cells.dropFirst().joined(separator: " | "))")
    return series
  }

  private func show(_ series: [GrowthSeries]) throws {
    var record = BenchmarkRecord("Growth")
    record.add(
      "Medians of \(settings.rounds) rounds. A time that should grow with a quantity is compared with the straight line through the medians (least squares of relative deviations), what is fixed and what each one takes; "
        + "one that should not change with the median of all sizes. The departure is the largest of all sizes."
    )
    var table = MarkdownTable(GrowthSeries.columns)
    for one in series { table.add(one.cells) }
    record.add(table)
    try FileManager.default.createDirectory(atPath: settings.figures, withIntermediateDirectories: true)
    for one in series {
      let path = "\(settings.figures)/\(one.fileName)"
      try one.figure.write(to: path, as: .png)
      record.add("![Time against \(one.quantity)](\(link(to: path)))")
    }
    try record.finish(in: settings.record)
  }

  /// A path from the record's folder, where it lies below it.
  private func link(to path: String) -> String {
    let file = URL(fileURLWithPath: path).standardizedFileURL.path
    guard let record = settings.record else { return file }
    let folder = URL(fileURLWithPath: record).standardizedFileURL.deletingLastPathComponent().path + "/"
    return file.hasPrefix(folder) ? String(file.dropFirst(folder.count)) : file
  }
}
