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

  public func evaluation(of embeddings: any EmbeddingSource, workers: Workers) throws -> any EvaluationResult
  {
    try result(of: embeddings, workers: workers)
  }

  /// The result of `embeddings`, whose rows have the names that the task was made with.
  public func result(of embeddings: any EmbeddingSource, workers: Workers = .one) throws
    -> IdentificationResult
  {
    let convention = settings.convention
    let digest = ContentDigest(of: embeddings, workers: workers)
    let templates = try TemplatePooler(
      pooling: convention.pooling, normalises: convention.similarity != .innerProduct
    ).templates(content.templates, of: embeddings)
    return result(embeddingDigest: try digest.value(), workers) { search, gallery in
      run(search, templates, gallery, workers)
    }
  }

  public func hasCeiling(by oracle: WorldOracle) -> Bool { true }

  public func ceiling(by oracle: WorldOracle, workers: Workers) throws -> (any EvaluationResult)? {
    let evidence = content.templates.evidence(oracle)
    return result(embeddingDigest: oracle.digest, workers) { search, gallery in
      search.run { probe, entry in
        guard let first = evidence[Int(content.probes[probe].template)],
          let second = evidence[Int(gallery[entry].template)]
        else { return -.infinity }
        return Float(oracle.score(first, second))
      }
    }
  }

  /// The result of what `run` finds in each gallery.
  private func result(
    embeddingDigest digest: String?, _ workers: Workers,
    _ run: (_ search: GallerySearch, _ gallery: [IdentificationLists.Member]) -> GallerySearch.Found
  ) -> IdentificationResult {
    if settings.convention.threshold == .closedSetPairs {
      let gallery = content.galleries.flatMap(\.self)
      let found = run(gallerySearch(gallery, highest: highestPairs), gallery)
      return IdentificationResult(
        self, galleries: [IdentificationResult.Gallery("all", gallery, found.searches, settings: settings)],
        searches: [(gallery, found.searches)], closedSet: closedSetRates(found), embeddingDigest: digest,
        workers: workers)
    }
    let searches = content.galleries.map { gallery in
      (gallery, run(gallerySearch(gallery), gallery).searches)
    }
    let galleries = zip(settings.lists.galleryFiles, searches).map { file, found in
      IdentificationResult.Gallery(file, found.0, found.1, settings: settings)
    }
    return IdentificationResult(
      self, galleries: galleries, searches: searches, closedSet: nil, embeddingDigest: digest,
      workers: workers)
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
    let templates = try TemplatePooler(
      pooling: settings.convention.pooling, normalises: settings.convention.similarity != .innerProduct
    ).templates(content.templates, of: embeddings)
    let gallery = content.galleries[index]
    return run(gallerySearch(gallery), templates, gallery, workers).searches
  }

  private func gallerySearch(_ gallery: [IdentificationLists.Member], highest: Int = 0) -> GallerySearch {
    func number(_ member: IdentificationLists.Member) -> Int { member.subject.flatMap { subjects[$0] } ?? -1 }
    func isThere(_ member: IdentificationLists.Member) -> Bool {
      !content.templates.isEmpty(Int(member.template))
    }
    return GallerySearch(
      similarity: settings.convention.similarity, ties: settings.convention.ties,
      gallerySubjects: gallery.map(number), galleryIsThere: gallery.map(isThere),
      probeSubjects: content.probes.map(number), probeIsThere: content.probes.map(isThere),
      highestPairs: highest)
  }

  private func run(
    _ search: GallerySearch, _ templates: Matrix<Float>, _ gallery: [IdentificationLists.Member],
    _ workers: Workers
  ) -> GallerySearch.Found {
    search.run(
      probes: templates.gathering(rows: content.probes.map { Int($0.template) }),
      gallery: templates.gathering(rows: gallery.map { Int($0.template) }), workers: workers)
  }

  /// How many of the highest scores of different people the old rule looks at: ⌈FPIR·searches⌉ of its largest target.
  private var highestPairs: Int {
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
