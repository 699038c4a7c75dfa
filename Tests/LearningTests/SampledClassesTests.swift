import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Learning

@Suite struct SampledClassesTests {
  @Test func theBatchsOwnClassesAreAlwaysThereAndTheOthersAreEquallyLikely() {
    var sample = ClassSample(count: 7, classes: 12, seed: 3)
    let rows = [4, 9, 4, 0, 9]
    var counts = [Int](repeating: 0, count: 12)
    for step in 0..<4000 {
      sample.draw(step: step, rows: rows)
      #expect(sample.chosen.count == 7)
      #expect(sample.chosen == sample.chosen.sorted())
      #expect(Set(sample.chosen).count == 7)
      #expect(sample.targets.map { sample.chosen[$0] } == rows)
      for label in sample.chosen { counts[label] += 1 }
    }
    for (label, count) in counts.enumerated() {
      // 4 of the 9 others: 1778 of 4000, with a standard deviation of 31.
      #expect([0, 4, 9].contains(label) ? count == 4000 : abs(count - 1778) < 130, "\(label): \(count)")
    }
  }

  @Test func pairsOfOthersAreEquallyLikely() {
    var sample = ClassSample(count: 3, classes: 6, seed: 5)
    var counts: [[Int]: Int] = [:]
    for step in 0..<5000 {
      sample.draw(step: step, rows: [2])
      counts[sample.chosen, default: 0] += 1
    }
    // 10 pairs of the 5 others: 500 each, with a standard deviation of 21.
    #expect(counts.count == 10)
    #expect(counts.values.allSatisfy { abs($0 - 500) < 90 })
  }

  @Test func moreClassesInTheBatchThanAskedForAreAllTaken() {
    var sample = ClassSample(count: 2, classes: 6, seed: 5)
    sample.draw(step: 0, rows: [5, 1, 3, 1])
    #expect(sample.chosen == [1, 3, 5])
    #expect(sample.targets == [2, 0, 1, 0])
    #expect(ClassSample.count(rate: 0.5, classes: 11) == 5)
    #expect(ClassSample.count(rate: 1e-6, classes: 11) == 1)
  }

  private static let mechanisms = [
    "{name: conventional, sample-rate: 0.4}", "{name: multiface, groups: 2, sample-rate: 0.4}",
    "{name: multiface, groups: 4, normalise: group, reduction: mean, sample-rate: 0.7}",
  ]

  @Test(arguments: mechanisms, ["{name: cosface, scale: 8}", "{name: softmax, bias: false}"])
  func gradientOfTheWholeStepIsTheDerivative(text: String, loss: String) throws {
    let (features, labels) = clusters(identities: 15, images: 4, columns: 6, spread: 0.5)
    let configuration = try smallConfiguration(
      loss: LossConfiguration(yaml("x: \(loss)").mapping(keys: ["x"]).required("x")),
      mechanism: mechanism(text), batch: 4, steps: 9)
    var trainer = try Trainer<Double>(configuration: configuration, features: features, labels: labels)
    _ = try trainer.step()
    let rows = [[0, 3, 15, 11]]
    var reference = trainer
    _ = reference.lossAndGradients(rows: rows)
    let sample = try #require(reference.source as? ClassWeights<Double>).sample
    let chosen = try #require(sample).chosen
    #expect(Set(chosen).isSuperset(of: [0, 3, 11]))
    #expect(chosen.count == (text.contains("0.7") ? 10 : 6))
    var gradients: [(ParameterKind, Matrix<Double>)] = []
    reference.forEachParameter { gradients.append(($0.kind, $0.gradient)) }
    for (place, (kind, gradient)) in gradients.enumerated() {
      let scale = gradient.elements.map(\.magnitude).max() ?? 0
      for entry in 0..<gradient.count where kind == .prototype || entry % 29 == 0 {
        let (row, column) = entry.quotientAndRemainder(dividingBy: gradient.columns)
        if kind == .prototype && !chosen.contains(row) {
          #expect(gradient[row, column] == 0)
          continue
        }
        if kind == .prototype && entry % 7 > 0 { continue }
        let expected = derivative(step: 1e-5) { change in
          var moved = trainer
          var index = 0
          moved.forEachParameter {
            if index == place { $0.value[row, column] += change }
            index += 1
          }
          return moved.lossAndGradients(rows: rows)
        }
        #expect(abs(gradient[row, column] - expected) <= 2e-6 * max(scale, 1e-2), "\(text) \(place)")
      }
    }
  }

  @Test func allClassesSampledIsTheFullClassifierToTheByte() throws {
    let (features, labels) = clusters(identities: 15, images: 4, columns: 6, spread: 0.5)
    for name in ["conventional", "multiface"] {
      func model(_ options: String) throws -> Data {
        var trainer = try Trainer<Float>(
          configuration: smallConfiguration(
            loss: LossConfiguration("cosface"), mechanism: mechanism("{name: \(name)\(options)}"), batch: 8,
            steps: 20), features: features, labels: labels)
        while !trainer.isFinished { _ = try trainer.step() }
        return try trainer.model.encoded()
      }
      #expect(try model("") == model(", sample-rate: 1"))
      #expect(try model("") != model(", sample-rate: 0.6"))
    }
  }

  /// The path of sampled classes with every class in it gives the numbers of the full one.
  @Test(arguments: ["cosface", "normface"]) func aSampleOfEveryClassHasTheBytesOfAll(loss: String) throws {
    let (features, labels) = clusters(identities: 15, images: 4, columns: 6, spread: 0.5)
    let configuration = try smallConfiguration(
      loss: LossConfiguration(loss), mechanism: mechanism("{name: multiface, groups: 2}"), batch: 8, steps: 6)
    var full = try Trainer<Float>(configuration: configuration, features: features, labels: labels)
    var sampled = full
    var source = try #require(sampled.source as? ClassWeights<Float>)
    source.sample = ClassSample(count: 15, classes: 15, seed: 1)
    sampled.source = source
    for _ in 0..<6 {
      #expect(try full.step().loss == sampled.step().loss)
    }
    #expect(try full.checkpoint() == sampled.checkpoint())
  }

  @Test func aResumedRunHasTheBytesOfAnUninterruptedOneAndOfTwoThreads() throws {
    let (features, labels) = clusters(identities: 40, images: 4, columns: 6, spread: 0.5)
    for text in Self.mechanisms {
      let configuration = try smallConfiguration(
        loss: LossConfiguration("arcface"), mechanism: mechanism(text), batch: 8, steps: 9)
      func finish(_ trainer: Trainer<Float>) throws -> Data {
        var trainer = trainer
        while !trainer.isFinished { _ = try trainer.step() }
        return try trainer.checkpoint()
      }
      let start = try Trainer<Float>(configuration: configuration, features: features, labels: labels)
      let expected = try finish(start)
      #expect(
        try finish(
          Trainer(configuration: configuration, features: features, labels: labels, workers: Workers(2)))
          == expected)
      var half = start
      for _ in 0..<4 { _ = try half.step() }
      #expect(
        try finish(Trainer(resuming: half.checkpoint(), features: features, labels: labels)) == expected)
    }
  }

  @Test func lossesThatLearnANumberAClassAreUnsupportedWithAReason() throws {
    let softmax = try LossConfiguration("softmax")
    #expect(
      try mechanism("{name: conventional, sample-rate: 0.5}").unsupportedReason(loss: softmax, width: 8)
        == "the loss learns a number a class (bias), which sampled classes do not serve")
    #expect(try mechanism("{name: conventional}").unsupportedReason(loss: softmax, width: 8) == nil)
  }

  @Test(.enabled(if: SharedData.goldenIsAvailable, "needs ../shared"))
  func theGoldenFileHoldsSampledClasses() { #expect(GoldenLossTests.sampled.count >= 2) }

  @Test(.enabled(if: SharedData.goldenIsAvailable, "needs ../shared"), arguments: GoldenLossTests.sampled)
  func agreesWithPartialFC(name: String) throws {
    let variant = try GoldenFile("losses").group("/\(name)")
    let loss =
      name.contains("cosface")
      ? try LossConfiguration("cosface", preset: "insightface")
      : try LossConfiguration("arcface", preset: "insightface", ["margin": .number(0.5)])
    let cases = try variant.groups()
    #expect(cases.count == 2)
    for group in cases {
      let features = try group.matrix("features")
      let weights = try group.matrix("weights")
      let labels = try group.integers("labels")
      let made = try mechanism("{name: conventional, sample-rate: 0.5}").makeSource(
        loss: loss, width: features.columns, classes: weights.rows, seed: 0, Double.self)
      var source = try #require(made as? ClassWeights<Double>)
      source.forEachParameter { $0.value = weights }
      var batch = SourceBatch<Double>(views: 1)
      batch.embeddings[0] = features
      batch.gradients[0] = Matrix(rows: features.rows, columns: features.columns)
      batch.classes = labels
      let chosen = try group.integers("sampled_classes")
      source.sample?.draw(step: 0, rows: labels)
      #expect(source.sample?.chosen.count == chosen.count)
      source.sample?.take(chosen, rows: labels)
      let value = source.evaluateSampled(&batch, workers: .one)
      // The peer takes no sample's loss for more than −ln 1e-30; the gradient ignores that.
      var cosines = LossBatch<Double>()
      cosines.similarities = product(
        unitRows(features, epsilon: 0).unit, .asIs,
        unitRows(weights.gathering(rows: chosen), epsilon: 0).unit, .transposed)
      cosines.targets = try #require(source.sample).targets
      var criterion = loss.makeLoss(classes: chosen.count, seed: 0)
      #expect(relativeError(value, criterion.evaluate(&cosines, workers: .one)) < 1e-12)
      let clamped = cosines.rows.map { min($0.loss, -log(1e-30)) }.reduce(0, +) / Double(labels.count)
      #expect(relativeError(clamped, try group.scalar("loss")) < 1e-9, "\(group.path)")
      #expect(relativeError(batch.gradients[0], try group.matrix("dfeatures")) < 1e-9, "\(group.path)")
      var gradient = weights
      source.forEachParameter { gradient = $0.gradient }
      #expect(relativeError(gradient, try group.matrix("dweights")) < 1e-9, "\(group.path)")
    }
  }
}
