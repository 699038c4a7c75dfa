import FeatureStores

/// Templates as a list defines them, resolved to rows: which images of which media make each.
struct TemplateSet: Sendable {
  /// One image of a template.
  struct Image: Sendable {
    var row: Int32
    var media: Int
    /// The detector score; 1 where the list has none.
    var score: Float
  }

  /// The template ids, ascending.
  let ids: [Int]
  /// The images of all templates, template by template; within one by media id, and within a media in the order of the list.
  let images: [Image]
  /// Template t has the images `starts[t]..<starts[t + 1]`.
  let starts: [Int]
  private let indices: [Int: Int32]

  /// The templates of `entries`; those without an image that is there (`row` nil) are in the set all the same, empty.
  init(_ entries: [(template: Int, media: Int, row: Int?, score: Float)]) {
    let order = entries.indices.sorted {
      (entries[$0].template, entries[$0].media, $0) < (entries[$1].template, entries[$1].media, $1)
    }
    var ids: [Int] = []
    var images: [Image] = []
    var starts: [Int] = []
    for index in order {
      let entry = entries[index]
      if ids.last != entry.template {
        ids.append(entry.template)
        starts.append(images.count)
      }
      if let row = entry.row {
        images.append(Image(row: Int32(row), media: entry.media, score: entry.score))
      }
    }
    starts.append(images.count)
    self.ids = ids
    self.images = images
    self.starts = starts
    indices = Dictionary(
      zip(ids, ids.indices.map { Int32($0) }), uniquingKeysWith: { first, _ in first })
  }

  /// The templates `kept` (indices, ascending) of `set`, in their order.
  init(_ set: TemplateSet, keeping kept: [Int]) {
    ids = kept.map { set.ids[$0] }
    images = kept.flatMap { set.images[set.starts[$0]..<set.starts[$0 + 1]] }
    var ends = [0]
    for template in kept {
      ends.append(ends[ends.count - 1] + set.starts[template + 1] - set.starts[template])
    }
    starts = ends
    indices = Dictionary(zip(ids, ids.indices.map { Int32($0) }), uniquingKeysWith: { first, _ in first })
  }

  var count: Int { ids.count }

  /// The index of a template; nil where there is none of this id.
  func index(of id: Int) -> Int32? { indices[id] }

  func isEmpty(_ template: Int) -> Bool { starts[template] == starts[template + 1] }

  /// How many templates have no image.
  var emptyCount: Int { (0..<count).count(where: isEmpty) }

  /// What the images of each template say about its person; nil for an empty one.
  func evidence(_ oracle: WorldOracle) -> [TemplateEvidence?] {
    (0..<count).map { template in
      guard !isEmpty(template) else { return nil }
      return oracle.evidence(
        of: images[starts[template]..<starts[template + 1]].map { (Int($0.row), Int64($0.media)) })
    }
  }

  /// How many media the templates have together.
  var mediaCount: Int {
    (0..<count).reduce(0) { total, template in
      let range = starts[template]..<starts[template + 1]
      return total + range.count { $0 == range.lowerBound || images[$0].media != images[$0 - 1].media }
    }
  }
}
