import CHDF5
import LinearAlgebra

/// A dataset of an HDF5 file: its shape, type and layout, and its elements read with conversion from whatever precision,
/// byte order, chunking and compression they are stored in.
public struct HDF5Dataset: Sendable, HDF5Object {
  /// The name in its group.
  public let name: String
  /// The absolute path in the file.
  public let path: String
  /// The length of each dimension; empty for a scalar, `[0]` for a dataset without a value.
  public let shape: [Int]
  public let type: HDF5Type
  public let layout: HDF5Layout
  /// The bytes taken in the file, after compression.
  public let storedByteCount: Int
  let file: HDF5File
  let handle: HDF5Handle

  var place: HDF5Place { HDF5Place(file: file.path, object: path) }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  init(in group: HDF5Group, name: String, path: String) throws {
    let place = HDF5Place(file: group.file.path, object: path)
    func open(_ access: hid_t) throws -> HDF5Handle {
      let id = try HDF5Library.call("open the dataset", at: place) { H5Dopen2(group.handle.id, name, access) }
      return HDF5Handle(id, release: H5Dclose)
    }
    var opened = try open(hdf5_default_properties())
    let facts = try Self.facts(of: opened, at: place)
    if case .chunked(let chunk, _) = facts.layout, facts.shape.count == 2 {
      let access = try HDF5File.propertyList(hdf5_dataset_access_class(), at: place)
      let bytes = Self.chunkCacheBytes(chunk: chunk, columns: facts.shape[1], elementSize: facts.elementSize)
      try HDF5Library.call("prepare to read", at: place, kind: .fault) {
        H5Pset_chunk_cache(access.id, 10_007, bytes, 1)
      }
      // A dataset that is open keeps its cache, so it has to be closed first.
      try opened.close(at: place)
      opened = try open(access.id)
    }
    handle = opened
    self.name = name
    self.path = path
    file = group.file
    shape = facts.shape
    type = facts.type
    layout = facts.layout
    storedByteCount = facts.storedByteCount
  }

  /// Room for the decompressed chunks of one band across all columns, and of two where they are small: so blocks of rows that
  /// cut chunks decompress each one once.
  private static func chunkCacheBytes(chunk: [Int], columns: Int, elementSize: Int) -> Int {
    let chunksAcross = min(max(1, (columns + chunk[1] - 1) / chunk[1]), 1 << 16)
    let band = chunk[0] * chunk[1] * chunksAcross * elementSize
    return max(1 << 20, band <= 32 << 20 ? 2 * band : band)
  }

  private struct Facts: Sendable {
    var shape: [Int]
    var type: HDF5Type
    var elementSize: Int
    var layout: HDF5Layout
    var storedByteCount: Int
  }

  private static func facts(of dataset: HDF5Handle, at place: HDF5Place) throws -> Facts {
    let facts = try HDF5Library.perform("read what the dataset is", at: place) { () -> Facts? in
      let type = H5Dget_type(dataset.id)
      guard type >= 0 else { return nil }
      defer { H5Tclose(type) }
      let space = H5Dget_space(dataset.id)
      guard space >= 0 else { return nil }
      defer { H5Sclose(space) }
      let creation = H5Dget_create_plist(dataset.id)
      guard creation >= 0 else { return nil }
      defer { H5Pclose(creation) }
      return Facts(
        shape: shape(of: space), type: HDF5Type(identifier: type), elementSize: H5Tget_size(type),
        layout: layout(of: creation), storedByteCount: Int(H5Dget_storage_size(dataset.id)))
    }
    var count = 1
    for length in facts.shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      guard !overflow, product <= Int.max / 8 else {
        throw place.error(.badInput, found: "the impossible shape \(facts.shape)")
      }
      count = product
    }
    return facts
  }

  private static func shape(of space: hid_t) -> [Int] {
    guard H5Sget_simple_extent_type(space) != H5S_NULL else { return [0] }
    let rank = max(0, Int(H5Sget_simple_extent_ndims(space)))
    var lengths = [hsize_t](repeating: 0, count: rank)
    H5Sget_simple_extent_dims(space, &lengths, nil)
    return lengths.map { Int(clamping: $0) }
  }

  private static func layout(of creation: hid_t) -> HDF5Layout {
    switch H5Pget_layout(creation) {
    case H5D_CONTIGUOUS: return H5Pget_external_count(creation) > 0 ? .elsewhere : .contiguous
    case H5D_COMPACT: return .compact
    case H5D_CHUNKED:
      let rank = max(0, Int(H5Pget_chunk(creation, 0, nil)))
      var chunk = [hsize_t](repeating: 0, count: rank)
      H5Pget_chunk(creation, Int32(rank), &chunk)
      let filters = (0..<max(0, H5Pget_nfilters(creation))).map { filterName(of: creation, UInt32($0)) }
      return .chunked(shape: chunk.map { Int(clamping: $0) }, filters: filters)
    default: return .elsewhere
    }
  }

  private static func filterName(of creation: hid_t, _ index: UInt32) -> String {
    var (flags, configuration): (UInt32, UInt32) = (0, 0)
    var values = [UInt32](repeating: 0, count: 8)
    var count = values.count
    var name = [CChar](repeating: 0, count: 64)
    let filter = H5Pget_filter2(creation, index, &flags, &count, &values, name.count, &name, &configuration)
    switch filter {
    case H5Z_FILTER_DEFLATE: return "gzip level \(values[0])"
    case H5Z_FILTER_SHUFFLE: return "shuffle"
    case H5Z_FILTER_FLETCHER32: return "fletcher32"
    default:
      let text = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      return text.isEmpty ? "filter \(filter)" : text
    }
  }

  /// All elements in row-major order as `Double`. Real and integer types are read; anything else is an error.
  public func readReals() throws -> [Double] {
    guard type.isNumeric else { throw wrongType(expected: "a number") }
    return try readAll(zero: 0, as: hdf5_native_double())
  }

  /// The same in single precision.
  func readSingles() throws -> [Float] {
    guard type.isNumeric else { throw wrongType(expected: "a number") }
    return try readAll(zero: 0, as: hdf5_native_float())
  }

  /// All elements in row-major order. Integers and booleans are read; anything else, unsigned 64-bit integers among it, is
  /// an error.
  public func readIntegers() throws -> [Int64] {
    switch type {
    case .integer(bits: 64, isSigned: false, _): throw wrongType(expected: "a signed integer type")
    case .integer, .boolean: return try readAll(zero: 0, as: hdf5_native_int64())
    case .real, .string, .other: throw wrongType(expected: "an integer type")
    }
  }

  /// All strings in row-major order, of fixed or variable length; bytes that are not UTF-8 are an error with their row.
  public func readStrings() throws -> [String] {
    guard case .string(let length) = type else { throw wrongType(expected: "strings") }
    let typeID = try HDF5Library.call("read the type", at: place) { H5Dget_type(handle.id) }
    let fileType = HDF5Handle(typeID, release: H5Tclose)
    guard shape.count == 1 else {
      let space = try simpleSpace([count])
      let reader = HDF5StringReader(
        fileType: fileType, space: space, count: count, length: length, place: place)
      return try reader.read { H5Dread(handle.id, $0, hdf5_all(), hdf5_all(), hdf5_default_properties(), $1) }
    }
    // By blocks, so that the library's copies of the strings stay few.
    let blockRows = 1 << 16
    var strings: [String] = []
    strings.reserveCapacity(count)
    for first in stride(from: 0, to: count, by: blockRows) {
      let rows = first..<min(first + blockRows, count)
      let space = try simpleSpace([rows.count])
      let selection = try selectingRows(rows)
      let reader = HDF5StringReader(
        fileType: fileType, space: space, count: rows.count, length: length, place: place, firstRow: first)
      strings += try reader.read {
        H5Dread(handle.id, $0, space.id, selection.id, hdf5_default_properties(), $1)
      }
    }
    return strings
  }

  private func readAll<Element: BitwiseCopyable>(zero: Element, as memoryType: @autoclosure () -> hid_t)
    throws -> [Element]
  {
    var values = [Element](repeating: zero, count: count)
    if count > 0 {
      try HDF5Library.call("read the dataset", at: place) {
        H5Dread(handle.id, memoryType(), hdf5_all(), hdf5_all(), hdf5_default_properties(), &values)
      }
    }
    return values
  }

  func wrongType(expected: String) -> HarnessError {
    place.error(.badInput, found: "elements of type \(type)", expected: expected)
  }

  /// A dataspace of the given shape in memory.
  func simpleSpace(_ shape: [Int]) throws -> HDF5Handle {
    let id = try HDF5Library.call("describe a shape", at: place, kind: .fault) {
      H5Screate_simple(Int32(shape.count), shape.map(hsize_t.init), nil)
    }
    return HDF5Handle(id, release: H5Sclose)
  }

  /// The dataset's own dataspace with `rows` selected along its first dimension.
  func selectingRows(_ rows: Range<Int>) throws -> HDF5Handle {
    let id = try HDF5Library.call("read the shape", at: place) { H5Dget_space(handle.id) }
    let space = HDF5Handle(id, release: H5Sclose)
    let start = [hsize_t(rows.lowerBound)] + shape.dropFirst().map { _ in 0 }
    let lengths = [hsize_t(rows.count)] + shape.dropFirst().map(hsize_t.init)
    try HDF5Library.call("select rows", at: place) {
      H5Sselect_hyperslab(space.id, H5S_SELECT_SET, start, nil, lengths, nil)
    }
    return space
  }
}
