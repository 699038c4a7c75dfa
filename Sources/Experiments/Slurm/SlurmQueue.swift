import FeatureStores
import Foundation

/// Slurm's queue, as far as its client `sbatch` reaches it.
public enum SlurmQueue {
  /// The client, where there is one. Without it the error is `unavailable` and says what else to do: `instead` is what does the work without a cluster. Asked
  /// before anything is written, so that nothing is left behind.
  public static func client(instead: String) throws -> String {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let programs = path.split(separator: ":").map { "\($0)/sbatch" }
    guard let program = programs.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
      throw HarnessError(
        .unavailable, found: "no sbatch in PATH: Slurm is not installed here", expected: "Slurm's clients",
        advice:
          "Submit on a login node of a cluster, or install them (Debian: slurm-client, with the cluster's slurm.conf). Without a cluster, \(instead). --dry-run shows the script without Slurm."
      )
    }
    return program
  }

  /// Submits the batch script in `file` with the program `client` and returns the job's number. Where it refuses, the error is `unavailable`, with what it
  /// says.
  ///
  /// - Parameters:
  ///   - job: the job after whose success this one starts; it never does if that fails.
  ///   - tooLarge: what to do where the cluster limits the tasks of an array.
  public static func submit(
    _ file: String, by client: String, after job: String? = nil,
    tooLarge: String = "--runs-per-task puts more runs into each."
  ) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: client)
    let dependency = job.map { ["--dependency=afterok:\($0)", "--kill-on-invalid-dep=yes"] } ?? []
    process.arguments = ["--parsable"] + dependency + [file]
    // One pipe for both, emptied to its end, so that neither can fill up.
    let output = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    do { try process.run() } catch {
      throw HarnessError(
        .unavailable, file: client, found: "it cannot be run (\(error.localizedDescription))")
    }
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let lines = said.split(separator: "\n")
    // The number, and with several clusters the name of the one after it.
    let number = lines.compactMap { $0.wholeMatch(of: /(\d+)(;\S*)?/)?.output.1 }.last
    guard process.terminationReason == .exit, process.terminationStatus == 0, let number
    else {
      let reason = lines.joined(separator: "; ")
      throw HarnessError(
        .unavailable, file: file, found: reason.isEmpty ? "sbatch failed and says nothing" : reason,
        advice: reason.contains("Invalid job array specification")
          ? "The cluster's MaxArraySize limits the tasks of an array; \(tooLarge)"
          : "Nothing is submitted. The same command tries again; further options go through --sbatch.")
    }
    return String(number)
  }
}
