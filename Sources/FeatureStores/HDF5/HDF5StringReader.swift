import CHDF5
import Foundation

/// Reads the strings of a dataset or an attribute, of fixed or variable length, as UTF-8.
///
/// Fixed-length strings end at their first NUL, or have their padding of NULs or spaces removed, as their type says. Bytes
/// that are not UTF-8 are an error that names the row.
struct HDF5StringReader {
  /// The type in the file.
  let fileType: HDF5Handle
  /// The dataspace in memory, of `count` elements.
  let space: HDF5Handle
  let count: Int
  /// The bytes of a fixed-length string, nil for variable length.
  let length: Int?
  let place: HDF5Place
  /// The row of the first string, for errors.
  var firstRow = 0

  /// The strings, through `transfer`, which is one call of the library that fills a buffer of the memory type given.
  func read(_ transfer: (_ memoryType: hid_t, _ buffer: UnsafeMutableRawPointer) -> herr_t) throws -> [String]
  {
    guard count > 0 else { return [] }
    return if let length {
      try readFixed(length, transfer)
    } else {
      try readVariable(transfer)
    }
  }

  private func readFixed(
    _ length: Int, _ transfer: (hid_t, UnsafeMutableRawPointer) -> herr_t
  ) throws -> [String] {
    let padding = HDF5Library.withLock { H5Tget_strpad(fileType.id) }
    var bytes = [UInt8](repeating: 0, count: count * length)
    try HDF5Library.call("read the strings", at: place) { transfer(fileType.id, &bytes) }
    return try (0..<count).map { index in
      var string = bytes[index * length..<(index + 1) * length]
      switch padding {
      case H5T_STR_SPACEPAD: while string.last == UInt8(ascii: " ") { string.removeLast() }
      case H5T_STR_NULLPAD: while string.last == 0 { string.removeLast() }
      default: string = string.prefix { $0 != 0 }
      }
      return try decode(string, at: index)
    }
  }

  private func readVariable(_ transfer: (hid_t, UnsafeMutableRawPointer) -> herr_t) throws -> [String] {
    // The memory type keeps the character set of the file, since the library does not convert between sets.
    let memoryID = try HDF5Library.call("prepare to read strings", at: place, kind: .fault) {
      H5Tcopy(fileType.id)
    }
    let memoryType = HDF5Handle(memoryID, release: H5Tclose)
    var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
    defer {
      // Frees every string that the library allocated, after a failure half-way as well.
      _ = HDF5Library.withLock {
        H5Dvlen_reclaim(memoryType.id, space.id, hdf5_default_properties(), &pointers)
      }
    }
    try HDF5Library.call("read the strings", at: place) { transfer(memoryType.id, &pointers) }
    return try pointers.enumerated().map { index, pointer in
      guard let pointer else { return "" }
      let bytes = UnsafeRawBufferPointer(start: pointer, count: strlen(pointer))
      return try decode(bytes, at: index)
    }
  }

  private func decode(_ bytes: some Collection<UInt8>, at index: Int) throws -> String {
    guard let string = String(validating: bytes, as: UTF8.self) else {
      throw place.error(
        .badInput, row: firstRow + index, found: "bytes that are not UTF-8", expected: "a UTF-8 string",
        advice: "Write the strings as UTF-8.")
    }
    return string
  }
}
