import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Learning

/// The adaptive and mining losses and those that are no softmax.
@Suite struct MiningLossTests {
  /// Configurations with the names under which failures show them.
  static let cases: [(name: String, configuration: LossConfiguration)] = [
    "adacos", "{name: adacos, median: mean}", "{name: adacos, median: upper}",
    "{name: adacos, dynamic: false}",
    "curricularface", "{name: curricularface, preset: tface, scale: 20}", "mv-softmax",
    "{name: mv-softmax, preset: authors-arc}", "{name: mv-softmax, preset: facexzoo}",
    "{name: mv-softmax, preset: facexzoo-arc}", "{name: mv-softmax, hard: fixed, easy: none}",
    "{name: mv-softmax, target: arc, easy: none, t: 0.4}", "npcface", "{name: npcface, preset: facexzoo}",
    "circle", "{name: circle, preset: pytorch-metric-learning}", "cifp", "{name: cifp, scale: 16, rate: 0.3}",
    "p2sgrad", "{name: p2sgrad, average: samples}", "uniface", "{name: uniface, form: bce, scale: 20}",
    "{name: uniface, form: nsl}", "{name: uniface, negative-weight: 0.5, scale: 32, margin: 0.3}",
    "sphereface2", "{name: sphereface2, preset: opensphere-ms1m, gradient: 'true'}",
    "{name: sphereface2, type: A, gradient: 'true'}", "{name: sphereface2, type: A}",
    "{name: sphereface2, type: M, margin: 1.7, gradient: 'true'}",
    "{name: sphereface2, t: 2.5, gradient: 'true'}", "{name: sphereface2, t: 1, gradient: 'true'}",
    "{name: mv-softmax, filter: 0.4}", "{name: npcface, filter: 0.4, focal-gamma: 2}",
    "{name: curricularface, focal-gamma: 0.5, keep-rate: 0.5}", "{name: cifp, keep-rate: 0.6}",
    "{name: circle, focal-gamma: 1.5, gamma: 30}",
  ].compactMap { text in
    (try? LossConfiguration(yaml("loss: \(text)").mapping(keys: ["loss"]).required("loss"))).map {
      (text, $0)
    }
  }

  @Test func everyConfigurationIsRead() { #expect(Self.cases.count == 36) }

  /// All that a loss gives for a matrix of similarities.
  struct Outcome<Element: Scalar> {
    var loss: Element
    /// The gradient at the similarities as the embeddings see it.
    var gradient: Matrix<Element>
    /// The gradient at the similarities as the prototypes see it.
    var prototypeGradient: Matrix<Element>
    var biasGradient: [Element]
    var state: LossState
  }

  static func run<Element: Scalar>(
    _ configuration: LossConfiguration, _ similarities: Matrix<Element>, targets: [Int],
    bias: [Double]? = nil,
    state: LossState? = nil, workers: Workers = .one
  ) -> Outcome<Element> {
    var loss = configuration.makeLoss(classes: similarities.columns, seed: 5)
    if let state { loss.state = state }
    var batch = LossBatch<Element>()
    batch.similarities = similarities
    batch.targets = targets
    batch.parameters = loss.traits.parameters.map {
      let values =
        bias
        ?? Array(
          repeating: $0.initial.lowerBound, count: $0.shape == .perClass ? similarities.columns : 1)
      return Parameter(name: $0.name, kind: $0.kind, value: Matrix([values.map { Element($0) }]))
    }
    let value = loss.evaluate(&batch, workers: workers)
    let prototypeGradient = batch.similarities
    for entry in batch.embeddingGradients { batch.similarities[entry.row, entry.column] += entry.value }
    return Outcome(
      loss: value, gradient: batch.similarities, prototypeGradient: prototypeGradient,
      biasGradient: batch.parameters.first?.gradient.elements ?? [], state: loss.state)
  }

  static func naive(
    _ configuration: LossConfiguration, _ similarities: Matrix<Double>, targets: [Int], bias: [Double]? = nil,
    kept: Double? = nil
  ) -> NaiveMining {
    let parameters = configuration.makeLoss(classes: similarities.columns, seed: 5).traits.parameters
    let start = parameters.first.map {
      Array(repeating: $0.initial.lowerBound, count: $0.shape == .perClass ? similarities.columns : 1)
    }
    return NaiveMining(
      configuration: configuration, targets: targets, constants: similarities, bias: bias ?? start ?? [],
      kept: kept)
  }

  /// Batches of many shapes, among them one row, two columns, and targets at the sides of every branch.
  static let batches: [(Matrix<Double>, [Int])] = {
    let wrap = cos(Double.pi - 0.5)
    return
      ([
        (7, 11, 0.9, nil), (1, 5, 0.9, nil), (4, 2, 0.9, nil), (20, 35, 0.5, nil), (6, 9, 0.9, -0.93),
        (6, 9, 0.9, 0.97),
        (4, 6, 0.9, 0.01), (4, 6, 0.9, -0.01), (4, 6, 0.9, wrap + 1e-3), (4, 6, 0.9, wrap - 1e-3),
        (3, 70, 0.3, 0.6),
      ] as [(Int, Int, Double, Double?)]).map { rows, columns, bound, target in
        LossTests.cosines(rows: rows, columns: columns, bound: bound, target: target, seed: 3)
      }
  }()

  @Test(arguments: cases.indices)
  func agreesWithTheNaiveRestatement(index: Int) {
    let (name, configuration) = Self.cases[index]
    for (similarities, targets) in Self.batches {
      let place = "\(name) \(similarities.rows) × \(similarities.columns) \(similarities[0, targets[0]])"
      let naive = Self.naive(configuration, similarities, targets: targets)
      let expected = naive.loss(similarities)
      let found = Self.run(configuration, similarities, targets: targets)
      #expect(abs(found.loss - expected) < 1e-9 * max(expected, 1e-2), "\(place) \(found.loss) \(expected)")
      let single = Self.run(configuration, similarities.converted(to: Float.self), targets: targets)
      #expect(
        abs(Double(single.loss) - expected) < 2e-5 * max(expected, 1e-1),
        "\(place) \(single.loss) \(expected)")
      // Focal weights make some gradients too small for a float.
      if (found.gradient.elements.map(\.magnitude).max() ?? 0) > 1e-25 {
        #expect(relativeError(single.gradient, found.gradient) < 1e-4, "\(place)")
      }
      for (single, double) in zip(single.biasGradient, found.biasGradient) {
        #expect(abs(Double(single) - double) < 1e-4 * max(abs(double), 1), "\(place)")
      }
    }
  }

  @Test(arguments: cases.indices)
  func gradientIsTheDerivativeOfTheLoss(index: Int) {
    let (name, configuration) = Self.cases[index]
    for (similarities, targets) in Self.batches where similarities.rows < 10 && similarities.columns < 12 {
      let place = "\(name) \(similarities.rows) × \(similarities.columns) \(similarities[0, targets[0]])"
      let naive = Self.naive(configuration, similarities, targets: targets)
      let expected = naive.gradient(similarities)
      let found = Self.run(configuration, similarities, targets: targets)
      let scale = max(expected.elements.map(\.magnitude).max() ?? 0, 1e-3)
      for entry in 0..<similarities.count {
        let (row, column) = entry.quotientAndRemainder(dividingBy: similarities.columns)
        #expect(
          abs(found.gradient[row, column] - expected[row, column]) < 2e-6 * scale,
          "\(place) [\(row), \(column)] \(found.gradient[row, column]) \(expected[row, column])")
      }
      for entry in naive.bias.indices {
        let slope = derivative(step: 1e-5) { change in
          var moved = naive
          moved.bias[entry] += change
          return moved.loss(similarities)
        }
        #expect(abs(found.biasGradient[entry] - slope) < 1e-6 * max(abs(slope), 1), "\(place) bias \(entry)")
      }
    }
  }

  @Test(arguments: cases.indices)
  func equalCosinesGiveEqualGradients(index: Int) {
    let (name, configuration) = Self.cases[index]
    for value in [0, 0.3, -0.4] {
      let similarities = Matrix<Double>(rows: 3, columns: 4, repeating: value)
      let found = Self.run(configuration, similarities, targets: [0, 1, 2])
      let naive = Self.naive(configuration, similarities, targets: [0, 1, 2])
      #expect(abs(found.loss - naive.loss(similarities)) < 1e-9 * max(found.loss, 1e-2), "\(name) \(value)")
      if configuration.options.values["keep-rate"].map({ $0 == .number(1) }) ?? true {
        for row in 0..<3 {
          let others = (0..<4).filter { $0 != row }.map { found.gradient[row, $0] }
          #expect(Set(others).count == 1, "\(name) \(value)")
          #expect(found.gradient[row, row] == found.gradient[0, 0], "\(name) \(value)")
        }
      }
    }
  }

  @Test(arguments: cases.indices)
  func staysFiniteForExtremeFiniteInput(index: Int) {
    let (name, configuration) = Self.cases[index]
    let extremes = [1, -1, 1.0000002, -1.0000002, 0, 1e-30, -0.8775825618903728]
    for target in extremes {
      for other in extremes {
        for columns in [2, 3, 40] {
          var similarities = Matrix<Double>(rows: 2, columns: columns, repeating: other)
          similarities[0, 0] = target
          similarities[1, columns - 1] = target
          let double = Self.run(configuration, similarities, targets: [0, columns - 1])
          let single = Self.run(
            configuration, similarities.converted(to: Float.self), targets: [0, columns - 1])
          let place = "\(name) \(target) \(other) \(columns)"
          #expect(double.loss.isFinite && double.loss >= 0, "\(place) \(double.loss)")
          #expect(double.gradient.elements.allSatisfy { $0.isFinite }, "\(place)")
          #expect(double.biasGradient.allSatisfy { $0.isFinite }, "\(place)")
          #expect(single.loss.isFinite && single.loss >= 0, "\(place) \(single.loss)")
          #expect(single.gradient.elements.allSatisfy { $0.isFinite }, "\(place)")
          #expect(single.biasGradient.allSatisfy { $0.isFinite }, "\(place)")
          #expect(double.state.values.allSatisfy { $0.allSatisfy { $0.isFinite } }, "\(place)")
        }
      }
    }
  }

  @Test(arguments: cases.indices)
  func hasTheSameBytesForAnyNumberOfWorkers(index: Int) {
    let (similarities, targets) = LossTests.cosines(rows: 70, columns: 130)
    let single = similarities.converted(to: Float.self)
    let one = Self.run(Self.cases[index].configuration, single, targets: targets)
    let two = Self.run(Self.cases[index].configuration, single, targets: targets, workers: Workers(2))
    #expect(one.loss == two.loss)
    #expect(one.gradient == two.gradient)
    #expect(one.biasGradient == two.biasGradient)
    #expect(one.state == two.state)
  }

  // MARK: State

  @Test func theScaleOfAdaCosFollowsTheBatchesAndContinuesFromItsState() throws {
    let configuration = try LossConfiguration("adacos")
    var loss = configuration.makeLoss(classes: 30, seed: 1)
    #expect(abs(loss.state["scale"]![0] - 2.0.squareRoot() * log(29)) < 1e-15)
    var kept = loss.state["scale"]![0]
    for seed in 0..<4 {
      let (similarities, targets) = LossTests.cosines(rows: 9, columns: 30, target: 0.8, seed: UInt64(seed))
      let naive = Self.naive(configuration, similarities, targets: targets, kept: kept)
      let resumed = Self.run(configuration, similarities, targets: targets, state: loss.state)
      var batch = LossBatch<Double>()
      batch.similarities = similarities
      batch.targets = targets
      let value = loss.evaluate(&batch, workers: .one)
      #expect(relativeError(loss.state["scale"]![0], naive.adaptiveScale) < 1e-13)
      #expect(relativeError(value, naive.loss(similarities)) < 1e-12)
      #expect(resumed.loss == value && resumed.state == loss.state)
      kept = naive.adaptiveScale
    }
    #expect(kept > 1)
  }

  @Test func fixedAdaCosKeepsItsScaleAndIsNormFaceWithIt() throws {
    let (similarities, targets) = LossTests.cosines(rows: 9, columns: 30)
    let found = Self.run(
      try LossConfiguration("adacos", ["dynamic": .flag(false)]), similarities, targets: targets)
    let scale = 2.0.squareRoot() * log(29)
    #expect(found.state == ["scale": [scale]])
    let plain = Self.run(
      try LossConfiguration("normface", ["scale": .number(scale)]), similarities, targets: targets)
    #expect(found.loss == plain.loss && found.gradient == plain.gradient)
  }

  @Test func theScaleOfAdaCosIsBoundedWhereItsFormulaIsNot() throws {
    let configuration = try LossConfiguration("adacos")
    #expect(configuration.makeLoss(classes: 2, seed: 0).state == ["scale": [1]])
    // No angle to the targets shrinks and every other class is at angle 0: the formula's scale grows by √2 each time.
    var loss = configuration.makeLoss(classes: 5, seed: 0)
    for _ in 0..<200 {
      var batch = LossBatch<Float>()
      batch.similarities = Matrix(rows: 2, columns: 5, repeating: 1)
      batch.similarities[0, 0] = -1
      batch.similarities[1, 1] = -1
      batch.targets = [0, 1]
      #expect(loss.evaluate(&batch, workers: .one).isFinite)
      #expect(batch.similarities.elements.allSatisfy { $0.isFinite })
    }
    #expect(loss.state == ["scale": [1e6]])
  }

  @Test func theRunningMeanOfCurricularFaceMovesBeforeItIsUsed() throws {
    let configuration = try LossConfiguration("curricularface", preset: "tface")
    var loss = configuration.makeLoss(classes: 8, seed: 1)
    #expect(loss.state == ["t": [0]])
    var t = 0.0
    for seed in 0..<4 {
      let (similarities, targets) = LossTests.cosines(rows: 6, columns: 8, target: 0.4, seed: UInt64(seed))
      var batch = LossBatch<Double>()
      batch.similarities = similarities
      batch.targets = targets
      let value = loss.evaluate(&batch, workers: .one)
      let naive = Self.naive(configuration, similarities, targets: targets, kept: t)
      #expect(relativeError(value, naive.loss(similarities)) < 1e-12)
      t = 0.1 * 0.4 + 0.9 * t
      #expect(abs(loss.state["t"]![0] - t) < 1e-15)
    }
  }
}
