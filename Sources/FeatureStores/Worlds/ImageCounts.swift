import Foundation

/// How many images each identity of a set has.
public enum ImageCounts: Sendable, Codable, Equatable {
  /// The same number for all.
  case equal(Int)
  /// A long tail by Zipf's law: the identity of rank r (from 1) has most · r^(−exponent) images, rounded, and at least `least`.
  case zipf(most: Int, least: Int, exponent: Double)
  /// An exponential long tail: from `most` images at the first rank to `least` at the last, by a constant factor a rank. most/least is the
  /// imbalance ratio of Cui et al., "Class-balanced loss based on effective number of samples", CVPR 2019.
  case exponential(most: Int, least: Int)

  /// The number of images of each of `identities`, in the order of their ranks.
  public func counts(identities: Int) -> [Int] {
    switch self {
    case .equal(let count): return [Int](repeating: count, count: identities)
    case .zipf(let most, let least, let exponent):
      return (1...identities).map { rank in
        max(least, Self.rounded(Double(most) * pow(Double(rank), -exponent)))
      }
    case .exponential(let most, let least):
      let ratio = Double(least) / Double(most)
      return (0..<identities).map { rank in
        let place = identities == 1 ? 0 : Double(rank) / Double(identities - 1)
        return max(least, Self.rounded(Double(most) * pow(ratio, place)))
      }
    }
  }

  /// Rounds to the nearest integer, with exact halves (200 · 16^(−1)) well on their upper side: mathematics libraries that differ in the last
  /// bit of a power agree on the count.
  private static func rounded(_ value: Double) -> Int { Int((value + 1e-9).rounded()) }

  /// Reads `distribution: zipf, most:, least:, exponent:` or `distribution: exponential, most:, least:`.
  init(longTail entry: ConfigurationMapping) throws {
    let most = try entry.required("most").integer(in: 1...100_000)
    let least = try entry.value("least", default: 1) { try $0.integer(in: 1...most) }
    switch try entry.required("distribution").choice(of: ["zipf", "exponential"]) {
    case "zipf":
      self = .zipf(
        most: most, least: least,
        exponent: try entry.value("exponent", default: 1) { try $0.number(in: 0.01...10) })
    default:
      if let node = entry["exponent"] {
        throw node.error(found: "an exponent of an exponential tail", expected: "it only for zipf")
      }
      self = .exponential(most: most, least: least)
    }
  }
}
