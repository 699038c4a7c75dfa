/// A literal of Python, as NumPy writes headers: dictionaries, tuples, lists, strings, integers and truth values. Nothing is ever executed.
enum PythonLiteral: Equatable {
  case dictionary([String: PythonLiteral])
  case sequence([PythonLiteral])
  case string(String)
  case integer(Int)
  case boolean(Bool)

  /// The literal that `text` is, white space around it apart; nil where it is none.
  init?(_ text: String) {
    var parser = Parser(text)
    guard let literal = parser.value(depth: 0), parser.isAtEnd else { return nil }
    self = literal
  }

  private struct Parser {
    private let bytes: [UInt8]
    private var place = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { bytes[place...].allSatisfy(Self.isSpace) }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

    /// The next byte that is no white space.
    private mutating func peek() -> UInt8? {
      while place < bytes.count, Self.isSpace(bytes[place]) { place += 1 }
      return place < bytes.count ? bytes[place] : nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard peek() == UInt8(ascii: character) else { return false }
      place += 1
      return true
    }

    mutating func value(depth: Int) -> PythonLiteral? {
      guard depth < 8, let byte = peek() else { return nil }
      switch byte {
      case UInt8(ascii: "{"): return dictionary(depth)
      case UInt8(ascii: "("): return sequence(until: ")", depth)
      case UInt8(ascii: "["): return sequence(until: "]", depth)
      case UInt8(ascii: "'"), UInt8(ascii: "\""): return string().map(PythonLiteral.string)
      default: return word()
      }
    }

    private mutating func dictionary(_ depth: Int) -> PythonLiteral? {
      place += 1
      var entries: [String: PythonLiteral] = [:]
      while !take("}") {
        guard case .string(let key)? = value(depth: depth + 1), take(":"),
          let entry = value(depth: depth + 1), entries.updateValue(entry, forKey: key) == nil,
          take(",") || peek() == UInt8(ascii: "}")
        else { return nil }
      }
      return .dictionary(entries)
    }

    private mutating func sequence(until end: Unicode.Scalar, _ depth: Int) -> PythonLiteral? {
      place += 1
      var elements: [PythonLiteral] = []
      while !take(end) {
        guard let element = value(depth: depth + 1), take(",") || peek() == UInt8(ascii: end) else {
          return nil
        }
        elements.append(element)
      }
      return .sequence(elements)
    }

    /// Without escapes, which no header has.
    private mutating func string() -> String? {
      let quote = bytes[place]
      let start = place + 1
      guard let end = bytes[start...].firstIndex(of: quote),
        !bytes[start..<end].contains(UInt8(ascii: "\\"))
      else { return nil }
      place = end + 1
      return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    private mutating func word() -> PythonLiteral? {
      let start = place
      while place < bytes.count,
        bytes[place] == UInt8(ascii: "-") || Unicode.Scalar(bytes[place]).properties.isAlphabetic
          || (0x30...0x39).contains(bytes[place])
      {
        place += 1
      }
      let word = String(decoding: bytes[start..<place], as: UTF8.self)
      if word == "True" || word == "False" { return .boolean(word == "True") }
      // Python 2 wrote long integers with an L.
      return Int(word.hasSuffix("L") ? String(word.dropLast()) : word).map(PythonLiteral.integer)
    }
  }
}
