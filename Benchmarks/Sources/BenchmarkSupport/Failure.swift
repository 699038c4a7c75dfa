/// Why a benchmark cannot be run, or its figures must not count.
public struct Failure: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
