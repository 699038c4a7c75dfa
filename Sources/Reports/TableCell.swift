/// A mean over repeated runs with its spread.
public struct Estimate: Sendable, Hashable, Codable {
  /// The mean; for percentages a fraction (0.9812, not 98.12).
  public var mean: Double
  /// The standard deviation; nil where there is none, as for a single run.
  public var deviation: Double?
  /// The number of runs.
  public var count: Int

  public init(mean: Double, deviation: Double? = nil, count: Int = 1) {
    self.mean = mean
    self.deviation = deviation
    self.count = count
  }
}

/// One cell of a `ReportTable`.
public struct TableCell: Sendable, Hashable {
  /// What a cell holds.
  public enum Content: Sendable, Hashable {
    case text(String)
    case integer(Int)
    case estimate(Estimate)
    /// No number, and why.
    case absent(Absence, reason: String)
  }

  /// Why there is no number.
  public enum Absence: String, Sendable, Hashable, Codable {
    /// The run has not been made.
    case missing
    /// The run was made and failed.
    case failed
    /// The combination makes no sense.
    case unsupported
    /// The data cannot support the operating point.
    case notAttainable = "not attainable"
  }

  /// A sign after the number, explained under the table.
  public struct Mark: Sendable, Hashable {
    public var symbol: String
    public var meaning: String

    public init(_ symbol: String, meaning: String) {
      self.symbol = symbol
      self.meaning = meaning
    }
  }

  /// How a number compares with the best of its column; p-values are corrected for the number of comparisons.
  public enum Comparison: Sendable, Hashable {
    /// It is the best, or the first of several.
    case best
    /// It differs from the best by more than chance explains.
    case told(correctedP: Double)
    case notTold(correctedP: Double)
  }

  public var content: Content
  /// Whether the cell is set in bold, as the best of its column.
  public var isBest: Bool
  public var marks: [Mark]
  /// Nil where nothing is compared. Files for machines say it; for readers there are `isBest` and marks.
  public var comparison: Comparison?

  public init(
    _ content: Content, isBest: Bool = false, marks: [Mark] = [], comparison: Comparison? = nil
  ) {
    self.content = content
    self.isBest = isBest
    self.marks = marks
    self.comparison = comparison
  }

  public static func text(_ text: String) -> TableCell { TableCell(.text(text)) }
  public static func integer(_ value: Int) -> TableCell { TableCell(.integer(value)) }

  public static func estimate(
    _ mean: Double, _ deviation: Double? = nil, count: Int = 1, isBest: Bool = false, marks: [Mark] = []
  ) -> TableCell {
    TableCell(
      .estimate(Estimate(mean: mean, deviation: deviation, count: count)), isBest: isBest, marks: marks)
  }

  public static func absent(_ absence: Absence, _ reason: String) -> TableCell {
    TableCell(.absent(absence, reason: reason))
  }
}
