/// A number with its noun, as messages say it: `1 run`, `2 runs`, `0 runs`.
public struct CountedNoun: CustomStringConvertible, Sendable {
  public let description: String

  /// `plural` is given where it is not the noun with an s.
  public init(_ count: Int, _ noun: String, plural: String? = nil) {
    description = "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
  }
}
