import FeatureStores
import LinearAlgebra
import Metrics

/// The galleries and probes of a protocol, resolved to rows.
public struct IdentificationTask: EvaluationTask {
  public let definition: ProtocolDefinition
  public let settings: TemplateIdentification
  public let listDigests: [ListDigest]
  public let missing: AbsentImages
  public let warnings: [String]
  let content: IdentificationLists.Content
  /// The number of each subject, over all lists.
  private let subjects: [String: Int]

  init(
    _ definition: ProtocolDefinition, _ settings: TemplateIdentification, lists folder: String,
    names: [String],
    source: String
  ) throws {
    self.definition = definition
    self.settings = settings
    listDigests = try settings.listDigests(folder: folder)
    let index = try ImageIndex(names, source: source)
    var absent: [String] = []
    let content = try settings.lists.read(
      folder: folder, naming: settings.naming, index: index,
      usingScores: settings.convention.pooling.detectorScore, missing: &absent)
    let file = "\(folder)/\(settings.lists.files[0])"
    missing = try AbsentImages(absent, policy: settings.missing, list: file, index: index)
    var subjects: [String: Int] = [:]
    for member in content.galleries.flatMap(\.self) + content.probes {
      if let subject = member.subject, subjects[subject] == nil { subjects[subject] = subjects.count }
    }
    self.content = content
    self.subjects = subjects
    warnings = missing.warnings + Self.warnings(content, settings)
  }

  private static func warnings(_ content: IdentificationLists.Content, _ settings: TemplateIdentification)
    -> [String]
  {
    var warnings: [String] = []
    let enrolled = content.galleries.map { Set($0.compactMap(\.subject)) }
    let everywhere = enrolled.reduce(Set()) { $0.union($1) }
    let strangers = content.probes.count { !everywhere.contains($0.subject ?? "") }
    if strangers > 0 {
      warnings.append("\(strangers) \(strangers == 1 ? "probe is" : "probes are") of people in no gallery")
    }
    if settings.convention.threshold == .closedSetPairs {
      warnings.append(
        "the threshold is chosen on pairs of a closed set: what stands under FPIR is no false positive identification rate"
      )
    }
    return warnings
  }

  public var rowsRead: Int { content.templates.images.count }

  public func evaluation(of embeddings: any EmbeddingSource, workers: Workers) throws -> any EvaluationResult
  {
    try result(of: embeddings, workers: workers)
  }

  /// The result of `embeddings`, whose rows have the names that the task was made with.
  public func result(of embeddings: any EmbeddingSource, workers: Workers = .one) throws
    -> IdentificationResult
  {
    let digest = ContentDigest(of: embeddings, workers: workers)
    let templates = try pooler.templates(content.templates, of: embeddings, workers: workers)
    return result(embeddingDigest: try digest.value(), workers) { gallery in
      run(searchedGalleries[gallery], templates, workers)
    }
  }

  /// What makes the templates.
  var pooler: TemplatePooler {
    TemplatePooler(
      pooling: settings.convention.pooling, normalises: settings.convention.similarity != .innerProduct)
  }

  public func hasCeiling(by oracle: WorldOracle) -> Bool { true }

  public func ceiling(by oracle: WorldOracle, workers: Workers) throws -> (any EvaluationResult)? {
    let evidence = content.templates.evidence(oracle)
    return result(embeddingDigest: oracle.digest, workers) { index in
      let gallery = searchedGalleries[index]
      return gallerySearch(gallery).run { probe, entry in
        guard let first = evidence[Int(content.probes[probe].template)],
          let second = evidence[Int(gallery.members[entry].template)]
        else { return -.infinity }
        return Float(oracle.score(first, second))
      }
    }
  }

  /// A gallery as it is searched.
  struct SearchedGallery {
    let name: String
    let members: [IdentificationLists.Member]
    /// How many of the highest scores of different people are kept; 0 for none.
    let highestPairs: Int
  }

  /// The galleries of the protocol; by the old rule one of all of them together.
  var searchedGalleries: [SearchedGallery] {
    if settings.convention.threshold == .closedSetPairs {
      return [
        SearchedGallery(
          name: "all", members: content.galleries.flatMap(\.self), highestPairs: highestPairs)
      ]
    }
    return zip(settings.lists.galleryFiles, content.galleries).map {
      SearchedGallery(name: $0, members: $1, highestPairs: 0)
    }
  }

  /// The result of what `run` finds in each of the searched galleries.
  func result(
    embeddingDigest digest: String?, _ workers: Workers, _ run: (_ gallery: Int) -> GallerySearch.Found
  ) -> IdentificationResult {
    let searched = searchedGalleries
    let found = searched.indices.map(run)
    let isOld = settings.convention.threshold == .closedSetPairs
    return IdentificationResult(
      self,
      galleries: zip(searched, found).map {
        IdentificationResult.Gallery($0.name, $0.members, $1.searches, settings: settings)
      },
      searches: zip(searched, found).map { ($0.members, $1.searches) },
      closedSet: isOld ? found.first.map(closedSetRates) : nil, embeddingDigest: digest, workers: workers)
  }

  /// The people of the probes, numbered as they first appear, with that of each probe.
  var probeSubjects: KnownSubjects<[Int32]> {
    var numbers: [String: Int32] = [:]
    var subjects: [Int32] = []
    for probe in content.probes {
      guard let subject = probe.subject else {
        return .unknown(reason: "the list does not tell who the probes are of")
      }
      let number = numbers[subject] ?? Int32(numbers.count)
      numbers[subject] = number
      subjects.append(number)
    }
    return .checked(
      SubjectNumbering(count: numbers.count, source: "the subjects of the probes"), subjects)
  }

  /// Whether each probe's person is in `gallery`: its search is a mated one then.
  func isMated(in gallery: [IdentificationLists.Member]) -> [Bool] {
    let enrolled = Set(gallery.compactMap(\.subject))
    return content.probes.map { probe in probe.subject.map(enrolled.contains) ?? false }
  }

  /// The searches of gallery `index` (in the order of the protocol): the raw outcomes behind its rates.
  public func searches(gallery index: Int, of embeddings: any EmbeddingSource, workers: Workers = .one) throws
    -> IdentificationSearches
  {
    let templates = try pooler.templates(content.templates, of: embeddings, workers: workers)
    return run(
      SearchedGallery(name: "", members: content.galleries[index], highestPairs: 0), templates, workers
    ).searches
  }

  /// The searches of `gallery` by the probes `range`, or by all.
  private func gallerySearch(_ gallery: SearchedGallery, by range: Range<Int>? = nil) -> GallerySearch {
    func number(_ member: IdentificationLists.Member) -> Int { member.subject.flatMap { subjects[$0] } ?? -1 }
    func isThere(_ member: IdentificationLists.Member) -> Bool {
      !content.templates.isEmpty(Int(member.template))
    }
    let probes = content.probes[range ?? content.probes.indices]
    return GallerySearch(
      similarity: settings.convention.similarity, ties: settings.convention.ties,
      gallerySubjects: gallery.members.map(number), galleryIsThere: gallery.members.map(isThere),
      probeSubjects: probes.map(number), probeIsThere: probes.map(isThere),
      highestPairs: gallery.highestPairs)
  }

  /// What the probes `range`, or all, find in `gallery`, where template t of the lists is row `places[t]` of `templates`, or row t.
  func run(
    _ gallery: SearchedGallery, by range: Range<Int>? = nil, _ templates: Matrix<Float>,
    places: [Int32]? = nil, _ workers: Workers
  ) -> GallerySearch.Found {
    func rows(_ members: some Sequence<IdentificationLists.Member>) -> Matrix<Float> {
      templates.gathering(rows: members.map { Int(places?[Int($0.template)] ?? $0.template) })
    }
    return gallerySearch(gallery, by: range).run(
      probes: rows(content.probes[range ?? content.probes.indices]), gallery: rows(gallery.members),
      workers: workers)
  }

  /// How many of the highest scores of different people the old rule looks at: ⌈FPIR·searches⌉ of its largest target.
  var highestPairs: Int {
    max(1, Int(((settings.targetFPIRs.first ?? 0) * Double(content.probes.count)).rounded(.up)))
  }

  private func closedSetRates(_ found: GallerySearch.Found) -> [IdentificationResult.ClosedSetRate] {
    guard let highest = found.highest?.descending, !found.searches.mated.isEmpty else { return [] }
    return settings.targetFPIRs.compactMap { target in
      let rank = max(1, Int((target * Double(found.searches.mated.count)).rounded(.up)))
      guard rank <= highest.count else { return nil }
      let threshold = highest[rank - 1]
      let accepted = found.searches.mated.count { $0.score > threshold }
      return IdentificationResult.ClosedSetRate(
        target: target, threshold: Double(threshold), accepted: accepted, searches: found.searches.mated.count
      )
    }
  }
}
