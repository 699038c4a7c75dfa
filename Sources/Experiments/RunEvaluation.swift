import Evaluation
import FeatureStores
import Foundation
import Learning
import LinearAlgebra
import Metrics

/// One evaluation that a run needs: a protocol on its test store, whole or for one fold.
public struct RunEvaluation: Sendable {
  public let test: BoundTest
  /// The fold that is tested; nil for the whole protocol.
  public let fold: Int?

  /// For file names and messages: the protocol's own name, so that another experiment finds what this one evaluated.
  public var name: String {
    let name = test.task.definition.name
    return fold.map { "\(name)-fold\($0 + 1)" } ?? name
  }

  /// What the evaluation's outcome depends on besides the run: the protocol's rules, its lists, the test store.
  private struct Identity: Encodable {
    var semantics = Semantics.version
    /// Raised when records hold more, or other things, of the same outcome: runs are then evaluated again, and not trained.
    var record = 2
    var definition: ProtocolDefinition
    var lists: [ListDigest]
    var store: String
    var fold: Int?
  }

  /// The SHA-256 of what the outcome depends on besides the run.
  public func hash() throws -> String {
    var definition = test.task.definition
    // Prose changes no number.
    definition.notes = nil
    return Digest.sha256(
      try CanonicalJSON.encode(
        Identity(definition: definition, lists: test.task.listDigests, store: test.digest, fold: fold)))
  }

  /// Scores the protocol with the run's network, the stored features, or the oracle.
  func evaluate(
    _ kind: RunSpecification.Kind, model: TrainedModel<Float>?, workers: Workers
  ) throws -> EvaluationRecord {
    if kind == .ceiling, let oracle = test.oracle,
      let result = try test.task.ceiling(by: oracle, workers: workers)
    {
      return try EvaluationRecord(result)
    }
    guard let task = test.verification else {
      return try EvaluationRecord(test.task.evaluation(of: embeddings(model, workers), workers: workers))
    }
    let features = try embeddings(model, workers).embeddings(ofRows: Array(test.embeddings.names.indices))
    guard let fold else {
      let digest = model == nil ? test.digest : nil
      return EvaluationRecord(result: try task.evaluate(features, embeddingDigest: digest, workers: workers))
    }
    return EvaluationRecord(scores: FoldScores(try task.foldModel(features, fold: fold)))
  }

  /// The test images as the run's network maps them; as they are stored without one.
  private func embeddings(_ model: TrainedModel<Float>?, _ workers: Workers) -> any EmbeddingSource {
    guard let model else { return test.embeddings }
    return MappedEmbeddings(
      test.embeddings, source: "the run's network on \(test.embeddings.source)",
      dimension: model.network.outputs
    ) { model.embed($0, workers: workers) }
  }
}

/// What an evaluation gave: `evaluation-NAME-HASH.json`. One of its parts is there.
public struct EvaluationRecord: Codable, Sendable, Equatable {
  /// For a whole protocol of pairs of images.
  public var result: VerificationResult?
  /// For one fold of a fold-wise experiment.
  public var scores: FoldScores?
  /// For a protocol of template comparisons.
  public var templates: TemplateVerificationResult?
  /// For searches of galleries.
  public var identification: IdentificationResult?
  /// For searches among distractors.
  public var distractors: DistractorResult?

  init(result: VerificationResult? = nil, scores: FoldScores? = nil) {
    self.result = result
    self.scores = scores
  }

  /// The kinds of protocols whose results a record holds.
  static let kinds: [any ProtocolKind.Type] = [
    PairVerification.self, TemplateVerification.self, TemplateIdentification.self,
    DistractorIdentification.self,
  ]

  /// The record of the result of a protocol of one of `kinds`.
  init(_ result: any EvaluationResult) throws {
    self.result = result as? VerificationResult
    templates = result as? TemplateVerificationResult
    identification = result as? IdentificationResult
    distractors = result as? DistractorResult
    guard self.result != nil || templates != nil || identification != nil || distractors != nil else {
      throw HarnessError(
        .fault, found: "a result of the kind \(type(of: result).kind), which no record holds")
    }
  }
}

/// The scores of one model of a fold-wise experiment on the fold that it is tested on, and on the one that chooses the
/// threshold. Kept raw, because results are only made of all folds together.
public struct FoldScores: Codable, Sendable, Equatable {
  /// Scores in the order of the list; −∞ is written as text.
  public struct Side: Codable, Sendable, Equatable {
    @ExtendedReals public private(set) var scores: [Double]
    public let isGenuine: [Bool]

    init(_ scores: LabelledScores) {
      self.scores = scores.scores
      isGenuine = scores.isGenuine
    }

    var labelled: LabelledScores { LabelledScores(scores: scores, isGenuine: isGenuine) }
  }

  public let test: Side
  public let selection: Side

  init(_ model: VerificationTask.FoldModel) {
    test = Side(model.test)
    selection = Side(model.selection)
  }

  /// The scores as the evaluator takes them.
  public var model: VerificationTask.FoldModel {
    VerificationTask.FoldModel(test: test.labelled, selection: selection.labelled)
  }
}
