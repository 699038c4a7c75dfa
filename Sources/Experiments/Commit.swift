import Foundation

/// The commit of the checkout that holds the running program: the one it was built from, unless the checkout has moved on since without a build.
public enum Commit {
  /// The hash, with `-dirty` where the working tree had changes outside `results` and `paper-figures`, which the program itself writes; `unknown`
  /// outside a git checkout.
  ///
  /// The variable `LIKENESS_COMMIT`, which a packager sets, goes first; then the checkout that holds the program.
  public static let current: String = {
    if let given = ProcessInfo.processInfo.environment["LIKENESS_COMMIT"], !given.isEmpty { return given }
    // Not the first argument: a program found through PATH has a bare name there, which means nothing from here.
    guard let program = Bundle.main.executableURL?.resolvingSymlinksInPath() else { return "unknown" }
    return describe(folder: program.deletingLastPathComponent().path) ?? "unknown"
  }()

  /// What `current` says of the checkout that `folder` is in; nil where it is in none.
  static func describe(folder: String) -> String? {
    guard let hash = git(["describe", "--always", "--abbrev=12", "--exclude=*"], in: folder), !hash.isEmpty
    else { return nil }
    let written = ["results", "paper-figures"].map { ":(top,exclude)\($0)" }
    let changes = git(
      ["status", "--porcelain", "--untracked-files=no", "--", ":(top)"] + written, in: folder)
    return changes?.isEmpty == false ? hash + "-dirty" : hash
  }

  /// What a git command prints, without white space at the ends; nil where it fails.
  private static func git(_ arguments: [String], in folder: String) -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git", "-C", folder] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { return nil }
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
