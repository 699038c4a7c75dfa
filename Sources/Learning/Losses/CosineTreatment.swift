import LinearAlgebra

/// What some implementations do to cosines before the margin: keep them away from ±1.
struct CosineTreatment: Sendable {
  /// Cosines are clamped to ±(1 − limit); 0 for no clamping.
  var limit: Double
  /// Whether only the target's cosine is clamped.
  var limitsTargetOnly: Bool
  /// Whether the gradient passes through a clamped cosine as if it were not clamped.
  var passesGradient: Bool

  static let options = [
    OptionDescription(
      "cosine-limit", .number(0...0.5), default: .number(0),
      "cosines are clamped to ±(1 − this); 0: not at all (as insightface), 1e-4: the AdaFace repository"),
    OptionDescription(
      "limited", .choice(["all", "target"]), default: .text("all"),
      "which cosines cosine-limit clamps; target: pytorch-metric-learning"),
  ]

  /// The options with another limit where nobody sets it.
  static func options(limit: Double, _ source: String) -> [OptionDescription] {
    options.map { option in
      option.name != "cosine-limit"
        ? option
        : OptionDescription(
          option.name, option.domain, default: .number(limit),
          "cosines are clamped to ±(1 − this) (\(source)); 0: not at all")
    }
  }

  /// Cosines as they are.
  static let none = CosineTreatment(limit: 0, limitsTargetOnly: false, passesGradient: false)

  init(limit: Double, limitsTargetOnly: Bool, passesGradient: Bool) {
    self.limit = limit
    self.limitsTargetOnly = limitsTargetOnly
    self.passesGradient = passesGradient
  }

  init(_ options: Options, passesGradient: Bool = false) {
    limit = options.number("cosine-limit")
    limitsTargetOnly = options.text("limited") == "target"
    self.passesGradient = passesGradient
  }

  /// The target's cosine after clamping, and its derivative: 1, or 0 where it was clamped.
  func target<Element: Scalar>(_ cosine: Element) -> (cosine: Element, slope: Element) {
    guard limit > 0 else { return (cosine, 1) }
    let bound = Element(1 - limit)
    // Also for NaN, which must show.
    guard cosine.magnitude > bound else { return (cosine, 1) }
    return (cosine < 0 ? -bound : bound, passesGradient ? 1 : 0)
  }

  /// Clamps a row's other cosines where they are clamped. Returns whether it wrote their derivatives to the slopes; else they are 1.
  func limitOthers<Element: Scalar>(
    _ values: inout MutableSpan<Element>, _ slopes: inout MutableSpan<Element>
  ) -> Bool {
    guard limit > 0 && !limitsTargetOnly else { return false }
    let bound = Element(1 - limit)
    if passesGradient {
      VectorKernels.limit(&values, to: bound)
      return false
    }
    VectorKernels.limit(&values, to: bound, slopes: &slopes)
    return true
  }
}
