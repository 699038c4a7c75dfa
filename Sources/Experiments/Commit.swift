import Foundation

/// The commit that the running program was built from.
public enum Commit {
  /// The hash, with `-dirty` where the working tree had changes; `unknown` outside a git checkout.
  ///
  /// The variable `LIKENESS_COMMIT`, which a packager sets, goes first; then the checkout that holds the program.
  public static let current: String = {
    if let given = ProcessInfo.processInfo.environment["LIKENESS_COMMIT"], !given.isEmpty { return given }
    // Not the first argument: a program found through PATH has a bare name there, which means nothing from here.
    guard let program = Bundle.main.executableURL?.resolvingSymlinksInPath() else { return "unknown" }
    return describe(folder: program.deletingLastPathComponent().path) ?? "unknown"
  }()

  private static func describe(folder: String) -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "git", "-C", folder, "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*",
    ]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { return nil }
    let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    return text.isEmpty ? nil : text
  }
}
