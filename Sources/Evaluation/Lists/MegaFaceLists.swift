import FeatureStores
import Foundation

/// MegaFace's lists: JSON objects with the key `path` and, for probes, `id`; distractor lists of each size, of which the smaller ones are the
/// beginning of the larger; and lists of mislabelled images.
public struct MegaFaceLists: Codable, Equatable, Sendable {
  /// Such as `facescrub_features_list.json`.
  public var probes: String
  /// Such as `megaface_features_list.json`, after which `_SIZE_SET` stands in the files' names.
  public var distractors: String
  /// The number of the random set.
  public var set: Int
  /// Mislabelled probes, by file name; and mislabelled distractors, by path. A line may begin with an index and a tab, and `#` begins a comment.
  public var probeNoise: String?
  public var distractorNoise: String?

  static let keys = ["probes", "distractors", "set", "probe-noise", "distractor-noise"]

  init(_ mapping: ConfigurationMapping) throws {
    probes = try mapping.required("probes").string()
    distractors = try mapping.required("distractors").string()
    set = try mapping.value("set", default: 1) { try $0.integer(in: 1...(.max)) }
    probeNoise = try mapping.value("probe-noise", default: nil) { try $0.string() }
    distractorNoise = try mapping.value("distractor-noise", default: nil) { try $0.string() }
  }

  func distractorFile(size: Int) -> String { "\(distractors)_\(size)_\(set)" }

  func files(sizes: [Int], usingNoise: Bool) -> [String] {
    [probes] + sizes.map(distractorFile)
      + (usingNoise ? [probeNoise, distractorNoise].compactMap(\.self) : [])
  }

  /// The probe images with their identities, in the order of the list.
  func readProbes(folder: String) throws -> [(image: String, identity: String)] {
    let file = "\(folder)/\(probes)"
    let list = try Self.list(file)
    guard let identities = list.identities else {
      throw HarnessError(
        .badInput, file: file, place: "id", found: "no such key", expected: "the identity of each image")
    }
    try list.requireUnique()
    return zip(list.paths, identities).map { ($0, $1) }
  }

  /// The distractor images of the largest of `sizes` (ascending). Each smaller list must be its beginning.
  func readDistractors(folder: String, sizes: [Int]) throws -> [String] {
    guard let largest = sizes.last else { return [] }
    let file = "\(folder)/\(distractorFile(size: largest))"
    let paths = try Self.distractors(file, size: largest, isUnique: true)
    for size in sizes.dropLast() {
      let smaller = "\(folder)/\(distractorFile(size: size))"
      let list = try Self.distractors(smaller, size: size)
      if let index = list.indices.first(where: { list[$0] != paths[$0] }) {
        throw HarnessError(
          .badInput, file: smaller, place: "path[\(index)]", found: "`\(list[index])`",
          expected:
            "`\(paths[index])`, as in \(distractorFile(size: largest)): each list is the beginning of the larger ones",
          advice: "Evaluate lists that are not nested one by one.")
      }
    }
    return paths
  }

  private static func distractors(_ file: String, size: Int, isUnique: Bool = false) throws -> [String] {
    let list = try list(file)
    let paths = list.paths
    guard paths.count == size else {
      throw HarnessError(
        .badInput, file: file, place: "path", found: "\(paths.count) images", expected: "\(size)")
    }
    if isUnique { try list.requireUnique() }
    return paths
  }

  private static func list(_ file: String) throws -> ImageListJSON {
    try ImageListJSON(file: file, advice: "Give the folder of the list files with --lists.")
  }

  /// Which of `images` a list of mislabelled ones names, ascending, and how many entries it has.
  ///
  /// Extensions do not count: the devkit's lists and the noise lists in circulation disagree in them. An entry without a folder names a file.
  static func noise(_ file: String, among images: [String]) throws -> (indices: [Int], listed: Int) {
    var paths: Set<String> = []
    var names: Set<String> = []
    try ListScanner(path: file).forEachLine { line in
      guard !line.text(0).hasPrefix("#") else { return }
      guard line.count <= 2, line.count == 1 || Int(line.text(0)) != nil else {
        throw line.error(found: "\(line.count) columns", expected: "`path` or `index path`")
      }
      let entry = withoutExtension(line.text(line.count - 1))
      if entry.contains("/") { paths.insert(entry) } else { names.insert(entry) }
    }
    let indices = images.indices.filter { index in
      let path = withoutExtension(images[index])
      return paths.contains(path) || names.contains(String(path.split(separator: "/").last ?? ""))
    }
    return (indices, paths.count + names.count)
  }
}
