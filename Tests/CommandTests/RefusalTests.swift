import FeatureStores
import Foundation
import TestSupport
import Testing

/// What would replace or mix what is there already is refused.
struct RefusalTests {
  private static func world(_ name: String) -> String {
    """
    name: \(name)
    version: 1
    seed: 11
    dimension: 8
    identity: {dimensions: 4, within: 0.5}
    nuisances: [{name: pose, dimensions: 4, standard-deviation: 1.0}]
    map: {layers: 1, slope: 0.3}
    sets:
      - {name: train, kind: deep, identities: 8, images-per-identity: 4}
      - {name: test, kind: lfw, identities: 12, images-per-identity: 4, folds: 3, pairs-per-fold: 6}
    """
  }

  @Test func aFolderOfOneWorldTakesNoOther() throws {
    let folder = try TemporaryFolder()
    for name in ["one", "other"] {
      try AtomicFile.write(Self.world(name), to: folder.file("\(name).yaml"))
    }
    let first = try LikenessProgram.run("generate", "one.yaml", "--output", "made", folder: folder.path)
    #expect(first.status == 0, "\(first.errors)")
    let before = try #require(FileManager.default.contents(atPath: folder.file("made/train.h5")))
    let second = try LikenessProgram.run("generate", "other.yaml", "--output", "made", folder: folder.path)
    #expect(second.status == 65 && second.errors.contains("made, world.json: another world"))
    #expect(FileManager.default.contents(atPath: folder.file("made/train.h5")) == before)
    let again = try LikenessProgram.run("generate", "one.yaml", "--output", "made", folder: folder.path)
    #expect(again.status == 0 && again.output.contains("already"))
  }

  @Test func aReportOfNothingLeavesEarlierTablesAsTheyAre() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write(Self.world("one"), to: folder.file("world.yaml"))
    try AtomicFile.write(
      "{name: pairs, kind: pair-verification, lists: {format: lfw}, folds: 3, far: [0.5]}",
      to: folder.file("pairs.yaml"))
    try AtomicFile.write(
      """
      name: nothing
      data:
        world: {definition: world.yaml, train: train}
      protocols: [{protocol: pairs.yaml, set: test}]
      networks: {small: [{linear: 4}]}
      losses: [normface]
      training: {steps: 2, batch: 8, optimiser: {learning-rate: 0.05}}
      seeds: [1]
      """, to: folder.file("nothing.yaml"))
    try FileManager.default.createDirectory(
      atPath: folder.file("results/nothing"), withIntermediateDirectories: true)
    try AtomicFile.write("earlier", to: folder.file("results/nothing/pairs.md"))
    let refused = try LikenessProgram.run("report", "nothing.yaml", folder: folder.path)
    #expect(refused.status == 66 && refused.errors.contains("no finished run in results/runs"))
    #expect(
      try String(contentsOfFile: folder.file("results/nothing/pairs.md"), encoding: .utf8) == "earlier")
    let run = try LikenessProgram.run("run", "nothing.yaml", folder: folder.path)
    #expect(run.status == 0, "\(run.errors)")
    #expect(try LikenessProgram.run("report", "nothing.yaml", folder: folder.path).status == 0)
    #expect(
      try String(contentsOfFile: folder.file("results/nothing/pairs.md"), encoding: .utf8).contains(
        "NormFace"))
  }
}
