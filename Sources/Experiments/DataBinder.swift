import Evaluation
import FeatureStores
import Foundation
import Learning
import LinearAlgebra

/// Finds, checks and loads the data of an experiment.
struct DataBinder {
  let definition: ExperimentDefinition
  /// The folder given with `--data`.
  let data: String?
  let results: String
  let workers: Workers
  /// Whether a world that is missing is generated.
  var generatesWorlds = true

  func bind(note: (String) -> Void, progress: (_ images: Int, _ total: Int) throws -> Void) throws
    -> [BoundDataset]
  {
    switch definition.data {
    case .worlds(let sets):
      let datasets = try sets.map { try bind($0, note: note, progress: progress) }
      try requireDifferentContent(datasets, of: sets.map(\.name), place: "data.world")
      return datasets
    case .stores(let train): return [try bind(train: train)]
    case .folds(let stores, let unlisted):
      let names = Self.names(of: stores)
      let datasets = try zip(stores, names).map { try bind(foldwise: $0, name: $1, unlisted) }
      try requireDifferentContent(datasets, of: stores, place: "data.folds.stores")
      return datasets
    }
  }

  /// Whether binding finds all data in their place: a world that is generated, or a folder of real data that was given.
  func isPresent() throws -> Bool {
    guard case .worlds(let sets) = definition.data else { return data != nil }
    return try sets.allSatisfy { try generator($0.definition).isComplete() }
  }

  private func generator(_ world: WorldDefinition) throws -> WorldGenerator {
    WorldGenerator(world, folder: "\(results)/worlds/\(world.name)-\(try world.digest().prefix(16))")
  }

  private func bind(
    _ set: ExperimentData.TrainingSet, note: (String) -> Void,
    progress: (_ images: Int, _ total: Int) throws -> Void
  ) throws -> BoundDataset {
    let world = set.definition
    let generator = try generator(world)
    let folder = generator.folder
    if try !generator.isComplete() {
      guard generatesWorlds else {
        throw HarnessError(
          .missingInput, file: definition.file,
          found: "no finished run in \(results)/runs: the world ‘\(world.name)’ is not generated there",
          expected: "at least one",
          advice:
            "\(RunCommand(definition, data: data, results: results)) generates it and makes the runs.")
      }
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
        try AtomicFile.removeAbandoned(in: folder)
        try generator.generate(workers: workers, progress: progress)
      }
    }
    let training = try labelled(StoreLocation(path: generator.store(of: set.train)))
    let tests = try definitions().map { use, name, rules in
      let store = try FeatureStore(opening: StoreLocation(path: generator.store(of: use.source)))
      let test = try test(name, rules, lists: generator.lists(of: use.source), store)
      let latents = try FeatureStore(opening: StoreLocation(path: generator.oracleStore(of: use.source)))
      let oracle = try WorldOracle(world, store: latents)
      return BoundTest(
        name: name, task: test.task, embeddings: test.embeddings, digest: test.digest,
        oracle: test.task.hasCeiling(by: oracle) ? oracle : nil)
    }
    var dataset = try dataset(set.name, training, tests)
    if case .set(let name)? = definition.validation?.source {
      let validation = try labelled(StoreLocation(path: generator.store(of: name)))
      dataset.validations = [
        try validationSet(
          features: try validation.store.features(), labels: validation.labels,
          store: try validation.store.digest(), rows: nil)
      ]
    }
    return dataset
  }

  /// Training images that one run serves all of the protocols with.
  private func dataset(_ name: String, _ training: (store: FeatureStore, labels: [Int]), _ tests: [BoundTest])
    throws -> BoundDataset
  {
    var dataset = BoundDataset(
      name: name, features: try training.store.features(), labels: training.labels,
      digest: try training.store.digest(), tests: tests, trainingRows: nil)
    let split = try split(rows: nil, labels: training.labels)
    dataset.derivedRows = split.training
    dataset.validations = try validationSets(of: dataset, heldOut: [split.heldOut])
    return dataset
  }

  private func bind(train: String) throws -> BoundDataset {
    let training = try labelled(try location(train))
    let tests = try definitions().map { use, name, rules in
      let store = try FeatureStore(opening: try location(use.source))
      return try test(name, rules, lists: path(use.lists ?? ""), store)
    }
    return try dataset(Self.names(of: [train])[0], training, tests)
  }

  private func bind(foldwise file: String, name: String, _ unlisted: ExperimentData.UnlistedIdentities)
    throws -> BoundDataset
  {
    let training = try labelled(try location(file))
    let table = try EmbeddingTable(training.store)
    let digest = try training.store.digest()
    let tests = try definitions().map { use, name, rules in
      BoundTest(
        name: name,
        task: try rules.task(lists: path(use.lists ?? ""), names: table.names, source: table.source),
        embeddings: table, digest: digest, oracle: nil)
    }
    let listed = try tests.map { test -> [Set<Int>] in
      guard let task = test.verification else {
        throw HarnessError(
          .badInput, file: definition.file, place: "protocol \(test.name)",
          found: "the kind ‘\(type(of: test.task.definition.kind).name)’, which has no folds",
          expected: "‘\(PairVerification.name)’", advice: "Fold-wise training goes by the folds of the lists."
        )
      }
      let folds = (0..<task.foldCount).map { fold in
        Set(task.rows(inFold: fold).map { training.labels[$0] })
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
    let splits = try FoldSelection.trainingRows(labels: training.labels, listed: listed, unlisted: unlisted)
      .map { try split(rows: $0, labels: training.labels) }
    var dataset = BoundDataset(
      name: name, features: table.features, labels: training.labels, digest: digest, tests: tests,
      trainingRows: splits.map { $0.training ?? [] })
    dataset.validations = try validationSets(of: dataset, heldOut: splits.map(\.heldOut))
    return dataset
  }

  /// What of `rows` (nil: all) trains, nil for all of the store, and what is held out for validation.
  ///
  /// Validation identities are taken with all their images, before the experiment's derivation takes from the rest.
  private func split(rows: [Int]?, labels: [Int]) throws -> (training: [Int]?, heldOut: [Int]) {
    var rows = rows
    var heldOut: [Int] = []
    if case .heldOut(let count)? = definition.validation?.source {
      let all = rows ?? Array(labels.indices)
      var identities = Set(all.map { labels[$0] }).sorted()
      guard identities.count >= count + 2 else {
        throw HarnessError(
          .badInput, file: definition.file, place: "validation.held-out",
          found: "\(count) of \(identities.count) training identities",
          expected: "at least 2 that are left to train")
      }
      var stream = RandomStream(seed: 0, name: "validation.identities")
      stream.shuffle(&identities)
      let chosen = Set(identities.prefix(count))
      heldOut = all.filter { chosen.contains(labels[$0]) }
      rows = all.filter { !chosen.contains(labels[$0]) }
    }
    guard let derivation = definition.derivation else { return (rows, heldOut) }
    do {
      let taken = try derivation.rows(labels: rows.map { $0.map { labels[$0] } } ?? labels)
      return (rows.map { rows in taken.map { rows[$0] } } ?? taken, heldOut)
    } catch var error as HarnessError {
      (error.file, error.place) = (definition.file, "data.derive")
      throw error
    }
  }

  /// The validation images that were held out, a set for each run's fold; none without.
  private func validationSets(of dataset: BoundDataset, heldOut: [[Int]]) throws -> [ValidationSet] {
    guard case .heldOut? = definition.validation?.source else { return [] }
    return try heldOut.map { rows in
      try validationSet(
        features: dataset.features.gathering(rows: rows), labels: rows.map { dataset.labels[$0] },
        store: dataset.digest, rows: rows)
    }
  }

  private func validationSet(features: Matrix<Float>, labels: [Int], store: String, rows: [Int]?) throws
    -> ValidationSet
  {
    try ValidationSet(
      features: features, labels: labels, store: store, rows: rows,
      pairs: definition.validation?.pairs ?? 0, file: definition.file, place: "validation")
  }

  /// Fold-wise training is honest only where no identity is in two folds.
  private func requireDisjoint(_ folds: [Set<Int>], _ test: BoundTest) throws {
    for (index, fold) in folds.enumerated() {
      for (other, earlier) in folds[..<index].enumerated() {
        let shared = fold.intersection(earlier).count
        if shared > 0 {
          throw HarnessError(
            .badInput, file: definition.file, place: "protocol \(test.name)",
            found:
              "\(CountedNoun(shared, "identity", plural: "identities")) in both fold \(other + 1) and fold \(index + 1) of the lists",
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

  /// The protocols, each with its rules and with a name of its own.
  private func definitions() throws -> [(use: ProtocolUse, name: String, rules: ProtocolDefinition)] {
    let rules = try definition.protocols.map { try ProtocolDefinition(file: $0.file) }
    for (index, own) in rules.enumerated() {
      let kind = type(of: own.kind).name
      guard EvaluationRecord.kinds.contains(where: { $0.name == kind }) else {
        throw HarnessError(
          .badInput, file: definition.file, place: "protocols[\(index)]",
          found: "the protocol ‘\(own.name)’ of the kind ‘\(kind)’",
          expected: "one of the kinds \(EvaluationRecord.kinds.map { $0.name }.joined(separator: ", "))",
          advice: "Experiments do not run that kind; likeness evaluate does.")
      }
    }
    let tests = zip(definition.protocols, rules).map { use, own in
      let isAlone = rules.count { $0.name == own.name } == 1
      let name = isAlone ? own.name : "\(own.name)-\(RunIdentity.readable(use.place))"
      return (use: use, name: name, rules: own)
    }
    for (index, test) in tests.enumerated() where tests[..<index].contains(where: { $0.name == test.name }) {
      throw HarnessError(
        .badInput, file: definition.file, place: "protocols[\(index)]",
        found: "the protocol name ‘\(test.name)’ a second time", expected: "a name for each",
        advice: "The names are in the protocols' files.")
    }
    return tests
  }

  /// A protocol bound to a store: pairs of images to its features in memory, other kinds to the store itself, which may be large.
  private func test(_ name: String, _ rules: ProtocolDefinition, lists: String, _ store: FeatureStore) throws
    -> BoundTest
  {
    let embeddings: any EmbeddingSource =
      rules.pairVerification != nil ? try EmbeddingTable(store) : try StoreEmbeddings(store)
    return BoundTest(
      name: name, task: try rules.task(lists: lists, names: embeddings.names, source: embeddings.source),
      embeddings: embeddings, digest: try store.digest(), oracle: nil)
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

  /// What tables call stores: `cfp_dlib` of `stores/cfp_dlib.h5`, and what tells them apart as well where two would be called the same.
  static func names(of files: [String]) -> [String] {
    let short = files.map { file in
      let location = StoreLocation(file)
      let name = ((location.path as NSString).lastPathComponent as NSString).deletingPathExtension
      return ([name] + location.group.split(separator: "/").map(String.init)).joined(separator: "-")
    }
    return zip(files, short).map { file, name in
      short.count { $0 == name } == 1 ? name : RunIdentity.readable(file)
    }
  }

  /// Rows of equal content would be the same runs under two names.
  private func requireDifferentContent(_ datasets: [BoundDataset], of stores: [String], place: String) throws
  {
    for (index, dataset) in datasets.enumerated() {
      if let other = datasets[..<index].firstIndex(where: {
        $0.digest == dataset.digest || $0.name == dataset.name
      }) {
        throw HarnessError(
          .badInput, file: definition.file, place: place,
          found: "‘\(stores[index])’ with the name or the content of ‘\(stores[other])’",
          expected: "different images")
      }
    }
  }
}
