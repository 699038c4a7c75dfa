import FeatureStores
import Foundation
import LinearAlgebra

/// How alike two features are, as a number that is higher the more alike they are.
///
/// A distance is turned into a similarity by negation, so that "accept ⇔ score ≥ t" holds for all of them;
/// `naturalThreshold(_:)` gives a threshold back as the distance that it is. Everything is computed in double precision from
/// the single-precision features, one pair at a time, so a score does not depend on the other pairs.
public enum Similarity: String, Codable, CaseIterable, Sendable {
  /// Cosine of the angle between the features, in [−1, 1] up to rounding.
  case cosine
  /// Inner product of the features as they are.
  case innerProduct = "inner-product"
  /// Negative Euclidean distance of the features as they are.
  case negativeL2 = "negative-l2"
  /// Negative squared Euclidean distance of the features as they are.
  case negativeSquaredL2 = "negative-squared-l2"
  /// Negative squared Euclidean distance of the normalised features, −(2 − 2 cos) up to rounding.
  case negativeSquaredL2Normalised = "negative-squared-l2-normalised"
  /// Negative angle between the features over π, −arccos(cos)/π, in [−1, 0].
  case negativeAngle = "negative-angle"

  /// Whether the score is a negated distance.
  public var isDistance: Bool {
    switch self {
    case .cosine, .innerProduct: false
    case .negativeL2, .negativeSquaredL2, .negativeSquaredL2Normalised, .negativeAngle: true
    }
  }

  /// What is measured, in its natural unit.
  public var measure: String {
    switch self {
    case .cosine: "cosine"
    case .innerProduct: "inner product"
    case .negativeL2: "L2 distance"
    case .negativeSquaredL2: "squared L2 distance"
    case .negativeSquaredL2Normalised: "squared L2 distance of unit vectors"
    case .negativeAngle: "angle/π"
    }
  }

  /// The threshold in the natural unit: the distance itself where the score is a negated one (then accept ⇔ distance ≤ it).
  public func naturalThreshold(_ threshold: Double) -> Double {
    // 0 − t, so that a threshold of 0 does not become −0.
    isDistance ? 0 - threshold : threshold
  }

  /// The score of rows `i` and `j` of `features`. Not finite where the features are not, or for a row without direction
  /// where one is needed.
  public func score(_ features: Matrix<Float>, _ i: Int, _ j: Int) -> Double {
    features.withRow(i) { a in
      features.withRow(j) { b in
        switch self {
        case .cosine: cosineOfAngle(a, b)
        case .innerProduct: dot(a, b)
        case .negativeL2: -squaredDistance(a, b).squareRoot()
        case .negativeSquaredL2: -squaredDistance(a, b)
        case .negativeSquaredL2Normalised: -squaredDistanceOfUnits(a, b)
        case .negativeAngle: Self.negativeAngle(cosine: cosineOfAngle(a, b))
        }
      }
    }
  }
}

extension Similarity {
  /// −arccos(cos)/π, of a cosine that rounding may have carried beyond ±1.
  static func negativeAngle(cosine: Double) -> Double { -acos(min(1, max(-1, cosine))) / .pi }
}

private func dot(_ a: Span<Float>, _ b: Span<Float>) -> Double {
  var sum = 0.0
  for index in a.indices { sum += Double(a[index]) * Double(b[index]) }
  return sum
}

private func cosineOfAngle(_ a: Span<Float>, _ b: Span<Float>) -> Double {
  dot(a, b) / (dot(a, a).squareRoot() * dot(b, b).squareRoot())
}

private func squaredDistance(_ a: Span<Float>, _ b: Span<Float>) -> Double {
  var sum = 0.0
  for index in a.indices {
    let difference = Double(a[index]) - Double(b[index])
    sum += difference * difference
  }
  return sum
}

private func squaredDistanceOfUnits(_ a: Span<Float>, _ b: Span<Float>) -> Double {
  let (normA, normB) = (dot(a, a).squareRoot(), dot(b, b).squareRoot())
  var sum = 0.0
  for index in a.indices {
    let difference = Double(a[index]) / normA - Double(b[index]) / normB
    sum += difference * difference
  }
  return sum
}
