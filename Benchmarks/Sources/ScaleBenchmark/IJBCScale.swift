import Evaluation
import FeatureStores
import Foundation
import LinearAlgebra

/// IJB-C 1:1 at its full size: 469,375 faces in 23,124 templates of 3,531 subjects, 19,557 genuine and 15,638,932 impostor pairs, 512 dimensions.
struct IJBCScale {
  let folder: String
  let threads: Int
  let faces: Int
  let templates: Int
  private let subjects: Int
  let genuine: Int
  let impostor: Int
  static let dimension = 512

  init(_ arguments: Arguments) {
    folder = arguments.folder
    threads = arguments.threads
    func part(_ whole: Int) -> Int { max(1, Int(Double(whole) * arguments.fraction)) }
    faces = part(469_375)
    templates = part(23_124)
    subjects = part(3_531)
    genuine = part(19_557)
    impostor = part(15_638_932)
  }

  private var store: String { "\(folder)/ijbc.h5" }

  /// The template of a face: as many faces a template as there are, side by side as in the original list.
  private func template(ofFace face: Int) -> Int { face * templates / faces }

  func make() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var stream = RandomStream(seed: 1, name: "scale.ijbc")
    var people = Matrix<Float>(rows: subjects, columns: Self.dimension)
    stream.fillNormal(&people)
    var metadata = StoreMetadata()
    metadata.names = (1...faces).map { "\($0)" }
    let writer = try StoreWriter(
      to: StoreLocation(path: store), rowCount: faces, dimension: Self.dimension, metadata: metadata)
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
    var media = ""
    var previous = (template: -1, first: 0)
    for face in 0..<faces {
      let own = template(ofFace: face)
      if own != previous.template { previous = (own, face) }
      // Videos of up to four frames.
      media += "\(face + 1).jpg \(own + 1) \(own * 100 + (face - previous.first) / 4)\n"
    }
    try AtomicFile.write(media, to: "\(folder)/tid_mid.txt")
    var pairs = ""
    pairs.reserveCapacity((genuine + impostor) * 14)
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
    try AtomicFile.write(pairs, to: "\(folder)/pairs.txt")
    try Measurement().report()
  }

  func evaluate() throws {
    var measured = Measurement()
    let definition = try ProtocolDefinition(
      text: """
        name: ijbc-scale
        kind: template-verification
        lists: {format: ijb, media: tid_mid.txt, pairs: pairs.txt}
        names: {prefix: "", suffix: "", extension: drop}
        convention: {preset: likeness, detector-score: false}
        far: [1.0e-1, 1.0e-2, 1.0e-3, 1.0e-4, 1.0e-5, 1.0e-6]
        """, file: "ijbc-scale.yaml")
    let embeddings = try measured.time("store") {
      try StoreEmbeddings(
        FeatureStore(opening: StoreLocation(path: store)), workers: Workers(threads))
    }
    let task = try measured.time("lists") {
      try definition.task(lists: folder, names: embeddings.names, source: embeddings.source)
    }
    let result = try measured.time("evaluation") {
      try task.evaluation(of: embeddings, workers: Workers(threads))
    }
    if let result = result as? TemplateVerificationResult {
      for point in result.splits[0].operatingPoints {
        measured.results["TAR at \(point.targetFAR)"] = point.tar
      }
      measured.results["AUC"] = result.splits[0].auc
    }
    try measured.report()
  }
}
