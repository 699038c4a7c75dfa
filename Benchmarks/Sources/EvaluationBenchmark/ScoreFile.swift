import Foundation
import LinearAlgebra

/// Scores of as many comparisons as IJB-C has, in a file: single-precision numbers and nothing else, the genuine ones first.
///
/// Genuine scores are a heap around 0.65 with a few that failed, impostor scores one around 0 with a tail of people who look alike. One in eight is
/// rounded to three decimals, as those that went through a text file, so there are large groups of equal scores.
struct ScoreFile {
  static let genuine = 19_557
  static let impostor = 15_638_932

  let path: String

  var exists: Bool {
    let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    return size == 4 * (Self.genuine + Self.impostor)
  }

  func make() throws {
    var stream = RandomStream(seed: 1, name: "evaluation.scores")
    var genuine = Self.draw(Self.genuine, from: &stream)
    for index in genuine.indices {
      genuine[index] = index % 33 == 0 ? 0.2 + 0.12 * genuine[index] : 0.65 + 0.11 * genuine[index]
    }
    var impostor = Self.draw(Self.impostor, from: &stream)
    for index in impostor.indices { impostor[index] *= index % 50 == 0 ? 0.11 : 0.06 }
    let file = URL(fileURLWithPath: path)
    var bytes = Data(capacity: 4 * (Self.genuine + Self.impostor))
    for var scores in [genuine, impostor] {
      for index in stride(from: 0, to: scores.count, by: 8) {
        scores[index] = (scores[index] * 1000).rounded() / 1000
      }
      for score in scores {
        withUnsafeBytes(of: max(-1, min(1, score))) { bytes.append(contentsOf: $0) }
      }
    }
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try bytes.write(to: file, options: .atomic)
  }

  func read() throws -> (genuine: [Float], impostor: [Float]) {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    guard bytes.count == 4 * (Self.genuine + Self.impostor) else {
      throw CocoaError(.fileReadCorruptFile)
    }
    return bytes.withUnsafeBytes { raw in
      let scores = raw.bindMemory(to: Float.self)
      return (Array(scores[..<Self.genuine]), Array(scores[Self.genuine...]))
    }
  }

  private static func draw(_ count: Int, from stream: inout RandomStream) -> [Float] {
    var numbers = Matrix<Float>(rows: 1, columns: count)
    stream.fillNormal(&numbers)
    return numbers.elements
  }
}
