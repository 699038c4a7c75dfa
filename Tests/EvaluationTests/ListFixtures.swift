import Evaluation
import FeatureStores
import Foundation
import LinearAlgebra
import TestSupport
import Testing

/// A folder of list files made for one test.
struct ListFolder {
  let folder: TemporaryFolder
  var path: String { folder.path }

  init(_ files: [String: String]) throws {
    folder = try TemporaryFolder()
    for (name, text) in files.sorted(by: { $0.key < $1.key }) {
      let url = URL(fileURLWithPath: folder.file(name))
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
  }
}

/// A protocol with the given lists and further lines over the usual ones.
func definition(
  _ lists: String, _ further: String = "", folds: Int = 2, far: String = "[0.5]"
) throws -> ProtocolDefinition {
  try ProtocolDefinition(
    text: """
      name: test
      kind: pair-verification
      lists: \(lists)
      folds: \(folds)
      far: \(far)
      \(further)
      """, file: "test.yaml")
}

/// The error that `body` throws, which must be a `HarnessError`.
func harnessError(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> some Any
) throws -> HarnessError {
  try #require(
    #expect(throws: HarnessError.self, sourceLocation: sourceLocation) { _ = try body() },
    sourceLocation: sourceLocation)
}

/// A table of features on the unit circle, by angle in degrees.
func circle(_ angles: [(name: String, degrees: Double)]) throws -> EmbeddingTable {
  let rows = angles.map { entry -> [Float] in
    let angle = entry.degrees * .pi / 180
    return [Float(cos(angle)), Float(sin(angle))]
  }
  return try EmbeddingTable(source: "circle.h5", names: angles.map(\.name), features: Matrix(rows))
}

extension ProtocolDefinition {
  /// The pairs that the lists in `folder` give.
  func pairs(in folder: ListFolder) throws -> [ListedPair] {
    let settings = try #require(pairVerification)
    return try settings.lists.format.read(folder: folder.path, folds: settings.folds)
  }

  /// The result on `table`, which must be one of pairs.
  func result(_ table: EmbeddingTable, _ lists: ListFolder) throws -> VerificationResult {
    try #require(try evaluate(table, lists: lists.path) as? VerificationResult)
  }
}

/// Whether two numbers agree to `tolerance`, relative where they are larger than 1; infinities agree with themselves.
func agree(_ a: Double, _ b: Double, _ tolerance: Double = 1e-12) -> Bool {
  a == b || abs(a - b) <= tolerance * max(1, abs(a), abs(b))
}
