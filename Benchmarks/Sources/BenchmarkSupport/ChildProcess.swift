public import Foundation

/// A program that was run to its end; what it wrote to standard error was passed through.
public struct ChildProcess: Sendable {
  public let status: Int32
  /// What it wrote to standard output.
  public let output: Data

  /// Runs `program` with this process's environment and the given changes to it.
  public init(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = pipe
    try process.run()
    output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    status = process.terminationStatus
  }
}
