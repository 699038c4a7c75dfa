import ArgumentParser
import Evaluation

/// How an evaluation is shared among processes: what one of them does.
struct ShardOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Do the K-th of N parts of the work and write what it finds to --output.", valueName: "k/n"))
  var shard: String?

  @Option(
    help: ArgumentHelp("Merge all parts, which are in this folder, and print the result.", valueName: "dir"))
  var merge: String?

  @Option(help: ArgumentHelp("With --slurm: into how many parts the work is cut.", valueName: "n"))
  var shards: Int?

  @Option(help: ArgumentHelp("The folder of the parts; made where it is missing.", valueName: "dir"))
  var output: String?

  /// What one process does.
  enum Work {
    case whole
    case part(Shard, folder: String)
    case merging(folder: String)
    case submission(parts: Int, folder: String)
  }

  func validate() throws { _ = try work }

  var work: Work {
    get throws {
      guard [shard, merge, shards.map(String.init)].count(where: { $0 != nil }) <= 1 else {
        throw ValidationError("Give one of --shard, --merge and --shards.")
      }
      if let merge {
        guard output == nil else { throw ValidationError("--merge prints; --output is for parts.") }
        return .merging(folder: merge)
      }
      guard shard != nil || shards != nil else {
        guard output == nil else {
          throw ValidationError("--output is for parts: with --shard, or with --shards and --slurm.")
        }
        return .whole
      }
      guard let output else { throw ValidationError("Parts need --output, the folder that they go into.") }
      if let shard {
        guard let part = Shard(shard) else {
          throw ValidationError(
            "--shard is K/N, with K from 1 to N and N at most \(Shard.most), such as 2/8; ‘\(shard)’ is not.")
        }
        return .part(part, folder: output)
      }
      guard let shards, (1...Shard.most).contains(shards) else {
        throw ValidationError("--shards is a number from 1 to \(Shard.most).")
      }
      return .submission(parts: shards, folder: output)
    }
  }
}
