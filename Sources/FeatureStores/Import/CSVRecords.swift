/// The records of comma-separated values (RFC 4180), one after the other, in memory that does not grow with the file.
///
/// Lines may end in LF or CRLF, and a byte-order mark is ignored. A quoted field may hold commas, line ends and doubled quotes. Spaces belong to
/// fields. Blank lines are allowed at the end only. A closing quote before anything but a comma or a line's end, and a quote that is never
/// closed, are errors with the line.
public final class CSVRecords {
  let file: FileBytes
  /// The line, from 1, on which the current record begins.
  public private(set) var line = 0
  /// How many fields the current record has.
  public private(set) var count = 0

  private var buffer: [UInt8] = []
  private var used = 0
  private var offset = 0
  private var nextLine = 1
  private var content: [UInt8] = []
  private var ends: [Int] = []
  /// Far above any line of features.
  private static let longest = 1 << 27

  init(_ file: FileBytes) { self.file = file }

  /// Opens the file at `path`.
  public convenience init(_ path: String) throws { self.init(try FileBytes(path)) }

  /// An error on the line of the current record.
  public func error(found: String, expected: String? = nil, advice: String? = nil) -> HarnessError {
    HarnessError(
      .badInput, file: file.name, place: "line \(line)", found: found, expected: expected, advice: advice)
  }

  /// Back to the beginning.
  func restart() {
    buffer = []
    used = 0
    offset = 0
    nextLine = 1
    line = 0
    count = 0
  }

  /// Field `index` of the current record as text; bytes that are not UTF-8 are an error.
  public func text(_ index: Int) throws -> String {
    let range = (index == 0 ? 0 : ends[index - 1])..<ends[index]
    guard let text = String(validating: content[range], as: UTF8.self) else {
      throw error(found: "bytes that are not UTF-8 in column \(index + 1)", expected: "a text file")
    }
    return text
  }

  private func nextByte() throws -> UInt8? {
    if used == buffer.count {
      buffer = try file.bytes(at: offset, count: min(1 << 20, file.count - offset))
      used = offset == 0 && buffer.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
      offset += buffer.count
      if used >= buffer.count { return nil }
    }
    used += 1
    return buffer[used - 1]
  }

  /// Goes on to the next record; false at the end.
  public func next() throws -> Bool {
    guard try readRecord() else { return false }
    guard isBlank else { return true }
    let blank = line
    while try readRecord() {
      guard isBlank else {
        line = blank
        throw error(found: "a blank line", expected: "a record", advice: "Remove the line.")
      }
    }
    return false
  }

  private var isBlank: Bool { count == 1 && content.isEmpty }

  private func readRecord() throws -> Bool {
    content.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    line = nextLine
    var isQuoted = false
    // Whether the field began with a quote, and whether that was closed.
    var wasQuoted = false
    var isFieldStart = true
    var byte = try nextByte()
    if byte == nil { return false }
    while let current = byte {
      if isQuoted {
        if current == UInt8(ascii: "\"") {
          byte = try nextByte()
          if byte == UInt8(ascii: "\"") {
            content.append(current)
            byte = try nextByte()
          } else {
            isQuoted = false
          }
          continue
        }
        if current == 0x0a { nextLine += 1 }
        content.append(current)
      } else if current == UInt8(ascii: ",") {
        ends.append(content.count)
        isFieldStart = true
        wasQuoted = false
        byte = try nextByte()
        continue
      } else if current == 0x0a {
        nextLine += 1
        break
      } else if current == 0x0d {
        byte = try nextByte()
        guard byte == 0x0a || byte == nil else {
          throw error(found: "a carriage return within the line", expected: "lines ended by LF or CRLF")
        }
        continue
      } else if isFieldStart && current == UInt8(ascii: "\"") {
        isQuoted = true
        wasQuoted = true
      } else if wasQuoted {
        throw error(
          found: "text after a closing quote", expected: "a comma or the end of the line",
          advice: "Quotes within a quoted field are doubled.")
      } else {
        content.append(current)
      }
      isFieldStart = false
      guard content.count <= Self.longest else {
        throw error(found: "a record of more than \(Self.longest) bytes", expected: "one line an image")
      }
      byte = try nextByte()
    }
    guard !isQuoted else { throw error(found: "a quote that is never closed", expected: "its end") }
    ends.append(content.count)
    count = ends.count
    return true
  }
}
