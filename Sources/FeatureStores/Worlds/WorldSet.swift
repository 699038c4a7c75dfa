/// One set of images of a world. Identities are never shared between sets.
public struct WorldSet: Sendable, Codable, Equatable {
  /// The folds of a verification list, and how many genuine and as many impostor pairs each has.
  public struct Pairs: Sendable, Codable, Equatable {
    public var folds: Int
    public var pairsPerFold: Int

    public init(folds: Int, pairsPerFold: Int) {
      self.folds = folds
      self.pairsPerFold = pairsPerFold
    }
  }

  /// How the set is made, and which lists go with it.
  public enum Kind: Sendable, Codable, Equatable {
    /// Images to train on, without lists.
    case training
    /// A verification set with `pairs.txt` in LFW's format (view 2), the folds' identities disjoint.
    case lfw(Pairs)
    /// Frontal and profile images with CFP's lists: FP of a frontal and a profile image a pair, FF of two frontal images.
    case cfp(Pairs, frontal: Int, profile: Int)
    /// Pairs at least `gap` years apart, in the text form of AgeDB-30's list.
    case ageDB(Pairs, gap: Int)
    /// Pairs at least `gap` years apart, in CALFW's format.
    case calfw(Pairs, gap: Int)
    /// Pairs of a frontal and a profile image, in CPLFW's format.
    case cplfw(Pairs)
    /// Templates of media of mixed quality, with IJB-C's lists for 1:1 and for 1:N with two galleries.
    case ijb(TemplateShape)
    /// Probes like FaceScrub's and up to `distractors` images of other people, with MegaFace's lists.
    case megaFace(distractors: Int)
  }

  /// Names the store (`NAME.h5`) and the lists (`lists/NAME/`).
  public var name: String
  public var kind: Kind
  public var identities: Int
  /// How many images each identity has; for `ijb` this follows from its templates instead.
  public var images: ImageCounts
  public var attributes: AttributeDistribution

  /// Whether the set is there to be tested on: it has lists and an oracle.
  public var isTest: Bool { kind != .training }

  init(_ node: ConfigurationNode) throws {
    let choices = [
      "deep", "shallow", "long-tail", "lfw", "cfp", "agedb", "calfw", "cplfw", "ijb", "megaface",
    ]
    let own = ["name", "kind", "identities", "images"]
    let extra: [String: [String]] = [
      "deep": ["images-per-identity"], "long-tail": ["distribution", "most", "least", "exponent"],
      "lfw": ["images-per-identity", "folds", "pairs-per-fold"],
      "cfp": ["frontal", "profile", "folds", "pairs-per-fold"],
      "agedb": ["images-per-identity", "folds", "pairs-per-fold", "gap"],
      "calfw": ["images-per-identity", "folds", "pairs-per-fold", "gap"],
      "cplfw": ["images-per-identity", "folds", "pairs-per-fold"],
      "ijb": TemplateShape.keys, "megaface": ["images-per-identity", "distractors"],
    ]
    let all = own + extra.values.flatMap { $0 }
    let kindName = try node.mapping(keys: Set(all).sorted()).required("kind").choice(of: choices)
    let entry = try node.mapping(keys: own + (extra[kindName] ?? []))
    name = try entry.required("name").string()
    guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }) else {
      throw try entry.required("name").error(
        found: "the name ‘\(name)’", expected: "ASCII letters, digits and ‘-’")
    }
    identities = try entry.required("identities").integer(in: 1...10_000_000)
    attributes = try AttributeDistribution(entry["images"])
    func perIdentity() throws -> ImageCounts {
      .equal(try entry.required("images-per-identity").integer(in: 1...10_000))
    }
    func pairs(_ pairsPerFold: Int) throws -> Pairs {
      Pairs(
        folds: try entry.value("folds", default: 10) { try $0.integer(in: 2...1000) },
        pairsPerFold: try entry.value("pairs-per-fold", default: pairsPerFold) {
          try $0.integer(in: 1...1_000_000)
        })
    }
    func gap(_ years: Int) throws -> Int {
      try entry.value("gap", default: years) { try $0.integer(in: 0...120) }
    }
    switch kindName {
    case "lfw": (kind, images) = (.lfw(try pairs(300)), try perIdentity())
    case "cfp":
      let frontal = try entry.value("frontal", default: 10) { try $0.integer(in: 2...99) }
      let profile = try entry.value("profile", default: 4) { try $0.integer(in: 1...99) }
      kind = .cfp(try pairs(350), frontal: frontal, profile: profile)
      images = .equal(frontal + profile)
    case "agedb": (kind, images) = (.ageDB(try pairs(300), gap: try gap(30)), try perIdentity())
    case "calfw": (kind, images) = (.calfw(try pairs(300), gap: try gap(10)), try perIdentity())
    case "cplfw": (kind, images) = (.cplfw(try pairs(300)), try perIdentity())
    case "ijb":
      let shape = try TemplateShape(entry)
      (kind, images) = (.ijb(shape), .equal(shape.templates))
    case "megaface":
      kind = .megaFace(distractors: try entry.required("distractors").integer(in: 10...10_000_000))
      images = try perIdentity()
    case "shallow": (kind, images) = (.training, .equal(2))
    case "long-tail": (kind, images) = (.training, try ImageCounts(longTail: entry))
    default: (kind, images) = (.training, try perIdentity())
    }
    try check(node)
  }

  /// Refuses what no list can be drawn from.
  private func check(_ node: ConfigurationNode) throws {
    switch kind {
    case .training, .megaFace: return
    case .ijb(let shape):
      guard identities >= 4 else {
        throw node.error(
          found: "\(identities) identities", expected: "at least 4, two for each of the two galleries")
      }
      guard attributes.quality.lowerBound > 0 else {
        throw node.error(
          found: "images of quality 0",
          expected: "quality from 0.001: it is the detector score, a weight of the image")
      }
      let most = identities * (identities - 1) * (shape.templates - 1)
      guard shape.impostorPairs <= most else {
        throw node.error(
          found: "\(shape.impostorPairs) impostor pairs", expected: "at most the \(most) that there are")
      }
    case .lfw(let pairs), .cfp(let pairs, _, _), .ageDB(let pairs, _), .calfw(let pairs, _),
      .cplfw(let pairs):
      guard case .equal(let count) = images else { return }
      // Distinct pairs must exist: each fold owns `people` identities.
      let people = identities / pairs.folds
      let genuine: Int
      let impostor: Int
      if case .cfp(_, let frontal, let profile) = kind {
        // The lists FP and FF each take as many.
        genuine = people * min(frontal * profile, frontal * (frontal - 1) / 2)
        impostor = people * (people - 1) * min(frontal * profile, frontal * frontal / 2)
      } else {
        genuine = people * (count * (count - 1) / 2)
        impostor = people * (people - 1) / 2 * count * count
      }
      guard genuine >= pairs.pairsPerFold && impostor >= pairs.pairsPerFold else {
        throw node.error(
          found:
            "\(people) identities of \(count) images a fold, enough for \(genuine) genuine and "
            + "\(impostor) impostor pairs",
          expected: "\(pairs.pairsPerFold) of each",
          advice: "Raise identities or images-per-identity, or lower pairs-per-fold.")
      }
    }
  }
}
