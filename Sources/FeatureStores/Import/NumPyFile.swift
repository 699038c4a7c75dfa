import Foundation

/// A `.npy` file or a `.npz` archive by its address: `FILE`, or `FILE.npz#KEY` for one array of an archive.
enum NumPyFile {
  case array(NumPyArray)
  case archive(ZipArchive)

  /// What is at `path`; nil for a file that is neither.
  init?(_ file: FileBytes) throws {
    if try ZipArchive.isArchive(file) {
      self = .archive(try ZipArchive(file))
    } else if file.count >= 6, try file.bytes(at: 0, count: 6) == NumPyHeader.magic {
      self = .array(try NumPyArray(file))
    } else {
      return nil
    }
  }

  /// The array at `address`; nil for a file that is neither an array nor an archive. An archive of several arrays needs a key.
  static func open(_ address: String) throws -> NumPyArray? {
    let (path, key) = split(address)
    switch try NumPyFile(FileBytes(path)) {
    case nil: return nil
    case .array(let array)?:
      if let key { throw array.error("no archive", "an .npz file, for the key ‘\(key)’") }
      return array
    case .archive(let archive)?:
      if let key { return try archive.array(key) }
      guard archive.keys.count == 1 else {
        throw HarnessError(
          .badInput, file: path, found: "\(archive.keys.count) arrays", expected: "one",
          advice: "Name it: \(path)#KEY, with one of \(archive.keys.joined(separator: ", ")).")
      }
      return try archive.array(archive.keys[0])
    }
  }

  /// `FILE.npz#KEY` into its parts; a path without a `#` after an archive's ending has no key.
  static func split(_ address: String) -> (path: String, key: String?) {
    guard let range = address.range(of: ".npz#", options: [.caseInsensitive, .backwards]) else {
      return (address, nil)
    }
    let end = address.index(before: range.upperBound)
    return (String(address[..<end]), String(address[range.upperBound...]))
  }
}

extension ZipArchive {
  /// The names of the arrays, without `.npy`, in the order of the archive.
  var keys: [String] { members.map { $0.name.hasSuffix(".npy") ? String($0.name.dropLast(4)) : $0.name } }

  /// The array of a key; an error lists those there are.
  func array(_ key: String) throws -> NumPyArray {
    guard let index = keys.firstIndex(of: key) else {
      throw HarnessError(
        .missingInput, file: file.name, found: "no array ‘\(key)’",
        expected: "one of \(keys.joined(separator: ", "))",
        advice: NearestName.suggestion(for: key, among: keys).map { "Did you mean ‘\($0)’?" })
    }
    return try NumPyArray(open(members[index]))
  }
}
