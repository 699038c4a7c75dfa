/// An error that a user can act on: what is wrong, where, what was expected, and what to do.
///
/// Every failure that comes from input, from the file system or from the machine is one of these; the command line prints
/// it as one message and exits with the status of its kind.
public struct HarnessError: Error, Sendable, Equatable {
  /// The kind of failure, which decides the exit status.
  public enum Kind: String, Sendable, Codable {
    /// A file or value that is there but wrong.
    case badInput
    /// A file, dataset or image that is not there.
    case missingInput
    /// Another program or service that is not there, or refuses.
    case unavailable
    /// A file that cannot be written.
    case cannotWrite
    /// A wrong option or argument.
    case usage
    /// A fault of the program itself.
    case fault

    /// The exit status, following BSD's `sysexits.h`.
    public var exitStatus: Int32 {
      switch self {
      case .usage: 64
      case .badInput: 65
      case .missingInput: 66
      case .unavailable: 69
      case .fault: 70
      case .cannotWrite: 73
      }
    }
  }

  public var kind: Kind
  /// The file (or store, or experiment) concerned; empty when there is none.
  public var file: String
  /// The place in it: a dataset, row, key or line, such as `line 12` or `features, row 7`.
  public var place: String?
  /// What was found.
  public var found: String
  /// What was expected instead.
  public var expected: String?
  /// What the user can do about it.
  public var advice: String?

  public init(
    _ kind: Kind, file: String = "", place: String? = nil, found: String, expected: String? = nil,
    advice: String? = nil
  ) {
    self.kind = kind
    self.file = file
    self.place = place
    self.found = found
    self.expected = expected
    self.advice = advice
  }
}

extension HarnessError: CustomStringConvertible {
  /// `FILE, PLACE: FOUND; expected EXPECTED. ADVICE`
  public var description: String {
    var text = [file, place ?? ""].filter { !$0.isEmpty }.joined(separator: ", ")
    if !text.isEmpty { text += ": " }
    text += found
    if let expected { text += "; expected \(expected)" }
    if let advice {
      if text.last.map({ !".?!".contains($0) }) ?? false { text += "." }
      text += " " + advice
    }
    return text
  }
}
