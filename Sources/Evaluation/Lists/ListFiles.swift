import FeatureStores

/// SHA-256 that list files must have, where a protocol says so: `sha256: {FILE: DIGEST}`.
struct ExpectedDigests: Codable, Equatable, Sendable {
  var digests: [String: String] = [:]

  init(_ digests: [String: String]) { self.digests = digests }

  init(_ node: ConfigurationNode?) throws {
    guard let node else { return }
    digests = Dictionary(
      try node.entries().map { ($0.key, try $0.value.string().lowercased()) },
      uniquingKeysWith: { first, _ in first })
  }

  /// The digests of `files` in `folder`, in that order. A file that is not the expected one is an error.
  func digests(of files: [String], folder: String) throws -> [ListDigest] {
    try files.map { file in
      let digest = try Digest.sha256(file: "\(folder)/\(file)")
      if let expected = digests[file], expected != digest {
        throw HarnessError(
          .badInput, file: "\(folder)/\(file)", found: "a file with SHA-256 \(digest)", expected: expected,
          advice:
            "It is not the list that the protocol was written for. For a list of your own, copy the protocol's file under another name and, "
            + "under ‘lists’, write its SHA-256 (sha256sum FILE) as ‘sha256: {\(file): DIGEST}’, or leave ‘sha256’ out."
        )
      }
      return ListDigest(file: file, sha256: digest)
    }
  }
}

/// What is done with images that a list names and the embeddings lack.
public enum MissingImagePolicy: String, Codable, CaseIterable, Sendable {
  /// Refuse to evaluate.
  case error
  /// Go on without them and report them: an image is left out of its template, and a comparison with a template or image that is not there scores
  /// below every other (a failure to enrol, as NIST counts it).
  case scoreMinimum = "score-minimum"
}

/// The images that a list names and the embeddings lack.
public struct AbsentImages: Codable, Equatable, Sendable {
  public let policy: MissingImagePolicy
  public let count: Int
  /// The first ten, in the order of the list, by the names that were looked for.
  public let examples: [String]

  /// The images of `wanted` that are not in `index`; each counts once. Throws where there are any and the policy is to refuse.
  init(_ missing: [String], policy: MissingImagePolicy, list: String, index: ImageIndex) throws {
    self.policy = policy
    var seen: Set<String> = []
    var examples: [String] = []
    for name in missing where seen.insert(name).inserted && examples.count < 10 { examples.append(name) }
    for name in missing.dropFirst(examples.count) { seen.insert(name) }
    count = seen.count
    self.examples = examples
    guard count > 0, policy == .error else { return }
    let names = index.example.map { " Names there look like ‘\($0)’." } ?? ""
    throw HarnessError(
      .missingInput, file: list, found: "\(excerpt), not in \(index.source)",
      expected: "every image of the list among the embeddings",
      advice: "Check that list and store belong together, or set `missing: score-minimum`.\(names)")
  }

  private var excerpt: String {
    "\(count) \(count == 1 ? "image is" : "images are") missing (\(examples.joined(separator: ", "))\(count > examples.count ? ", …" : ""))"
  }

  var warnings: [String] { count > 0 ? ["\(excerpt): counted as failures to enrol"] : [] }
}
