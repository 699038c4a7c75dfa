import Evaluation
import FeatureStores
import Foundation
import LinearAlgebra

/// A store of probe photos and distractors with their lists, in MegaFace's form: 3,530 photos of 80 identities unless it is said otherwise.
///
/// The probes are the first rows, photo p of identity p modulo 80; then come the distractors in the order of every list.
struct MegaFaceStore {
  let folder: String
  let distractors: Int
  var probes = 3_530
  var dimension = 512

  static let identities = 80
  static let ranks = [1, 5, 10, 20, 50, 100]

  var path: String { "\(folder)/megaface-\(distractors)-\(probes)-\(dimension).h5" }
  private var lists: String { "\(path).lists" }

  /// 10, 100, … and the number of distractors.
  var sizes: [Int] { Self.sizes(upTo: distractors) }

  static func sizes(upTo distractors: Int) -> [Int] {
    Array(sequence(first: 10) { $0 * 10 }.prefix { $0 < distractors }) + [distractors]
  }

  /// Writes the store and its lists, of which there is one for each of `sizes`; does nothing where they are.
  func make(sizes: [Int]) throws {
    let manager = FileManager.default
    try manager.createDirectory(atPath: lists, withIntermediateDirectories: true)
    let photos = (0..<probes).map { "P\($0 % Self.identities)/\($0)" }
    let others = (0..<distractors).map { "\($0 / 1000)/\($0)_0" }
    if !manager.fileExists(atPath: path) { try writeStore(names: photos + others) }
    func list(_ paths: some Sequence<String>) -> String {
      paths.map { "\"\($0).jpg\"" }.joined(separator: ",")
    }
    let ids = (0..<probes).map { "\"P\($0 % Self.identities)\"" }.joined(separator: ",")
    try AtomicFile.write("{\"path\":[\(list(photos))],\"id\":[\(ids)]}", to: "\(lists)/probes.json")
    for size in sizes {
      try AtomicFile.write(
        "{\"path\":[\(list(others.prefix(size)))]}", to: "\(lists)/distractors.json_\(size)_1")
    }
  }

  private func writeStore(names: [String]) throws {
    var stream = RandomStream(seed: 1, name: "evaluation.megaface")
    var people = Matrix<Float>(rows: Self.identities, columns: dimension)
    stream.fillNormal(&people)
    var metadata = StoreMetadata()
    metadata.names = names
    let writer = try StoreWriter(
      to: StoreLocation(path: path), rowCount: names.count, dimension: dimension, metadata: metadata)
    for first in stride(from: 0, to: names.count, by: 4096) {
      var block = Matrix<Float>(rows: min(4096, names.count - first), columns: dimension)
      stream.fillNormal(&block)
      for row in 0..<block.rows where first + row < probes {
        people.withRow((first + row) % Self.identities) { person in
          block.withMutableRow(row) { values in
            for column in values.indices { values[column] += 0.5 * person[column] }
          }
        }
      }
      try writer.append(block)
    }
    try writer.finish()
  }

  func embeddings(workers: Workers) throws -> StoreEmbeddings {
    try StoreEmbeddings(FeatureStore(opening: StoreLocation(path: path)), workers: workers)
  }

  /// The task over its lists, of which `make` must have written those of `sizes`.
  func task(
    _ embeddings: StoreEmbeddings, sizes: [Int], ranks: [Int] = Self.ranks, targets: [Double] = [1e-6],
    screens: Bool = false
  ) throws -> DistractorTask {
    let definition = try ProtocolDefinition(
      text: """
        name: megaface-benchmark
        kind: distractor-identification
        lists: {format: megaface, probes: probes.json, distractors: distractors.json, set: 1}
        sizes: \(sizes)
        ranks: \(ranks)
        convention: {noise: keep}
        far: \(targets)
        screening: \(screens ? "8-bit" : "none")
        """, file: "megaface-benchmark.yaml")
    let task = try definition.task(lists: lists, names: embeddings.names, source: embeddings.source)
    guard let task = task as? DistractorTask else {
      throw HarnessError(.fault, found: "a task of kind \(type(of: task))", expected: "one among distractors")
    }
    return task
  }
}
