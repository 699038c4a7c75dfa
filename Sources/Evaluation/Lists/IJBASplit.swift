import FeatureStores

/// One split of IJB-A's verification lists: `verify_metadata_N.csv` with a header that names at least TEMPLATE_ID, SUBJECT_ID, FILE, MEDIA_ID
/// and SIGHTING_ID, and `verify_comparisons_N.csv` with `template,template` a line. A comparison is genuine where both templates are of one
/// subject.
public struct IJBASplit {
  /// Which column is the image id that stores are named by.
  public enum ImageID: String, Codable, CaseIterable, Sendable {
    /// The file, of which a picture with several faces has one for all of them.
    case file
    /// The number of the sighting: one a face.
    case sighting
  }

  let metadata: String
  let comparisons: String
  let images: ImageID

  /// `pattern` with `{n}` replaced by the number of the split.
  static func file(_ pattern: String, split: Int) -> String { pattern.replacing("{n}", with: "\(split)") }

  /// `subjects` has that of each template, in the order of the set.
  func read(naming: ImageNaming, index: ImageIndex, missing: inout [String]) throws
    -> (templates: TemplateSet, pairs: TemplatePairs, subjects: [Int])
  {
    var entries: [(template: Int, media: Int, row: Int?, score: Float)] = []
    var subjects: [Int: Int] = [:]
    var columns: [Int]?
    try ListScanner(path: metadata, separator: .comma).forEachLine { line in
      guard let columns else {
        columns = try Self.columns(line, image: images == .file ? "FILE" : "SIGHTING_ID")
        return
      }
      guard line.count > columns.max() ?? 0 else {
        throw line.error(found: "\(line.count) columns", expected: "as many as the header has")
      }
      let template = try line.integer(columns[0], "a template id")
      let subject = try line.integer(columns[1], "a subject id")
      if let other = subjects.updateValue(subject, forKey: template), other != subject {
        throw line.error(
          found: "subject \(subject) in template \(template)", expected: "subject \(other), as above")
      }
      let name = naming.storeName(line.text(columns[2]))
      let row = index[name]
      if row == nil { missing.append(name) }
      entries.append((template, try line.integer(columns[3], "a media id"), row, 1))
    }
    let templates = TemplateSet(entries)
    var pairs = TemplatePairs()
    try ListScanner(path: comparisons, separator: .comma).forEachLine { line in
      try line.require(2, columns: "template,template")
      let a = try TemplatePairs.template(line, 0, templates, metadata)
      let b = try TemplatePairs.template(line, 1, templates, metadata)
      pairs.append(
        a, b, isGenuine: subjects[templates.ids[Int(a)]] == subjects[templates.ids[Int(b)]])
    }
    return (templates, pairs, templates.ids.map { subjects[$0] ?? -1 })
  }

  private static func columns(_ header: ListLine, image: String) throws -> [Int] {
    let names = (0..<header.count).map { header.text($0).uppercased() }
    return try ["TEMPLATE_ID", "SUBJECT_ID", image, "MEDIA_ID"].map { name in
      guard let column = names.firstIndex(of: name) else {
        throw header.error(
          found: "the columns \(names.joined(separator: ", "))", expected: "a header with the column \(name)")
      }
      return column
    }
  }
}
