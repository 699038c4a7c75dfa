import CZlib
import Foundation
import LinearAlgebra

/// Named arrays and texts for other programs: a NumPy archive (`.npz`) or an HDF5 file (`.h5`), whatever the ending says.
///
/// Arrays are single precision, little-endian, in row-major order: `[rows, columns]`, or `[columns]` for a vector. A text is a member of the
/// archive that `numpy.load` gives back as bytes, or an attribute of the HDF5 file's root. The same content gives the same bytes.
public struct ArrayFile {
  /// What can be written.
  public enum Format: String, CaseIterable, Sendable {
    case npz, h5
  }

  private struct NamedArray {
    var name: String
    var values: Matrix<Float>
    var shape: [Int]
  }

  private var arrays: [NamedArray] = []
  private var texts: [(name: String, value: String)] = []

  public init() {}

  /// Adds an array; its name must be new. A vector has one row, and one dimension in the file.
  public mutating func add(_ name: String, _ values: Matrix<Float>, isVector: Bool) {
    precondition(!isVector || values.rows == 1, "a vector is one row")
    precondition(!arrays.contains { $0.name == name }, "an array of the same name")
    arrays.append(
      NamedArray(
        name: name, values: values, shape: isVector ? [values.columns] : [values.rows, values.columns]))
  }

  public mutating func add(_ name: String, text: String) { texts.append((name, text)) }

  /// Writes the file, whole or not at all.
  public func write(to path: String, as format: Format) throws {
    switch format {
    case .npz: try AtomicFile.write(Data(archive()), to: path)
    case .h5: try writeHDF5(to: path)
    }
  }

  private func writeHDF5(to path: String) throws {
    let pending = PendingFile(replacing: path)
    do {
      let file = try HDF5File.create(pending.temporaryPath)
      let root = try file.root
      for array in arrays {
        let dataset = try root.createDataset(array.name, type: .single, shape: array.shape)
        try dataset.write(array.values.withElements { elements in elements.indices.map { elements[$0] } })
      }
      for text in texts { try root.setAttribute(text.name, to: text.value) }
      try file.flushAndClose()
      try pending.commit()
    } catch {
      pending.discard()
      guard var error = error as? HarnessError else { throw error }
      if error.file == pending.temporaryPath { error.file = path }
      throw error
    }
  }

  // MARK: NumPy

  /// A zip archive of stored members.
  private func archive() -> [UInt8] {
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    let members =
      arrays.map { (name: $0.name + ".npy", content: Self.numpy($0.values, shape: $0.shape)) }
      + texts.map { (name: $0.name, content: Array($0.value.utf8)) }
    for member in members {
      let offset = bytes.count
      let header = Self.header(member.name, member.content)
      bytes += Self.little(0x0403_4b50, 4) + Self.little(20, 2) + header + member.name.utf8
      bytes += member.content
      directory += Self.little(0x0201_4b50, 4) + Self.little(20, 2) + Self.little(20, 2) + header
      // No comment, first disk, no attributes.
      directory += Self.little(0, 2) + Self.little(0, 2) + Self.little(0, 2) + Self.little(0, 4)
      directory += Self.little(offset, 4) + member.name.utf8
    }
    let start = bytes.count
    precondition(start <= 0xffff_fffe, "networks of more than 4 GiB")
    bytes += directory
    bytes += Self.little(0x0605_4b50, 4) + Self.little(0, 2) + Self.little(0, 2)
    bytes += Self.little(members.count, 2) + Self.little(members.count, 2)
    bytes += Self.little(directory.count, 4) + Self.little(start, 4) + Self.little(0, 2)
    return bytes
  }

  /// What the local header and the directory say of a member alike: flags (the name is UTF-8), stored, 1 January 1980, checksum, sizes, length of
  /// the name, no extra field.
  private static func header(_ name: String, _ content: [UInt8]) -> [UInt8] {
    let checksum = content.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, $0.count) }
    return little(0x0800, 2) + little(0, 2) + little(0, 2) + little(0x21, 2) + little(Int(checksum), 4)
      + little(content.count, 4) + little(content.count, 4) + little(name.utf8.count, 2) + little(0, 2)
  }

  /// An array in NumPy's format, version 1.0, its data aligned to 64 bytes.
  private static func numpy(_ values: Matrix<Float>, shape: [Int]) -> [UInt8] {
    let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(sizes)), }"
    header += String(repeating: " ", count: (64 - (10 + header.utf8.count + 1) % 64) % 64) + "\n"
    return NumPyHeader.magic + [1, 0] + little(header.utf8.count, 2) + header.utf8 + values.littleEndianBytes
  }

  private static func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
