import Evaluation
import FeatureStores
import Foundation
import Learning
import LinearAlgebra
import Metrics
import TestSupport
import Testing

@testable import Experiments

@Suite("Fold-wise experiments")
struct FoldwiseExperimentTests {
  @Test(arguments: [["first"], ["first", "second"]], ["train", "exclude"])
  func `No identity of fold k or k+1 of any list trains for fold k`(protocols: [String], unlisted: String)
    throws
  {
    let dataset = try FoldwiseExperiment(protocols: protocols, unlisted: unlisted).bind().datasets[0]
    #expect(dataset.foldCount == 4)
    let training = try #require(dataset.trainingRows)
    for fold in 0..<4 {
      let trained = Set(training[fold].map { dataset.labels[$0] })
      for test in dataset.tests {
        for held in [fold, (fold + 1) % 4] {
          let tested = Set(try #require(test.verification).rows(inFold: held).map { dataset.labels[$0] })
          #expect(tested.count == 4 && tested.isDisjoint(with: trained))
        }
      }
      // Eight people of the first list; of both lists together the four that are held for neither.
      #expect(trained.count == (protocols.count == 1 ? 8 : 4) + (unlisted == "train" ? 4 : 0))
      #expect(trained.isSuperset(of: 16..<20) == (unlisted == "train"))
      #expect(training[fold].count == trained.count * FoldwiseExperiment.imagesPerPerson)
    }
  }

  @Test func `Each fold is a run of its own, with the digest of its own rows`() throws {
    let grid = try FoldwiseExperiment(losses: "[softmax, {name: normface, scale: 8}]").bind().grid
    #expect(grid.rows.map(\.kind) == [.untrained, .trained, .trained])
    let trained = grid.runs.filter { $0.row.kind == .trained }
    #expect(trained.map(\.fold) == [0, 1, 2, 3, 0, 1, 2, 3])
    for row in Set(trained.map(\.row)) {
      #expect(Set(trained.filter { $0.row == row }.map(\.specification.rows)).count == 4)
    }
    #expect(Set(grid.runs.map(\.identity.hash)).count == 9)
    // Whether unlisted people train is part of a run, through its rows.
    let other = try FoldwiseExperiment(unlisted: "train").bind().grid.runs
    #expect(Set(other.map(\.identity.hash)).intersection(trained.map(\.identity.hash)).isEmpty)
  }

  @Test func `People in two folds of a list are refused`() throws {
    // The last pair of the first fold gets a person of the second.
    let list = FoldwiseExperiment.list(shift: 0).replacingOccurrences(
      of: "Person_03\t2\tPerson_01\t4", with: "Person_03\t2\tPerson_04\t4")
    let foldwise = try FoldwiseExperiment(lists: list)
    let error = try harnessError { try foldwise.bind() }
    #expect(error.kind == .badInput && error.file == foldwise.file)
    #expect(error.place == "protocol first")
    #expect(error.found == "1 identity in both fold 1 and fold 2 of the lists")
    #expect(error.expected == "folds with different identities")
    #expect(error.advice == "Fold-wise training would train on test identities.")
  }

  @Test
  func `Intervals are kept with the first fold's run, read by reports and made again where they are gone`()
    async throws
  {
    let foldwise = try FoldwiseExperiment(protocols: ["first", "second"], seeds: "[1, 2]")
    try await foldwise.run()
    let experiment = try foldwise.bind()
    let runs = "\(foldwise.results)/runs"
    func kept() throws -> [String] {
      try FileManager.default.subpathsOfDirectory(atPath: runs).filter { $0.contains("/intervals-") }.sorted()
    }
    // The untrained row and two seeds, each under two protocols.
    let files = try kept()
    #expect(files.count == 6)
    #expect(files.allSatisfy { $0.contains("fold1") || $0.hasPrefix("untrained") })
    func intervals() throws -> [SubjectIntervals?] {
      try ExperimentResults(experiment, results: foldwise.results).rows.flatMap { row in
        row.entries.sorted { $0.key < $1.key }.flatMap { $0.value.outcomes.map(\.intervals) }
      }
    }
    let before = try intervals()
    #expect(before.count == 6 && before.allSatisfy { $0 != nil })
    let bytes = try files.map { try Data(contentsOf: URL(fileURLWithPath: "\(runs)/\($0)")) }
    for file in files { try FileManager.default.removeItem(atPath: "\(runs)/\(file)") }
    // A report without them resamples anew, and keeps nothing.
    #expect(try intervals() == before && kept().isEmpty)
    #expect(try await foldwise.run() == ExperimentRunner.Outcome())
    #expect(try kept() == files)
    #expect(try files.map { try Data(contentsOf: URL(fileURLWithPath: "\(runs)/\($0)")) } == bytes)
    // What is kept is what reports show.
    let text = String(decoding: bytes[0], as: UTF8.self)
    let other = text.replacingOccurrences(of: "\"subjects\" : 16", with: "\"subjects\" : 15")
    #expect(other != text)
    try AtomicFile.write(other, to: "\(runs)/\(files[0])")
    #expect(try intervals().filter { $0?.subjects == 15 }.count == 1)
  }

  @Test func `Accuracy, AUC, EER and TAR are those of each fold's model, averaged and never pooled`()
    async throws
  {
    let foldwise = try FoldwiseExperiment(protocols: ["first", "second"])
    #expect(try await foldwise.run() == ExperimentRunner.Outcome(finished: 5))
    let experiment = try foldwise.bind()
    let results = try ExperimentResults(experiment, results: foldwise.results)
    #expect(results.rows.map(\.row.kind) == [.untrained, .trained])
    for row in results.rows {
      for test in experiment.datasets[0].tests {
        var (accuracy, auc, eer) = ([Double](), [Double](), [Double]())
        var tar: [Double: [Double]] = [:]
        for fold in 0..<4 {
          let run = try #require(row.runs.first { $0.run.fold == fold || $0.run.fold == nil }).run
          let evaluation = try #require(
            experiment.evaluations(of: run).first { $0.test.name == test.name && $0.fold == fold })
          let folder = RunFolder(results: foldwise.results, identity: run.identity)
          let record = try CanonicalJSON.decode(
            EvaluationRecord.self,
            from: folder.evaluationFile(name: evaluation.name, hash: try evaluation.hash()))
          let stored = try #require(record.scores)
          // The one model of the fold scores the fold itself and the one that chooses the threshold.
          let task = try #require(test.verification)
          var features = try test.embeddings.embeddings(ofRows: Array(test.embeddings.names.indices))
          if row.row.kind == .trained {
            let model = try #require(FileManager.default.contents(atPath: folder.modelFile))
            features = try TrainedModel<Float>(decoding: model).embed(features, workers: .one)
          }
          #expect(Self.agree(stored.test.labelled, Self.cosines(task, features, fold: fold)))
          #expect(
            Self.agree(stored.selection.labelled, Self.cosines(task, features, fold: (fold + 1) % 4)))
          let tested = stored.test.labelled
          accuracy.append(
            NaiveMetrics.accuracy(tested, at: NaiveMetrics.threshold(stored.selection.labelled)))
          auc.append(NaiveMetrics.auc(tested))
          eer.append(NaiveMetrics.equalErrorRate(tested))
          for target in [0.5, 0.25] {
            tar[target, default: []].append(NaiveMetrics.tar(tested, target: target))
          }
        }
        let outcomes = try #require(row.entries[test.name]).outcomes
        #expect(outcomes.count == 1)
        let outcome = outcomes[0]
        #expect(relativeError(try #require(outcome.accuracy), mean(accuracy)) < 1e-12)
        #expect(relativeError(try #require(outcome.auc), mean(auc)) < 1e-12)
        #expect(relativeError(try #require(outcome.eer), mean(eer)) < 1e-12)
        #expect(outcome.tar.map(\.targetFAR) == [0.5, 0.25])
        for target in outcome.tar {
          let naive = try #require(tar[target.targetFAR])
          #expect(relativeError(try #require(target.tar), mean(naive)) < 1e-12)
          #expect(target.points.count == 4)
        }
        #expect(outcome.curves.count == 4)
        #expect(outcome.curves.allSatisfy { $0.genuineCount == 8 && $0.impostorCount == 8 })
      }
    }
  }

  @Test func `A seed counts only with all its folds`() async throws {
    let foldwise = try FoldwiseExperiment(seeds: "[1, 2]")
    try await foldwise.run(jobs: 2)
    let experiment = try foldwise.bind()
    let run = try #require(experiment.grid.runs.first { $0.seed == 2 && $0.fold == 2 })
    try FileManager.default.removeItem(
      atPath: RunFolder(results: foldwise.results, identity: run.identity).path)
    let row = try #require(try ExperimentResults(experiment, results: foldwise.results).rows.last)
    #expect(row.entries["first"]?.outcomes.map(\.seed) == [1])
    #expect(row.gap == "1 of 8 runs missing")
    #expect(row.state == .pending)
  }

  @Test func `Stores of one name are told apart, and stores of one content are refused`() throws {
    #expect(DataBinder.names(of: ["stores/cfp_dlib.h5"]) == ["cfp_dlib"])
    #expect(
      DataBinder.names(of: ["a/x.h5", "b/x.h5", "y.h5#in/group"]) == ["a-x.h5", "b-x.h5", "y-in-group"])
    let foldwise = try FoldwiseExperiment(stores: ["people.h5", "copy.h5"])
    try FileManager.default.copyItem(
      atPath: foldwise.folder.file("people.h5"), toPath: foldwise.folder.file("copy.h5"))
    let error = try harnessError { try foldwise.bind() }
    #expect(error.place == "data.folds.stores")
    #expect(error.found == "‘copy.h5’ with the name or the content of ‘people.h5’")
    try FoldwiseExperiment.contents(seed: 4).write(to: StoreLocation(path: foldwise.folder.file("copy.h5")))
    #expect(try foldwise.bind().datasets.map(\.name) == ["people", "copy"])
  }

  @Test func `Without --data the experiment says what it lacks`() throws {
    let foldwise = try FoldwiseExperiment()
    let definition = try ExperimentDefinition(file: foldwise.file)
    let error = try harnessError {
      try BoundExperiment(definition, data: nil, results: foldwise.results)
    }
    #expect(error.kind == .missingInput && error.file == foldwise.file)
    #expect(error.advice == "Give the folder of the stores and lists with --data DIR.")
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  private static func agree(_ a: LabelledScores, _ b: LabelledScores) -> Bool {
    a.isGenuine == b.isGenuine && a.count == b.count
      && zip(a.scores, b.scores).allSatisfy { abs($0 - $1) < 1e-13 }
  }

  /// The cosines of a fold's pairs, by their definition.
  private static func cosines(_ task: VerificationTask, _ features: Matrix<Float>, fold: Int)
    -> LabelledScores
  {
    let pairs = task.pairs.filter { $0.listed.fold == fold }
    let scores = pairs.map { pair -> Double in
      let a = features.row(pair.firstRow ?? -1).map(Double.init)
      let b = features.row(pair.secondRow ?? -1).map(Double.init)
      let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
      let norms = a.reduce(0) { $0 + $1 * $1 } * b.reduce(0) { $0 + $1 * $1 }
      return product / norms.squareRoot()
    }
    return LabelledScores(scores: scores, isGenuine: pairs.map(\.listed.isGenuine))
  }
}
