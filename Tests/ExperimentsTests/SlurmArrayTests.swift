import FeatureStores
import Foundation
import TestSupport
import Testing

@testable import Experiments

@Suite("Slurm arrays")
struct SlurmArrayTests {
  private struct Content: Encodable { var number: Int }

  /// Identities of runs of nothing.
  private static func runs(_ count: Int) throws -> [RunIdentity] {
    try (0..<count).map { try RunIdentity(of: Content(number: $0), prefix: "run \($0)") }
  }

  private func array(
    runs count: Int = 5, perTask: Int = 2, command: [String] = ["/bin/likeness", "run", "a.yaml"],
    folder: String = "/home", results: String = "results", name: String = "My Heads",
    resources: SlurmArray.Resources = SlurmArray.Resources()
  ) throws -> SlurmArray {
    try SlurmArray(
      name: name, runs: Self.runs(count), runsPerTask: perTask, command: command, folder: folder,
      results: results, resources: resources)
  }

  /// The options that sbatch finds.
  private func options(_ array: SlurmArray) -> [String] {
    array.script.split(separator: "\n").filter { $0.hasPrefix("#SBATCH --") }.map {
      String($0.dropFirst("#SBATCH --".count))
    }
  }

  @Test func `Runs go into tasks in their order, the last of which may be smaller`() throws {
    let runs = try Self.runs(5)
    #expect(
      try array().tasks == [[runs[0], runs[1]], [runs[2], runs[3]], [runs[4]]])
    #expect(try array(perTask: 9).tasks == [runs])
    let lines = try array().script.split(separator: "\n").filter { $0.hasPrefix("  '") }
    let hashes = runs.map { String($0.hash.prefix(16)) }
    #expect(
      lines == [
        "  '\(hashes[0]) \(hashes[1])'  # run-0, run-1", "  '\(hashes[2]) \(hashes[3])'  # run-2, run-3",
        "  '\(hashes[4])'  # run-4",
      ])
  }

  @Test func `Options are those that were asked for, and the cluster chooses the rest`() throws {
    let plain = try array(runs: 1)
    #expect(plain.path.wholeMatch(of: /results\/slurm\/my-heads-[0-9a-f]{8}/) != nil)
    #expect(
      options(plain) == [
        "job-name=likeness-my-heads", "array=0-0", "chdir=/home", "output=\(plain.path)/%A_%a.log",
        "open-mode=append", "ntasks=1", "cpus-per-task=1", "requeue", "signal=B:USR1@60",
      ])
    var resources = SlurmArray.Resources()
    resources.partition = "long"
    resources.time = "2-0"
    resources.arrayLimit = 7
    resources.cpusPerTask = 4
    resources.memoryPerCPU = "2G"
    resources.options = ["account=group one", "exclusive", "constraint=[a|b]"]
    let full = try array(runs: 40, perTask: 3, resources: resources)
    #expect(options(full)[1] == "array=0-13%7")
    #expect(
      Array(options(full)[6...]) == [
        "cpus-per-task=4", "requeue", "signal=B:USR1@60", "partition=long", "time=2-0", "mem-per-cpu=2G",
        "account=\"group one\"", "exclusive", "constraint=\"[a|b]\"",
      ])
    // As many runs at a time as a task has, at most one a processor.
    #expect(full.script.contains("/bin/likeness run a.yaml --jobs 3 --threads 4 \"${only[@]}\" &"))
    #expect(plain.script.contains(" --jobs 1 --threads 1 "))
    #expect(try array().path != array(runs: 4).path)
    #expect(try array().path == array().path)
  }

  @Test func `Names that mean something to Slurm or to the shell are quoted`() throws {
    let odd = try array(
      command: ["/a b/likeness", "run", "it's.yaml", "--set", "losses=[arcface]"],
      folder: #"/a "b" \c#d"#, results: "100% mine")
    #expect(options(odd)[2] == #"chdir="/a \"b\" \\c#d""#)
    #expect(options(odd)[3].hasPrefix(#"output="100%% mine/slurm/my-heads-"#))
    #expect(options(odd)[3].hasSuffix(#"/%A_%a.log""#))
    #expect(odd.script.contains(#"'/a b/likeness' run 'it'\''s.yaml' --set 'losses=[arcface]' --jobs 1"#))
  }

  @Test(arguments: ["array=0-3", "signal=USR2", "no-requeue", "--account=a", "", "Account=a", "a b"])
  func `Options that would break the script, or are none, are wrong usage`(option: String) throws {
    var resources = SlurmArray.Resources()
    resources.options = [option]
    let error = try harnessError { try array(resources: resources) }
    #expect(error.kind == .usage && error.place == "--sbatch", "\(error)")
  }

  @Test func `A line break is refused where it would end an option`() throws {
    #expect(try harnessError { try array(folder: "/a\nb") }.kind == .usage)
  }

  /// How a task ended that a stand-in for the program was in.
  private struct Ending {
    var status: Int32
    /// What the program was told, a line each: its arguments, then its signals.
    var program: [String]
    /// What scontrol was told.
    var scontrol: [String]
  }

  /// Runs the script of an array of 3 runs as its task 1, with a program that does `body`. What `body` prints is kept; `SCRIPT` is the
  /// script's process.
  private func run(_ body: String) throws -> Ending {
    let folder = try TemporaryFolder()
    func write(_ name: String, _ body: String) throws {
      try Data("#!/bin/bash\n\(body)\n".utf8).write(to: URL(fileURLWithPath: folder.file(name)))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.file(name))
    }
    try write("the program", "exec >> '\(folder.file("log"))'\nprintf '%s\\n' \"$*\"\nSCRIPT=$PPID\n\(body)")
    try write("scontrol", "echo \"$@\" >> '\(folder.file("scontrol.log"))'")
    let array = try array(runs: 3, command: [folder.file("the program"), "run", "a b.yaml"])
    try write("array.sh", array.script)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = [folder.file("array.sh")]
    var environment = ProcessInfo.processInfo.environment
    environment["PATH"] = folder.path + ":" + (environment["PATH"] ?? "/usr/bin:/bin")
    environment["SLURM_ARRAY_TASK_ID"] = "1"
    environment["SLURM_ARRAY_JOB_ID"] = "40"
    environment["SLURM_JOB_ID"] = "42"
    process.environment = environment
    // The threads of tests may block signals, and what they start would inherit that.
    var none = sigset_t()
    var blocked = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &blocked)
    defer { pthread_sigmask(SIG_SETMASK, &blocked, nil) }
    try process.run()
    process.waitUntilExit()
    func lines(_ name: String) -> [String] {
      let text = (try? String(contentsOfFile: folder.file(name), encoding: .utf8)) ?? ""
      return text.split(separator: "\n").map(String.init)
    }
    #expect(process.terminationReason == .exit)
    return Ending(
      status: process.terminationStatus, program: lines("log"), scontrol: lines("scontrol.log"))
  }

  @Test(arguments: [0, 1, 66, 130, 137])
  func `A task makes its own runs and ends as the program does`(status: Int32) throws {
    let ending = try run(status == 137 ? "kill -KILL $$" : "exit \(status)")
    #expect(ending.status == status && ending.scontrol == [])
    let hash = try Self.runs(3)[2].hash.prefix(16)
    #expect(ending.program == ["run a b.yaml --jobs 1 --threads 1 --only run=\(hash)"])
  }

  /// Waits for the signal of the script, and ends as an interrupted run does.
  private static func interrupted(by signal: String) -> String {
    """
    trap 'echo told; exit 130' TERM
    kill -\(signal) $SCRIPT
    for i in {1..100}; do sleep 0.1; done
    """
  }

  @Test func `A task whose time is up queues itself again when the runs have stopped`() throws {
    let ending = try run(Self.interrupted(by: "USR1"))
    #expect(ending.status == 0 && ending.scontrol == ["requeue 40_1"])
    #expect(ending.program.dropFirst() == ["told"])
  }

  @Test func `A task that is cancelled or preempted stops and does not queue itself`() throws {
    let ending = try run(Self.interrupted(by: "TERM"))
    #expect(ending.status == 130 && ending.scontrol == [])
    #expect(ending.program.dropFirst() == ["told"])
  }

  @Test func `A task whose runs end as its time is up does not queue itself`() throws {
    let ending = try run(
      "trap 'echo told; exit 0' TERM\nkill -USR1 $SCRIPT\nfor i in {1..100}; do sleep 0.1; done")
    #expect(ending.status == 0 && ending.scontrol == [])
    let failed = try run(
      "trap 'echo told; exit 1' TERM\nkill -USR1 $SCRIPT\nfor i in {1..100}; do sleep 0.1; done")
    #expect(failed.status == 1 && failed.scontrol == [])
  }
}
