import CHDF5

/// The value of an attribute.
public enum HDF5Attribute: Sendable, Hashable {
  case string(String)
  case integer(Int64)
  case real(Double)
  case boolean(Bool)
  /// An array of any rank, its elements in row-major order.
  case strings([String])
  case integers([Int64])
  case reals([Double])
  case booleans([Bool])
  /// An attribute without a value.
  case empty
  /// A value of a type that is not read, by the name of the type.
  case unreadable(String)
}

/// A group or a dataset: what can carry attributes.
protocol HDF5Object {
  var handle: HDF5Handle { get }
  var place: HDF5Place { get }
}

extension HDF5Object {
  /// The names of the attributes, in the order of their bytes, with their values.
  func readAttributes() throws -> [(name: String, value: HDF5Attribute)] {
    let count = try HDF5Library.call("read the attributes", at: place) { hdf5_attribute_count(handle.id) }
    return try (0..<UInt64(count)).map { index in
      let id = try HDF5Library.call("read an attribute", at: place) {
        H5Aopen_by_idx(
          handle.id, ".", H5_INDEX_NAME, H5_ITER_INC, index, hdf5_default_properties(),
          hdf5_default_properties())
      }
      let attribute = HDF5Handle(id, release: H5Aclose)
      let name = try HDF5Library.perform("read an attribute", at: place) {
        HDF5Library.name { H5Aget_name(id, $1, $0) }
      }
      return (name, try read(attribute, name: name))
    }
  }

  private func read(_ attribute: HDF5Handle, name: String) throws -> HDF5Attribute {
    var place = place
    place.object = (place.object ?? "/") + ", attribute \(name)"
    let typeID = try HDF5Library.call("read the type", at: place) { H5Aget_type(attribute.id) }
    let type = HDF5Handle(typeID, release: H5Tclose)
    let spaceID = try HDF5Library.call("read the shape", at: place) { H5Aget_space(attribute.id) }
    let space = HDF5Handle(spaceID, release: H5Sclose)
    let (extent, count, kind) = HDF5Library.withLock {
      (
        H5Sget_simple_extent_type(spaceID), Int(H5Sget_simple_extent_npoints(spaceID)),
        HDF5Type(identifier: typeID)
      )
    }
    if extent == H5S_NULL { return .empty }
    let isScalar = extent == H5S_SCALAR
    func numbers<Element: BitwiseCopyable>(_ zero: Element, as memoryType: @autoclosure () -> hid_t) throws
      -> [Element]
    {
      var values = [Element](repeating: zero, count: count)
      if count > 0 {
        try HDF5Library.call("read the attribute", at: place) { H5Aread(attribute.id, memoryType(), &values) }
      }
      return values
    }
    switch kind {
    case .real:
      let values: [Double] = try numbers(0, as: hdf5_native_double())
      return isScalar ? .real(values[0]) : .reals(values)
    case .integer(bits: 64, isSigned: false, _), .other:
      return .unreadable("\(kind)")
    case .integer:
      let values: [Int64] = try numbers(0, as: hdf5_native_int64())
      return isScalar ? .integer(values[0]) : .integers(values)
    case .boolean:
      let values: [Int64] = try numbers(0, as: hdf5_native_int64())
      return isScalar ? .boolean(values[0] != 0) : .booleans(values.map { $0 != 0 })
    case .string(let length):
      let reader = HDF5StringReader(fileType: type, space: space, count: count, length: length, place: place)
      let values = try reader.read { memoryType, buffer in H5Aread(attribute.id, memoryType, buffer) }
      return isScalar ? .string(values[0]) : .strings(values)
    }
  }
}

extension HDF5Group {
  /// The attributes of the group, in the order of the bytes of their names.
  public func attributes() throws -> [(name: String, value: HDF5Attribute)] { try readAttributes() }
}

extension HDF5Dataset {
  /// The attributes of the dataset, in the order of the bytes of their names.
  public func attributes() throws -> [(name: String, value: HDF5Attribute)] { try readAttributes() }
}
