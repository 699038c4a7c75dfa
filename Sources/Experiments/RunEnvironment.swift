import Foundation
import LinearAlgebra

/// Where and when a run was made: beside every result, outside its identity and its bytes.
public struct RunEnvironment: Codable, Sendable, Equatable {
  public var commit: String
  /// ISO 8601, UTC, when the run finished.
  public var date: String
  public var host: String
  public var processor: String
  public var operatingSystem: String
  public var blasCore: String
  public var blasVersion: String
  public var threads: Int
  /// Seconds spent on training by the attempt that finished it, and on all evaluations. Attempts that ended earlier left no time behind.
  public var trainingSeconds: Double
  public var evaluationSeconds: Double
  /// The mean time of a step of the attempt that finished the training, without checkpoints and diagnostics, and with the validations that
  /// choose a checkpoint; nil where nothing was trained.
  public var secondsPerStep: Double?
  /// The time of embedding an image with the finished network, in batches; nil unless the diagnostic `cost` asked for it.
  public var secondsPerEmbedding: Double?
  /// The greatest resident memory of the process, in bytes.
  public var peakMemory: Int

  /// The environment of this process now.
  public static func current(threads: Int, trainingSeconds: Double, evaluationSeconds: Double)
    -> RunEnvironment
  {
    RunEnvironment(
      commit: Commit.current, date: Date.now.formatted(.iso8601), host: ProcessInfo.processInfo.hostName,
      processor: processorName(), operatingSystem: ProcessInfo.processInfo.operatingSystemVersionString,
      blasCore: BLASCore.current.name, blasVersion: BLASCore.current.version, threads: threads,
      trainingSeconds: trainingSeconds, evaluationSeconds: evaluationSeconds, peakMemory: peakResidentMemory()
    )
  }

  /// The CPU's model name, where the system tells it.
  public static func processorName() -> String {
    guard let information = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else {
      return "unknown"
    }
    for line in information.split(separator: "\n") where line.hasPrefix("model name") {
      if let value = line.split(separator: ":").dropFirst().first {
        return value.trimmingCharacters(in: .whitespaces)
      }
    }
    return "unknown"
  }

  private static func peakResidentMemory() -> Int {
    var usage = rusage()
    // Glibc imports the argument as an enumeration; memory is in kilobytes on Linux, in bytes on Darwin.
    #if os(Linux)
      guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
      return usage.ru_maxrss * 1024
    #else
      guard getrusage(RUSAGE_SELF, &usage) == 0 else { return 0 }
      return usage.ru_maxrss
    #endif
  }
}
