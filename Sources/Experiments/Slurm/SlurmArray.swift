import FeatureStores
import Foundation

/// A Slurm job array that makes runs of an experiment over a shared folder: which run is in which task, and the batch script.
///
/// The script is complete in itself: it names the runs of each task by the beginnings of their hashes, so that a task whose experiment has changed
/// meanwhile ends with an error and makes nothing else. A task whose time is up writes checkpoints and queues itself again; one that is preempted
/// or requeued writes checkpoints and goes on from them.
public struct SlurmArray: Sendable {
  /// What each task asks of the cluster. Nil leaves a choice to the cluster.
  public struct Resources: Sendable {
    public var partition: String?
    /// The time limit of a task, as `sbatch --time` takes it.
    public var time: String?
    /// How many tasks are at work at a time.
    public var arrayLimit: Int?
    public var cpusPerTask = 1
    /// As `sbatch --mem-per-cpu` takes it.
    public var memoryPerCPU: String?
    /// Further options of sbatch, `name=value` or `name`. They stand last, so they go before those above.
    public var options: [String] = []

    public init() {}
  }

  /// The `likeness run` that every task is, but for the choice of runs and the use of processors: the program and its arguments.
  public let command: [String]
  /// The folder in which the tasks work, absolute: paths of experiments and protocols count from there.
  public let folder: String
  /// The folder of scripts and logs of the job, below `results/slurm`.
  public let path: String
  /// The runs of each task.
  public let tasks: [[RunIdentity]]
  public let resources: Resources
  private let batch: SlurmScript

  /// Lays out `runs`, of which there must be some, in tasks of `runsPerTask`, in their order.
  ///
  /// - Parameters:
  ///   - name: the experiment's.
  ///   - results: the folder below which the script and the logs go.
  public init(
    name: String, runs: [RunIdentity], runsPerTask: Int, command: [String], folder: String, results: String,
    resources: Resources
  ) throws {
    precondition(!runs.isEmpty && runsPerTask >= 1, "an array of no task")
    self.command = command
    self.folder = folder
    self.resources = resources
    tasks = stride(from: 0, to: runs.count, by: runsPerTask).map { first in
      Array(runs[first..<min(first + runsPerTask, runs.count)])
    }
    // The same submission has the same folder, so that what is submitted again adds its logs there.
    var digest = Data()
    for text in command + [folder, "\(resources)", "\(tasks)"] { digest.append(Data("\(text)\n".utf8)) }
    let readable = RunIdentity.readable(name)
    path = "\(results)/slurm/\(readable)-\(Digest.sha256(digest).prefix(8))"
    batch = try SlurmScript(name: readable, folder: folder, path: path, resources: resources, words: command)
  }

  /// The batch script's file.
  public var scriptFile: String { "\(path)/array.sh" }

  /// The batch script.
  public var script: String {
    let jobs = min(tasks[0].count, resources.cpusPerTask)
    let arguments = command + ["--jobs", "\(jobs)", "--threads", "\(resources.cpusPerTask)"]
    let lines = tasks.map { task in
      "  '\(task.map { String($0.hash.prefix(16)) }.joined(separator: " "))'  # \(task.map(\.prefix).joined(separator: ", "))"
    }
    let body = """
      # The runs of each task, by the beginnings of their hashes.
      tasks=(
      \(lines.joined(separator: "\n"))
      )

      # USR1 comes a minute before the time is up: the runs write checkpoints, and the task queues itself again. TERM comes when it is
      # cancelled, preempted or requeued: the runs write checkpoints, and Slurm knows what follows.
      program=
      signalled=no
      out_of_time=no
      stop() {
        signalled=yes
        [ -z "$program" ] || kill -TERM "$program" 2>/dev/null
      }
      trap stop TERM
      trap 'out_of_time=yes; stop' USR1

      only=()
      for run in ${tasks[SLURM_ARRAY_TASK_ID]}; do only+=(--only "run=$run"); done
      \(ShellWords.quoted(arguments)) "${only[@]}" &
      program=$!
      # A signal that came before the number of the program.
      [ "$signalled" = no ] || kill -TERM "$program" 2>/dev/null
      wait "$program"
      status=$?
      # A signal ends wait before the program ends; 127 says that it had ended already.
      while [ "$signalled" = yes ]; do
        signalled=no
        wait "$program"
        next=$?
        [ "$next" -eq 127 ] || status=$next
      done
      if [ "$out_of_time" = yes ] && [ "$status" -eq 130 ]; then
        # By array and task: the job number of the last task is that of the whole array.
        exec scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
      fi
      exit "$status"

      """
    return batch.text(array: "0-\(tasks.count - 1)", signal: "B:USR1@60", body)
  }

  /// Writes the script and returns its file.
  public func write() throws -> String {
    try batch.write(script, as: "array.sh", option: "--results")
  }
}
