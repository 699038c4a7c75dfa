/// A matrix of comparisons in the form of OpenBR and BEE (`.mtx`, `.mask`), opened for reading row by row.
///
/// Four lines of text: `S2` (similarities) or `D2` (distances), the name of the target signature set, that of the query signature set, and
/// `MF rows columns ` (`MB` for masks) with the four bytes of 0x12345678 in the byte order of the numbers. Then the elements row by row: single
/// precision, or bytes that are 0xff for a genuine comparison, 0x7f for an impostor and 0 for one that is to be ignored. A row is a query, a column a
/// target.
public final class OpenBRMatrix {
  /// What its elements are.
  public enum Element: Sendable {
    case similarity, distance, mask
  }

  public static let genuine: UInt8 = 0xff
  public static let impostor: UInt8 = 0x7f
  public static let ignored: UInt8 = 0

  public let path: String
  public let element: Element
  public let rows: Int
  public let columns: Int
  /// The names of the signature sets.
  public let target: String
  public let query: String
  private let file: FileBytes
  private let dataOffset: Int
  private let isBigEndian: Bool

  /// Opens a file and checks its header against its length.
  public init(_ path: String) throws {
    let file = try FileBytes(path)
    self.file = file
    self.path = path
    let head = try file.bytes(at: 0, count: min(file.count, 1 << 16))
    var lines: [String] = []
    var start = 0
    while lines.count < 3, let end = head[start...].firstIndex(of: 0x0a) {
      lines.append(String(decoding: head[start..<end], as: UTF8.self).filter { $0 != "\r" })
      start = end + 1
    }
    guard lines.count == 3, lines[0].count == 2, "SD".contains(lines[0].prefix(1)), lines[0].hasSuffix("2")
    else {
      throw file.error(
        at: 0, found: "no matrix header",
        expected: "three lines: S2 or D2, the target and the query signature set")
    }
    (target, query) = (lines[1], lines[2])
    // `MF 12 34 ` and four bytes, which may be anything.
    let fields = head[start...].prefix(64).split(
      separator: 0x20, maxSplits: 3, omittingEmptySubsequences: false)
    guard fields.count == 4, fields[0].count == 2, fields[0].first == UInt8(ascii: "M"),
      let rows = Int(String(decoding: fields[1], as: UTF8.self)), rows > 0,
      let columns = Int(String(decoding: fields[2], as: UTF8.self)), columns > 0, fields[3].count >= 5
    else {
      throw file.error(
        at: start, found: "a damaged fourth line", expected: "`MF rows columns` or `MB rows columns`")
    }
    let magic = Array(fields[3].prefix(5))
    guard magic[4] == 0x0a,
      magic[..<4] == [0x78, 0x56, 0x34, 0x12] || magic[..<4] == [0x12, 0x34, 0x56, 0x78]
    else {
      throw file.error(
        at: fields[3].startIndex, found: "no mark of the byte order", expected: "the four bytes of 0x12345678"
      )
    }
    isBigEndian = magic[0] == 0x12
    switch fields[0].last {
    case UInt8(ascii: "B"): element = .mask
    case UInt8(ascii: "F"): element = lines[0].hasPrefix("D") ? .distance : .similarity
    default: throw file.error(at: start + 1, found: "an unknown element type", expected: "F or B")
    }
    self.rows = rows
    self.columns = columns
    dataOffset = fields[3].startIndex + 5
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    let size = element == .mask ? 1 : 4
    guard !overflow, count <= (file.count - dataOffset) / size, file.count - dataOffset == count * size else {
      throw file.error(
        at: dataOffset, found: "\(file.count - dataOffset) bytes of elements",
        expected: "\(size) for each of \(rows) × \(columns)", advice: "The file is not complete.")
    }
  }

  /// The scores of one query with all targets, higher for the more alike: distances are negated. The matrix is none of masks.
  public func scores(row: Int) throws -> [Float] {
    precondition(element != .mask, "scores of a mask")
    let bytes = try file.bytes(at: dataOffset + 4 * columns * row, count: 4 * columns)
    return (0..<columns).map { column in
      let bits = (0..<4).reduce(UInt32(0)) {
        $0 << 8 | UInt32(bytes[4 * column + (isBigEndian ? $1 : 3 - $1)])
      }
      // 0 − d, so that a distance of 0 does not become −0.
      return element == .distance ? 0 - Float(bitPattern: bits) : Float(bitPattern: bits)
    }
  }

  /// What the comparisons of one query with all targets are. The matrix is one of masks.
  public func mask(row: Int) throws -> [UInt8] {
    precondition(element == .mask, "a mask of scores")
    let bytes = try file.bytes(at: dataOffset + columns * row, count: columns)
    if let column = bytes.firstIndex(where: { ![Self.genuine, Self.impostor, Self.ignored].contains($0) }) {
      throw file.error(
        at: dataOffset + columns * row + column,
        found: "the byte \(bytes[column]) in row \(row), column \(column)",
        expected: "255 (genuine), 127 (impostor) or 0 (ignored)")
    }
    return bytes
  }

  /// The header of a matrix of similarities or of a mask, little-endian. Names have no line ends.
  public static func header(isMask: Bool, rows: Int, columns: Int, target: String, query: String) -> [UInt8] {
    Array("S2\n\(target)\n\(query)\nM\(isMask ? "B" : "F") \(rows) \(columns) ".utf8) + [
      0x78, 0x56, 0x34, 0x12, 0x0a,
    ]
  }
}
