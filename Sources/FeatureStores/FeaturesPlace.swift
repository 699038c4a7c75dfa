import Foundation

/// Where the features that a location names lie in an open file: the dataset `features` of its group, or where the location ends with a dataset's name, that
/// one. All else that is known of the rows lies beside them either way.
struct FeaturesPlace {
  let group: HDF5Group
  /// The name of the dataset; it may be missing where the location names a group.
  let name: String

  init(_ location: StoreLocation) throws {
    let file = try Self.open(location)
    let names = location.group.split(separator: "/").map(String.init)
    var group = try file.root
    for name in names.dropLast() { group = try group.group(name) }
    if let last = names.last {
      if try group.member(last) == .dataset {
        (self.group, name) = (group, last)
        return
      }
      group = try group.group(last)
    }
    (self.group, name) = (group, StoreSchema.features)
  }

  /// Opens the file; one that is no HDF5 file but features in another form is an error that says how to import it.
  private static func open(_ location: StoreLocation) throws -> HDF5File {
    do {
      return try HDF5File(opening: location.path)
    } catch let error as HarnessError where error.kind == .badInput {
      guard let form = otherForm(location.path) else { throw error }
      throw HarnessError(
        .badInput, file: location.path, found: form, expected: "a feature store, which is an HDF5 file",
        advice: "likeness import \(location) --output STORE.h5 makes one of it.")
    }
  }

  /// What of the forms that can be imported a file has, by its first bytes or its name; nil for none.
  private static func otherForm(_ path: String) -> String? {
    guard let file = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? file.close() }
    let start = (try? file.read(upToCount: 6)) ?? Data()
    if start == Data([0x93] + Array("NUMPY".utf8)) { return "a NumPy array" }
    switch (path as NSString).pathExtension.lowercased() {
    case "npz" where start.starts(with: Array("PK".utf8)): return "a NumPy archive"
    case "csv": return "a CSV file, by its name"
    case "bin": return "an OpenCV matrix, by its name"
    default: return nil
    }
  }

  /// The error of a group without such a dataset: what in it may be the features, or where else stores may be.
  func missing(_ check: StoreCheck, at location: StoreLocation) throws -> HarnessError {
    let candidates = try group.datasetNames().filter { !StoreSchema.datasets.contains($0) }.compactMap {
      name -> String? in
      let dataset = try group.dataset(name)
      guard case .real(bits: 16...32, _) = dataset.type, dataset.shape.count == 2 else { return nil }
      let place = StoreLocation(path: location.path, group: "\(group.path)/\(name)")
      return "\(place) (\(dataset.type) \(dataset.shape))"
    }
    let groups = try group.groupNames()
    let advice =
      candidates.isEmpty
      ? groups.isEmpty
        ? nil : "Stores may be in groups of this file: \(groups.prefix(10).joined(separator: ", "))."
      : "If the features have another name, give it with the file: \(candidates.prefix(5).joined(separator: " or "))."
    return check.error(
      name, kind: .missingInput, found: "no such dataset", expected: "features [rows, dimension]",
      advice: advice)
  }
}
