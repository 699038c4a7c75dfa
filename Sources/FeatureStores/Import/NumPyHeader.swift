/// The header of a NumPy array file, format versions 1 to 3 (NEP 1 and `numpy.lib.format`): element type, order and shape.
struct NumPyHeader: Equatable {
  /// What the elements are.
  enum Element: Equatable {
    case real(bytes: Int)
    case integer(bytes: Int, isSigned: Bool)
    /// Text of a fixed length: code points of four bytes (`U`), or bytes (`S`), filled up with zeros.
    case text(length: Int, isUnicode: Bool)

    var size: Int {
      switch self {
      case .real(let bytes), .integer(let bytes, _): bytes
      case .text(let length, let isUnicode): isUnicode ? 4 * length : length
      }
    }
  }

  let element: Element
  let isBigEndian: Bool
  /// Whether the first index varies fastest.
  let isFortranOrder: Bool
  let shape: [Int]
  /// Where the elements begin.
  let dataOffset: Int

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// Far above what NumPy writes.
  private static let longest = 1 << 20

  init(_ source: any ByteSource) throws {
    let prefix = try source.bytes(at: 0, count: min(12, source.count))
    guard prefix.starts(with: Self.magic), prefix.count >= 10 else {
      throw source.error(
        at: 0, found: "no NumPy array", expected: "the bytes 93 4e 55 4d 50 59 (\\x93NUMPY)")
    }
    let version = prefix[6]
    guard (1...3).contains(version), prefix[7] == 0 else {
      throw source.error(
        at: 6, found: "format version \(version).\(prefix[7])", expected: "1.0, 2.0 or 3.0")
    }
    let lengthSize = version == 1 ? 2 : 4
    guard let length = prefix.number(at: 8, size: lengthSize), length <= Self.longest else {
      throw source.error(at: 8, found: "a damaged header length", advice: "The file is damaged.")
    }
    let start = 8 + lengthSize
    let bytes = try source.bytes(at: start, count: length)
    // Latin-1 before version 3, which matters for names of fields only.
    guard case .dictionary(let fields)? = PythonLiteral(String(decoding: bytes, as: UTF8.self)),
      case .boolean(let isFortranOrder)? = fields["fortran_order"],
      case .sequence(let lengths)? = fields["shape"], let descriptor = fields["descr"]
    else {
      throw source.error(
        at: start, found: "a header that is no dictionary of descr, fortran_order and shape",
        advice: "The file is damaged.")
    }
    shape = try lengths.map { length in
      guard case .integer(let length) = length, length >= 0 else {
        throw source.error(at: start, found: "a damaged shape", advice: "The file is damaged.")
      }
      return length
    }
    guard case .string(let type) = descriptor else {
      throw source.error(
        at: start, found: "an array of records", expected: "an array of numbers or of text",
        advice: "Save each field as an array of its own.")
    }
    (element, isBigEndian) = try Self.element(type, source, at: start)
    self.isFortranOrder = isFortranOrder
    dataOffset = start + length
    try checkSize(source)
  }

  /// The elements must fill what follows the header exactly.
  private func checkSize(_ source: any ByteSource) throws {
    var size = element.size
    for length in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: length)
      guard !overflow else {
        throw source.error(at: 8, found: "the absurd shape \(shape)", advice: "The file is damaged.")
      }
      size = product
    }
    guard source.count - dataOffset == size else {
      throw source.error(
        at: dataOffset, found: "\(source.count - dataOffset) bytes of elements",
        expected: "\(size), for the shape \(shape) and \(element.size) bytes an element",
        advice: "The file is not complete, or holds more than one array.")
    }
  }

  private static func element(_ type: String, _ source: any ByteSource, at byte: Int) throws -> (
    Element, Bool
  ) {
    let text = type.first.map { "<>|=".contains($0) } == true ? type : "|" + type
    let bytes = Int(text.dropFirst(2))
    let isBigEndian = text.first == ">"
    switch (text.dropFirst().first, bytes) {
    case ("f", 2), ("f", 4), ("f", 8): return (.real(bytes: bytes ?? 0), isBigEndian)
    case ("i", 1), ("i", 2), ("i", 4), ("i", 8):
      return (.integer(bytes: bytes ?? 0, isSigned: true), isBigEndian)
    case ("u", 1), ("u", 2), ("u", 4), ("u", 8), ("b", 1):
      return (.integer(bytes: bytes ?? 0, isSigned: false), isBigEndian)
    case ("U", let length?) where (0...(1 << 24)).contains(length):
      return (.text(length: length, isUnicode: true), isBigEndian)
    case ("S", let length?) where (0...(1 << 24)).contains(length):
      return (.text(length: length, isUnicode: false), isBigEndian)
    case ("O", _):
      throw source.error(
        at: byte, found: "an array of Python objects (a pickle), which is never opened",
        expected: "numbers or text",
        advice: "Save text as np.save(file, np.array(values, dtype=str)), or one a line in a text file.")
    default:
      throw source.error(
        at: byte, found: "elements of type `\(type)`", expected: "f2, f4, f8, integers, or text (U or S)",
        advice: "Convert them before saving, such as with .astype(\"float32\").")
    }
  }
}
