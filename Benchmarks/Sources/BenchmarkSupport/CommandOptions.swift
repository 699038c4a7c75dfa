import Foundation

/// The words of a command line after its task: flags, and options with a value each.
public struct CommandOptions: Sendable {
  private var values: [String: String] = [:]
  private var flags: Set<String> = []
  private let help: String

  /// Reads `words`. What is in neither list, and an option without a value, are errors.
  public init(_ words: some Sequence<String>, options: [String], flags known: [String] = [], help: String)
    throws
  {
    self.help = help
    var rest = Array(words)[...]
    while let word = rest.popFirst() {
      let name = String(word.drop { $0 == "-" })
      if word.hasPrefix("--"), known.contains(name) {
        flags.insert(name)
      } else if word.hasPrefix("--"), options.contains(name) {
        guard let value = rest.popFirst() else { throw Failure("no value for \(word)") }
        values[name] = value
      } else {
        throw Failure("the unknown option \(word)\n\n\(help)")
      }
    }
  }

  public func has(_ flag: String) -> Bool { flags.contains(flag) }

  public func text(_ name: String) -> String? { values[name] }

  /// A whole number of at least `least`.
  public func count(_ name: String, default standard: Int, atLeast least: Int = 1) throws -> Int {
    guard let text = values[name] else { return standard }
    guard let number = Int(text), number >= least else {
      throw Failure("--\(name): ‘\(text)’ is no whole number of at least \(least)")
    }
    return number
  }

  /// Whole numbers of at least `least`, with commas between them.
  public func counts(_ name: String, default standard: [Int], atLeast least: Int = 1) throws -> [Int] {
    guard let text = values[name] else { return standard }
    return try text.split(separator: ",").map { part in
      guard let number = Int(part), number >= least else {
        throw Failure("--\(name): ‘\(part)’ is no whole number of at least \(least)")
      }
      return number
    }
  }

  /// The parts of a value between its commas; nil where the option is not given.
  public func list(_ name: String) -> [String]? {
    values[name]?.split(separator: ",").map(String.init)
  }

  /// A number above 0 and at most 1.
  public func share(_ name: String, default standard: Double) throws -> Double {
    guard let text = values[name] else { return standard }
    guard let number = Double(text), number > 0, number <= 1 else {
      throw Failure("--\(name): ‘\(text)’ is no number above 0 and at most 1")
    }
    return number
  }
}
