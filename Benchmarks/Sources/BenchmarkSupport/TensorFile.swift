import Foundation
public import LinearAlgebra

/// Named tensors in one file, in the safetensors format: the length of a JSON header, the header, then the numbers.
public struct TensorFile {
  private struct Entry {
    let name: String
    let type: String
    let shape: [Int]
    let bytes: Data
  }

  private var entries: [Entry] = []

  public init() {}

  public mutating func add(_ name: String, _ matrix: Matrix<Float>) {
    entries.append(
      Entry(
        name: name, type: "F32", shape: [matrix.rows, matrix.columns],
        bytes: matrix.elements.withUnsafeBytes { Data($0) }))
  }

  public mutating func add(_ name: String, _ numbers: [Int], shape: [Int]) {
    precondition(shape.reduce(1, *) == numbers.count, "\(numbers.count) numbers for \(shape)")
    entries.append(
      Entry(
        name: name, type: "I64", shape: shape, bytes: numbers.map(Int64.init).withUnsafeBytes { Data($0) }))
  }

  /// Writes everything, in the byte order of this machine, which must be the format's little-endian one.
  public func write(to path: String, metadata: [String: String]) throws {
    precondition(1.littleEndian == 1, "a machine of the other byte order")
    var header: [String: Any] = ["__metadata__": metadata]
    var offset = 0
    for entry in entries {
      header[entry.name] = [
        "dtype": entry.type, "shape": entry.shape, "data_offsets": [offset, offset + entry.bytes.count],
      ]
      offset += entry.bytes.count
    }
    var text = try JSONSerialization.data(withJSONObject: header, options: .sortedKeys)
    // Numbers that start on a multiple of 64 can be used where they lie.
    while (text.count + 8) % 64 != 0 { text.append(UInt8(ascii: " ")) }
    let url = URL(fileURLWithPath: path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data().write(to: url)
    let file = try FileHandle(forWritingTo: url)
    try file.write(contentsOf: withUnsafeBytes(of: UInt64(text.count)) { Data($0) })
    try file.write(contentsOf: text)
    for entry in entries { try file.write(contentsOf: entry.bytes) }
    try file.close()
  }
}
