import Evaluation
import FeatureStores
import Foundation
import TestSupport
import Testing

/// The readers of real lists read the lists that worlds write, under the protocols that ship for them.
@Suite("Lists of synthetic worlds")
struct SyntheticListTests {
  private static let world = """
    name: family
    version: 1
    seed: 3
    dimension: 12
    identity: {dimensions: 6, within: 0.4}
    nuisances:
      - {name: pose, dimensions: 3, standard-deviation: 0.5}
      - {name: age, dimensions: 3, standard-deviation: 0.5}
    map: {layers: 1, slope: 0.5}
    effects:
      - {of: pose, on: pose, shift: 2}
      - {of: age, on: age, shift: 0.3}
      - {of: quality, on: identity, scale: 3}
    sets:
      - {name: lfw, kind: lfw, identities: 60, images-per-identity: 4, pairs-per-fold: 12}
      - {name: cfp, kind: cfp, identities: 40, pairs-per-fold: 20}
      - {name: agedb-30, kind: agedb, identities: 60, images-per-identity: 8, pairs-per-fold: 8, images: {ages: [10, 70]}}
      - {name: calfw, kind: calfw, identities: 60, images-per-identity: 6, pairs-per-fold: 8, images: {ages: [10, 70]}}
      - name: cplfw
        kind: cplfw
        identities: 60
        images-per-identity: 6
        pairs-per-fold: 8
        images: {profile: 0.4, quality: [0.3, 1]}
    """

  @Test(arguments: [
    ("lfw", "lfw", 12), ("cfp-ff", "cfp", 20), ("cfp-fp", "cfp", 20), ("agedb-30", "agedb-30", 8),
    ("calfw", "calfw", 8), ("cplfw", "cplfw", 8),
  ])
  func `Every pair is read, in ten balanced folds of different people, and says who is on it`(
    name: String, set: String, pairsPerFold: Int
  ) throws {
    let folder = try TemporaryFolder()
    let definition = try WorldDefinition(ConfigurationNode(text: Self.world, file: "family.yaml"))
    let generator = WorldGenerator(definition, folder: folder.file("world"))
    try generator.generate()
    let store = try FeatureStore(opening: StoreLocation(path: generator.store(of: set)))
    let names = try #require(store.names)
    let labels = try #require(store.labels)
    let task = try VerificationTask(
      ProtocolDefinition.located("synthetic-\(name)", folder: ProtocolDefinitionTests.folder),
      lists: generator.lists(of: set), names: names, source: "\(set).h5")
    // A warning would name people in two folds, labels that contradict names, or images compared with themselves.
    #expect(task.warnings == [] && task.foldCount == 10)
    #expect(task.pairs.count == 10 * 2 * pairsPerFold)
    for pair in task.pairs {
      let (first, second) = (try #require(pair.firstRow), try #require(pair.secondRow))
      #expect((labels[first] == labels[second]) == pair.listed.isGenuine)
      #expect(pair.listed.firstIdentity != nil && pair.listed.secondIdentity != nil)
      if let pose = store.pose {
        #expect([pose[first], pose[second]] == (name == "cfp-ff" ? [0, 0] : [0, 1]))
      }
    }
    let folds = (0..<10).map { task.identities(inFold: $0) }
    #expect(folds.joined().count == Set(folds.joined()).count)
  }
}
