import ArgumentParser
import Experiments

/// What a job asks of a cluster.
struct SlurmOptions: ParsableArguments {
  @Flag(help: "Submit to Slurm.")
  var slurm = false

  @Option(help: "Slurm's partition.")
  var partition: String?

  @Option(help: "The time limit of a task, such as 30 (minutes), 4:00:00 or 2-0.")
  var time: String?

  @Option(help: "How many tasks are at work at a time.")
  var arrayLimit: Int?

  @Option(help: "The processors of a task. 1 unless given.")
  var cpusPerTask: Int?

  @Option(help: "The memory for each processor, such as 2G.")
  var memoryPerCpu: String?

  @Option(
    help: ArgumentHelp(
      "Another option of sbatch, such as account=group, constraint=zen3 or exclusive. May be given several times.",
      valueName: "name=value"))
  var sbatch: [String] = []

  @Flag(help: "Submit nothing and print the script.")
  var dryRun = false

  func validate() throws {
    for (name, value) in [("array-limit", arrayLimit ?? 1), ("cpus-per-task", cpusPerTask ?? 1)]
    where value < 1 {
      throw ValidationError("--\(name) must be at least 1.")
    }
  }

  /// Whether anything is asked for.
  var isGiven: Bool {
    slurm || dryRun || arrayLimit != nil || cpusPerTask != nil || !sbatch.isEmpty
      || [partition, time, memoryPerCpu].contains { $0 != nil }
  }

  var resources: SlurmArray.Resources {
    var resources = SlurmArray.Resources()
    resources.partition = partition
    resources.time = time
    resources.arrayLimit = arrayLimit
    resources.cpusPerTask = cpusPerTask ?? 1
    resources.memoryPerCPU = memoryPerCpu
    resources.options = sbatch
    return resources
  }
}
