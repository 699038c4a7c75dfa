import LinearAlgebra

/// An array of a `.npy` file or of a `.npz` archive, opened for reading.
struct NumPyArray {
  let source: any ByteSource
  let header: NumPyHeader

  init(_ source: any ByteSource) throws {
    self.source = source
    header = try NumPyHeader(source)
  }

  func error(_ found: String, _ expected: String, advice: String? = nil) -> HarnessError {
    source.error(found: found, expected: expected, advice: advice)
  }

  /// Requires one dimension, and gives its length.
  func length() throws -> Int {
    guard header.shape.count == 1 else {
      throw error("the shape \(header.shape)", "one dimension, with an entry for each row")
    }
    return header.shape[0]
  }

  /// The entries of an array of integers.
  func integers() throws -> [Int64] {
    guard case .integer(let size, let isSigned) = header.element else {
      throw error("\(typeName)", "integers")
    }
    let count = try length()
    let bytes = try source.bytes(at: header.dataOffset, count: count * size)
    return try (0..<count).map { index in
      var bits: UInt64 = 0
      for byte in 0..<size {
        bits = bits << 8 | UInt64(bytes[index * size + (header.isBigEndian ? byte : size - 1 - byte)])
      }
      if isSigned {
        let shift = UInt64(64 - 8 * size)
        return Int64(bitPattern: bits << shift) >> Int64(shift)
      }
      guard let value = Int64(exactly: bits) else {
        throw HarnessError(
          .badInput, file: source.name, place: "element \(index)", found: "\(bits)",
          expected: "at most \(Int64.max)")
      }
      return value
    }
  }

  /// The entries of an array of numbers.
  func reals() throws -> [Float] {
    guard case .real(let size) = header.element else { return try integers().map { Float($0) } }
    let count = try length()
    let bytes = try source.bytes(at: header.dataOffset, count: count * size)
    var values = Matrix<Float>(rows: 1, columns: count)
    RealDecoding(bytes: size, isBigEndian: header.isBigEndian).decode(bytes, into: &values)
    return values.elements
  }

  /// The entries of an array of text.
  func texts() throws -> [String] {
    guard case .text(let length, let isUnicode) = header.element else { throw error(typeName, "text") }
    let size = header.element.size
    let count = try self.length()
    // In pieces, as padded text may be much longer than what it holds.
    var texts: [String] = []
    texts.reserveCapacity(count)
    let piece = max(1, (1 << 22) / max(1, size))
    for first in stride(from: 0, to: count, by: piece) {
      let rows = min(piece, count - first)
      let bytes = try source.bytes(at: header.dataOffset + first * size, count: rows * size)
      for row in 0..<rows {
        let text =
          isUnicode
          ? unicode(bytes, at: row * size, length)
          : String(validating: Self.unpadded(bytes[row * size..<(row + 1) * size]), as: UTF8.self)
        guard let text else {
          throw HarnessError(
            .badInput, file: source.name, place: "element \(first + row)", found: "bytes that are no text",
            expected: isUnicode ? "Unicode code points" : "UTF-8")
        }
        texts.append(text)
      }
    }
    return texts
  }

  private static func unpadded(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    bytes[..<(bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? bytes.startIndex)]
  }

  private func unicode(_ bytes: [UInt8], at start: Int, _ length: Int) -> String? {
    var scalars: [UInt32] = (0..<length).map { index in
      (0..<4).reduce(UInt32(0)) { word, byte in
        word << 8 | UInt32(bytes[start + 4 * index + (header.isBigEndian ? byte : 3 - byte)])
      }
    }
    while scalars.last == 0 { scalars.removeLast() }
    var text = String.UnicodeScalarView()
    for value in scalars {
      guard let scalar = Unicode.Scalar(value) else { return nil }
      text.append(scalar)
    }
    return String(text)
  }

  private var typeName: String {
    switch header.element {
    case .real(let bytes): "real numbers of \(bytes) bytes"
    case .integer(let bytes, let isSigned): "\(isSigned ? "" : "unsigned ")integers of \(bytes) bytes"
    case .text: "text"
    }
  }
}

/// How real numbers lie in bytes.
struct RealDecoding {
  /// 2, 4 or 8.
  let bytes: Int
  let isBigEndian: Bool

  /// Decodes as many numbers as `result` has, in its order; doubles are rounded to the nearest float.
  func decode(_ data: [UInt8], into result: inout Matrix<Float>) {
    precondition(data.count == bytes * result.count, "bytes of another number of elements")
    let isSwapped = isBigEndian
    result.withMutableElements { elements in
      data.withUnsafeBytes { raw in
        func load<Bits: FixedWidthInteger>(_ index: Int, as type: Bits.Type) -> Bits {
          let bits = raw.loadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self)
          return isSwapped ? Bits(bigEndian: bits) : Bits(littleEndian: bits)
        }
        switch bytes {
        case 2:
          for index in elements.indices {
            elements[index] = HalfPrecision.float(load(index, as: UInt16.self))
          }
        case 4:
          for index in elements.indices { elements[index] = Float(bitPattern: load(index, as: UInt32.self)) }
        default:
          for index in elements.indices {
            elements[index] = Float(Double(bitPattern: load(index, as: UInt64.self)))
          }
        }
      }
    }
  }
}
