import FeatureStores
import Foundation
import TestSupport
import Testing

/// A view of the file system that ends with the script that it was made for, so that nothing stays mounted.
private struct MountNamespace {
  /// How the machine lets a process have one; nil where it does not. The superuser may; others where user namespaces are allowed.
  static let command: [String]? = [["--mount"], ["--mount", "--map-root-user"]].first { options in
    guard let folder = try? TemporaryFolder(),
      let probe = try? run(
        options,
        "mount -t tmpfs -o size=64k none '\(folder.path)' && mount --bind '\(folder.path)' '\(folder.path)'")
    else { return false }
    return probe.status == 0
  }

  /// Runs a script of bash in `folder`, with the program as `$likeness`.
  static func run(_ script: String, folder: String) throws -> ProcessResult {
    try run(command ?? [], script, folder: folder)
  }

  private static func run(_ options: [String], _ script: String, folder: String? = nil) throws
    -> ProcessResult
  {
    var environment = ProcessInfo.processInfo.environment
    environment["OPENBLAS_CORETYPE"] = nil
    environment["likeness"] = LikenessProgram.path
    // Nothing that is compared depends on the commit, and asking git for it takes time.
    environment["LIKENESS_COMMIT"] = "test"
    return try ProcessResult(
      "/usr/bin/env", ["unshare"] + options + ["bash", "-c", script], environment: environment, folder: folder
    )
  }
}

/// Results folders that cannot be written: a clear error, nothing lost, and the same command goes on when they can.
@Suite(
  .enabled(
    if: MountNamespace.command != nil, "needs to mount: as root, or where user namespaces are allowed"))
struct StorageFailureTests {
  /// The files of the experiment when nothing disturbs it.
  private static let undisturbed = Result {
    let small = try SmallExperiment()
    let run = try small.run("run", "small.yaml", "--jobs", "1")
    try #require(run.status == 0, "\(run.errors)")
    return try RunFiles(small.folder.file("results"))
  }

  @Test func inAFolderThatMayOnlyBeReadNothingChangesAndTheErrorSaysWhere() throws {
    let small = try SmallExperiment()
    #expect(try small.run("run", "small.yaml", "--only", "seed=1").status == 0)
    let results = small.folder.file("results")
    let before = try RunFiles(results)
    let readOnly = "mount --bind results results && mount -o remount,bind,ro results || exit 99\n"
    let run = try MountNamespace.run(readOnly + "\"$likeness\" run small.yaml", folder: small.folder.path)
    #expect(run.status == 73, "\(run.errors)")
    #expect(
      run.errors.contains("likeness: error: results/runs/") && run.errors.contains("read only"),
      "\(run.errors)")
    #expect(run.errors.contains("or choose another"), "\(run.errors)")
    #expect(try RunFiles(results) == before)
    // Who only looks needs not write.
    let status = try MountNamespace.run(
      readOnly + "\"$likeness\" status small.yaml && \"$likeness\" run small.yaml --dry-run",
      folder: small.folder.path)
    #expect(
      status.status == 0 && status.output.contains("\n6 runs: 2 finished, 4 pending\n"), "\(status.errors)")
    let report = try MountNamespace.run(
      readOnly + "\"$likeness\" report small.yaml", folder: small.folder.path)
    #expect(report.status == 73 && report.errors.contains("results/small"), "\(report.errors)")

    #expect(try small.run("run", "small.yaml").output == "small: 6 runs, 4 made now\n")
    #expect(try RunFiles(results) == Self.undisturbed.get())
  }

  @Test func whereNoFolderCanBeMadeTheErrorNamesIt() throws {
    let small = try SmallExperiment()
    let result = try MountNamespace.run(
      "mkdir locked && mount -t tmpfs -o ro none locked && \"$likeness\" run small.yaml --results locked/results",
      folder: small.folder.path)
    #expect(
      result.status == 73
        && result.errors.contains("locked/results/worlds/little-")
        && result.errors.contains("cannot be made"),
      "\(result.errors)")
  }

  /// Runs the experiment on a disk of `size` kilobytes, then with room enough, and keeps the results in `kept`. Prints the status and the standard error of the
  /// first call, after that the status of the second.
  private static func fullDisk(_ size: Int) -> String {
    """
    mkdir -p results kept
    mount -t tmpfs -o size=\(size)k none results || exit 99
    "$likeness" run small.yaml --jobs 1 2> errors.txt
    echo "first $?"
    # Nothing of what could not be written is in the way, in size or in name.
    find results -name '.partial-*'
    mount -o remount,size=64m results || exit 99
    "$likeness" run small.yaml --jobs 1 || exit 98
    cp -a results/. kept
    """
  }

  @Test func onAFullDiskTheErrorSaysWhereAndTheSameCommandGoesOn() throws {
    var places: Set<String> = []
    var size = 4
    while true {
      let small = try SmallExperiment()
      let result = try MountNamespace.run(Self.fullDisk(size), folder: small.folder.path)
      try #require(result.status == 0, "\(size) kB: \(result.output) \(result.errors)")
      #expect(try RunFiles(small.folder.file("kept")) == Self.undisturbed.get(), "\(size) kB")
      #expect(!result.output.contains(".partial-"), "\(size) kB: \(result.output)")
      let errors = try small.text("errors.txt")
      if result.output.contains("first 0\n") { break }
      #expect(result.output.contains("first 73\n"), "\(size) kB: \(result.output) \(errors)")
      let message = try #require(
        errors.firstMatch(of: /likeness: error: results\/([a-z]+)\/([^:]*): (.*)/), "\(errors)")
      #expect(
        message.output.3.contains("No space left on device") || message.output.3.contains("disk is not full")
          || message.output.3.contains("free space"), "\(size) kB: \(errors)")
      places.insert(String(message.output.1))
      size += size < 64 ? 8 : 24
      try #require(size < 4096, "a disk that is full whatever its size")
    }
    // It was full while the world was made, and while runs were.
    #expect(places == ["worlds", "runs"])
  }
}
