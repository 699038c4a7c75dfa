import FeatureStores
import LinearAlgebra
import Metrics

/// The templates and comparisons of a protocol, resolved to rows.
public struct TemplateVerificationTask: EvaluationTask {
  struct Split: Sendable {
    let templates: TemplateSet
    let pairs: TemplatePairs
  }

  public let definition: ProtocolDefinition
  public let settings: TemplateVerification
  public let listDigests: [ListDigest]
  public let missing: AbsentImages
  public let warnings: [String]
  let splits: [Split]
  let subjects: KnownSubjects<TemplateSubjects>

  init(
    _ definition: ProtocolDefinition, _ settings: TemplateVerification, lists folder: String, names: [String],
    source: String
  ) throws {
    self.definition = definition
    self.settings = settings
    listDigests = try settings.listDigests(folder: folder)
    let index = try ImageIndex(names, source: source)
    var absent: [String] = []
    let read = try settings.lists.read(
      folder: folder, naming: settings.naming, index: index,
      usingScores: settings.convention.pooling.detectorScore, missing: &absent)
    splits = read.splits.map { Split(templates: $0.templates, pairs: $0.pairs) }
    subjects = read.subjects
    let file = "\(folder)/\(settings.lists.files[0])"
    missing = try AbsentImages(absent, policy: settings.missing, list: file, index: index)
    for split in splits {
      try Self.require(split.templates.count, settings.templates, "templates", file)
      try Self.require(
        split.pairs.count, settings.pairs, "pairs", "\(folder)/\(settings.lists.files.last ?? "")")
    }
    var warnings = missing.warnings
    let empty = splits.reduce(0) { $0 + $1.templates.emptyCount }
    if empty > 0 {
      warnings.append(
        "\(empty) \(empty == 1 ? "template has" : "templates have") no image: its comparisons score −∞")
    }
    let same = splits.reduce(0) { total, split in
      total + zip(split.pairs.first, split.pairs.second).count { $0 == $1 }
    }
    if same > 0 {
      warnings.append("\(same) \(same == 1 ? "pair compares" : "pairs compare") a template with itself")
    }
    self.warnings = warnings
  }

  private static func require(_ count: Int, _ expected: Int?, _ what: String, _ file: String) throws {
    if let expected, count != expected {
      throw HarnessError(
        .badInput, file: file, found: "\(count) \(what)", expected: "\(expected)",
        advice: "The list is not complete, or not the protocol's.")
    }
  }

  public var rowsRead: Int { splits.reduce(0) { $0 + $1.templates.images.count } }

  public func evaluation(of embeddings: any EmbeddingSource, workers: Workers) throws -> any EvaluationResult
  {
    try result(of: embeddings, workers: workers)
  }

  /// The result of `embeddings`, whose rows have the names that the task was made with.
  public func result(of embeddings: any EmbeddingSource, workers: Workers = .one) throws
    -> TemplateVerificationResult
  {
    let digest = ContentDigest(of: embeddings, workers: workers)
    return try result(digest: digest.value, workers) { index in
      try scores(
        split: index, templates: templates(split: index, of: embeddings, workers: workers), workers: workers)
    }
  }

  /// The result of the scores of each split, in the order of its list.
  func result(
    digest: () throws -> String?, _ workers: Workers, scores: (_ split: Int) throws -> [Float]
  ) rethrows -> TemplateVerificationResult {
    let pairs = splits.reduce(0) { $0 + $1.pairs.count }
    let resampling = TemplateResampling(
      self, thresholds: SubjectIntervals.thresholds(comparisons: pairs, settings.interval))
    var parts: [PairResampling.Part] = []
    let outcomes = try splits.indices.map { index in
      let scores = try scores(index)
      let parted = PartedScores(scores, isGenuine: splits[index].pairs.isGenuine, workers: workers)
      let split = TemplateVerificationResult.Split(
        genuine: parted.genuine, impostor: parted.impostor, settings: settings,
        templates: splits[index].templates, workers: workers)
      if let part = resampling?.part(split: index, scores, split.operatingPoints) { parts.append(part) }
      return split
    }
    return TemplateVerificationResult(self, splits: outcomes, embeddingDigest: try digest()) {
      resampling?.intervals(parts, of: $0, workers: workers)
    }
  }

  public func hasCeiling(by oracle: WorldOracle) -> Bool { true }

  public func ceiling(by oracle: WorldOracle, workers: Workers) throws -> (any EvaluationResult)? {
    let digest = { oracle.digest as String? }
    return result(digest: digest, workers) { scores(split: $0, by: oracle) }
  }

  /// The log likelihood ratio of every pair of a split, in the order of the list; −∞ with an empty template.
  func scores(split: Int, by oracle: WorldOracle) -> [Float] {
    let split = splits[split]
    let evidence = split.templates.evidence(oracle)
    return zip(split.pairs.first, split.pairs.second).map { first, second in
      guard let first = evidence[Int(first)], let second = evidence[Int(second)] else { return -.infinity }
      return Float(oracle.score(first, second))
    }
  }

  public var splitCount: Int { splits.count }

  /// The ids of the templates of a split, ascending.
  public func templateIDs(split: Int) -> [Int] { splits[split].templates.ids }

  /// Whether each pair of a split is genuine, in the order of the list.
  public func isGenuine(split: Int) -> [Bool] { splits[split].pairs.isGenuine }

  /// The templates of a split, one row each in the order of their ids; zeros for one without images. `blockImages` are read at a time, which
  /// changes nothing but memory.
  public func templates(
    split: Int, of embeddings: any EmbeddingSource, blockImages: Int = 4096, workers: Workers = .one
  ) throws -> Matrix<Float> {
    try pooler(blockImages: blockImages).templates(
      splits[split].templates, of: embeddings, workers: workers)
  }

  /// What makes the templates.
  func pooler(blockImages: Int = 4096) -> TemplatePooler {
    TemplatePooler(
      pooling: settings.convention.pooling, normalises: settings.convention.similarity != .innerProduct,
      blockImages: blockImages)
  }

  /// The score of every pair of a split, in the order of the list; −∞ with an empty template.
  public func scores(split: Int, templates: Matrix<Float>, workers: Workers = .one) throws -> [Float] {
    try scores(of: splits[split], templates: templates, workers: workers)
  }

  /// The score of every pair of any templates.
  func scores(of split: Split, templates: Matrix<Float>, workers: Workers) throws -> [Float] {
    precondition(templates.rows == split.templates.count, "templates of another set")
    var scores = [Float](repeating: 0, count: split.pairs.count)
    RowPairs.dot(
      templates, first: split.pairs.first, second: split.pairs.second, into: &scores, workers: workers)
    if let index = finish(&scores, of: split, workers) {
      let (first, second) = (Int(split.pairs.first[index]), Int(split.pairs.second[index]))
      throw HarnessError(
        .badInput, place: "templates \(split.templates.ids[first]) and \(split.templates.ids[second])",
        found: "the score \(scores[index])", expected: "a finite score",
        advice: "Templates so long that their product overflows need a similarity that normalises them.")
    }
    return scores
  }

  /// Makes scores of products, −∞ with an empty template. Returns the first pair whose product is not finite, and leaves it as it is.
  private func finish(_ scores: inout [Float], of split: Split, _ workers: Workers) -> Int? {
    let (hasEmpty, similarity) = (split.templates.emptyCount > 0, settings.convention.similarity)
    let size = 1 << 16
    return scores.withUnsafeMutableBufferPointer { scores in
      nonisolated(unsafe) let scores = scores
      let faults = workers.map((scores.count + size - 1) / size, inPiecesOf: 1) { piece -> Int? in
        var fault: Int?
        for index in piece * size..<min(scores.count, (piece + 1) * size) {
          if hasEmpty,
            split.templates.isEmpty(Int(split.pairs.first[index]))
              || split.templates.isEmpty(Int(split.pairs.second[index]))
          {
            scores[index] = -.infinity
          } else if scores[index].isFinite {
            scores[index] = similarity.templateScore(scores[index])
          } else if fault == nil {
            fault = index
          }
        }
        return fault
      }
      return faults.compactMap(\.self).first
    }
  }

  /// The exact curve of a split.
  public func curve(split: Int, of embeddings: any EmbeddingSource, workers: Workers = .one) throws
    -> ROCCurve
  {
    let scores = try scores(
      split: split, templates: templates(split: split, of: embeddings, workers: workers), workers: workers)
    var parted = PartedScores(scores, isGenuine: splits[split].pairs.isGenuine, workers: workers)
    return ROCCurve(genuine: &parted.genuine, impostor: &parted.impostor)
  }
}
