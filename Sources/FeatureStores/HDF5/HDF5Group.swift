import CHDF5

/// A group of an HDF5 file, open for reading.
public struct HDF5Group: Sendable, HDF5Object {
  let file: HDF5File
  /// The absolute path in the file, such as `/arcface/insightface`; `/` for the root.
  public let path: String
  let handle: HDF5Handle

  /// What a name in a group stands for.
  public enum Member: Sendable, Hashable {
    case group
    case dataset
    /// A named type, or a link that leads nowhere.
    case other
  }

  var place: HDF5Place { HDF5Place(file: file.path, object: path) }

  init(file: HDF5File, path: String) throws {
    self.file = file
    self.path = path
    let id = try HDF5Library.call("open the group", at: HDF5Place(file: file.path, object: path)) {
      H5Gopen2(file.handle.id, path, hdf5_default_properties())
    }
    handle = HDF5Handle(id, release: H5Gclose)
  }

  private func childPath(_ name: String) -> String { path == "/" ? "/\(name)" : "\(path)/\(name)" }

  /// The names in the group, in the order of their bytes.
  public func memberNames() throws -> [String] {
    try HDF5Library.perform("read the group", at: place) { () -> [String]? in
      var info = H5G_info_t()
      guard H5Gget_info(handle.id, &info) >= 0 else { return nil }
      var names: [String] = []
      for index in 0..<info.nlinks {
        guard let name = name(at: index) else { return nil }
        names.append(name)
      }
      return names
    }
  }

  private func name(at index: hsize_t) -> String? {
    HDF5Library.name { buffer, size in
      H5Lget_name_by_idx(
        handle.id, ".", H5_INDEX_NAME, H5_ITER_INC, index, buffer, size, hdf5_default_properties())
    }
  }

  /// What `name` stands for, or nil where the group has no such name.
  public func member(_ name: String) throws -> Member? {
    try HDF5Library.perform("read the group", at: place) { () -> Member?? in
      let exists = H5Lexists(handle.id, name, hdf5_default_properties())
      guard exists >= 0 else { return nil }
      return Optional<Member?>.some(exists > 0 ? kind(of: name) : nil)
    }
  }

  private func kind(of name: String) -> Member {
    let object = H5Oopen(handle.id, name, hdf5_default_properties())
    guard object >= 0 else { return .other }
    defer { H5Oclose(object) }
    switch H5Iget_type(object) {
    case H5I_GROUP: return .group
    case H5I_DATASET: return .dataset
    default: return .other
    }
  }

  private func memberNames(_ wanted: Member) throws -> [String] {
    let names = try memberNames()
    return HDF5Library.withLock { names.filter { kind(of: $0) == wanted } }
  }

  /// The names of the groups in this one, in the order of their bytes.
  public func groupNames() throws -> [String] { try memberNames(.group) }

  /// The names of the datasets in this group, in the order of their bytes.
  public func datasetNames() throws -> [String] { try memberNames(.dataset) }

  /// The group `name` in this one. A missing one is `missingInput` and tells which groups there are.
  public func group(_ name: String) throws -> HDF5Group {
    guard try member(name) == .group else {
      throw HDF5Place(file: file.path, object: childPath(name)).error(
        .missingInput, found: "no such group", expected: try listing(groupNames(), of: "groups"))
    }
    return try HDF5Group(file: file, path: childPath(name))
  }

  /// The dataset `name` in this group. A missing one is `missingInput` and tells which datasets there are.
  public func dataset(_ name: String) throws -> HDF5Dataset {
    guard try member(name) == .dataset else {
      throw HDF5Place(file: file.path, object: childPath(name)).error(
        .missingInput, found: "no such dataset", expected: try listing(datasetNames(), of: "datasets"))
    }
    return try HDF5Dataset(in: self, name: name, path: childPath(name))
  }

  private func listing(_ names: [String], of what: String) -> String {
    guard !names.isEmpty else { return "a name that exists (\(path) holds no \(what))" }
    let shown = names.prefix(10).joined(separator: ", ") + (names.count > 10 ? ", …" : "")
    return "one of the \(what) in \(path): \(shown)"
  }
}
