import FeatureStores
import Foundation
import TestSupport
import Testing

/// `likeness submit` with a stand-in for sbatch; `scripts/slurm-test.sh` does it with Slurm.
struct SubmitTests {
  /// The experiment, and a folder of commands that go before the machine's own.
  private struct Login {
    let small: SmallExperiment
    private let commands: TemporaryFolder

    init(_ text: String = SmallExperiment.text) throws {
      small = try SmallExperiment(text)
      commands = try TemporaryFolder()
    }

    /// A sbatch that does this.
    func sbatch(_ body: String) throws {
      let path = commands.file("sbatch")
      try Data("#!/bin/bash\n\(body)\n".utf8).write(to: URL(fileURLWithPath: path))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    /// A sbatch that runs the tasks of the array at once, in the folder that the script names, one after the other.
    func sbatchThatRuns() throws {
      try sbatch(
        """
        [ "$1" = --parsable ] || exit 9
        last="$(sed -n 's/^#SBATCH --array=0-\\([0-9]*\\).*/\\1/p' "$2")"
        folder="$(sed -n 's/^#SBATCH --chdir=//p' "$2")"
        script="$(realpath "$2")"
        for task in $(seq 0 "$last"); do
          (cd "$folder" && SLURM_ARRAY_TASK_ID="$task" SLURM_JOB_ID=42 bash "$script") >> tasks.log 2>&1 || exit 1
        done
        echo "42;cluster"
        """)
    }

    func submit(_ arguments: String..., path: String? = nil) throws -> ProcessResult {
      var environment = ProcessInfo.processInfo.environment
      environment["OPENBLAS_CORETYPE"] = nil
      environment["LIKENESS_COMMIT"] = "test"
      environment["PATH"] = path ?? commands.path + ":" + (environment["PATH"] ?? "")
      return try ProcessResult(
        LikenessProgram.path, ["submit", "small.yaml"] + arguments, environment: environment,
        folder: small.folder.path)
    }

    func exists(_ file: String) -> Bool { FileManager.default.fileExists(atPath: small.folder.file(file)) }
  }

  @Test func whatIsMissingIsSubmittedAndMadeAsHere() throws {
    let login = try Login()
    try login.sbatchThatRuns()
    #expect(
      try login.small.run("run", "small.yaml", "--only", "seed=1", "--only", "loss=normface").status == 0)
    let submitted = try login.submit("--slurm", "--runs-per-task", "2", "--cpus-per-task", "2")
    #expect(submitted.status == 0, "\(submitted.errors)")
    #expect(
      submitted.output.hasPrefix(
        "small: 5 runs in 3 tasks are job 42; left out: 1 finished\nsqueue --job 42"),
      "\(submitted.output)")
    let status = try login.small.run("run", "small.yaml", "--dry-run")
    #expect(status.output.contains("\n6 runs: 6 finished"), "\(status.output)")
    let log = try login.small.text("tasks.log")
    #expect(log.components(separatedBy: "small: 2 runs, 2 made now\n").count == 3, "\(log)")
    #expect(log.components(separatedBy: "small: 1 run, 1 made now\n").count == 2, "\(log)")
    let again = try login.submit("--slurm")
    #expect(again.status == 0 && again.output == "small: nothing to submit: 6 finished\n")

    let here = try SmallExperiment()
    #expect(try here.run("run", "small.yaml").status == 0)
    #expect(try RunFiles(here.folder.file("results")) == RunFiles(login.small.folder.file("results")))
  }

  @Test func aDryRunPrintsTheScriptAndWritesNone() throws {
    let login = try Login()
    try login.sbatch("touch called")
    let result = try login.submit(
      "--slurm", "--dry-run", "--only", "seed=2", "--partition", "long", "--time", "1:00:00", "--set",
      "training.steps=5", path: "/nowhere")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.hasPrefix("#!/bin/bash\n#SBATCH --job-name=likeness-small\n#SBATCH --array=0-1\n"))
    #expect(result.output.contains("\n#SBATCH --partition=long\n#SBATCH --time=1:00:00\n"))
    #expect(
      result.output.contains(
        " run small.yaml --results results --set training.steps=5 --jobs 1 --threads 1 "))
    #expect(!login.exists("results/slurm") && !login.exists("called") && !login.exists("results/runs"))
    // The world is made here, and not by all tasks at once.
    #expect(login.exists("results/worlds"))
  }

  @Test func withoutSbatchAndWhereItRefusesTheStatusIs69() throws {
    let login = try Login()
    let missing = try login.submit("--slurm", path: "/nowhere")
    #expect(missing.status == 69 && missing.output == "")
    #expect(
      missing.errors.contains(
        "no sbatch in PATH: Slurm is not installed here; expected Slurm's clients. Submit on a login node"),
      "\(missing.errors)")
    #expect(missing.errors.contains("likeness run small.yaml makes the runs here"))
    #expect(!login.exists("results/slurm"), "nothing is left behind")
    try login.sbatch("echo 'sbatch: error: invalid partition specified: x' >&2; exit 1")
    let refused = try login.submit("--slurm", "--partition", "x")
    #expect(refused.status == 69 && refused.output == "")
    #expect(
      refused.errors.contains("array.sh: sbatch: error: invalid partition specified: x."),
      "\(refused.errors)")
    try login.sbatch(
      "echo 'sbatch: error: Batch job submission failed: Invalid job array specification' >&2; exit 1")
    #expect(try login.submit("--slurm").errors.contains("--runs-per-task puts more runs into each."))
    #expect(!login.exists("results/runs"))
  }

  @Test func whatFailedIsSubmittedOnDemandOnly() throws {
    let login = try Login(
      SmallExperiment.text.replacing("[normface, ", with: "[softmax, ").replacing(
        "optimiser: {learning-rate: 0.05}", with: "optimiser: {learning-rate: 1000, momentum: 0}"
      ).replacing("[{linear: 6}, batch-norm, prelu, {linear: 4}]", with: "[{linear: 4}]").replacing(
        "steps: 4", with: "steps: 200"))
    #expect(try login.small.run("run", "small.yaml").output == "small: 6 runs, 4 made now, 2 failed\n")
    try login.sbatch("echo 7")
    let plain = try login.submit("--slurm")
    #expect(
      plain.output
        == "small: nothing to submit: 4 finished, 2 failed (--retry-failed submits what failed)\n")
    let retry = try login.submit("--slurm", "--retry-failed")
    #expect(retry.output.hasPrefix("small: 2 runs in 2 tasks are job 7; left out: 4 finished\n"))
  }

  @Test func aTaskWhoseExperimentHasChangedMakesNothing() throws {
    let login = try Login()
    let script = try login.submit("--slurm", "--dry-run").output
    let hash = try #require(script.firstMatch(of: /\n  '([0-9a-f]{16})'/)?.output.1)
    let made = try login.small.run("run", "small.yaml", "--only", "run=\(hash)", "--threads", "1")
    #expect(made.output == "small: 1 run, 1 made now\n", "\(made.errors)")
    let last = try #require(script.matches(of: /\n  '([0-9a-f]{16})'/).last?.output.1)
    let changed = try login.small.run(
      "run", "small.yaml", "--set", "training.steps=5", "--only", "run=\(last)")
    #expect(changed.status == 64 && changed.errors.contains("no run ‘\(last)’"), "\(changed.errors)")
    #expect(try login.small.runs().count == 1)
  }

  @Test(arguments: [[], ["--slurm", "--array-limit", "0"], ["--slurm", "--sbatch", "array=1"]])
  func wrongUsageIs64(arguments: [String]) throws {
    let small = try SmallExperiment()
    let result = try ProcessResult(
      LikenessProgram.path, ["submit", "small.yaml"] + arguments,
      environment: ProcessInfo.processInfo.environment, folder: small.folder.path)
    #expect(result.status == 64, "\(result.errors)")
  }
}
