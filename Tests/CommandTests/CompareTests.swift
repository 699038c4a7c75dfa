import FeatureStores
import Foundation
import TestSupport
import Testing

/// The command that compares two stores.
struct CompareTests {
  private func world() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try AtomicFile.write(
      """
      name: two
      version: 1
      seed: 11
      dimension: 8
      identity: {dimensions: 4, within: 0.5}
      nuisances: [{name: pose, dimensions: 4, standard-deviation: 1.0}]
      map: {layers: 1, slope: 0.3}
      sets:
        - {name: train, kind: deep, identities: 8, images-per-identity: 4}
        - {name: test, kind: lfw, identities: 24, images-per-identity: 4, folds: 3, pairs-per-fold: 12}
      """, to: folder.file("world.yaml"))
    try AtomicFile.write(
      "{name: pairs, kind: pair-verification, lists: {format: lfw}, folds: 3, far: [0.25], interval: {replicates: 100}}",
      to: folder.file("pairs.yaml"))
    let made = try LikenessProgram.run("generate", "world.yaml", "--output", "made", folder: folder.path)
    try #require(made.status == 0, "\(made.errors)")
    return folder
  }

  @Test func `Two stores are compared number by number, as a table and as JSON`() throws {
    let folder = try world()
    func run(_ format: String, _ second: String = "made/test-oracle.h5") throws -> ProcessResult {
      try LikenessProgram.run(
        "compare", "made/test.h5", second, "--protocol", "pairs.yaml", "--lists", "made/lists/test",
        "--format", format, folder: folder.path)
    }
    let table = try run("table")
    #expect(table.status == 0 && table.errors == "", "\(table.errors)")
    #expect(table.output.contains("A is made/test.h5, B is made/test-oracle.h5"))
    #expect(table.output.contains("24 people, known from the list's names, resampled 100 times"))
    #expect(table.output.contains("McNemar's test, pairs taken as independent"))
    let json = try run("json")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    let numbers = try #require(object["numbers"] as? [[String: Any]])
    #expect(numbers.compactMap { $0["name"] as? String } == ["accuracy", "AUC", "EER", "TAR at FAR 0.25"])
    #expect(numbers.allSatisfy { ($0["paired"] as? [String: Any])?["p"] != nil })
    #expect((object["decisions"] as? [String: Any])?["test"] != nil)
    let same = try run("table", "made/test.h5")
    #expect(same.status == 0 && same.errors == "warning: both stores hold the same embeddings\n")
  }

  @Test func `A store of other images is refused with what is missing`() throws {
    let folder = try world()
    let result = try LikenessProgram.run(
      "compare", "made/test.h5", "made/train.h5", "--protocol", "pairs.yaml", "--lists", "made/lists/test",
      folder: folder.path)
    #expect(result.status == 65 && result.output == "")
    #expect(
      result.errors.contains("made/train.h5, names: ")
        && result.errors.contains("images of made/test.h5 missing: "))
  }
}
