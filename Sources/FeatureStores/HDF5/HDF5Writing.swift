import CHDF5
import LinearAlgebra

/// The types that Likeness writes, all little-endian.
enum HDF5StoredType {
  case half, single, int8, int32, int64, string
}

extension HDF5Group {
  /// The group at a path below this one, made with whatever is missing on the way.
  func creatingGroup(_ path: String) throws -> HDF5Group {
    var group = self
    for component in path.split(separator: "/") {
      let name = String(component)
      let child = group.path == "/" ? "/\(name)" : "\(group.path)/\(name)"
      switch try group.member(name) {
      case .group: group = try HDF5Group(file: file, path: child)
      case nil:
        let place = HDF5Place(file: file.path, object: child)
        let properties = try HDF5File.propertyList(hdf5_group_create_class(), at: place)
        let parent = group.handle
        let id = try HDF5Library.call("create the group", at: place, kind: .cannotWrite) { () -> hid_t in
          guard H5Pset_obj_track_times(properties.id, false) >= 0 else { return -1 }
          return H5Gcreate2(
            parent.id, name, hdf5_default_properties(), properties.id, hdf5_default_properties())
        }
        try HDF5Handle(id, release: H5Gclose).close(at: place)
        group = try HDF5Group(file: file, path: child)
      case .dataset, .other:
        throw HDF5Place(file: file.path, object: child).error(
          .cannotWrite, found: "something that is no group", expected: "a group, or nothing")
      }
    }
    return group
  }

  /// Removes every dataset and every attribute of the group, and leaves the groups in it.
  func removeDatasetsAndAttributes() throws {
    for name in try memberNames() where try member(name) != .group {
      try HDF5Library.call("remove \(name)", at: place, kind: .cannotWrite) {
        H5Ldelete(handle.id, name, hdf5_default_properties())
      }
    }
    for (name, _) in try attributes() {
      try HDF5Library.call("remove the attribute \(name)", at: place, kind: .cannotWrite) {
        H5Adelete(handle.id, name)
      }
    }
  }

  /// Creates a dataset that must not exist yet, without modification times; chunked along its first dimension where
  /// `chunkRows` is given, and then passed through the shuffle and gzip filters where `gzipLevel` is.
  func createDataset(
    _ name: String, type: HDF5StoredType, shape: [Int], chunkRows: Int? = nil, gzipLevel: Int? = nil
  ) throws -> HDF5Dataset {
    let place = HDF5Place(file: file.path, object: path == "/" ? "/\(name)" : "\(path)/\(name)")
    let properties = try HDF5File.propertyList(hdf5_dataset_create_class(), at: place)
    let typeHandle = try Self.fileType(type, at: place)
    let space = try HDF5Library.call("describe a shape", at: place, kind: .fault) {
      H5Screate_simple(Int32(shape.count), shape.map(hsize_t.init), nil)
    }
    let spaceHandle = HDF5Handle(space, release: H5Sclose)
    let id = try HDF5Library.call("create the dataset", at: place, kind: .cannotWrite) { () -> hid_t in
      guard H5Pset_obj_track_times(properties.id, false) >= 0 else { return -1 }
      if let chunkRows, let rows = shape.first, rows > 0 {
        let chunk = [hsize_t(min(max(chunkRows, 1), rows))] + shape.dropFirst().map(hsize_t.init)
        guard H5Pset_chunk(properties.id, Int32(chunk.count), chunk) >= 0 else { return -1 }
        if let gzipLevel {
          guard H5Pset_shuffle(properties.id) >= 0,
            H5Pset_deflate(properties.id, UInt32(gzipLevel)) >= 0
          else { return -1 }
        }
      }
      return H5Dcreate2(
        handle.id, name, typeHandle.id, spaceHandle.id, hdf5_default_properties(), properties.id,
        hdf5_default_properties())
    }
    try HDF5Handle(id, release: H5Dclose).close(at: place)
    return try dataset(name)
  }

  /// Copies a dataset from another group as it is: type, layout, attributes.
  func copyDataset(_ name: String, from source: HDF5Group) throws {
    try HDF5Library.call("copy \(name) from \(source.file.path)", at: place, kind: .cannotWrite) {
      H5Ocopy(
        source.handle.id, name, handle.id, name, hdf5_default_properties(), hdf5_default_properties())
    }
  }

  /// Sets an attribute that must not exist yet to a UTF-8 string of variable length, as h5py does.
  func setAttribute(_ name: String, to value: String) throws {
    let type = try Self.fileType(.string, at: place)
    try HDF5Library.call("write the attribute \(name)", at: place, kind: .cannotWrite) { () -> herr_t in
      let space = H5Screate(H5S_SCALAR)
      guard space >= 0 else { return -1 }
      defer { H5Sclose(space) }
      let attribute = H5Acreate2(
        handle.id, name, type.id, space, hdf5_default_properties(), hdf5_default_properties())
      guard attribute >= 0 else { return -1 }
      defer { H5Aclose(attribute) }
      return value.withCString { text in
        var pointer: UnsafePointer<CChar>? = text
        return H5Awrite(attribute, type.id, &pointer)
      }
    }
  }

  static func fileType(_ type: HDF5StoredType, at place: HDF5Place) throws -> HDF5Handle {
    if case .half = type { return try HDF5Dataset.halfType(at: place) }
    let id = try HDF5Library.call("describe a type", at: place, kind: .fault) { () -> hid_t in
      switch type {
      case .half, .single: return H5Tcopy(hdf5_f32le())
      case .int8: return H5Tcopy(hdf5_i8le())
      case .int32: return H5Tcopy(hdf5_i32le())
      case .int64: return H5Tcopy(hdf5_i64le())
      case .string:
        let string = H5Tcopy(hdf5_c_string())
        guard string >= 0, H5Tset_size(string, hdf5_variable_length()) >= 0 else { return -1 }
        return H5Tset_cset(string, H5T_CSET_UTF8) < 0 ? -1 : string
      }
    }
    return HDF5Handle(id, release: H5Tclose)
  }
}

extension HDF5Dataset {
  /// Writes the rows of `block` from row `first` of the dataset on. Where the dataset holds halves, each number is rounded to
  /// the nearest, ties to even.
  func write(_ block: Matrix<Float>, at first: Int) throws {
    precondition(
      shape.count == 2 && block.columns == shape[1] && first + block.rows <= shape[0],
      "rows written to another shape")
    guard block.count > 0 else { return }
    let memory = try simpleSpace([block.rows, block.columns])
    let selection = try selectingRows(first..<first + block.rows)
    func transfer(_ type: @autoclosure () -> hid_t, _ buffer: UnsafeRawPointer) throws {
      try HDF5Library.call("write rows", at: place, kind: .cannotWrite) {
        H5Dwrite(handle.id, type(), memory.id, selection.id, hdf5_default_properties(), buffer)
      }
    }
    if case .real(bits: 16, _) = type {
      let halves = block.withElements { elements in
        [UInt16](unsafeUninitializedCapacity: elements.count) { buffer, count in
          for index in elements.indices { buffer[index] = HalfPrecision.bits(elements[index]) }
          count = elements.count
        }
      }
      let half = try Self.halfType(at: place)
      try halves.withUnsafeBytes { try transfer(half.id, $0.baseAddress!) }
    } else {
      try block.withElements { elements in
        try elements.withUnsafeBufferPointer { try transfer(hdf5_native_float(), $0.baseAddress!) }
      }
    }
  }

  /// Writes all elements, converted from their type in memory to that of the file.
  func write<Element: HDF5Element>(_ values: [Element]) throws {
    precondition(values.count == count, "values written to another shape")
    guard !values.isEmpty else { return }
    _ = try values.withUnsafeBytes { buffer in
      try HDF5Library.call("write the dataset", at: place, kind: .cannotWrite) {
        H5Dwrite(
          handle.id, Element.nativeType, hdf5_all(), hdf5_all(), hdf5_default_properties(), buffer.baseAddress
        )
      }
    }
  }

  /// Writes all strings, in blocks.
  func write(_ strings: [String]) throws {
    precondition(strings.count == count, "values written to another shape")
    let type = try HDF5Group.fileType(.string, at: place)
    let blockRows = 1 << 16
    for first in stride(from: 0, to: strings.count, by: blockRows) {
      let rows = first..<min(first + blockRows, strings.count)
      let memory = try simpleSpace([rows.count])
      let selection = try selectingRows(rows)
      // One buffer of all the characters, each string ended by a NUL, and a pointer to each.
      var characters: [UInt8] = []
      var starts: [Int] = []
      for string in strings[rows] {
        starts.append(characters.count)
        characters.append(contentsOf: string.utf8)
        characters.append(0)
      }
      try characters.withUnsafeBytes { buffer in
        let pointers = starts.map { buffer.baseAddress! + $0 }
        try HDF5Library.call("write the strings", at: place, kind: .cannotWrite) {
          H5Dwrite(handle.id, type.id, memory.id, selection.id, hdf5_default_properties(), pointers)
        }
      }
    }
  }
}

/// A type whose arrays are written as they are.
protocol HDF5Element: BitwiseCopyable {
  static var nativeType: hid_t { get }
}
extension Float: HDF5Element { static var nativeType: hid_t { hdf5_native_float() } }
extension Int8: HDF5Element { static var nativeType: hid_t { hdf5_native_int8() } }
extension Int32: HDF5Element { static var nativeType: hid_t { hdf5_native_int32() } }
extension Int64: HDF5Element { static var nativeType: hid_t { hdf5_native_int64() } }
