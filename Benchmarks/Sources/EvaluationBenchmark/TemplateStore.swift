import Evaluation
import FeatureStores
import Foundation
import LinearAlgebra

/// A store of faces in templates with the lists of a 1:1 protocol in IJB-C's form, of a given share of its size.
struct TemplateStore {
  let folder: String
  private let faces: Int
  private let templates: Int
  private let subjects: Int
  private let genuine: Int
  private let impostor: Int

  private static let dimension = 512

  init(folder: String, fraction: Double) {
    self.folder = folder
    func part(_ whole: Int) -> Int { max(2, Int(Double(whole) * fraction)) }
    faces = part(469_375)
    templates = part(23_124)
    subjects = part(3_531)
    genuine = part(19_557)
    impostor = part(15_638_932)
  }

  private var path: String { "\(folder)/templates-\(faces).h5" }
  private var lists: String { "\(path).lists" }

  private func template(ofFace face: Int) -> Int { face * templates / faces }

  func make() throws {
    try FileManager.default.createDirectory(atPath: lists, withIntermediateDirectories: true)
    var stream = RandomStream(seed: 1, name: "evaluation.templates")
    var people = Matrix<Float>(rows: subjects, columns: Self.dimension)
    stream.fillNormal(&people)
    var metadata = StoreMetadata()
    metadata.names = (1...faces).map { "\($0)" }
    let writer = try StoreWriter(
      to: StoreLocation(path: path), rowCount: faces, dimension: Self.dimension, metadata: metadata)
    for first in stride(from: 0, to: faces, by: 4096) {
      var block = Matrix<Float>(rows: min(4096, faces - first), columns: Self.dimension)
      stream.fillNormal(&block)
      for row in 0..<block.rows {
        people.withRow(template(ofFace: first + row) % subjects) { person in
          block.withMutableRow(row) { values in
            for column in values.indices { values[column] += 0.1 * person[column] }
          }
        }
      }
      try writer.append(block)
    }
    try writer.finish()
    try writeMedia()
    try writePairs()
  }

  /// Videos of up to four frames.
  private func writeMedia() throws {
    var media = ""
    var previous = (template: -1, first: 0)
    for face in 0..<faces {
      let own = template(ofFace: face)
      if own != previous.template { previous = (own, face) }
      media += "\(face + 1).jpg \(own + 1) \(own * 100 + (face - previous.first) / 4)\n"
    }
    try AtomicFile.write(media, to: "\(lists)/tid_mid.txt")
  }

  private func writePairs() throws {
    var pairs = ""
    var left = genuine
    for distance in stride(from: subjects, to: templates, by: subjects) {
      for first in 0..<(templates - distance) where left > 0 {
        pairs += "\(first + 1) \(first + distance + 1) 1\n"
        left -= 1
      }
    }
    left = impostor
    for distance in 1..<templates where left > 0 {
      for first in 0..<templates where left > 0 {
        let second = (first + distance) % templates
        guard first % subjects != second % subjects else { continue }
        pairs += "\(first + 1) \(second + 1) 0\n"
        left -= 1
      }
    }
    try AtomicFile.write(pairs, to: "\(lists)/pairs.txt")
  }

  /// The task with the embeddings that it evaluates.
  func task(workers: Workers) throws -> (task: any EvaluationTask, embeddings: StoreEmbeddings) {
    let definition = try ProtocolDefinition(
      text: """
        name: templates-benchmark
        kind: template-verification
        lists: {format: ijb, media: tid_mid.txt, pairs: pairs.txt}
        names: {prefix: "", suffix: "", extension: drop}
        convention: {preset: likeness, detector-score: false}
        far: [1.0e-1, 1.0e-2, 1.0e-3, 1.0e-4, 1.0e-5]
        """, file: "templates-benchmark.yaml")
    let embeddings = try StoreEmbeddings(
      FeatureStore(opening: StoreLocation(path: path)), workers: workers)
    return (
      try definition.task(lists: lists, names: embeddings.names, source: embeddings.source), embeddings
    )
  }
}
