import FeatureStores

/// Where the galleries and probes of an identification protocol come from.
public enum IdentificationLists: Codable, Equatable, Sendable {
  /// IJB-B and IJB-C: templates as in the 1:1 protocol, and CSVs whose first columns are template and subject, one line an image.
  case ijb(media: String, detectorScores: String?, galleries: [String], probes: String)
  /// Single images with `image identity` a line, such as TinyFace's; images of `distractors` join every gallery and have no identity there.
  case labelledImages(galleries: [String], probes: String, distractors: String?)

  static let formats = ["ijb", "labelled-images"]

  static func keys(_ format: String) -> [String] {
    format == "ijb"
      ? ["media", "detector-scores", "galleries", "probes"] : ["galleries", "probes", "distractors"]
  }

  init(_ mapping: ConfigurationMapping, format: String) throws {
    let galleriesNode = try mapping.required("galleries")
    let galleries = try galleriesNode.list().map { try $0.string() }
    guard !galleries.isEmpty, Set(galleries).count == galleries.count else {
      throw galleriesNode.error(found: "no galleries, or one twice", expected: "different files")
    }
    let probes = try mapping.required("probes").string()
    if format == "ijb" {
      self = .ijb(
        media: try mapping.required("media").string(),
        detectorScores: try mapping.value("detector-scores", default: nil) { try $0.string() },
        galleries: galleries, probes: probes)
    } else {
      self = .labelledImages(
        galleries: galleries, probes: probes,
        distractors: try mapping.value("distractors", default: nil) { try $0.string() })
    }
  }

  var hasDetectorScores: Bool {
    if case .ijb(_, .some, _, _) = self { true } else { false }
  }

  var files: [String] {
    switch self {
    case .ijb(let media, let scores, let galleries, let probes):
      [media] + (scores.map { [$0] } ?? []) + galleries + [probes]
    case .labelledImages(let galleries, let probes, let distractors):
      galleries + [probes] + (distractors.map { [$0] } ?? [])
    }
  }

  var galleryFiles: [String] {
    switch self {
    case .ijb(_, _, let galleries, _), .labelledImages(let galleries, _, _): galleries
    }
  }

  /// One line of a gallery or of the probes: a template and its subject.
  struct Member: Sendable {
    /// The index in the set of templates.
    var template: Int32
    /// Nil for a distractor, who is nobody's mate.
    var subject: String?
  }

  /// What the lists hold.
  struct Content: Sendable {
    var templates: TemplateSet
    var galleries: [[Member]]
    var probes: [Member]
  }

  func read(
    folder: String, naming: ImageNaming, index: ImageIndex, usingScores: Bool, missing: inout [String]
  ) throws -> Content {
    switch self {
    case .ijb(let media, let scores, let galleries, let probes):
      let templates = try IJBTemplates(
        media: media, detectorScores: usingScores ? scores : nil, folder: folder
      ).read(naming: naming, index: index, missing: &missing)
      return Content(
        templates: templates,
        galleries: try galleries.map { try Self.members("\(folder)/\($0)", templates, media) },
        probes: try Self.members("\(folder)/\(probes)", templates, media))
    case .labelledImages(let galleries, let probes, let distractors):
      var images = LabelledImages(naming: naming, index: index)
      var lists = try galleries.map { try images.read("\(folder)/\($0)", isLabelled: true) }
      if let distractors {
        let others = try images.read("\(folder)/\(distractors)", isLabelled: false)
        for gallery in lists.indices { lists[gallery] += others }
      }
      let searches = try images.read("\(folder)/\(probes)", isLabelled: true)
      missing += images.missing
      return Content(templates: TemplateSet(images.entries), galleries: lists, probes: searches)
    }
  }

  /// The templates of a CSV, each once, in the order in which they first appear.
  private static func members(_ file: String, _ templates: TemplateSet, _ media: String) throws -> [Member] {
    var members: [Member] = []
    var places: [Int32: Int] = [:]
    var isHeader = true
    try ListScanner(path: file, separator: .comma).forEachLine { line in
      guard line.count >= 2 else {
        throw line.error(found: "\(line.count) columns", expected: "`template,subject`, and more if wanted")
      }
      defer { isHeader = false }
      if isHeader, Int(line.text(0)) == nil { return }
      let template = try TemplatePairs.template(line, 0, templates, media)
      let subject = line.text(1)
      if let place = places[template] {
        guard members[place].subject == subject else {
          throw line.error(
            found: "subject \(subject) for template \(line.text(0))",
            expected: "subject \(members[place].subject ?? ""), as above")
        }
        return
      }
      places[template] = members.count
      members.append(Member(template: template, subject: subject))
    }
    guard !members.isEmpty else {
      throw HarnessError(.badInput, file: file, found: "no templates", expected: "at least one")
    }
    return members
  }
}

/// Images that are templates of their own.
private struct LabelledImages {
  let naming: ImageNaming
  let index: ImageIndex
  var entries: [(template: Int, media: Int, row: Int?, score: Float)] = []
  var missing: [String] = []

  init(naming: ImageNaming, index: ImageIndex) {
    self.naming = naming
    self.index = index
  }

  mutating func read(_ file: String, isLabelled: Bool) throws -> [IdentificationLists.Member] {
    var members: [IdentificationLists.Member] = []
    try ListScanner(path: file).forEachLine { line in
      guard !line.text(0).hasPrefix("#") else { return }
      guard line.count == 2 || (line.count == 1 && !isLabelled) else {
        throw line.error(
          found: "\(line.count) columns", expected: isLabelled ? "`image identity`" : "`image`")
      }
      let name = naming.storeName(line.text(0))
      let row = index[name]
      if row == nil { missing.append(name) }
      members.append(.init(template: Int32(entries.count), subject: isLabelled ? line.text(1) : nil))
      entries.append((entries.count, 0, row, 1))
    }
    return members
  }
}
