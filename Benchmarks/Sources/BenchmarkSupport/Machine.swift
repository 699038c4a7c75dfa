import Foundation
import LinearAlgebra

/// The machine that figures hold for, in words.
public enum Machine {
  /// Processor, cores, memory, system, compiler and BLAS core.
  public static var summary: String {
    let system = ProcessInfo.processInfo
    let memory = Double(system.physicalMemory) / Double(1 << 30)
    return [
      processor, "\(system.activeProcessorCount) cores", "\(Int(memory.rounded())) GiB",
      systemName, swift, "OpenBLAS core \(BLASCore.current.name)",
    ].compactMap(\.self).joined(separator: ", ")
  }

  /// The model of the processor, with family and model number, because a virtual machine may tell no more than the maker.
  private static var processor: String? {
    #if os(Linux)
      guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else { return nil }
      func value(_ key: String) -> String? {
        let line = text.split(separator: "\n").first {
          $0.split(separator: ":").first?.trimmingCharacters(in: .whitespaces) == key
        }
        return line?.split(separator: ":").dropFirst().first?.trimmingCharacters(in: .whitespaces)
      }
      guard let name = value("model name") else { return nil }
      guard let family = value("cpu family"), let model = value("model") else { return name }
      return "\(name) (family \(family), model \(model))"
    #else
      return try? firstLine("/usr/sbin/sysctl", ["-n", "machdep.cpu.brand_string"])
    #endif
  }

  private static var systemName: String {
    let version = ProcessInfo.processInfo.operatingSystemVersionString
    #if os(Linux)
      let text = try? String(contentsOfFile: "/etc/os-release", encoding: .utf8)
      let line = text?.split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }
      if let name = line?.dropFirst("PRETTY_NAME=".count) { return name.filter { $0 != "\"" } }
    #endif
    return version
  }

  /// The version of the compiler on the path, which built the benchmark; nil where there is none any more.
  private static var swift: String? {
    guard let line = try? firstLine("/usr/bin/env", ["swift", "--version"]),
      let start = line.range(of: "Swift version ")
    else { return nil }
    return "Swift \(line[start.upperBound...].prefix { $0 != " " })"
  }

  /// The short hash of the commit that the package is checked out at, with a remark where files differ from it.
  static var commit: String? {
    let package = PeerFolder.package
    guard let hash = try? firstLine("/usr/bin/env", ["git", "-C", package, "rev-parse", "--short", "HEAD"]),
      !hash.isEmpty
    else { return nil }
    // What benchmarks write themselves is no change of what was measured.
    let places = [":/", ":(top,exclude)results"]
    let changes = try? ChildProcess(
      "/usr/bin/env", ["git", "-C", package, "status", "--porcelain", "--untracked-files=no", "--"] + places
    ).output
    return hash + ((changes ?? Data()).isEmpty ? "" : " with changes")
  }

  private static func firstLine(_ program: String, _ arguments: [String]) throws -> String {
    let process = try ChildProcess(program, arguments)
    guard process.status == 0 else { throw Failure("\(program) failed with status \(process.status)") }
    return String(decoding: process.output, as: UTF8.self).split(separator: "\n").first.map(String.init) ?? ""
  }
}
