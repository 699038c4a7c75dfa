import FeatureStores
import Foundation

/// The lines of a list file, for parsers that name the file and the line in every error.
///
/// Line ends may be LF or CRLF, and a byte-order mark is ignored. Blank lines at the end do not count; one between other
/// lines is an error, since every format here gives a line's position a meaning.
struct ListFile {
  let path: String
  private let lines: [Substring]

  init(_ path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw HarnessError(
        .missingInput, file: path, found: "no such file, or it cannot be read",
        advice: "Give the folder of the list files with --lists.")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw HarnessError(.badInput, file: path, found: "bytes that are not UTF-8", expected: "a text file")
    }
    self.path = path
    var lines = text.drop { $0 == "\u{FEFF}" }
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    while let last = lines.last, last.allSatisfy(\.isWhitespace) { lines.removeLast() }
    self.lines = lines
    if lines.isEmpty { throw error(line: nil, found: "an empty file", expected: "a list") }
  }

  var count: Int { lines.count }

  /// The fields of line `index` (from 0), split at white space and at any of `separators`. A blank line is an error.
  func fields(_ index: Int, separators: Set<Character> = []) throws -> [Substring] {
    let fields = lines[index].split { $0.isWhitespace || separators.contains($0) }
    if fields.isEmpty {
      throw error(
        line: index, found: "a blank line", expected: "an entry of the list",
        advice: "Remove the line: positions in the file have a meaning.")
    }
    return fields
  }

  /// A field as an integer of at least `least`.
  func integer(_ field: Substring, line index: Int, what: String, atLeast least: Int) throws -> Int {
    guard let value = Int(field), value >= least else {
      throw error(line: index, found: "`\(field)`", expected: "\(what), a number from \(least)")
    }
    return value
  }

  /// Where line `index` stands.
  func place(_ index: Int) -> ListPlace { ListPlace(file: path, line: index + 1) }

  /// An error about line `index`, counted from 0 here and from 1 in the message.
  func error(
    line index: Int?, found: String, expected: String? = nil, advice: String? = nil
  ) -> HarnessError {
    HarnessError(
      .badInput, file: path, place: index.map { "line \($0 + 1)" }, found: found, expected: expected,
      advice: advice)
  }
}
