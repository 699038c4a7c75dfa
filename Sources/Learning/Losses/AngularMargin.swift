import LinearAlgebra

/// What happens where θ_y + m exceeds π, from where on cos(θ_y + m) would rise again.
enum MarginWrap: String, CaseIterable {
  /// Nothing: cos(θ + m) as it is (insightface torch, ElasticFace).
  case none
  /// cos θ − m·sin m where θ > π − m (TFace, CurricularFace, face.evoLVe, MultiFace).
  case threshold
  /// cos θ − penalty where θ > π − m (FaceX-Zoo).
  case penalty
  /// θ + m clipped to [ε, π − ε] (AdaFace repository, opensphere).
  case clip
  /// No margin at all where cos θ ≤ 0 (easy margin: SV-X, TFace's option).
  case easy
}

/// The target function c ↦ cos(m₁·θ + m₂) − m₃ of the angular margin losses, θ = arccos c, with its derivative.
///
/// For m₁ = 1 it is computed as c·cos m − sin θ·sin m, without an arccosine. The derivative m₁·sin(m₁θ + m₂)/sin θ grows
/// without bound towards c = ±1; sin θ is taken for at least √(machine epsilon), so it stays finite (the gradient at the
/// embedding does anyway, as it holds another factor sin θ). Cosines past ±1, which rounding produces, count as ±1.
struct AngularMargin: Sendable {
  var multiplier: Double
  var margin: Double
  var cosineMargin: Double
  var wrap: MarginWrap
  /// The penalty of `MarginWrap.penalty`.
  var penalty: Double
  /// The ε of `MarginWrap.clip`.
  var epsilon: Double
  /// The derivative is taken for 1 everywhere.
  var straightThrough: Bool

  /// scale times the value at cosine `c`, and its derivative.
  func logit<Element: Scalar>(_ c: Element, scale: Element) -> TargetLogit<Element> {
    let (value, slope) = self(c)
    return TargetLogit(logit: scale * value, slope: scale * slope)
  }

  /// The value at cosine `c` and the derivative there.
  func callAsFunction<Element: Scalar>(_ c: Element) -> (value: Element, slope: Element) {
    let c = min(max(c, -1), 1)
    let sine = ((1 - c) * (1 + c)).squareRoot()
    let usual: (value: Element, slope: Element)
    if multiplier == 1 {
      let cosM = Element(Double.cos(margin))
      let sinM = Element(Double.sin(margin))
      usual = (c * cosM - sine * sinM, cosM + c * sinM / max(sine, Self.smallestSine(Element.self)))
    } else {
      let angle = Element(multiplier) * Element.acos(c) + Element(margin)
      let slope =
        margin == 0 && sine < Self.smallestSine(Element.self) && c > 0
        ? Element(multiplier * multiplier)
        : Element(multiplier) * Element.sin(angle) / max(sine, Self.smallestSine(Element.self))
      usual = (Element.cos(angle), slope)
    }
    let m3 = Element(cosineMargin)
    var result = (value: usual.value - m3, slope: usual.slope)
    switch wrap {
    case .none: break
    case .threshold:
      if c <= Element(Double.cos(Double.pi - margin)) {
        result = (c - Element(Double.sin(margin) * margin), 1)
      }
    case .penalty:
      if c <= Element(Double.cos(Double.pi - margin)) { result = (c - Element(penalty), 1) }
    case .clip:
      let angle = Element(multiplier) * Element.acos(c) + Element(margin)
      let low = Element(epsilon)
      let high = Element(Double.pi - epsilon)
      if angle < low { result = (Element.cos(low) - m3, 0) }
      if angle > high { result = (Element.cos(high) - m3, 0) }
    case .easy:
      if c <= 0 { result = (c, 1) }
    }
    return straightThrough ? (result.value, 1) : result
  }

  /// The derivative of the value at cosine `c` with respect to `margin`, for a multiplier of 1.
  func marginSlope<Element: Scalar>(_ c: Element) -> Element {
    let c = min(max(c, -1), 1)
    let (sinM, cosM) = (Element(Double.sin(margin)), Element(Double.cos(margin)))
    let usual = -(((1 - c) * (1 + c)).squareRoot() * cosM + c * sinM)
    let isBeyond = c <= Element(Double.cos(Double.pi - margin))
    switch wrap {
    case .none: return usual
    case .threshold: return isBeyond ? -(sinM + Element(margin) * cosM) : usual
    case .penalty: return isBeyond ? 0 : usual
    case .clip:
      let angle = Element.acos(c) + Element(margin)
      return angle < Element(epsilon) || angle > Element(Double.pi - epsilon) ? 0 : usual
    case .easy: return c <= 0 ? 0 : usual
    }
  }

  private static func smallestSine<Element: Scalar>(_ type: Element.Type) -> Element {
    Element.ulpOfOne.squareRoot()
  }

  /// The function of the shared options and a margin on the angle.
  init(_ options: Options, multiplier: Double = 1, margin: Double, cosineMargin: Double = 0) {
    self.init(
      multiplier: multiplier, margin: margin, cosineMargin: cosineMargin,
      wrap: options.choice("wrap", MarginWrap.self), penalty: options.number("wrap-penalty"),
      epsilon: options.number("clip-epsilon"),
      straightThrough: options.text("gradient") == "straight-through")
  }

  init(
    multiplier: Double, margin: Double, cosineMargin: Double, wrap: MarginWrap, penalty: Double,
    epsilon: Double, straightThrough: Bool
  ) {
    self.multiplier = multiplier
    self.margin = margin
    self.cosineMargin = cosineMargin
    self.wrap = wrap
    self.penalty = penalty
    self.epsilon = epsilon
    self.straightThrough = straightThrough
  }

  /// The shared options with another treatment of θ + m > π where nobody sets it.
  static func options(wrap: MarginWrap, _ source: String) -> [OptionDescription] {
    options.map { option in
      option.name == "wrap"
        ? OptionDescription(
          option.name, option.domain, default: .text(wrap.rawValue), "as for arcface (\(source))")
        : option
    }
  }

  /// The options that the angular losses share.
  static let options = [
    OptionDescription(
      "gradient", .choice(["true", "straight-through"]), default: .text("true"),
      "true: through arccos and cos; straight-through: as if z_y = s·cos θ_y (insightface torch, opensphere)"),
    OptionDescription(
      "wrap", .choice(MarginWrap.allCases.map(\.rawValue)), default: .text(MarginWrap.threshold.rawValue),
      "where θ + m > π: none; threshold: cos θ − m·sin m; penalty: cos θ − wrap-penalty; clip: θ + m ≤ π − "
        + "clip-epsilon; easy: no margin where cos θ ≤ 0"),
    OptionDescription(
      "wrap-penalty", .number(0...2), default: .number(0),
      "what wrap: penalty subtracts (FaceX-Zoo's margin_am)"),
    OptionDescription(
      "clip-epsilon", .number(0...0.1), default: .number(1e-4),
      "ε of wrap: clip (AdaFace repository; opensphere 1e-5)"),
  ]
}

extension AngularMargin {
  /// c ↦ cos(θ + margin) with its own derivative.
  init(margin: Double, wrap: MarginWrap) {
    self.init(
      multiplier: 1, margin: margin, cosineMargin: 0, wrap: wrap, penalty: 0, epsilon: 0,
      straightThrough: false)
  }
}
