import Foundation

/// What this process has taken so far.
public struct ProcessUsage: Sendable {
  /// The peak of its resident memory, which never falls: what is to be compared is measured in a process of its own.
  public let peakMiB: Double
  /// How often memory was mapped in without reading a file, which is what large allocations that come and go cost.
  public let pageFaults: Int

  public init() {
    var usage = rusage()
    #if os(Linux)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      peakMiB = Double(usage.ru_maxrss) / 1024
    #else
      getrusage(RUSAGE_SELF, &usage)
      peakMiB = Double(usage.ru_maxrss) / 1_048_576
    #endif
    pageFaults = Int(usage.ru_minflt)
  }
}
