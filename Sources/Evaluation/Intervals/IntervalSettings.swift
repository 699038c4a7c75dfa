import FeatureStores

/// What a protocol says of intervals: `interval: {method: subjects, replicates: 1000, level: 0.95}`, or the method alone.
///
/// | key | default | meaning |
/// |---|---|---|
/// | `method` | `subjects` | `subjects` resamples people; `binomial` takes comparisons as independent; `none` gives no intervals |
/// | `replicates` | 1000 | how many times people are resampled |
/// | `level` | the convention's `confidence` | what every interval of the result covers, of either method |
public struct IntervalSettings: Codable, Equatable, Sendable {
  public enum Method: String, Codable, CaseIterable, Sendable {
    /// People are drawn with replacement, and with them all their comparisons. The binomial interval stands beside it; where it is unknown
    /// who is compared, it stands alone and the result says why.
    case subjects
    /// Clopper and Pearson's interval (or the one that the convention names): too narrow where comparisons share people.
    case binomial
    case none
  }

  public var method: Method
  public var replicates: Int
  public var level: Double

  public init(method: Method = .subjects, replicates: Int = 1000, level: Double = 0.95) {
    self.method = method
    self.replicates = replicates
    self.level = level
  }

  /// Reads a protocol's `interval`; `level` is that of its convention.
  init(_ node: ConfigurationNode?, level: Double) throws {
    self.init(level: level)
    guard let node else { return }
    guard node.isMapping else {
      method = try node.choice(Method.self)
      return
    }
    let mapping = try node.mapping(keys: ["method", "replicates", "level"])
    method = try mapping.value("method", default: method) { try $0.choice(Method.self) }
    replicates = try mapping.value("replicates", default: replicates) { try $0.integer(in: 10...100_000) }
    self.level = try mapping.value("level", default: level, TemplateConvention.confidence)
  }
}
