import FeatureStores
import Foundation

/// Reads a list file of any length line by line, in memory that does not grow with it.
///
/// The rules are those of `ListFile`: LF or CRLF, a byte-order mark ignored, blank lines allowed at the end only.
struct ListScanner {
  /// What separates the fields of a line.
  enum Separator {
    /// Any number of spaces and tabs.
    case whiteSpace
    /// Commas; spaces and tabs around a field, and quotes around it, are dropped, and a field may be empty.
    case comma
  }

  let path: String
  var separator = Separator.whiteSpace

  /// Calls `body` with each line. The line is valid during the call only. An empty file is an error.
  func forEachLine(_ body: (ListLine) throws -> Void) throws {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw HarnessError(
        .missingInput, file: path, found: "no such file, or it cannot be read",
        advice: "Give the folder of the list files with --lists.")
    }
    defer { try? handle.close() }
    let line = ListLine(path: path, separator: separator)
    var bytes: [UInt8] = []
    var blank: Int?
    var number = 0
    func visit(_ range: Range<Int>) throws {
      line.read(range, index: number)
      number += 1
      if line.count == 0 {
        blank = blank ?? number - 1
        return
      }
      if let blank {
        throw line.error(
          index: blank, found: "a blank line", expected: "an entry of the list", advice: "Remove the line.")
      }
      try body(line)
    }
    while true {
      let data: Data
      do {
        data = try handle.read(upToCount: 1 << 22) ?? Data()
      } catch {
        throw HarnessError(
          .badInput, file: path, found: "the file cannot be read (\(error.localizedDescription))")
      }
      let isFirst = number == 0 && bytes.isEmpty
      bytes.append(contentsOf: data)
      if isFirst, bytes.starts(with: [0xef, 0xbb, 0xbf]) { bytes.removeFirst(3) }
      line.bytes = bytes
      var start = 0
      for index in bytes.indices where bytes[index] == 0x0a {
        try visit(start..<index)
        start = index + 1
      }
      if data.isEmpty {
        if start < bytes.count { try visit(start..<bytes.count) }
        break
      }
      line.bytes = []
      bytes.removeFirst(start)
    }
    if number == 0 || blank == 0 {
      throw HarnessError(.badInput, file: path, found: "an empty file", expected: "a list")
    }
  }
}

/// The current line of a `ListScanner`, cut into fields.
final class ListLine {
  let path: String
  /// From 0.
  private(set) var index = 0
  /// The number of fields.
  private(set) var count = 0
  fileprivate var bytes: [UInt8] = []
  private let separator: ListScanner.Separator
  private var fields: [Range<Int>] = []

  fileprivate init(path: String, separator: ListScanner.Separator) {
    self.path = path
    self.separator = separator
  }

  fileprivate func read(_ range: Range<Int>, index: Int) {
    self.index = index
    fields.removeAll(keepingCapacity: true)
    switch separator {
    case .whiteSpace:
      var start: Int?
      for position in range {
        if Self.isSpace(bytes[position]) {
          if let first = start { fields.append(first..<position) }
          start = nil
        } else if start == nil {
          start = position
        }
      }
      if let start { fields.append(start..<range.upperBound) }
    case .comma:
      var start = range.lowerBound
      for position in range where bytes[position] == 0x2c {
        fields.append(trimmed(start..<position))
        start = position + 1
      }
      fields.append(trimmed(start..<range.upperBound))
      if fields.count == 1, fields[0].isEmpty { fields.removeAll(keepingCapacity: true) }
    }
    count = fields.count
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }

  private func trimmed(_ range: Range<Int>) -> Range<Int> {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high, Self.isSpace(bytes[low]) { low += 1 }
    while high > low, Self.isSpace(bytes[high - 1]) { high -= 1 }
    if high - low >= 2, bytes[low] == 0x22, bytes[high - 1] == 0x22 { return low + 1..<high - 1 }
    return low..<high
  }

  /// Field `field` as text.
  func text(_ field: Int) -> String { String(decoding: bytes[fields[field]], as: UTF8.self) }

  /// Field `field` as an integer; an error names it `what`.
  func integer(_ field: Int, _ what: String) throws -> Int {
    let range = fields[field]
    var position = range.lowerBound
    let isNegative = position < range.upperBound && bytes[position] == 0x2d
    if isNegative { position += 1 }
    var value = 0
    // At most 18 digits: no overflow.
    guard position < range.upperBound, range.upperBound - position <= 18 else {
      throw notAnInteger(field, what)
    }
    while position < range.upperBound {
      let digit = bytes[position] &- 0x30
      guard digit <= 9 else { throw notAnInteger(field, what) }
      value = value * 10 + Int(digit)
      position += 1
    }
    return isNegative ? -value : value
  }

  private func notAnInteger(_ field: Int, _ what: String) -> HarnessError {
    error(found: "`\(text(field))`", expected: "\(what), an integer")
  }

  /// Field `field` as a finite number.
  func number(_ field: Int, _ what: String) throws -> Float {
    guard let value = Float(text(field)), value.isFinite else {
      throw error(found: "`\(text(field))`", expected: "\(what), a finite number")
    }
    return value
  }

  /// Requires as many fields as `columns` names.
  func require(_ number: Int, columns: String) throws {
    guard count == number else {
      throw error(found: "\(count) columns", expected: "`\(columns)`")
    }
  }

  /// Where the line stands.
  var place: ListPlace { ListPlace(file: path, line: index + 1) }

  /// An error about this line, or another.
  func error(
    index other: Int? = nil, found: String, expected: String? = nil, advice: String? = nil
  ) -> HarnessError {
    HarnessError(
      .badInput, file: path, place: "line \((other ?? index) + 1)", found: found, expected: expected,
      advice: advice)
  }
}
