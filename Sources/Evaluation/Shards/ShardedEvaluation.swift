import FeatureStores
import Foundation
import LinearAlgebra

/// An evaluation of which several processes do a part each, with a folder between them: parts are made in any order, on any machine that sees the folder,
/// and merge to the bytes that one process gives for the whole.
///
/// What a part holds besides its accumulators is its identity: protocol, lists, store, and which of how many it is. A part of anything else is refused.
public struct ShardedEvaluation: Sendable {
  public let folder: ShardFolder
  private let task: any ShardedTask
  private let embeddings: any EmbeddingSource
  private let semantics: Int
  private let workers: Workers

  /// The names of texts in a shard's file.
  private static let identityName = "identity"
  private static let coreName = "blas-core"

  /// The kinds of protocols whose work can be cut.
  public static let kinds = [
    DistractorIdentification.name, TemplateVerification.name, TemplateIdentification.name, AllPairs.name,
  ]

  /// Throws for a protocol of another kind.
  public static func require(_ definition: ProtocolDefinition) throws {
    let kind = type(of: definition.kind).name
    guard kinds.contains(kind) else {
      throw HarnessError(
        .usage, found: "the protocol ‘\(definition.name)’ of the kind ‘\(kind)’",
        expected: "a kind whose evaluation is cut into shards: \(kinds.joined(separator: ", "))",
        advice: "Evaluate it as a whole, without --shard.")
    }
  }

  /// - Parameters:
  ///   - lists: the folder of the protocol's list files, which are read.
  ///   - folder: that of the shards.
  ///   - semantics: the version of what results mean; shards of another one are not merged.
  public init(
    _ definition: ProtocolDefinition, lists: String, of embeddings: any EmbeddingSource, folder: ShardFolder,
    semantics: Int, workers: Workers = .one
  ) throws {
    try Self.require(definition)
    let task = try definition.task(lists: lists, names: embeddings.names, source: embeddings.source)
    guard let task = task as? any ShardedTask else {
      throw HarnessError(.fault, found: "a task of the kind \(type(of: definition.kind).name) without shards")
    }
    self.task = task
    self.embeddings = embeddings
    self.folder = folder
    self.semantics = semantics
    self.workers = workers
  }

  /// How many rows the whole reads; a shard reads no more.
  public var rowsRead: Int { task.rowsRead }

  /// Does the work of one shard and writes its file, whole or not at all; the folder is made where it is missing. A file of the same identity that is
  /// there already is left as it is; one of another identity, or a damaged one, is an error, as is a shard of another number beside it. Returns whether
  /// the work was done now.
  public func make(_ shard: Shard) throws -> Bool {
    try folder.requireNone(but: shard.count)
    let path = folder.file(of: shard)
    if FileManager.default.fileExists(atPath: path) {
      _ = try read(shard, digest: contentDigest(try embeddings.contentDigest()))
      return false
    }
    do {
      try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    } catch {
      throw HarnessError(
        .cannotWrite, file: folder.path, found: "the folder cannot be made (\(error.localizedDescription))",
        advice: "Check permissions and free space, or choose another folder with --output.")
    }
    let digest = ContentDigest(of: embeddings, workers: workers)
    var file = try task.file(of: shard, of: embeddings, workers: workers)
    file.add(Self.identityName, text: try identity(shard, digest: contentDigest(digest.value())))
    file.add(Self.coreName, text: BLASCore.current.name)
    try file.write(to: path)
    return true
  }

  /// The result of all shards, which must be there and of this evaluation: the same as that of the whole. `warnings` are those of the merging beside those
  /// of the result.
  public func merged() throws -> (result: any EvaluationResult, warnings: [String]) {
    let shards = try folder.complete()
    let digest = try contentDigest(embeddings.contentDigest())
    var cores: Set<String> = [BLASCore.current.name]
    let result = try task.result(
      shards,
      files: { shard in
        let file = try read(shard, digest: digest)
        cores.insert(try file.text(Self.coreName))
        return file
      }, of: embeddings, digest: digest, workers: workers)
    guard type(of: task).dependsOnCore, cores.count > 1 else { return (result, []) }
    return (
      result,
      [
        "the shards were made with several BLAS cores (\(cores.sorted().joined(separator: ", "))): scores may differ in last bits from those of one machine"
      ]
    )
  }

  /// Parts of embeddings that nothing tells apart from others could not be told apart either.
  private func contentDigest(_ digest: String?) throws -> String {
    guard let digest else {
      throw HarnessError(
        .usage, file: embeddings.source, found: "embeddings without a digest of their content",
        expected: "those of a store as it is")
    }
    return digest
  }

  private func identity(_ shard: Shard, digest: String) throws -> String {
    try ShardIdentity(
      task, semantics: semantics,
      store: .init(sha256: digest, images: embeddings.names.count, dimension: embeddings.dimension),
      shard: shard
    ).text()
  }

  /// The file of a shard, if it is one of this evaluation.
  private func read(_ shard: Shard, digest: String) throws -> AccumulatorFile {
    let file = try AccumulatorFile(reading: folder.file(of: shard))
    let (found, expected) = (try file.text(Self.identityName), try identity(shard, digest: digest))
    if let difference = ShardIdentity.difference(found, expected) {
      throw HarnessError(
        .badInput, file: file.path, place: "identity", found: difference.found,
        expected: difference.expected,
        advice:
          "It is a shard of another evaluation; remove it and make it again, or give another folder.")
    }
    return file
  }
}
