/// What cairo's SVG output needs to become a deterministic document with a title and provenance.
enum SVGDocument {
  /// The document with its numbered ids counted from 0 in order of appearance, and a `title` and `metadata`
  /// element first.
  ///
  /// Cairo numbers some ids (`surface12`) over the life of the process, so that the same page drawn twice
  /// would differ.
  static func finished(_ bytes: [UInt8], title: String, provenance: Provenance) -> [UInt8] {
    var head = "\n<title>\(escaped(title))</title>\n<metadata>\n"
    for entry in provenance.allEntries { head += "\(escaped(entry.key)): \(escaped(entry.value))\n" }
    head += "</metadata>"
    var document = renumbered(bytes)
    if let root = document.firstRange(of: "<svg".utf8),
      let end = document[root.upperBound...].firstIndex(of: greater)
    {
      document.insert(contentsOf: head.utf8, at: end + 1)
    }
    return document
  }

  /// Text that is safe inside an element or an attribute. Characters that XML 1.0 cannot hold are dropped.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\n", "\t", "\r": result.unicodeScalars.append(scalar)
      default:
        if scalar.value >= 32 && scalar.value != 0xFFFE && scalar.value != 0xFFFF {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result
  }

  /// Every id of letters and a number (`surface12`, `clip3`), and every reference to one, with the number
  /// replaced by the order in which ids of the same letters first appear.
  static func renumbered(_ document: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(document.count)
    var numbers: [[UInt8]: Int] = [:]
    var counters: [[UInt8]: Int] = [:]
    var index = 0
    while index < document.count {
      result.append(document[index])
      index += 1
      guard endsWithMarker(result) else { continue }
      let name = document[index...].prefix { $0 != quote && $0 != closing && $0 != greater }
      let letters = name.prefix { isLetter($0) }
      guard !letters.isEmpty, letters.count < name.count, name.dropFirst(letters.count).allSatisfy(isDigit)
      else {
        continue
      }
      if numbers[Array(name)] == nil {
        numbers[Array(name)] = counters[Array(letters), default: 0]
        counters[Array(letters), default: 0] += 1
      }
      result += letters
      result += String(numbers[Array(name)] ?? 0).utf8
      index = name.endIndex
    }
    return result
  }

  private static let quote = UInt8(ascii: "\"")
  private static let closing = UInt8(ascii: ")")
  private static let greater = UInt8(ascii: ">")
  private static let markers = [Array(" id=\"".utf8), Array("href=\"#".utf8), Array("url(#".utf8)]

  /// Whether what was written so far ends where an id or a reference to one starts.
  private static func endsWithMarker(_ bytes: [UInt8]) -> Bool {
    guard let last = bytes.last, last == quote || last == UInt8(ascii: "#") else { return false }
    return markers.contains { bytes.suffix($0.count).elementsEqual($0) }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 32)
  }
  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
