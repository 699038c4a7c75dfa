import LinearAlgebra

/// What is known of an image beside its features, and acts on its latent axes through a world's effects.
public struct ImageAttributes: Sendable, Codable, Hashable {
  /// The age at which age has no effect.
  public static let middleAge = 35
  /// The quality at which quality has no effect.
  public static let bestQuality = 1000

  /// 0 frontal, 1 profile.
  public var pose: Int8
  /// In years.
  public var age: Int
  /// In thousandths, from 0 to `bestQuality`, so that lists can hold it exactly.
  public var quality: Int

  public init(pose: Int8 = 0, age: Int = middleAge, quality: Int = bestQuality) {
    self.pose = pose
    self.age = age
    self.quality = quality
  }
}

/// How the attributes of a set's images are distributed: independent of each other and of the person.
public struct AttributeDistribution: Sendable, Codable, Equatable {
  /// The share of profile images.
  public var profile: Double
  /// Ages in years, uniform.
  public var ages: ClosedRange<Int>
  /// Quality in thousandths, uniform.
  public var quality: ClosedRange<Int>

  /// Frontal images of middle age and best quality.
  public init(
    profile: Double = 0, ages: ClosedRange<Int> = ImageAttributes.middleAge...ImageAttributes.middleAge,
    quality: ClosedRange<Int> = ImageAttributes.bestQuality...ImageAttributes.bestQuality
  ) {
    self.profile = profile
    self.ages = ages
    self.quality = quality
  }

  /// Reads `{profile: 0.3, ages: [20, 70], quality: [0.3, 1]}`; what is absent does not vary.
  init(_ node: ConfigurationNode?) throws {
    self.init()
    guard let entry = try node?.mapping(keys: ["profile", "ages", "quality"]) else { return }
    profile = try entry.value("profile", default: profile) { try $0.number(in: 0...1) }
    ages = try entry.value("ages", default: ages) { try $0.integerRange(in: 0...120) }
    quality = try entry.value("quality", default: quality) { node in
      let ends = try node.list()
      guard ends.count == 2 else {
        throw node.error(found: node.excerpt, expected: "the worst and the best quality, such as [0.3, 1]")
      }
      let thousandths = try ends.map { end in
        Int((try end.number(in: 0...1) * Double(ImageAttributes.bestQuality)).rounded())
      }
      guard thousandths[0] <= thousandths[1] else {
        throw node.error(found: node.excerpt, expected: "the worst quality before the best")
      }
      return thousandths[0]...thousandths[1]
    }
  }

  var variesPose: Bool { profile > 0 }
  var variesQuality: Bool { quality != ImageAttributes.bestQuality...ImageAttributes.bestQuality }

  /// The next image's attributes. What does not vary draws nothing.
  func draw(_ stream: inout RandomStream) -> ImageAttributes {
    ImageAttributes(
      pose: profile > 0 && stream.uniform() < profile ? 1 : 0, age: Self.draw(ages, &stream),
      quality: Self.draw(quality, &stream))
  }

  static func draw(_ range: ClosedRange<Int>, _ stream: inout RandomStream) -> Int {
    range.count == 1 ? range.lowerBound : range.lowerBound + stream.integer(below: range.count)
  }
}

extension ConfigurationNode {
  /// A list of two integers in ascending order, the ends of a range.
  func integerRange(in bounds: ClosedRange<Int>) throws -> ClosedRange<Int> {
    let ends = try list().map { try $0.integer(in: bounds) }
    guard ends.count == 2, ends[0] <= ends[1] else {
      throw error(found: excerpt, expected: "two whole numbers in ascending order")
    }
    return ends[0]...ends[1]
  }
}
