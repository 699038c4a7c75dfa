import FeatureStores

/// Where the templates and comparisons of a verification protocol come from.
public enum TemplateLists: Codable, Equatable, Sendable {
  /// IJB-B and IJB-C: `{format: ijb, media: …, detector-scores: …, pairs: …}`.
  case ijb(media: String, detectorScores: String?, pairs: String)
  /// IJB-A's ten splits: `{format: ijb-a, metadata: …, comparisons: …, splits: 10, images: file}`. In file names `{n}` stands for the number of the
  /// split.
  case ijbA(metadata: String, comparisons: String, splits: Int, images: IJBASplit.ImageID)

  init(_ mapping: ConfigurationMapping, format: String) throws {
    if format == "ijb" {
      self = .ijb(
        media: try mapping.required("media").string(),
        detectorScores: try mapping.value("detector-scores", default: nil) { try $0.string() },
        pairs: try mapping.required("pairs").string())
    } else {
      self = .ijbA(
        metadata: try mapping.required("metadata").string(),
        comparisons: try mapping.required("comparisons").string(),
        splits: try mapping.value("splits", default: 10) { try $0.integer(in: 1...1000) },
        images: try mapping.value("images", default: .file) { try $0.choice(IJBASplit.ImageID.self) })
    }
  }

  static let formats = ["ijb", "ijb-a"]

  static func keys(_ format: String) -> [String] {
    format == "ijb"
      ? ["media", "detector-scores", "pairs"] : ["metadata", "comparisons", "splits", "images"]
  }

  var hasDetectorScores: Bool {
    if case .ijb(_, .some, _) = self { true } else { false }
  }

  /// The list files, relative to their folder.
  var files: [String] {
    switch self {
    case .ijb(let media, let scores, let pairs): [media] + (scores.map { [$0] } ?? []) + [pairs]
    case .ijbA(let metadata, let comparisons, let splits, _):
      (1...splits).flatMap {
        [IJBASplit.file(metadata, split: $0), IJBASplit.file(comparisons, split: $0)]
      }
    }
  }

  /// The splits, each with its templates and comparisons, one for formats without splits; and whose the templates are.
  func read(
    folder: String, naming: ImageNaming, index: ImageIndex, usingScores: Bool, missing: inout [String]
  ) throws -> (
    splits: [(templates: TemplateSet, pairs: TemplatePairs)], subjects: KnownSubjects<TemplateSubjects>
  ) {
    switch self {
    case .ijb(let media, let scores, let pairs):
      let templates = try IJBTemplates(
        media: media, detectorScores: usingScores ? scores : nil, folder: folder
      ).read(naming: naming, index: index, missing: &missing)
      let compared = try TemplatePairs(
        file: "\(folder)/\(pairs)", templates: templates, definedIn: media)
      return (
        [(templates, compared)], TemplateSubjects.joined(by: compared, templates: templates.count)
      )
    case .ijbA(let metadata, let comparisons, let splits, let images):
      let read = try (1...splits).map { number in
        try IJBASplit(
          metadata: "\(folder)/\(IJBASplit.file(metadata, split: number))",
          comparisons: "\(folder)/\(IJBASplit.file(comparisons, split: number))", images: images
        ).read(naming: naming, index: index, missing: &missing)
      }
      return (read.map { ($0.templates, $0.pairs) }, TemplateSubjects.named(read.map(\.subjects)))
    }
  }
}
