import Foundation

/// A Python script of `Benchmarks/peers` that prints one line of JSON.
public struct PythonPeer: Sendable {
  private let python: String

  /// The exit status of a peer that this machine lacks something for; it says what on standard error.
  private static let unavailable: Int32 = 69

  /// By `python`, else the one that `setup.sh` makes.
  public init(python: String?) throws {
    guard let python = python ?? PeerFolder.python else {
      throw Failure("no Python for the peers: run Benchmarks/peers/setup.sh, or name one with --python")
    }
    self.python = python
  }

  /// Runs a script in a process of its own, set up as a careful user would; nil where this machine lacks something for it.
  public func run<Output: Decodable>(
    _ script: String, _ arguments: [String], threads: Int, environment: [String: String] = [:],
    as type: Output.Type = Output.self
  ) throws -> Output? {
    let process = try ChildProcess(
      python, [PeerFolder.script(script)] + arguments,
      environment: Self.environment(threads: threads).merging(environment) { $1 })
    if process.status == Self.unavailable { return nil }
    guard process.status == 0 else {
      throw Failure("\(script) \(arguments.joined(separator: " ")) failed with status \(process.status)")
    }
    return try JSONDecoder().decode(Output.self, from: process.output)
  }

  /// Packages with the versions that this Python would import, such as `numpy 2.4.6`.
  public func versions(of packages: [String]) throws -> [String] {
    let code =
      "import sys; from importlib.metadata import version; "
      + "[print(name, version(name)) for name in sys.argv[1:]]"
    let process = try ChildProcess(python, ["-c", code] + packages)
    guard process.status == 0 else {
      throw Failure("\(python) lacks one of \(packages.joined(separator: ", "))")
    }
    return String(decoding: process.output, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// What must be set before a peer starts: the number of threads for each library that may have its own, and glibc's thresholds, without which
  /// every large array goes back to the system and is faulted in again.
  public static func environment(threads: Int) -> [String: String] {
    let gibibytes = 4 << 30
    return [
      "OMP_NUM_THREADS": "\(threads)", "MKL_NUM_THREADS": "\(threads)", "OPENBLAS_NUM_THREADS": "\(threads)",
      "GLIBC_TUNABLES":
        "glibc.malloc.mmap_threshold=\(gibibytes):glibc.malloc.trim_threshold=\(gibibytes):glibc.malloc.hugetlb=1",
    ]
  }
}
