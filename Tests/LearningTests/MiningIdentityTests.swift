import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Learning

/// What the adaptive and mining losses reduce to, and what is particular to single ones.
extension MiningLossTests {
  // MARK: What they reduce to

  private func expectSame(
    _ a: LossConfiguration, _ b: LossConfiguration, _ similarities: Matrix<Double>, _ targets: [Int],
    tolerance: Double = 0, _ place: String
  ) {
    let first = Self.run(a, similarities, targets: targets)
    let second = Self.run(b, similarities, targets: targets)
    #expect(relativeError(first.loss, second.loss) <= tolerance, "\(place)")
    #expect(relativeError(first.gradient, second.gradient) <= tolerance, "\(place)")
  }

  @Test func mvSoftmaxWithoutWeightIsCosFaceOrArcFace() throws {
    let (similarities, targets) = LossTests.cosines(rows: 12, columns: 15)
    let values: [String: OptionValue] = ["scale": .number(32), "margin": .number(0.35)]
    for easy in [true, false] {
      expectSame(
        try LossConfiguration(
          "mv-softmax", values.merging(["t": .number(0), "easy": .text(easy ? "positive" : "none")]) { $1 }),
        try LossConfiguration("cosface", values.merging(["easy": .flag(easy)]) { $1 }), similarities, targets,
        "am \(easy)")
      expectSame(
        try LossConfiguration(
          "mv-softmax",
          values.merging([
            "t": .number(0), "easy": .text(easy ? "positive" : "none"), "target": .text("arc"),
          ]) { $1 }),
        try LossConfiguration("arcface", values.merging(["wrap": .text(easy ? "easy" : "none")]) { $1 }),
        similarities, targets, "arc \(easy)")
    }
  }

  @Test func curricularFaceWithoutHardNegativesIsArcFace() throws {
    let (similarities, targets) = LossTests.cosines(rows: 12, columns: 15, bound: 0.2, target: 0.8)
    expectSame(
      try LossConfiguration("curricularface"), try LossConfiguration("arcface"), similarities, targets, "easy"
    )
  }

  @Test func npcFaceWithoutHardNegativesIsEasyArcFace() throws {
    let (similarities, targets) = LossTests.cosines(rows: 12, columns: 15, bound: 0.2, target: 0.8)
    expectSame(
      try LossConfiguration("npcface"),
      try LossConfiguration("arcface", ["margin": .number(0.4), "wrap": .text("easy")]), similarities,
      targets,
      "easy")
  }

  @Test func cifpWithoutAnyFalsePositiveIsCosFace() throws {
    // Where the targets are the worst of all, every other class is above its target and none counts.
    let (similarities, targets) = LossTests.cosines(rows: 5, columns: 9, bound: 0.5, target: -0.9)
    expectSame(
      try LossConfiguration("cifp"), try LossConfiguration("cosface"), similarities, targets, "none")
  }

  @Test func theSoftmaxFormOfUniFaceIsCosFace() throws {
    let (similarities, targets) = LossTests.cosines(rows: 12, columns: 15)
    expectSame(
      try LossConfiguration("uniface", ["form": .text("nsl")]),
      try LossConfiguration("cosface", ["margin": .number(0.4)]), similarities, targets, "nsl")
  }

  @Test func equalThresholdsOfEveryClassAreTheOneThreshold() throws {
    let (similarities, targets) = LossTests.cosines(rows: 12, columns: 15)
    let one = Self.run(try LossConfiguration("uniface"), similarities, targets: targets)
    let each = Self.run(
      try LossConfiguration("uniface", ["form": .text("bce")]), similarities, targets: targets)
    #expect(relativeError(each.loss, one.loss) < 1e-14)
    #expect(relativeError(each.gradient, one.gradient) < 1e-12)
    #expect(relativeError(each.biasGradient.reduce(0, +), one.biasGradient[0]) < 1e-12)
  }

  @Test func theCircleLossIsItsSoftplusForm() throws {
    let (similarities, targets) = LossTests.cosines(rows: 5, columns: 9)
    let (m, gamma) = (0.25, 256.0)
    var expected = 0.0
    for row in 0..<5 {
      let y = similarities[row, targets[row]]
      let positive = -gamma * max(1 + m - y, 0) * (y - (1 - m))
      var sum = 0.0
      for column in 0..<9 where column != targets[row] {
        let x = similarities[row, column]
        sum += exp(gamma * max(x + m, 0) * (x - m))
      }
      expected += log1p(sum * exp(positive)) / 5
    }
    #expect(
      relativeError(Self.run(try LossConfiguration("circle"), similarities, targets: targets).loss, expected)
        < 1e-12)
  }

  // MARK: CIFP and UniFace

  @Test func thePenaltyOfCIFPReachesThePrototypesOnlyBelowTheMargin() throws {
    let (similarities, targets) = LossTests.cosines(rows: 6, columns: 12, bound: 0.6, target: 0.7)
    let configuration = try LossConfiguration("cifp", ["rate": .number(0.2), "scale": .number(16)])
    let found = Self.run(configuration, similarities, targets: targets)
    let naive = Self.naive(configuration, similarities, targets: targets)
    var checked = 0
    for row in 0..<6 {
      let positives = Set(naive.falsePositives(row: row))
      for column in 0..<12 where column != targets[row] {
        let isSplit = positives.contains(column) && similarities[row, column] >= 0.35
        #expect((found.gradient[row, column] == found.prototypeGradient[row, column]) == !isSplit)
        if isSplit { checked += 1 }
      }
    }
    #expect(checked > 0)
  }

  @Test func aShareOfTheClassesIsDrawnAnewEachStepWithAllTargetsInIt() throws {
    let configuration = try LossConfiguration("uniface", ["ratio": .number(0.5), "scale": .number(20)])
    var loss = configuration.makeLoss(classes: 40, seed: 9)
    var again = configuration.makeLoss(classes: 40, seed: 9)
    var chosen: [Set<Int>] = []
    for step in 0..<3 {
      let (similarities, targets) = LossTests.cosines(rows: 6, columns: 40, seed: UInt64(step))
      var batch = LossBatch<Double>()
      batch.similarities = similarities
      batch.targets = targets
      batch.parameters = [Parameter(name: "bias", kind: .bias, value: Matrix([[1.5]]))]
      if step == 2 { again.state = loss.state }
      let value = loss.evaluate(&batch, workers: .one)
      let present = Set(
        (0..<40).filter { column in (0..<6).contains { batch.similarities[$0, column] != 0 } })
      #expect(present.count == 20)
      #expect(present.isSuperset(of: targets))
      var naive = Self.naive(configuration, similarities, targets: targets, bias: [1.5])
      naive.classes = present
      #expect(relativeError(value, naive.loss(similarities)) < 1e-12)
      chosen.append(present)
      if step == 2 {
        batch.similarities = similarities
        #expect(again.evaluate(&batch, workers: .one) == value)
      }
    }
    #expect(Set(chosen).count == 3)
    #expect(abs(loss.traits.parameters[0].initial.lowerBound - log(10 * 40 * 0.5)) < 1e-15)
  }

  @Test func moreTargetsThanTheShareAllTakePart() throws {
    let configuration = try LossConfiguration("uniface", ["ratio": .number(0.1), "form": .text("nsl")])
    let (similarities, _) = LossTests.cosines(rows: 10, columns: 10)
    let found = Self.run(configuration, similarities, targets: Array(0..<10))
    let whole = Self.run(
      try LossConfiguration("uniface", ["form": .text("nsl")]), similarities, targets: Array(0..<10))
    #expect(found.loss == whole.loss && found.gradient == whole.gradient)
  }

  // MARK: Biases of SphereFace2

  @Test(arguments: ["C", "A", "M"])
  func theBiasOfSphereFace2StartsWhereTheLossOfZeroCosinesIsLeast(type: String) throws {
    for (lambda, classes, margin) in [(0.7, 10, 0.4), (0.8, 1000, 0.5), (0.99, 4, 0.4), (0.5, 2, 0.3)] {
      let configuration = try LossConfiguration(
        "sphereface2",
        [
          "type": .text(type), "lambda": .number(lambda),
          "margin": .number(type == "M" ? 1 + margin : margin),
        ])
      let similarities = Matrix<Double>(rows: 1, columns: classes)
      let found = Self.run(configuration, similarities, targets: [0])
      let terms = Double(classes) * found.loss
      #expect(abs(found.biasGradient[0]) < 1e-9 * max(terms, 1), "\(type) \(lambda) \(classes)")
    }
  }
}
