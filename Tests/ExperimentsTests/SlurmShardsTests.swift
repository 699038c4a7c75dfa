import Evaluation
import FeatureStores
import Foundation
import TestSupport
import Testing

@testable import Experiments

@Suite("Slurm arrays of shards")
struct SlurmShardsTests {
  private func shards(
    _ numbers: [Int] = [1, 2, 3, 5], of count: Int = 5, folder: String = "parts",
    resources: SlurmArray.Resources = SlurmArray.Resources()
  ) throws -> SlurmShards {
    try SlurmShards(
      name: "Mega Face",
      command: ["/bin/likeness", "evaluate", "my store.h5", "--protocol", "megaface", "--lists", "lists"],
      numbers: numbers, of: count, folder: ShardFolder(folder), workingFolder: "/home", resources: resources)
  }

  @Test func `Each task makes the shard of its number`() throws {
    var resources = SlurmArray.Resources()
    resources.arrayLimit = 2
    resources.cpusPerTask = 4
    resources.partition = "long"
    #expect(
      try shards(resources: resources).arrayScript == """
        #!/bin/bash
        #SBATCH --job-name=likeness-mega-face
        #SBATCH --array=1-3,5%2
        #SBATCH --chdir=/home
        #SBATCH --output=parts/slurm/%A_%a.log
        #SBATCH --open-mode=append
        #SBATCH --ntasks=1
        #SBATCH --cpus-per-task=4
        #SBATCH --requeue
        #SBATCH --partition=long

        # Each task makes the shard of its number.
        exec /bin/likeness evaluate 'my store.h5' --protocol megaface --lists lists --output parts --threads 4 --shard "$SLURM_ARRAY_TASK_ID/5"

        """)
    #expect(try shards([]).arrayScript == nil)
  }

  @Test func `The merging job is no array`() throws {
    let script = try shards(folder: "my parts").mergeScript
    #expect(script.contains("\n#SBATCH --job-name=likeness-mega-face-merge\n#SBATCH --chdir=/home\n"))
    #expect(script.contains("\n#SBATCH --output=\"my parts/slurm/%j.log\"\n") && !script.contains("--array"))
  }

  @Test(arguments: [0, 66])
  func `A result is there whole or not at all`(status: Int32) throws {
    let folder = try TemporaryFolder()
    try Data("#!/bin/bash\necho \"$*\"\nexit \(status)\n".utf8).write(
      to: URL(fileURLWithPath: folder.file("the program")))
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: folder.file("the program"))
    let parts = folder.file("my parts")
    try FileManager.default.createDirectory(atPath: parts, withIntermediateDirectories: true)
    let script = try SlurmShards(
      name: "p", command: [folder.file("the program"), "evaluate", "s.h5"], numbers: [], of: 2,
      folder: ShardFolder(parts), workingFolder: "/", resources: SlurmArray.Resources()
    ).mergeScript
    try Data(script.utf8).write(to: URL(fileURLWithPath: folder.file("merge.sh")))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = [folder.file("merge.sh")]
    process.environment = ["SLURM_JOB_ID": "42", "PATH": "/usr/bin:/bin"]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == status)
    let names = try FileManager.default.contentsOfDirectory(atPath: parts)
    #expect(names == (status == 0 ? ["result.json"] : []))
    guard status == 0 else { return }
    #expect(
      try String(contentsOfFile: "\(parts)/result.json", encoding: .utf8)
        == "evaluate s.h5 --merge \(parts) --format json --threads 1\n")
  }

  @Test(arguments: ["dependency=afterok:1", "array=1"])
  func `Options that would break the scripts are wrong usage`(option: String) throws {
    var resources = SlurmArray.Resources()
    resources.options = [option]
    let error = try harnessError { try shards(resources: resources) }
    #expect(error.kind == .usage && error.place == "--sbatch")
  }
}
