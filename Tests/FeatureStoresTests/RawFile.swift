import CHDF5

@testable import FeatureStores

/// Writes HDF5 files of any kind, right and wrong, straight through the C library: an independent source of stores.
final class RawFile {
  let path: String
  private let id: hid_t

  init(_ path: String, groups: [String] = []) {
    self.path = path
    id = HDF5Library.withLock {
      let id = H5Fcreate(path, hdf5_create_new(), hdf5_default_properties(), hdf5_default_properties())
      for group in groups {
        H5Gclose(
          H5Gcreate2(
            id, group, hdf5_default_properties(), hdf5_default_properties(), hdf5_default_properties()))
      }
      return id
    }
    precondition(id >= 0, "cannot create \(path)")
  }

  /// Closes the file, so that it can be opened by others.
  func close() {
    HDF5Library.withLock { _ = H5Fclose(id) }
  }

  enum Number {
    case half, single, double
    case int(bytes: Int)
    case uint(bytes: Int)
  }

  enum Padding { case nullTerminated, nullPadded, spacePadded }

  /// Writes numbers, converted by the library to the type asked for.
  func numbers(
    _ name: String, _ values: [Double], shape: [Int]? = nil, as number: Number = .single,
    bigEndian: Bool = false,
    chunk: [Int]? = nil, gzip: Bool = false, attributeOf object: String? = nil
  ) {
    HDF5Library.withLock {
      let type = Self.type(number, bigEndian: bigEndian)
      let space = Self.space(shape ?? [values.count])
      if let object {
        let target = H5Oopen(id, object, hdf5_default_properties())
        let attribute = H5Acreate2(
          target, name, type, space, hdf5_default_properties(), hdf5_default_properties())
        check(H5Awrite(attribute, hdf5_native_double(), values))
        H5Aclose(attribute)
        H5Oclose(target)
      } else {
        let properties = H5Pcreate(hdf5_dataset_create_class())
        if let chunk {
          check(H5Pset_chunk(properties, Int32(chunk.count), chunk.map(hsize_t.init)))
          if gzip { check(H5Pset_deflate(properties, 6)) }
        }
        let dataset = H5Dcreate2(
          id, name, type, space, hdf5_default_properties(), properties, hdf5_default_properties())
        if !values.isEmpty {
          check(
            H5Dwrite(
              dataset, hdf5_native_double(), hdf5_all(), hdf5_all(), hdf5_default_properties(), values))
        }
        H5Dclose(dataset)
        H5Pclose(properties)
      }
      H5Tclose(type)
      H5Sclose(space)
    }
  }

  /// Writes 64-bit integers exactly, to an integer type.
  func integers(
    _ name: String, _ values: [Int64], as number: Number = .int(bytes: 8), bigEndian: Bool = false
  ) {
    HDF5Library.withLock {
      let type = Self.type(number, bigEndian: bigEndian)
      let space = Self.space([values.count])
      let dataset = H5Dcreate2(
        id, name, type, space, hdf5_default_properties(), hdf5_default_properties(), hdf5_default_properties()
      )
      check(
        H5Dwrite(dataset, hdf5_native_int64(), hdf5_all(), hdf5_all(), hdf5_default_properties(), values))
      H5Dclose(dataset)
      H5Sclose(space)
      H5Tclose(type)
    }
  }

  /// Writes strings of variable length, each as the bytes given.
  func strings(_ name: String, _ values: [[UInt8]], utf8: Bool = true) {
    HDF5Library.withLock {
      let type = Self.stringType(length: nil, padding: .nullTerminated, utf8: utf8)
      let space = Self.space([values.count])
      let dataset = H5Dcreate2(
        id, name, type, space, hdf5_default_properties(), hdf5_default_properties(), hdf5_default_properties()
      )
      let buffer = Array(values.map { $0 + [0] }.joined())
      buffer.withUnsafeBytes { bytes in
        var offset = 0
        let pointers = values.map { value in
          defer { offset += value.count + 1 }
          return bytes.baseAddress! + offset
        }
        check(
          H5Dwrite(dataset, type, hdf5_all(), hdf5_all(), hdf5_default_properties(), pointers))
      }
      H5Dclose(dataset)
      H5Sclose(space)
      H5Tclose(type)
    }
  }

  func strings(_ name: String, _ values: [String]) { strings(name, values.map { Array($0.utf8) }) }

  /// Writes strings of fixed length, cut or filled up.
  func fixedStrings(
    _ name: String, _ values: [[UInt8]], length: Int, padding: Padding, utf8: Bool = true
  ) {
    let fill: UInt8 = if case .spacePadded = padding { UInt8(ascii: " ") } else { 0 }
    let bytes = values.flatMap { value in
      Array(value.prefix(length)) + [UInt8](repeating: fill, count: max(0, length - value.count))
    }
    HDF5Library.withLock {
      let type = Self.stringType(length: length, padding: padding, utf8: utf8)
      let space = Self.space([values.count])
      let dataset = H5Dcreate2(
        id, name, type, space, hdf5_default_properties(), hdf5_default_properties(), hdf5_default_properties()
      )
      check(H5Dwrite(dataset, type, hdf5_all(), hdf5_all(), hdf5_default_properties(), bytes))
      H5Dclose(dataset)
      H5Sclose(space)
      H5Tclose(type)
    }
  }

  /// Sets an attribute of an object to a string of variable length.
  func attribute(_ name: String, _ value: String, of object: String = "/") {
    HDF5Library.withLock {
      let type = Self.stringType(length: nil, padding: .nullTerminated, utf8: true)
      let space = H5Screate(H5S_SCALAR)
      let target = H5Oopen(id, object, hdf5_default_properties())
      let attribute = H5Acreate2(
        target, name, type, space, hdf5_default_properties(), hdf5_default_properties())
      value.withCString { text in
        var pointer: UnsafePointer<CChar>? = text
        check(H5Awrite(attribute, type, &pointer))
      }
      H5Aclose(attribute)
      H5Oclose(target)
      H5Sclose(space)
      H5Tclose(type)
    }
  }

  /// Sets an attribute without a value.
  func emptyAttribute(_ name: String, of object: String = "/") {
    HDF5Library.withLock {
      let space = H5Screate(H5S_NULL)
      let target = H5Oopen(id, object, hdf5_default_properties())
      H5Aclose(
        H5Acreate2(
          target, name, hdf5_native_double(), space, hdf5_default_properties(), hdf5_default_properties()))
      H5Oclose(target)
      H5Sclose(space)
    }
  }

  /// Writes a truth value or several as h5py does, to an attribute.
  func booleanAttribute(_ name: String, _ values: [Bool], isScalar: Bool, of object: String = "/") {
    HDF5Library.withLock {
      let type = Self.booleanType()
      let space = isScalar ? H5Screate(H5S_SCALAR) : Self.space([values.count])
      let target = H5Oopen(id, object, hdf5_default_properties())
      let attribute = H5Acreate2(
        target, name, type, space, hdf5_default_properties(), hdf5_default_properties())
      check(H5Awrite(attribute, type, values.map { Int8($0 ? 1 : 0) }))
      H5Aclose(attribute)
      H5Oclose(target)
      H5Sclose(space)
      H5Tclose(type)
    }
  }

  /// Makes a link that leads nowhere.
  func danglingLink(_ name: String) {
    HDF5Library.withLock {
      check(H5Lcreate_soft("/nowhere", id, name, hdf5_default_properties(), hdf5_default_properties()))
    }
  }

  /// Makes a dataset of two-field records.
  func compound(_ name: String, count: Int) {
    HDF5Library.withLock {
      let type = H5Tcreate(H5T_COMPOUND, 16)
      H5Tinsert(type, "x", 0, hdf5_native_double())
      H5Tinsert(type, "y", 8, hdf5_native_int64())
      let space = Self.space([count])
      H5Dclose(
        H5Dcreate2(
          id, name, type, space, hdf5_default_properties(), hdf5_default_properties(),
          hdf5_default_properties()))
      H5Sclose(space)
      H5Tclose(type)
    }
  }

  private func check(_ status: herr_t) { precondition(status >= 0, "the library refuses to write \(path)") }

  private static func space(_ shape: [Int]) -> hid_t {
    shape.isEmpty ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(shape.count), shape.map(hsize_t.init), nil)
  }

  private static func type(_ number: Number, bigEndian: Bool) -> hid_t {
    let type: hid_t
    switch number {
    case .half:
      type = H5Tcopy(hdf5_f32le())
      H5Tset_fields(type, 15, 10, 5, 0, 10)
      H5Tset_size(type, 2)
      H5Tset_ebias(type, 15)
    case .single: type = H5Tcopy(hdf5_f32le())
    case .double: type = H5Tcopy(hdf5_f64le())
    case .int(let bytes):
      type = H5Tcopy(hdf5_i64le())
      H5Tset_size(type, bytes)
    case .uint(let bytes):
      type = H5Tcopy(hdf5_i64le())
      H5Tset_size(type, bytes)
      H5Tset_sign(type, H5T_SGN_NONE)
    }
    if bigEndian { H5Tset_order(type, H5T_ORDER_BE) }
    return type
  }

  private static func stringType(length: Int?, padding: Padding, utf8: Bool) -> hid_t {
    let type = H5Tcopy(hdf5_c_string())
    H5Tset_size(type, length ?? hdf5_variable_length())
    H5Tset_cset(type, utf8 ? H5T_CSET_UTF8 : H5T_CSET_ASCII)
    switch padding {
    case .nullTerminated: H5Tset_strpad(type, H5T_STR_NULLTERM)
    case .nullPadded: H5Tset_strpad(type, H5T_STR_NULLPAD)
    case .spacePadded: H5Tset_strpad(type, H5T_STR_SPACEPAD)
    }
    return type
  }

  private static func booleanType() -> hid_t {
    let type = H5Tenum_create(hdf5_native_int8())
    for (index, name) in ["FALSE", "TRUE"].enumerated() {
      var value = Int8(index)
      H5Tenum_insert(type, name, &value)
    }
    return type
  }
}
