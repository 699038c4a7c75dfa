import FeatureStores
import TestSupport
import Testing

@testable import Experiments

/// The pitfalls of published evaluation code that concern runs, by their numbers in the list of twenty.
@Suite("Pitfalls of runs")
struct PitfallTests {
  @Test func `Pitfall 17: the rule that chooses a checkpoint is named, and none of them looks at a test set`()
    throws
  {
    let text = TinyExperiment.Parts().text
    func definition(_ line: String) throws -> ExperimentDefinition {
      let folder = try TemporaryFolder()
      try AtomicFile.write(TinyExperiment.world, to: folder.file("world.yaml"))
      try AtomicFile.write(
        TinyExperiment.verification(name: "tiny-lfw", folds: 4), to: folder.file("tiny-lfw.yaml"))
      try AtomicFile.write(text + "\n" + line, to: folder.file("tiny.yaml"))
      return try withExtendedLifetime(folder) { try ExperimentDefinition(file: folder.file("tiny.yaml")) }
    }
    #expect(try definition("checkpoint: last").checkpoint == .last)
    // Whom another rule chooses on is no set that tests.
    let onTest = try harnessError {
      try definition("checkpoint: {name: best-validation, every: 5}\nvalidation: {set: test}")
    }
    #expect(onTest.place?.hasSuffix("validation.set") == true, "\(onTest)")
    for rule in ["best", "best-on-test"] {
      let error = try harnessError { try definition("checkpoint: \(rule)") }
      #expect(error.kind == .badInput && error.expected?.contains("last") == true, "\(error)")
    }
  }

  @Test func `Pitfall 18: runs whose readable names are the same have folders of their own`() throws {
    let names = ["ArcFace (0.5)", "ArcFace/0.5", "arcface 0.5"]
    let identities = try names.enumerated().map { try RunIdentity(of: [$0.offset], prefix: $0.element) }
    #expect(Set(identities.map(\.prefix)).count == 1)
    #expect(Set(identities.map(\.folderName)).count == 3)
  }
}
