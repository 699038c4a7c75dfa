import Evaluation
import FeatureStores
import Foundation
import LinearAlgebra
import Metrics
import TestSupport
import Testing

@Suite("Fold-wise verification")
struct FoldwiseTests {
  /// Three folds of one genuine and one impostor pair.
  static let list = "3\t1\nA\t1\t2\nA\t1\tB\t1\nC\t1\t2\nC\t1\tD\t1\nE\t1\t2\nE\t1\tF\t1\n"
  static let names = ["A", "B", "C", "D", "E", "F"].flatMap { ["\($0)/\($0)_0001", "\($0)/\($0)_0002"] }

  static func task() throws -> (VerificationTask, ListFolder) {
    let lists = try ListFolder(["pairs.txt": list])
    let task = try VerificationTask(
      definition("{format: lfw}", folds: 3, far: "[1, 0.5]"), lists: lists.path, names: names, source: "store"
    )
    return (task, lists)
  }

  @Test func `Each fold tells its rows and people, so that they can be kept from training`() throws {
    let (task, lists) = try Self.task()
    withExtendedLifetime(lists) {
      #expect(task.foldCount == 3)
      #expect(task.rows(inFold: 0) == [0, 1, 2])
      #expect(task.rows(inFold: 2) == [8, 9, 10])
      #expect(task.identities(inFold: 1) == ["C", "D"])
      #expect((0..<3).map(task.selectionFold) == [1, 2, 0])
    }
  }

  /// Scores of a genuine and an impostor pair.
  private func scores(_ genuine: Double, _ impostor: Double) -> LabelledScores {
    LabelledScores(scores: [genuine, impostor], isGenuine: [true, false])
  }

  @Test func `Thresholds come from the model's own selection fold; rates are averaged, never pooled`() throws
  {
    let (task, _) = try Self.task()
    // The second model's scores are on a scale of their own: pooled, they would ruin every rate.
    let models = [
      VerificationTask.FoldModel(test: scores(0.9, 0.2), selection: scores(0.8, 0.4)),
      VerificationTask.FoldModel(test: scores(-50, -70), selection: scores(-40, -60)),
      VerificationTask.FoldModel(test: scores(0.1, 0.3), selection: scores(0.7, 0.5)),
    ]
    let result = task.foldwiseResult(models)
    let accuracy = try #require(result.accuracy)
    #expect(agree(accuracy.thresholds[0], 0.6) && accuracy.thresholds[1] == -50)
    #expect(accuracy.perFold == [1, 1, 0.5])
    #expect(result.aucPerFold == [1, 1, 0])
    #expect(try #require(result.auc).mean == 2.0 / 3)
    #expect(result.eerPerFold.map { $0?.value } == [0, 0, 1])
    #expect(result.tar.map(\.targetFAR) == [1, 0.5])
    #expect(try #require(result.tar[0].spread).mean == 1)
    #expect(result.tar[1].spread == nil && result.tar[1].minimumAttainableFAR == 1)
    #expect(result.rocs.count == 3)
    #expect(result.warnings == ["FAR 0.5 is not attainable within a fold"])
    let band = ROCBand(result.rocs, grid: [0.1, 1])
    #expect(band.points.map(\.far) == [1])
  }

  @Test func `The untrained row follows the same rule with one set of features`() throws {
    let (task, _) = try Self.task()
    var generator = TestNumbers(state: 3)
    let features = Matrix<Float>(
      rows: Self.names.count, columns: 3, elements: (0..<36).map { _ in Float(generator.next()) })
    let result = try task.foldwiseResult(of: features)
    let models = try (0..<3).map { fold in
      VerificationTask.FoldModel(
        test: try task.scores(features, fold: fold),
        selection: try task.scores(features, fold: (fold + 1) % 3))
    }
    #expect(result == task.foldwiseResult(models))
    let data = try result.json()
    #expect(try JSONDecoder().decode(FoldwiseResult.self, from: data) == result)
  }

  @Test func `With one fold there is no other to choose a threshold on`() throws {
    let lists = try ListFolder(["pairs.txt": "1\nA\t1\t2\nA\t1\tB\t1\n"])
    let task = try VerificationTask(
      definition("{format: lfw}", folds: 1, far: "[1]"), lists: lists.path, names: Self.names, source: "store"
    )
    let result = task.foldwiseResult([.init(test: scores(0.9, 0.2), selection: scores(0.9, 0.2))])
    #expect(result.accuracy == nil)
    #expect(result.auc?.mean == 1)
    #expect(result.warnings.first?.hasPrefix("accuracy needs two folds") == true)
  }

  @Test func `Tables and CSV name the rule`() throws {
    let (task, _) = try Self.task()
    let model = VerificationTask.FoldModel(test: scores(0.9, 0.2), selection: scores(0.8, 0.4))
    let result = task.foldwiseResult([model, model, model])
    #expect(result.tables[0].title.contains("threshold chosen on the next fold"))
    #expect(result.tables[0].rows[0] == ["accuracy", "1.00000", "0.00000", "0.00000", "0.00000", "—"])
    #expect(result.tables[0].rows[4][1] == "not attainable (needs FAR ≥ 1)")
    let rows = result.csv.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    #expect(rows.allSatisfy { $0.count == 8 })
    #expect(rows.count == 1 + 4 * 3 + 2 * 4)
  }
}

/// Deterministic numbers in [−1, 1).
struct TestNumbers {
  var state: UInt64

  mutating func next() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(Int64(bitPattern: state) >> 11) / 0x1p52
  }
}
