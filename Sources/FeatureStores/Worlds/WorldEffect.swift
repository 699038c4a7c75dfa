/// What an attribute of an image does to some of its latent axes.
///
/// An image's attribute has an *amount*: pose 0 (frontal) or 1 (profile), age in decades from `ImageAttributes.middleAge`, quality
/// what is missing to the best (0 … 1). The effect moves the axes by `shift` × amount, and multiplies the standard deviation of
/// the image's own noise on them by 1 + (`scale` − 1) × |amount|. Factors of several effects on one axis multiply, shifts add.
///
/// Only sums and products, so that a world has the same bytes on every machine.
public struct WorldEffect: Sendable, Codable, Equatable {
  /// The attributes that have effects.
  public enum Attribute: String, Sendable, Codable, CaseIterable {
    case pose, age, quality
  }

  public var attribute: Attribute
  /// The group of axes that it acts on: `identity` or the name of a nuisance.
  public var group: String
  /// On how many of the group's axes, the first ones; nil for all.
  public var axes: Int?
  public var shift: Double
  public var scale: Double

  init(_ node: ConfigurationNode, groups: [(name: String, axes: Range<Int>)]) throws {
    let entry = try node.mapping(keys: ["of", "on", "axes", "shift", "scale"])
    attribute = try entry.required("of").choice(Attribute.self)
    let name = try entry.required("on").choice(of: groups.map(\.name))
    group = name
    let size = groups.first { $0.name == name }?.axes.count ?? 1
    axes = try entry["axes"].map { try $0.integer(in: 1...size) }
    shift = try entry.value("shift", default: 0) { try $0.number(in: -1e6...1e6) }
    scale = try entry.value("scale", default: 1) { try $0.number(in: 1...1e3) }
    guard shift != 0 || scale != 1 else {
      throw node.error(found: "an effect without shift and scale", expected: "one of them")
    }
    guard shift == 0 || name != WorldDefinition.identityGroup else {
      throw try entry.required("shift").error(
        found: "a shift of identity axes", expected: "a scale",
        advice: "A shift that is the same for all people says nothing about them: put it on a nuisance.")
    }
  }

  /// How much of the attribute an image has.
  func amount(in image: ImageAttributes) -> Double {
    switch attribute {
    case .pose: Double(image.pose)
    case .age: Double(image.age - ImageAttributes.middleAge) / 10
    case .quality: Double(ImageAttributes.bestQuality - image.quality) / Double(ImageAttributes.bestQuality)
    }
  }
}

/// Shift and noise factor of each latent axis of one image.
struct AxisEffects: Equatable {
  var shift: [Double]
  var scale: [Double]
}

extension WorldDefinition {
  /// The name of the identity axes as a group.
  static let identityGroup = "identity"

  /// The groups of latent axes in their order: identity first, then the nuisances.
  var axisGroups: [(name: String, axes: Range<Int>)] {
    var groups = [(name: Self.identityGroup, axes: 0..<identity.dimensions)]
    for nuisance in nuisances {
      let first = groups[groups.count - 1].axes.upperBound
      groups.append((nuisance.name, first..<first + nuisance.dimensions))
    }
    return groups
  }

  /// Whether some effect makes the variance of identity axes depend on the image.
  public var identityNoiseVaries: Bool {
    effects.contains { $0.group == Self.identityGroup && $0.scale != 1 }
  }

  /// What an image's attributes do to its axes.
  func axisEffects(of image: ImageAttributes) -> AxisEffects {
    var result = AxisEffects(
      shift: [Double](repeating: 0, count: dimension), scale: [Double](repeating: 1, count: dimension))
    let groups = axisGroups
    for effect in effects {
      let amount = effect.amount(in: image)
      guard amount != 0, let axes = groups.first(where: { $0.name == effect.group })?.axes else { continue }
      for axis in axes.prefix(effect.axes ?? axes.count) {
        result.shift[axis] += effect.shift * amount
        result.scale[axis] *= 1 + (effect.scale - 1) * amount.magnitude
      }
    }
    return result
  }

  /// The total variance of each identity axis of an image with these attributes: between people, of its medium and of its own.
  public func identityTotals(of image: ImageAttributes = ImageAttributes()) -> [Double] {
    let effects = axisEffects(of: image)
    return (0..<identity.dimensions).map { axis in
      let own = imageShare * effects.scale[axis] * effects.scale[axis]
      return identity.between * identity.between + identity.within * identity.within * (mediaShare + own)
    }
  }

  /// The share of the noise's variance that every image has of its own: what `mediaShare` leaves.
  var imageShare: Double { 1 - mediaShare }
}
