/// One set of images of a world. Identities are never shared between sets.
public struct WorldSet: Sendable, Codable, Equatable {
  /// How the set is made, and which lists go with it.
  public enum Kind: Sendable, Codable, Equatable {
    /// Every identity has the same number of images; no lists.
    case deep
    /// A verification set with `pairs.txt` in LFW's format (view 2): in each fold `pairs` genuine and `pairs` impostor
    /// pairs, the folds' identities disjoint.
    case lfw(folds: Int, pairs: Int)
  }

  /// Names the store (`NAME.h5`) and the lists (`lists/NAME/`).
  public var name: String
  public var kind: Kind
  public var identities: Int
  public var imagesPerIdentity: Int

  init(_ node: ConfigurationNode) throws {
    let entry = try node.mapping(keys: [
      "name", "kind", "identities", "images-per-identity", "folds", "pairs-per-fold",
    ])
    name = try entry.required("name").string()
    guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }) else {
      throw try entry.required("name").error(
        found: "the name ‘\(name)’", expected: "ASCII letters, digits and ‘-’")
    }
    identities = try entry.required("identities").integer(in: 1...10_000_000)
    imagesPerIdentity = try entry.required("images-per-identity").integer(in: 1...10_000)
    switch try entry.required("kind").choice(of: ["deep", "lfw"]) {
    case "lfw":
      let folds = try entry.value("folds", default: 10) { try $0.integer(in: 2...1000) }
      let pairs = try entry.value("pairs-per-fold", default: 300) { try $0.integer(in: 1...1_000_000) }
      kind = .lfw(folds: folds, pairs: pairs)
      // Distinct pairs must exist: each fold owns `people` identities.
      let people = identities / folds
      let genuine = people * (imagesPerIdentity * (imagesPerIdentity - 1) / 2)
      let impostor = people * (people - 1) / 2 * imagesPerIdentity * imagesPerIdentity
      guard genuine >= pairs && impostor >= pairs else {
        throw node.error(
          found:
            "\(people) identities of \(imagesPerIdentity) images a fold, enough for \(genuine) genuine and "
            + "\(impostor) impostor pairs",
          expected: "\(pairs) of each",
          advice: "Raise identities or images-per-identity, or lower pairs-per-fold.")
      }
    default:
      for key in ["folds", "pairs-per-fold"] where entry[key] != nil {
        throw node.error(found: "‘\(key)’ in a set of kind deep", expected: "it only for kind lfw")
      }
      kind = .deep
    }
  }

  /// The number of images.
  public var count: Int { identities * imagesPerIdentity }
}
