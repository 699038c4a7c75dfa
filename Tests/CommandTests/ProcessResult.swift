import Foundation
import TestSupport

/// One run of a program, to its end.
struct ProcessResult {
  var status: Int32
  var output: String
  var errors: String

  /// Runs `program` with exactly this environment. Its input is empty.
  init(
    _ program: String, _ arguments: [String], environment: [String: String], folder: String? = nil
  ) throws {
    let scratch = try TemporaryFolder()
    // Files, not pipes: a pipe that nobody empties stops the program.
    func file(_ name: String) throws -> (url: URL, handle: FileHandle) {
      let url = URL(fileURLWithPath: scratch.file(name))
      try Data().write(to: url)
      return (url, try FileHandle(forWritingTo: url))
    }
    let output = try file("output")
    let errors = try file("errors")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = environment
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output.handle
    process.standardError = errors.handle
    try process.run()
    process.waitUntilExit()
    status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    self.output = try String(contentsOf: output.url, encoding: .utf8)
    self.errors = try String(contentsOf: errors.url, encoding: .utf8)
  }
}

/// The program `likeness` that was built together with these tests.
enum LikenessProgram {
  static let path: String = {
    #if os(macOS)
      let tests = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundlePath ?? ""
    #else
      let tests = ProcessInfo.processInfo.arguments[0]
    #endif
    return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("likeness").path
  }()

  /// Runs it in `folder` with the tests' environment and `changes` to it; an empty value removes a variable.
  static func run(
    _ arguments: String..., changes: [String: String] = [:], folder: String? = nil
  ) throws -> ProcessResult {
    var environment = ProcessInfo.processInfo.environment
    environment["OPENBLAS_CORETYPE"] = nil
    for (name, value) in changes { environment[name] = value.isEmpty ? nil : value }
    return try ProcessResult(path, arguments, environment: environment, folder: folder)
  }
}
