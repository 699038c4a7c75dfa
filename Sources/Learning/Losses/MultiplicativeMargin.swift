import LinearAlgebra

/// The target function c ↦ ψ(θ) of the multiplicative angular margin, θ = arccos c, with its derivative.
///
/// ψ(θ) = (−1)^k·cos(mθ) − 2k for θ in [kπ/m, (k + 1)π/m]: cos(mθ) continued downwards, so that it falls over all of [0, π]. For
/// whole m both cos(mθ) and sin(mθ)/sin θ are Chebyshev polynomials of c (T_m and U_{m−1}), and the derivative is finite
/// everywhere. For other m it grows without bound towards c = −1; sin θ is taken for at least √(machine epsilon). Cosines
/// past ±1 count as ±1.
/// Sources: Liu et al., "Large-margin softmax loss for convolutional neural networks", 2016; "SphereFace: deep hypersphere
/// embedding for face recognition", 2017.
struct MultiplicativeMargin: Sendable {
  /// m, at least 1.
  var multiplier: Double

  /// ψ at cosine `c` and its derivative by `c` there.
  func callAsFunction<Element: Scalar>(_ c: Element) -> (value: Element, slope: Element) {
    let c = min(max(c, -1), 1)
    let angle = Element.acos(c)
    // The last interval ends at π; the next one, which begins there, has the opposite slope.
    let turns = min(
      (Element(multiplier) * angle / .pi).rounded(.down), Element(multiplier.rounded(.up) - 1))
    let sign: Element = turns.truncatingRemainder(dividingBy: 2) == 1 ? -1 : 1
    let (cosine, ratio) = wholeMultiplier.map { Self.chebyshev($0, c) } ?? general(c, angle)
    return (sign * cosine - 2 * turns, sign * Element(multiplier) * ratio)
  }

  private var wholeMultiplier: Int? { multiplier == multiplier.rounded() ? Int(multiplier) : nil }

  /// T_m(c) = cos(mθ) and U_{m−1}(c) = sin(mθ)/sin θ.
  private static func chebyshev<Element: Scalar>(
    _ degree: Int, _ c: Element
  ) -> (cosine: Element, ratio: Element) {
    var first: (previous: Element, last: Element) = (1, c)
    var second: (previous: Element, last: Element) = (0, 1)
    for _ in 1..<degree {
      first = (first.last, 2 * c * first.last - first.previous)
      second = (second.last, 2 * c * second.last - second.previous)
    }
    return (first.last, second.last)
  }

  /// cos(mθ) and sin(mθ)/sin θ, whose limit at θ = 0 is m.
  private func general<Element: Scalar>(
    _ c: Element, _ angle: Element
  ) -> (cosine: Element, ratio: Element) {
    let sine = ((1 - c) * (1 + c)).squareRoot()
    let smallest = Element.ulpOfOne.squareRoot()
    let product = Element(multiplier) * angle
    if sine < smallest && c > 0 { return (Element.cos(product), Element(multiplier)) }
    return (Element.cos(product), Element.sin(product) / max(sine, smallest))
  }
}

/// The annealing of the multiplicative margin: (λ·cos θ + ψ(θ))/(1 + λ) in place of ψ(θ), with λ falling over the iterations.
///
/// λ = max(`least`, `base`·(1 + `gamma`·t)^−`power`), t counted from 1.
struct MarginAnnealing: Sendable {
  var base: Double
  var gamma: Double
  var power: Double
  var least: Double

  static let options = [
    OptionDescription(
      "lambda-base", .number(0...1e6), default: .number(1000),
      "λ at the start: λ = max(lambda-min, lambda-base·(1 + lambda-gamma·t)^−lambda-power) in iteration t "
        + "(face.evoLVe, SV-X; clcarwin: 1500)"),
    OptionDescription(
      "lambda-gamma", .number(0...1e3), default: .number(0.12), "(face.evoLVe; clcarwin: 0.1, SV-X: 1e-4)"),
    OptionDescription(
      "lambda-power", .number(0...100), default: .number(1), "(face.evoLVe, clcarwin; SV-X: 2)"),
    OptionDescription(
      "lambda-min", .number(0...1e6), default: .number(5),
      "where λ ends (face.evoLVe, clcarwin, SV-X); with lambda-base 0 too: no annealing"),
  ]

  init(_ options: Options) {
    base = options.number("lambda-base")
    gamma = options.number("lambda-gamma")
    power = options.number("lambda-power")
    least = options.number("lambda-min")
  }

  /// λ in iteration `iteration`, counted from 1.
  func lambda(iteration: Double) -> Double { max(least, base * Double.pow(1 + gamma * iteration, -power)) }
}

extension MultiplicativeMargin {
  /// (λ·c + ψ)/(1 + λ) and its derivative, or 1 for that where the gradient passes straight through.
  func annealed<Element: Scalar>(
    _ c: Element, lambda: Double, straightThrough: Bool
  ) -> (value: Element, slope: Element) {
    let (value, slope) = self(c)
    let whole = Element(1 + lambda)
    let bounded = min(max(c, -1), 1)
    return (
      (Element(lambda) * bounded + value) / whole,
      straightThrough ? 1 : (Element(lambda) + slope) / whole
    )
  }
}
