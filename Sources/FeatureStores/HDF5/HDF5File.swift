import CHDF5
import Foundation

/// An HDF5 file, open for as long as a value that came from it lives.
///
/// A file that is replaced by a rename while it is open goes on showing its old content.
public struct HDF5File: Sendable {
  public let path: String
  let handle: HDF5Handle

  /// Opens a file for reading. A missing file is `missingInput`; a folder, a file that is not HDF5, a truncated file are
  /// `badInput`, with the library's reason.
  public init(opening path: String) throws {
    try self.init(opening: path, forChanges: false)
  }

  /// Opens a file for reading and changing.
  static func openForChanges(_ path: String) throws -> HDF5File {
    try HDF5File(opening: path, forChanges: true)
  }

  private init(opening path: String, forChanges: Bool) throws {
    let place = HDF5Place(file: path)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw place.error(.missingInput, found: "no such file")
    }
    if isFolder.boolValue {
      throw place.error(.badInput, found: "a folder", expected: "an HDF5 file")
    }
    let access = try Self.accessProperties(at: place, forChanges: forChanges)
    let id = try HDF5Library.call("open the file", at: place, expected: "a complete HDF5 file") {
      H5Fopen(path, forChanges ? hdf5_read_write() : hdf5_read_only(), access.id)
    }
    self.path = path
    handle = HDF5Handle(id, release: H5Fclose)
  }

  private init(path: String, handle: HDF5Handle) {
    self.path = path
    self.handle = handle
  }

  /// Creates a file that must not exist yet, without modification times, so that its bytes follow from its content.
  static func create(_ path: String) throws -> HDF5File {
    let place = HDF5Place(file: path)
    let access = try accessProperties(at: place, forChanges: true)
    let creation = try propertyList(hdf5_file_create_class(), at: place)
    try HDF5Library.call("prepare a file", at: place, kind: .fault) {
      H5Pset_obj_track_times(creation.id, false)
    }
    let id = try HDF5Library.call("create the file", at: place, kind: .cannotWrite) {
      H5Fcreate(path, hdf5_create_new(), creation.id, access.id)
    }
    return HDF5File(path: path, handle: HDF5Handle(id, release: H5Fclose))
  }

  private static func accessProperties(at place: HDF5Place, forChanges: Bool) throws -> HDF5Handle {
    let access = try propertyList(hdf5_file_access_class(), at: place)
    try HDF5Library.call("prepare to open a file", at: place, kind: .fault) { () -> herr_t in
      // Closing a file that was written closes all that is open in it, so that it is complete then and not later.
      if forChanges, H5Pset_fclose_degree(access.id, H5F_CLOSE_STRONG) < 0 { return -1 }
      return hdf5_ignore_missing_locks(access.id)
    }
    return access
  }

  /// A property list of a class.
  static func propertyList(_ propertyClass: @autoclosure () -> hid_t, at place: HDF5Place) throws
    -> HDF5Handle
  {
    let id = try HDF5Library.call("create a property list", at: place, kind: .fault) {
      H5Pcreate(propertyClass())
    }
    return HDF5Handle(id, release: H5Pclose)
  }

  /// The root group.
  public var root: HDF5Group {
    get throws { try HDF5Group(file: self, path: "/") }
  }

  /// The group at an absolute path. A missing group is `missingInput` and tells which groups there are.
  public func group(_ path: String) throws -> HDF5Group {
    var group = try root
    for component in path.split(separator: "/") { group = try group.group(String(component)) }
    return group
  }

  /// Writes everything to the disk and closes the file. Nothing that came from this value may be used afterwards.
  func flushAndClose() throws {
    let place = HDF5Place(file: path)
    try HDF5Library.call("write the file", at: place, kind: .cannotWrite) {
      H5Fflush(handle.id, H5F_SCOPE_GLOBAL)
    }
    try handle.close(at: place)
  }
}
