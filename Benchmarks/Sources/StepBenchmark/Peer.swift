import BenchmarkSupport
import Foundation

/// Another program that trains the same network on the same batches.
enum Peer: String, CaseIterable {
  case eager, compile, jax

  var title: String {
    switch self {
    case .eager: "PyTorch eager"
    case .compile: "torch.compile"
    case .jax: "JAX"
    }
  }

  /// The exit status of a peer that this machine lacks something for; it says what on standard error.
  private static let unavailable: Int32 = 69

  /// Trains from the file that our side exported, in a process of its own; nil where the machine cannot run it.
  func measurement(file: String, python: String, folder: String, threads: Int, steps: Int) throws
    -> StepMeasurement?
  {
    var arguments = [PeerFolder.script(self == .jax ? "step_jax.py" : "step.py"), file]
    arguments += ["--threads", "\(threads)", "--steps", "\(steps)"]
    if self == .compile { arguments.append("--compile") }
    let process = try ChildProcess(
      python, arguments, environment: Self.environment(folder: folder, threads: threads))
    if process.status == Self.unavailable { return nil }
    guard process.status == 0 else {
      throw Failure("\(python) \(arguments.joined(separator: " ")) failed with status \(process.status)")
    }
    return try JSONDecoder().decode(StepMeasurement.self, from: process.output)
  }

  /// What must be set before a peer starts.
  private static func environment(folder: String, threads: Int) -> [String: String] {
    let gibibytes = 4 << 30
    return [
      "OMP_NUM_THREADS": "\(threads)", "MKL_NUM_THREADS": "\(threads)",
      // Else glibc gives every large tensor back to the system and faults its pages in again, step after step, which costs
      // the peers up to three quarters of their time on top.
      "GLIBC_TUNABLES":
        "glibc.malloc.mmap_threshold=\(gibibytes):glibc.malloc.trim_threshold=\(gibibytes):glibc.malloc.hugetlb=1",
      // Compiled once for all rounds, and gone with the folder.
      "TORCHINDUCTOR_CACHE_DIR": "\(folder)/inductor",
    ]
  }
}
