import Evaluation
import FeatureStores
import Foundation

/// The shards of one evaluation as a Slurm job array over a shared folder, and a job that merges them when all are done.
///
/// Task K makes shard K; a shard that is there already is looked at and left. The merging job writes `result.json` beside the shards: the bytes that the
/// evaluation as a whole prints as JSON.
public struct SlurmShards: Sendable {
  /// The `likeness evaluate` of the whole: the program and its arguments, without format and output.
  public let command: [String]
  /// The folder of the shards; scripts and output are in its folder `slurm`.
  public let folder: ShardFolder
  /// How many shards there are.
  public let count: Int
  /// Those that are made.
  public let numbers: [Int]
  private let batch: SlurmScript

  /// - Parameters:
  ///   - name: the protocol's.
  ///   - numbers: the shards to be made, ascending; none where only merging is left.
  ///   - workingFolder: the folder in which the tasks work, absolute: paths of the command count from there.
  public init(
    name: String, command: [String], numbers: [Int], of count: Int, folder: ShardFolder,
    workingFolder: String, resources: SlurmArray.Resources
  ) throws {
    self.command = command
    self.folder = folder
    self.count = count
    self.numbers = numbers
    batch = try SlurmScript(
      name: RunIdentity.readable(name), folder: workingFolder, path: "\(folder.path)/slurm",
      resources: resources, words: command)
  }

  private var threads: [String] { ["--threads", "\(batch.resources.cpusPerTask)"] }

  /// The batch script of the array; nil where no shard is to be made.
  public var arrayScript: String? {
    guard !numbers.isEmpty else { return nil }
    let words = command + ["--output", folder.path] + threads
    return batch.text(
      array: ShardFolder.ranges(numbers, separator: ","),
      """
      # Each task makes the shard of its number.
      exec \(ShellWords.quoted(words)) --shard "$SLURM_ARRAY_TASK_ID/\(count)"

      """)
  }

  /// The batch script of the job that merges the shards.
  public var mergeScript: String {
    let words = command + ["--merge", folder.path, "--format", "json"] + threads
    return batch.text(
      suffix: "-merge",
      """
      # The name shows the whole result or none.
      result=\(ShellWords.quoted(folder.path))/result.json
      part="$result.part-$SLURM_JOB_ID"
      \(ShellWords.quoted(words)) > "$part"
      status=$?
      if [ "$status" -eq 0 ]; then mv "$part" "$result"; else rm -f "$part"; fi
      exit "$status"

      """)
  }

  /// The folder of scripts and output.
  public var path: String { batch.path }

  /// Writes both jobs and submits them by `client`; the second starts when the first has succeeded.
  public func submit(by client: String) throws -> (array: String?, merge: String) {
    let merge = try batch.write(mergeScript, as: "merge.sh", option: "--output")
    var array: String?
    if let arrayScript {
      let file = try batch.write(arrayScript, as: "array.sh", option: "--output")
      array = try SlurmQueue.submit(file, by: client, tooLarge: "take fewer --shards.")
    }
    return (array, try SlurmQueue.submit(merge, by: client, after: array))
  }
}
