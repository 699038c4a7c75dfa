import FeatureStores

/// The list of templates of IJB-B and IJB-C: `*_face_tid_mid.txt` (image, template, media a line) and, for weighting,
/// `*_name_5pts_score.txt` (image, ten landmark coordinates, detector score), whose lines correspond.
struct IJBTemplates {
  let media: String
  let detectorScores: String?
  let folder: String

  /// The templates, their images found in `index`. `missing` collects the names of images that are not there.
  func read(naming: ImageNaming, index: ImageIndex, missing: inout [String]) throws -> TemplateSet {
    var entries: [(template: Int, media: Int, row: Int?, score: Float)] = []
    var images: [String] = []
    try ListScanner(path: "\(folder)/\(media)").forEachLine { line in
      try line.require(3, columns: "image template media")
      let image = line.text(0)
      let name = naming.storeName(image)
      let row = index[name]
      if row == nil { missing.append(name) }
      if detectorScores != nil { images.append(image) }
      entries.append((try line.integer(1, "a template id"), try line.integer(2, "a media id"), row, 1))
    }
    if let detectorScores { try read(detectorScores, images, into: &entries) }
    return TemplateSet(entries)
  }

  private func read(
    _ file: String, _ images: [String],
    into entries: inout [(template: Int, media: Int, row: Int?, score: Float)]
  ) throws {
    var count = 0
    try ListScanner(path: "\(folder)/\(file)").forEachLine { line in
      try line.require(12, columns: "image and ten landmark coordinates and the detector score")
      guard count < images.count, line.text(0) == images[count] else {
        throw line.error(
          found: "the image `\(line.text(0))`",
          expected: count < images.count
            ? "`\(images[count])`, as on that line of \(media)" : "no more lines",
          advice: "Both files must list the same images in the same order.")
      }
      entries[count].score = try line.number(11, "a detector score")
      count += 1
    }
    guard count == images.count else {
      throw HarnessError(
        .badInput, file: "\(folder)/\(file)", found: "\(count) images",
        expected: "\(images.count), as in \(media)")
    }
  }
}

/// The comparisons of templates that a list names, by index in a `TemplateSet`.
struct TemplatePairs: Sendable {
  private(set) var first: [Int32] = []
  private(set) var second: [Int32] = []
  private(set) var isGenuine: [Bool] = []

  var count: Int { first.count }

  mutating func append(_ a: Int32, _ b: Int32, isGenuine genuine: Bool) {
    first.append(a)
    second.append(b)
    isGenuine.append(genuine)
  }

  /// Reads `*_template_pair_label.txt`: template, template, 1 (one person) or 0 a line. A template that is not in `set` is an error.
  init(file: String, templates set: TemplateSet, definedIn list: String) throws {
    let numbering = TemplateNumbering(set)
    let isPlain = PlainTriples.read(file) { a, b, label in
      guard let a = numbering[a], let b = numbering[b], label <= 1 else { return false }
      append(a, b, isGenuine: label == 1)
      return true
    }
    if isPlain { return }
    self = TemplatePairs()
    try ListScanner(path: file).forEachLine { line in
      try line.require(3, columns: "template template label")
      let a = try Self.template(line, 0, set, list)
      let b = try Self.template(line, 1, set, list)
      let label = try line.integer(2, "a label")
      guard label == 0 || label == 1 else {
        throw line.error(found: "the label `\(label)`", expected: "1 (one person) or 0 (two people)")
      }
      append(a, b, isGenuine: label == 1)
    }
  }

  init() {}

  /// The pairs `range` of `pairs`, whose templates have the new indices `places`.
  init(_ pairs: TemplatePairs, _ range: Range<Int>, places: [Int32]) {
    first = pairs.first[range].map { places[Int($0)] }
    second = pairs.second[range].map { places[Int($0)] }
    isGenuine = Array(pairs.isGenuine[range])
  }

  static func template(_ line: ListLine, _ field: Int, _ set: TemplateSet, _ list: String) throws -> Int32 {
    let id = try line.integer(field, "a template id")
    guard let index = set.index(of: id) else {
      throw line.error(
        found: "template \(id), which has no images", expected: "a template of \(list)",
        advice: "Check that both lists belong to one set.")
    }
    return index
  }
}
