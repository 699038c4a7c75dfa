import Foundation
import TestSupport
import Testing

@Suite struct DoctorTests {
  /// The parts of `doctor --format json` that are looked at here.
  struct Report: Decodable {
    struct Kernels: Decodable {
      var core: String
      var replaced: String?
      var requested: String?
    }

    struct Speed: Decodable {
      var threads: Int
      var productsGFLOPS: Double
      var peakGFLOPS: Double
      var share: Double
    }

    struct Library: Decodable {
      var name: String
      var version: String
    }

    struct Problem: Decodable {
      var severity: String
      var kind: String
      var found: String
      var advice: String
    }

    var kernels: Kernels
    var speed: [Speed]
    var libraries: [Library]
    var figureFontIsInstalled: Bool
    var problems: [Problem]

    init(_ result: ProcessResult) throws {
      self = try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
    }
  }

  @Test func aSoundMachineHasNoErrors() throws {
    let folder = try TemporaryFolder()
    let result = try LikenessProgram.run("doctor", "--format", "json", folder: folder.path)
    #expect(result.status == 0 && result.errors == "")
    let report = try Report(result)
    #expect(report.problems.allSatisfy { $0.severity == "warning" })
    #expect(report.libraries.map(\.name) == ["OpenBLAS", "HDF5", "libpng", "cairo", "OpenSSL", "Swift"])
    #expect(report.libraries.allSatisfy { $0.version.contains { $0.isNumber } })
    #expect(report.speed.first?.threads == 1)
    for speed in report.speed {
      #expect(speed.productsGFLOPS > 0 && speed.peakGFLOPS > 0)
      #expect(abs(speed.share - speed.productsGFLOPS / speed.peakGFLOPS) < 1e-12)
    }
    #expect(report.figureFontIsInstalled, "scripts/setup.sh installs it")
    #expect(report.kernels.requested == nil)
    // Nothing stays behind in the folders that were tried.
    #expect(try folder.contents() == [])
  }

  @Test func threadsThatGainLittleAreWarnedOf() throws {
    let report = try Report(LikenessProgram.run("doctor", "--format", "json"))
    let one = try #require(report.speed.first)
    let all = try #require(report.speed.last)
    let gain = all.productsGFLOPS / one.productsGFLOPS
    // Whether there is such a warning depends on the machine and on what else it does; when there is one does not.
    let isWorthIt = all.threads == 1 || gain >= 1 + 0.25 * Double(all.threads - 1)
    let warnings = report.problems.filter { $0.found.hasPrefix("\(all.threads) threads are ") }
    #expect(warnings.count == (isWorthIt ? 0 : 1), "\(gain)")
    for warning in warnings {
      #expect(warning.severity == "warning")
      #expect(warning.found.contains(gain < 1 ? " slower than one thread" : " little faster than one thread"))
      #expect(warning.advice.contains("busy") && warning.advice.contains("share a core"))
    }
  }

  @Test func theTableShowsTheSame() throws {
    let folder = try TemporaryFolder()
    let result = try LikenessProgram.run("doctor", folder: folder.path)
    #expect(result.status == 0)
    for row in ["BLAS core", "products, 1 thread", "OpenBLAS", "HDF5", "folder results", "font DejaVu Sans"] {
      #expect(result.output.split(separator: "\n").contains { $0.hasPrefix(row) }, "\(row)")
    }
  }

  #if arch(x86_64)
    @Test(arguments: ["Prescott", "Sandybridge"])
    func theUsersCoreIsKeptAndCommentedOn(core: String) throws {
      let chosen = try Report(LikenessProgram.run("doctor", "--format", "json")).kernels.core
      let result = try LikenessProgram.run(
        "doctor", "--format", "json", changes: ["OPENBLAS_CORETYPE": core])
      #expect(result.status == 0)
      let report = try Report(result)
      #expect(report.kernels.requested == core && report.kernels.replaced == nil)
      #expect(report.kernels.core == core)
      if chosen != core {
        let warning = try #require(report.problems.first)
        #expect(warning.severity == "warning")
        #expect(warning.found.contains("OPENBLAS_CORETYPE asks for the \(core) kernels"))
        // It names the core of the vector registers that there are, of which a newer one, as Cooperlake of SkylakeX, may be chosen.
        #expect(["Haswell", "SkylakeX"].contains { warning.found.contains("this CPU can run \($0)") })
      }
    }
  #endif

  @Test(arguments: ["--results", "--figures"])
  func aFolderThatCannotBeWrittenExitsWith73(option: String) throws {
    // A file in the way stops every user, root too.
    let folder = try TemporaryFolder()
    try Data().write(to: URL(fileURLWithPath: folder.file("occupied")))
    let result = try LikenessProgram.run(
      "doctor", "--format", "json", option, "occupied/deeper", folder: folder.path)
    #expect(result.status == 73)
    let errors = try Report(result).problems.filter { $0.severity == "error" }
    #expect(errors.map(\.kind) == ["cannotWrite"])
    #expect(errors.map(\.found) == ["the folder occupied/deeper cannot be written"])
  }
}
