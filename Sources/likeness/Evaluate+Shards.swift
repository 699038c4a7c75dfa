import ArgumentParser
import Evaluation
import Experiments
import FeatureStores
import Foundation
import LinearAlgebra

/// The parts of an evaluation.
extension Evaluate {
  func validateSharing() throws {
    switch try sharing.work {
    case .whole, .merging:
      guard !cluster.isGiven else { throw ValidationError("Jobs of a cluster need --shards N --slurm.") }
      if sharing.merge != nil, store == nil { throw ValidationError("--merge needs the store of the parts.") }
    case .part:
      guard !cluster.isGiven else { throw ValidationError("Jobs of a cluster need --shards N --slurm.") }
      guard store != nil else { throw ValidationError("--shard needs a store.") }
      guard format == nil else { throw ValidationError("A part has no --format; --merge has.") }
    case .submission:
      guard cluster.slurm else { throw ValidationError("--shards goes with --slurm; here, use --shard K/N.") }
      guard store != nil else { throw ValidationError("--shards needs a store.") }
      guard format == nil else {
        throw ValidationError("What is submitted writes JSON; --merge has --format.")
      }
    }
  }

  func sharded(
    _ definition: ProtocolDefinition, _ lists: String, _ embeddings: some EmbeddingSource, _ folder: String
  ) throws -> ShardedEvaluation {
    try ShardedEvaluation(
      definition, lists: lists, of: embeddings, folder: ShardFolder(folder), semantics: Semantics.version,
      workers: Workers(threads))
  }

  func make(
    _ shard: Shard, _ definition: ProtocolDefinition, _ lists: String, _ embeddings: some EmbeddingSource,
    _ folder: String
  ) throws {
    let progress = RowProgress()
    let evaluation = try sharded(definition, lists, embeddings.watched(by: progress), folder)
    progress.expect(evaluation.rowsRead, orFewer: true)
    let isNew = try progress.during { _ in try evaluation.make(shard) }
    let file = evaluation.folder.file(of: shard)
    print("\(definition.name): shard \(shard) \(isNew ? "is made" : "is there already"): \(file)")
  }

  /// Submits the parts that are missing, and their merging.
  func submit(_ parts: Int, _ folder: ShardFolder, lists: String, name: String) throws {
    guard let store, let protocolName else { throw HarnessError(.usage, found: "no store or no protocol") }
    var command = [try Submit.program, "evaluate", store, "--protocol", protocolName, "--lists", lists]
    if let similarity { command += ["--similarity", similarity] }
    if screen { command.append("--screen") }
    try folder.requireNone(but: parts)
    let missing = folder.missing(of: parts)
    let jobs = try SlurmShards(
      name: name, command: command, numbers: missing, of: parts, folder: folder,
      workingFolder: FileManager.default.currentDirectoryPath, resources: cluster.resources)
    if cluster.dryRun {
      print([jobs.arrayScript, jobs.mergeScript].compactMap(\.self).joined(separator: "\n"), terminator: "")
      return
    }
    let client = try SlurmQueue.client(
      instead: "--shard K/\(parts) does a part here, and --merge all of them")
    let submitted = try jobs.submit(by: client)
    let there = parts - missing.count
    let rest = there == 0 ? "" : ", \(there) of \(parts) \(there == 1 ? "is" : "are") there"
    let array =
      submitted.array.map {
        "\(CountedNoun(missing.count, "shard is", plural: "shards are")) job \($0)\(rest)"
      } ?? "all \(parts) shards are there"
    print(
      "\(name): \(array); their merging is job \(submitted.merge), which writes \(folder.path)/result.json")
    let numbers = [submitted.array, submitted.merge].compactMap(\.self)
    print(
      "squeue --job \(numbers.joined(separator: ",")) shows them, scancel \(numbers.joined(separator: " ")) ends them; their output is in \(jobs.path)"
    )
  }
}
