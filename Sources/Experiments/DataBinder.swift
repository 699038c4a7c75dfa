import Evaluation
import FeatureStores
import Foundation
import LinearAlgebra

/// Finds, checks and loads the data of an experiment.
struct DataBinder {
  let definition: ExperimentDefinition
  /// The folder given with `--data`.
  let data: String?
  let results: String
  let workers: Workers

  func bind(note: (String) -> Void) throws -> [BoundDataset] {
    switch definition.data {
    case .world(let world, let train): return [try bind(world, train: train, note: note)]
    case .stores(let train): return [try bind(train: train)]
    case .folds(let stores, let unlisted): return try stores.map { try bind(foldwise: $0, unlisted) }
    }
  }

  private func bind(_ world: WorldDefinition, train: String, note: (String) -> Void) throws -> BoundDataset {
    let folder = "\(results)/worlds/\(world.name)-\(try world.digest().prefix(16))"
    let generator = WorldGenerator(world, folder: folder)
    if try !generator.isComplete() {
      do {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      } catch {
        throw HarnessError(
          .cannotWrite, file: folder, found: "the folder cannot be made (\(error.localizedDescription))",
          advice: "Check permissions and free space, or choose another folder with --results.")
      }
      // Two processes must not write one world at the same time; the second finds it complete.
      let lock = try FileLock.acquire("\(folder)/lock", waiting: true)
      defer { withExtendedLifetime(lock) {} }
      if try !generator.isComplete() {
        note("generating the world \(world.name) in \(folder)")
        try generator.generate(workers: workers)
      }
    }
    let training = try labelled(StoreLocation(path: generator.store(of: train)))
    let tests = try definition.protocols.map { use in
      let store = try FeatureStore(opening: StoreLocation(path: generator.store(of: use.source)))
      let oracle = try FeatureStore(opening: StoreLocation(path: generator.oracleStore(of: use.source)))
      let table = try EmbeddingTable(store)
      return BoundTest(
        task: try task(use, lists: generator.lists(of: use.source), table), table: table,
        digest: try store.digest(), oracle: try WorldOracle(world, store: oracle))
    }
    return BoundDataset(
      name: world.name, features: try training.store.features(), labels: training.labels,
      digest: try training.store.digest(), tests: tests, trainingRows: nil)
  }

  private func bind(train: String) throws -> BoundDataset {
    let training = try labelled(try location(train))
    let tests = try definition.protocols.map { use in
      let store = try FeatureStore(opening: try location(use.source))
      let table = try EmbeddingTable(store)
      return BoundTest(
        task: try task(use, lists: try path(use.lists ?? ""), table), table: table,
        digest: try store.digest(),
        oracle: nil)
    }
    return BoundDataset(
      name: Self.name(of: train), features: try training.store.features(), labels: training.labels,
      digest: try training.store.digest(), tests: tests, trainingRows: nil)
  }

  private func bind(foldwise file: String, _ unlisted: ExperimentData.UnlistedIdentities) throws
    -> BoundDataset
  {
    let training = try labelled(try location(file))
    let table = try EmbeddingTable(training.store)
    let digest = try training.store.digest()
    let tests = try definition.protocols.map { use in
      BoundTest(
        task: try task(use, lists: try path(use.lists ?? ""), table), table: table, digest: digest,
        oracle: nil)
    }
    let listed = try tests.map { test -> [Set<Int>] in
      let folds = (0..<test.task.foldCount).map { fold in
        Set(test.task.rows(inFold: fold).map { training.labels[$0] })
      }
      try requireDisjoint(folds, test)
      return folds
    }
    guard let count = listed.first?.count, count >= 3, listed.allSatisfy({ $0.count == count }) else {
      throw HarnessError(
        .badInput, file: definition.file, place: "protocols",
        found: "lists of \(listed.map { "\($0.count)" }.joined(separator: ", ")) folds",
        expected: "the same number of folds in each, at least 3")
    }
    return BoundDataset(
      name: Self.name(of: file), features: table.features, labels: training.labels, digest: digest,
      tests: tests,
      trainingRows: FoldSelection.trainingRows(labels: training.labels, listed: listed, unlisted: unlisted))
  }

  /// Fold-wise training is honest only where no identity is in two folds.
  private func requireDisjoint(_ folds: [Set<Int>], _ test: BoundTest) throws {
    for (index, fold) in folds.enumerated() {
      for (other, earlier) in folds[..<index].enumerated() {
        let shared = fold.intersection(earlier).count
        if shared > 0 {
          throw HarnessError(
            .badInput, file: definition.file, place: "protocol \(test.name)",
            found: "\(shared) identities in both fold \(other + 1) and fold \(index + 1) of the lists",
            expected: "folds with different identities",
            advice: "Fold-wise training would train on test identities.")
        }
      }
    }
  }

  private func labelled(_ location: StoreLocation) throws -> (store: FeatureStore, labels: [Int]) {
    let store = try FeatureStore(opening: location)
    guard let labels = store.labels else {
      throw HarnessError(
        .missingInput, file: location.description, place: "labels", found: "no such dataset",
        expected: "the identity of each row: the store is trained on")
    }
    return (store, labels.map { Int($0) })
  }

  private func task(_ use: ProtocolUse, lists: String, _ table: EmbeddingTable) throws -> VerificationTask {
    try VerificationTask(
      try ProtocolDefinition(file: use.file), lists: lists, names: table.names, source: table.source)
  }

  private func location(_ text: String) throws -> StoreLocation {
    StoreLocation(try path(text))
  }

  /// A path in the data folder.
  private func path(_ text: String) throws -> String {
    if text.hasPrefix("/") { return text }
    guard let data else {
      throw HarnessError(
        .missingInput, file: definition.file, place: "data",
        found: "the data ‘\(text)’, but no folder to find it in",
        advice: "Give the folder of the stores and lists with --data DIR.")
    }
    return "\(data)/\(text)"
  }

  /// `cfp_dlib` of `stores/cfp_dlib.h5`.
  private static func name(of file: String) -> String {
    ((StoreLocation(file).path as NSString).lastPathComponent as NSString).deletingPathExtension
  }
}
