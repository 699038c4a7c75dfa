import FeatureStores

/// How rows are drawn for batches.
///
/// In YAML and in tables its `rawValue`: `uniform`, `class-balanced`, `two-per-identity`, and `K-per-identity` for any K from 2
/// to 64 (P×K batches, with P the batch's images over K).
public enum SamplerConfiguration: RawRepresentable, Hashable, Sendable, Codable {
  /// Every row once an epoch, in a new random order each epoch.
  case uniform
  /// Every identity once a pass, in a new random order each pass, with each of its rows once in as many of its turns as it
  /// has rows.
  case classBalanced
  /// Every identity once an epoch, in a new random order each epoch, with this many of its rows one after the other.
  ///
  /// The rows are different ones where the identity has enough; else each occurs as often as any other, give or take one. A
  /// batch holds whole identities, each once; what an epoch has left after its last whole batch is dropped.
  case perIdentity(images: Int)

  static let images = 2...64

  public init?(rawValue: String) {
    switch rawValue {
    case "uniform": self = .uniform
    case "class-balanced": self = .classBalanced
    case "two-per-identity": self = .perIdentity(images: 2)
    default:
      guard rawValue.hasSuffix("-per-identity"), let images = Int(rawValue.dropLast("-per-identity".count)),
        Self.images.contains(images)
      else { return nil }
      self = .perIdentity(images: images)
    }
  }

  public var rawValue: String {
    switch self {
    case .uniform: "uniform"
    case .classBalanced: "class-balanced"
    case .perIdentity(2): "two-per-identity"
    case .perIdentity(let images): "\(images)-per-identity"
    }
  }

  public init(_ node: ConfigurationNode) throws {
    let text = try node.string()
    guard let value = Self(rawValue: text) else {
      let names = ["uniform", "class-balanced", "two-per-identity"]
      throw node.error(
        found: "‘\(text)’",
        expected: "\(names.joined(separator: ", ")), or K-per-identity with K from 2 to 64",
        advice: NearestName.suggestion(for: text, among: names).map { "Did you mean ‘\($0)’?" })
    }
    self = value
  }

  /// Identities in a batch of `batch` samples with `views` images each; nil where a batch may hold an identity more than once.
  func identitiesPerBatch(batch: Int, views: Int) -> Int? {
    if case .perIdentity(let images) = self { batch * views / images } else { nil }
  }

  /// Why batches of `batch` samples with `views` images each cannot be drawn so; nil where they can.
  func unsupportedReason(batch: Int, views: Int) -> String? {
    guard case .perIdentity(let images) = self else { return nil }
    if images % views != 0 {
      return "\(images) images an identity do not make samples of \(views) images (sampler \(rawValue))"
    }
    if batch % (images / views) != 0 {
      return
        "batches of \(batch) samples hold no whole number of identities of \(images) images (sampler \(rawValue))"
    }
    return nil
  }
}
