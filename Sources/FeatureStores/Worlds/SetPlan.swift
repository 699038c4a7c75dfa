import LinearAlgebra

/// The images of a set before they are drawn: who is on them, their attributes and names.
struct SetPlan {
  /// How images are named, each as the data set does whose lists the set has.
  enum Naming {
    /// `Person_000123/Person_000123_0004`: LFW.
    case lfw
    /// `0123/frontal/04`, `0123/profile/01`: CFP, with so many frontal images before the profile ones.
    case cfp(frontal: Int)
    /// `17_Person000123_35_f`: AgeDB's running number, name, age and sex, which here alternates.
    case ageDB
    /// `Person_000123_0004`: CALFW.
    case calfw
    /// `Person_000123_4`: CPLFW.
    case cplfw
    /// `17`: IJB, where images are numbered through.
    case ijb
    /// `Person_000123/Person_000123_4`: FaceScrub, for so many people, and after them distractors by number of person, `012/0123456`.
    /// That is short enough to be kept inside a string's own bytes.
    case megaFace(probes: Int)
  }

  /// The set's name, which names the store's file and the random streams.
  let name: String
  let isTest: Bool
  /// The number of the first person in the world.
  let firstPerson: Int
  /// The number of images of each identity, and the row of its first image.
  let counts: [Int]
  let firstRows: [Int]
  /// One an image; empty where no image differs from the default.
  let attributes: [ImageAttributes]
  /// For images in media: template and medium of each.
  let templates: TemplatePlan?
  let storesPose: Bool
  let storesQuality: Bool
  let naming: Naming

  var identities: Int { counts.count }
  var count: Int { (firstRows.last ?? 0) + (counts.last ?? 0) }

  /// Draws the plan of a set whose first person has this number in the world.
  init(_ set: WorldSet, seed: UInt64, firstPerson: Int) {
    name = set.name
    isTest = set.isTest
    self.firstPerson = firstPerson
    var naming = Naming.lfw
    var layout: TemplatePlan?
    var drawn: [ImageAttributes]?
    var distractors = 0
    storesPose = if case .cfp = set.kind { true } else { set.attributes.variesPose }
    storesQuality = if case .ijb = set.kind { true } else { set.attributes.variesQuality }
    switch set.kind {
    case .training, .lfw: break
    case .cfp(_, let frontal, let profile):
      naming = .cfp(frontal: frontal)
      var stream = Self.attributeStream(set.name, seed)
      drawn = (0..<set.identities * (frontal + profile)).map { row in
        var image = set.attributes.draw(&stream)
        image.pose = row % (frontal + profile) < frontal ? 0 : 1
        return image
      }
    case .ageDB: naming = .ageDB
    case .calfw: naming = .calfw
    case .cplfw: naming = .cplfw
    case .ijb(let shape):
      naming = .ijb
      var stream = Self.attributeStream(set.name, seed)
      layout = TemplatePlan(set, shape, &stream)
    case .megaFace(let count):
      naming = .megaFace(probes: set.identities)
      distractors = count
    }
    self.naming = naming
    templates = layout
    counts =
      layout?.counts
      ?? set.images.counts(identities: set.identities) + [Int](repeating: 1, count: distractors)
    firstRows = Self.offsets(counts)
    attributes =
      layout?.attributes ?? drawn
      ?? Self.draw(set.attributes, counts.reduce(0, +), name: set.name, seed: seed)
  }

  private static func attributeStream(_ name: String, _ seed: UInt64) -> RandomStream {
    RandomStream(seed: seed, name: "set/\(name)/attributes")
  }

  private static func draw(_ distribution: AttributeDistribution, _ count: Int, name: String, seed: UInt64)
    -> [ImageAttributes]
  {
    if distribution == AttributeDistribution() { return [] }
    var stream = attributeStream(name, seed)
    return (0..<count).map { _ in distribution.draw(&stream) }
  }

  private static func offsets(_ counts: [Int]) -> [Int] {
    var next = 0
    return counts.map { count in
      defer { next += count }
      return next
    }
  }

  /// The attributes of the image in a row.
  func attributes(of row: Int) -> ImageAttributes { attributes.isEmpty ? ImageAttributes() : attributes[row] }

  /// The name of an identity in the store.
  func identityName(_ identity: Int) -> String {
    switch naming {
    case .cfp: Self.padded(firstPerson + identity, 4)
    case .ageDB: "Person" + Self.padded(firstPerson + identity, 6)
    case .ijb: String(firstPerson + identity + 1)
    case .megaFace(let probes) where identity >= probes: Self.padded(firstPerson + identity, 7)
    case .lfw, .calfw, .cplfw, .megaFace: "Person_" + Self.padded(firstPerson + identity, 6)
    }
  }

  /// The name in the store of image `index` (from 0) of an identity.
  func imageName(_ identity: Int, _ index: Int) -> String {
    let person = identityName(identity)
    let row = firstRows[identity] + index
    switch naming {
    case .lfw: return "\(person)/\(person)_\(Self.padded(index + 1, 4))"
    case .cfp(let frontal):
      return index < frontal
        ? "\(person)/frontal/\(Self.padded(index + 1, 2))"
        : "\(person)/profile/\(Self.padded(index - frontal + 1, 2))"
    case .ageDB:
      return "\(row)_\(person)_\(attributes(of: row).age)_\((firstPerson + identity) % 2 == 0 ? "f" : "m")"
    case .calfw: return "\(person)_\(Self.padded(index + 1, 4))"
    case .cplfw: return "\(person)_\(index + 1)"
    case .ijb: return String(row + 1)
    case .megaFace(let probes):
      return identity < probes ? "\(person)/\(person)_\(index + 1)" : "\(person.prefix(3))/\(person)"
    }
  }

  static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
