import Foundation

/// Words as a shell reads them back, in quotes where they need some.
public enum ShellWords {
  public static func quoted(_ words: [String]) -> String { words.map(quoted).joined(separator: " ") }

  static func quoted(_ word: String) -> String {
    if word.wholeMatch(of: /[A-Za-z0-9_.,:=@%+\/-]+/) != nil { return word }
    return "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
  }
}
