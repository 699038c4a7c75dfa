import Foundation
import Testing

@testable import LinearAlgebra

@Suite struct BLASCoreTests {
  /// A stand-in for a build of OpenBLAS that has `cores`, the oldest first, and runs `running`.
  final class Build {
    var running: String
    let cores: [String]
    private(set) var asked: [String] = []

    init(running: String, cores: [String] = ["Prescott", "Haswell", "SkylakeX"]) {
      self.running = running
      self.cores = cores
    }

    func library(canChoose: Bool = true) -> BLASCore.Library {
      BLASCore.Library(
        coreName: { self.running },
        choose: canChoose
          ? { core in
            self.asked.append(core)
            self.running = self.cores.contains(core) ? core : self.cores[0]
          } : nil,
        version: "stand-in")
    }
  }

  @Test(arguments: [
    ("SkylakeX", 2), ("Cooperlake", 2), ("Haswell", 1), ("Zen", 1), ("Haswell", 0), ("Prescott", 0),
  ])
  func aCoreAsGoodAsTheCPUIsLeftAlone(core: String, level: Int) {
    let build = Build(running: core)
    let choice = BLASCore(library: build.library(), requested: "", vectorLevel: level)
    #expect(choice.name == core && choice.replaced == nil && choice.warning == nil && build.asked == [])
    #expect(choice.version == "stand-in")
  }

  @Test(arguments: [
    ("Prescott", 2, "SkylakeX"), ("Prescott", 1, "Haswell"), ("Haswell", 2, "SkylakeX"),
    ("Zen", 2, "SkylakeX"),
    ("Sandybridge", 1, "Haswell"),
  ])
  func aCoreBelowTheCPUIsReplaced(found: String, level: Int, expected: String) {
    let choice = BLASCore(library: Build(running: found).library(), requested: "", vectorLevel: level)
    #expect(choice.name == expected && choice.replaced == found && choice.warning == nil)
  }

  @Test func aCoreThatTheUserRequestedIsKeptWithAWarning() throws {
    let build = Build(running: "Prescott")
    let choice = BLASCore(library: build.library(), requested: "prescott", vectorLevel: 2)
    #expect(build.asked == [] && choice.name == "Prescott" && choice.replaced == nil)
    #expect(choice.requested == "prescott")
    let warning = try #require(choice.warning)
    #expect(warning.contains("SkylakeX") && warning.contains("Unset"))
    let best = BLASCore(library: Build(running: "SkylakeX").library(), requested: "SKYLAKEX", vectorLevel: 2)
    #expect(best.warning == nil)
  }

  @Test func aRequestThatTheBuildDoesNotKnowIsReported() throws {
    let build = Build(running: "Prescott")
    let choice = BLASCore(library: build.library(), requested: "skylakes", vectorLevel: 2)
    #expect(build.asked == [])
    #expect(
      try #require(choice.warning).contains("asks for the skylakes kernels, but OpenBLAS runs Prescott"))
  }

  @Test func aBuildThatCannotChooseIsUsedAsItIsWithAWarning() throws {
    let build = Build(running: "Prescott")
    let choice = BLASCore(library: build.library(canChoose: false), requested: "", vectorLevel: 2)
    #expect(choice.name == "Prescott" && choice.replaced == nil)
    let warning = try #require(choice.warning)
    #expect(warning.contains("OPENBLAS_CORETYPE=SkylakeX") && warning.contains("cannot be told"))
  }

  @Test func aBuildWithoutTheBestCoreGetsTheNextBest() throws {
    let build = Build(running: "Prescott", cores: ["Prescott", "Haswell"])
    let choice = BLASCore(library: build.library(), requested: "", vectorLevel: 2)
    #expect(choice.name == "Haswell" && choice.replaced == "Prescott")
    #expect(try #require(choice.warning).contains("this CPU can run SkylakeX"))
  }

  @Test func aBuildThatKnowsNoneOfTheBetterCoresIsPutBack() throws {
    let build = Build(running: "Zen", cores: ["Prescott", "Zen"])
    let choice = BLASCore(library: build.library(), requested: "", vectorLevel: 2)
    #expect(choice.name == "Zen" && choice.replaced == nil)
    #expect(choice.warning != nil)
  }

  @Test(arguments: [
    ("SkylakeX", 2), ("Cooperlake", 2), ("SapphireRapids", 2), ("Haswell", 1), ("Zen", 1), ("Excavator", 1),
    ("Prescott", 0), ("Nehalem", 0), ("Sandybridge", 0), ("Bulldozer", 0), ("haswell", 1), ("Zen9", 2),
    ("neoversen1", 2),
  ])
  func levelOfACore(name: String, level: Int) {
    #expect(BLASCore.vectorLevel(ofCore: name) == level)
  }
}
