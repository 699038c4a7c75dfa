import FeatureStores

/// The ROC curve of one method on one protocol, averaged over seeds: what a `ROCFigure` draws.
///
/// The curve is a step function: the rate at a false accept rate f is that of the last point with far ≤ f, as
/// nothing between two points of the grid was observed.
public struct ROCSeries: Sendable, Hashable, Codable {
  /// What a curve stands for.
  public enum Role: String, Sendable, Hashable, Codable {
    /// A trained method.
    case method
    /// The stored features as they are.
    case untrained
    /// The best that any method could reach.
    case ceiling
  }

  /// The rates at one false accept rate.
  public struct Point: Sendable, Hashable, Codable {
    /// False accept rate, 0 to 1.
    public var far: Double
    /// True accept rate, 0 to 1, averaged over seeds (or folds).
    public var tar: Double
    /// The band over seeds, lower ≤ tar ≤ upper; nil where there is none. Ends beyond 0 and 1 are cut when
    /// drawn.
    public var lower: Double?
    public var upper: Double?

    public init(far: Double, tar: Double, lower: Double? = nil, upper: Double? = nil) {
      self.far = far
      self.tar = tar
      self.lower = lower
      self.upper = upper
    }
  }

  public var name: String
  public var role: Role
  /// Ascending in far. Of several points at one far the last counts.
  public var points: [Point]
  /// The rate at the named operating point, such as "98.12 ± 0.10".
  public var summary: String?
  /// The number of impostor comparisons behind each averaged curve: rates below 1/N are not measurable and
  /// not drawn.
  public var impostorCount: Int
  /// The number of genuine comparisons, where known.
  public var genuineCount: Int?

  public init(
    name: String, role: Role = .method, points: [Point], summary: String? = nil, impostorCount: Int,
    genuineCount: Int? = nil
  ) {
    self.name = name
    self.role = role
    self.points = points
    self.summary = summary
    self.impostorCount = impostorCount
    self.genuineCount = genuineCount
  }

  /// The smallest false accept rate that can be observed.
  public var smallestFAR: Double { 1 / Double(impostorCount) }

  /// Refuses counts below 1 and rates that are not finite, not in [0, 1] or not in order, with a
  /// `HarnessError` (`badInput`).
  func validate() throws(HarnessError) {
    func refuse(_ place: String, _ found: String, _ expected: String) -> HarnessError {
      HarnessError(.badInput, place: "ROC curve “\(name)”\(place)", found: found, expected: expected)
    }
    guard impostorCount >= 1 else { throw refuse("", "\(impostorCount) impostor comparisons", "at least 1") }
    for (index, point) in points.enumerated() {
      let place = ", point \(index)"
      for (rate, name) in [(point.far, "FAR"), (point.tar, "TAR")] where !(rate >= 0 && rate <= 1) {
        throw refuse(place, "\(name) \(rate)", "a rate from 0 to 1")
      }
      if index > 0 && point.far < points[index - 1].far {
        throw refuse(place, "FAR \(point.far) after \(points[index - 1].far)", "ascending FARs")
      }
      guard (point.lower == nil) == (point.upper == nil) else {
        throw refuse(place, "one end of the band only", "both ends or none")
      }
      if let lower = point.lower, let upper = point.upper {
        guard lower.isFinite, upper.isFinite, lower <= point.tar, point.tar <= upper else {
          throw refuse(
            place, "a band from \(lower) to \(upper) around \(point.tar)", "finite ends around the rate")
        }
      }
    }
  }

  /// The points that hold from `far` on: the last at or before it, moved there, and all after it.
  func points(from far: Double) -> [Point] {
    // Grids hold 1/N itself, at times a last bit away from the quotient.
    let edge = far * (1 + 1e-12)
    let rest = points.filter { $0.far > edge }
    guard var first = points.last(where: { $0.far <= edge }) else { return rest }
    first.far = far
    return [first] + rest
  }
}
