import FeatureStores
import Foundation
import TestSupport

/// A folder with an experiment `small.yaml` of two losses and two seeds on a small world, in which commands run.
struct SmallExperiment {
  static let world = """
    name: little
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

  static let text = """
    name: small
    data:
      world: {definition: world.yaml, train: train}
    protocols: [{protocol: pairs.yaml, set: test}]
    networks: {narrow: [{linear: 6}, batch-norm, prelu, {linear: 4}]}
    losses: [normface, {name: cosface, scale: 8, margin: 0.2}]
    training: {steps: 4, batch: 8, optimiser: {learning-rate: 0.05}}
    seeds: [1, 2]

    """

  let folder: TemporaryFolder

  init(_ text: String = Self.text) throws {
    folder = try TemporaryFolder()
    try AtomicFile.write(Self.world, to: folder.file("world.yaml"))
    try AtomicFile.write(
      "{name: pairs, kind: pair-verification, lists: {format: lfw}, folds: 3, far: [0.5]}",
      to: folder.file("pairs.yaml"))
    try AtomicFile.write(text, to: folder.file("small.yaml"))
  }

  func run(_ arguments: String...) throws -> ProcessResult { try run(arguments) }

  func run(_ arguments: [String]) throws -> ProcessResult {
    var environment = ProcessInfo.processInfo.environment
    environment["OPENBLAS_CORETYPE"] = nil
    return try ProcessResult(
      LikenessProgram.path, arguments, environment: environment, folder: folder.path)
  }

  /// The names of the folders of runs, sorted.
  func runs() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.file("results/runs")).sorted()
  }

  func text(_ file: String) throws -> String {
    try String(contentsOfFile: folder.file(file), encoding: .utf8)
  }
}
