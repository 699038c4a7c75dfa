import BenchmarkSupport
import Evaluation
import FeatureStores
import Foundation
import LinearAlgebra

/// MegaFace at its full size: 3,530 probe photos of 80 identities among 1,000,000 distractors, 512 dimensions.
struct MegaFaceScale {
  let folder: String
  let threads: Int
  let distractors: Int
  static let probes = 3_530
  private static let identities = 80
  static let dimension = 512

  init(_ arguments: Arguments) {
    folder = arguments.folder
    threads = arguments.threads
    distractors = max(10, Int(1_000_000 * arguments.fraction))
  }

  private var store: String { "\(folder)/megaface.h5" }

  /// 10, 100, … up to the number of distractors.
  private var sizes: [Int] {
    var sizes = [distractors]
    var size = 10
    while size < distractors {
      sizes.insert(size, at: sizes.count - 1)
      size *= 10
    }
    return sizes
  }

  func make() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var stream = RandomStream(seed: 1, name: "scale.megaface")
    var people = Matrix<Float>(rows: Self.identities, columns: Self.dimension)
    stream.fillNormal(&people)
    let photos = (0..<Self.probes).map { "P\($0 % Self.identities)/\($0)" }
    let others = (0..<distractors).map { "\($0 / 1000)/\($0)_0" }
    var metadata = StoreMetadata()
    metadata.names = photos + others
    let rows = photos.count + others.count
    let writer = try StoreWriter(
      to: StoreLocation(path: store), rowCount: rows, dimension: Self.dimension, metadata: metadata)
    for first in stride(from: 0, to: rows, by: 4096) {
      var block = Matrix<Float>(rows: min(4096, rows - first), columns: Self.dimension)
      stream.fillNormal(&block)
      for row in 0..<block.rows where first + row < Self.probes {
        people.withRow((first + row) % Self.identities) { person in
          block.withMutableRow(row) { values in
            for column in values.indices { values[column] += 0.5 * person[column] }
          }
        }
      }
      try writer.append(block)
    }
    try writer.finish()
    func list(_ paths: ArraySlice<String>) -> String { paths.map { "\"\($0).jpg\"" }.joined(separator: ",") }
    let ids = (0..<Self.probes).map { "\"P\($0 % Self.identities)\"" }.joined(separator: ",")
    try AtomicFile.write("{\"path\":[\(list(photos[...]))],\"id\":[\(ids)]}", to: "\(folder)/probes.json")
    for size in sizes {
      try AtomicFile.write(
        "{\"path\":[\(list(others.prefix(size)))]}", to: "\(folder)/distractors.json_\(size)_1")
    }
    try Measurement().report()
  }

  func evaluate(screening: Bool = false) throws {
    var measured = Measurement()
    let definition = try ProtocolDefinition(
      text: """
        name: megaface-scale
        kind: distractor-identification
        lists: {format: megaface, probes: probes.json, distractors: distractors.json, set: 1}
        sizes: \(sizes)
        ranks: [1, 5, 10, 20, 50, 100]
        convention: {noise: keep}
        far: [1.0e-4, 1.0e-5, 1.0e-6]
        screening: \(screening ? "8-bit" : "none")
        """, file: "megaface-scale.yaml")
    let embeddings = try measured.time("store") {
      try StoreEmbeddings(
        FeatureStore(opening: StoreLocation(path: store)), workers: Workers(threads))
    }
    let task = try measured.time("lists") {
      try definition.task(lists: folder, names: embeddings.names, source: embeddings.source)
    }
    guard let task = task as? DistractorTask else { throw Failure("no task among distractors") }
    var tally: ScreeningTally?
    let result = try measured.time("pass") {
      try task.result(of: embeddings, workers: Workers(threads)) { tally = $0 }
    }
    measured.results = Self.numbers(of: result)
    if let tally {
      let all = Double(tally.products)
      measured.shares = [
        "rescored": tally.rescoredShare ?? 0, "in whole tiles": Double(tally.inWholeTiles) / all,
        "bit by bit": Double(tally.replayed) / all,
      ]
    }
    try measured.report()
  }

  /// Every count and threshold of a result.
  private static func numbers(of result: DistractorResult) -> [String: Double] {
    var numbers: [String: Double] = [:]
    for size in result.sizes {
      for (rank, hits) in size.match.hits.enumerated() {
        numbers["hits at rank \(rank + 1) of \(size.listed)"] = Double(hits)
      }
      for point in size.operatingPoints {
        let name = "at FAR \(point.targetFAR) of \(size.listed)"
        numbers["threshold \(name)"] = point.threshold
        numbers["genuine accepted \(name)"] = point.acceptedGenuine.map(Double.init)
        numbers["impostors accepted \(name)"] = point.acceptedImpostor.map(Double.init)
      }
      numbers["points of the curve of \(size.listed)"] = Double(size.rocHead.count)
    }
    return numbers
  }

  /// The same products and nothing else: probes by blocks of distractors that lie in memory.
  func multiply() throws {
    var measured = Measurement()
    var stream = RandomStream(seed: 2, name: "scale.product")
    var probes = Matrix<Float>(rows: Self.probes, columns: Self.dimension)
    var block = Matrix<Float>(rows: DistractorTask.blockRows, columns: Self.dimension)
    stream.fillNormal(&probes)
    stream.fillNormal(&block)
    var scores = Matrix<Float>(rows: probes.rows, columns: block.rows)
    let workers = Workers(threads)
    gemm(probes, .asIs, block, .transposed, into: &scores, workers: workers)
    let whole = distractors / block.rows
    let rest = block.rows(in: 0..<max(1, distractors % block.rows))
    var last = Matrix<Float>(rows: probes.rows, columns: rest.rows)
    measured.time("product") {
      for _ in 0..<whole { gemm(probes, .asIs, block, .transposed, into: &scores, workers: workers) }
      if distractors % block.rows > 0 {
        gemm(probes, .asIs, rest, .transposed, into: &last, workers: workers)
      }
    }
    measured.results["GFLOP/s"] =
      2e-9 * Double(Self.probes) * Double(distractors) * Double(Self.dimension) / measured.seconds
    try measured.report()
  }
}
