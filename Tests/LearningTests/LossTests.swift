import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Learning

/// The loss of a matrix of similarities, and the gradient.
func evaluate<Element: Scalar>(
  _ configuration: LossConfiguration, _ similarities: Matrix<Element>, targets: [Int], workers: Workers = .one
) -> (loss: Element, gradient: Matrix<Element>) {
  var batch = LossBatch<Element>()
  batch.similarities = similarities
  batch.targets = targets
  var loss = configuration.makeLoss(classes: similarities.columns)
  batch.parameters = loss.traits.parameters.map {
    Parameter(name: $0.name, kind: $0.kind, value: Matrix(rows: 1, columns: similarities.columns))
  }
  let value = loss.evaluate(&batch, workers: workers)
  return (value, batch.similarities)
}

@Suite struct LossTests {
  /// Cosines uniform on ±`bound`, the targets', where given, replaced.
  static func cosines(
    rows: Int, columns: Int, bound: Double = 0.95, target: Double? = nil, seed: UInt64 = 1
  ) -> (Matrix<Double>, [Int]) {
    var stream = RandomStream(seed: seed, name: "cosines")
    var matrix = Matrix<Double>(rows: rows, columns: columns)
    stream.fillUniform(&matrix, in: -bound..<bound)
    let targets = (0..<rows).map { _ in stream.integer(below: columns) }
    if let target { for row in 0..<rows { matrix[row, targets[row]] = target } }
    return (matrix, targets)
  }

  @Test(arguments: lossCases.indices)
  func agreesWithTheNaiveRestatement(index: Int) {
    let (name, configuration) = lossCases[index]
    for (rows, columns, target) in [
      (7, 11, nil), (1, 5, nil), (4, 2, nil), (40, 33, nil), (6, 9, -0.93), (6, 9, 0.97), (6, 9, 0.0),
    ] as [(Int, Int, Double?)] {
      let (similarities, targets) = Self.cosines(rows: rows, columns: columns, target: target)
      let found = evaluate(configuration, similarities, targets: targets)
      let expected = NaiveLosses.evaluate(configuration, similarities, targets: targets)
      #expect(
        relativeError(found.loss, expected.loss) < 1e-9, "\(name) \(rows) × \(columns) \(target ?? .nan)")
      #expect(
        relativeError(found.gradient, expected.gradient) < 1e-9,
        "\(name) \(rows) × \(columns) \(target ?? .nan)")
      let single = evaluate(configuration, similarities.converted(to: Float.self), targets: targets)
      #expect(abs(Double(single.loss) - expected.loss) < 1e-5 * max(expected.loss, 1e-2), "\(name)")
      #expect(relativeError(single.gradient, expected.gradient) < 1e-4, "\(name)")
    }
  }

  @Test(arguments: lossCases.indices)
  func gradientIsTheDerivativeOfTheLoss(index: Int) throws {
    let (name, configuration) = lossCases[index]
    // Cosines near the sides of every branch, all-equal ones, a single row, two columns.
    let margin = Double.pi - 0.5
    for (rows, columns, bound, target) in [
      (5, 7, 0.9, nil), (1, 2, 0.5, nil), (3, 4, 1e-300, nil), (4, 6, 0.9, cos(margin) + 1e-3),
      (4, 6, 0.9, cos(margin) - 1e-3), (4, 6, 0.9, 0.01), (4, 6, 0.9, -0.01), (4, 6, 0.9, 0.999),
    ] as [(Int, Int, Double, Double?)] {
      // The easy margin jumps at 0, where no derivative exists.
      if bound == 1e-300 && name.contains("easy") { continue }
      let (similarities, targets) = Self.cosines(rows: rows, columns: columns, bound: bound, target: target)
      let gradient = evaluate(configuration, similarities, targets: targets).gradient
      let scale = gradient.elements.map(\.magnitude).max() ?? 0
      for entry in 0..<similarities.count {
        let (row, column) = entry.quotientAndRemainder(dividingBy: columns)
        let expected = derivative(step: 1e-5) { change in
          var moved = similarities
          moved[row, column] += change
          return evaluate(configuration, moved, targets: targets).loss
        }
        #expect(
          abs(gradient[row, column] - expected) < 1e-6 * max(scale, 1e-3),
          "\(name) \(target ?? .nan) [\(row), \(column)] \(gradient[row, column]) \(expected)")
      }
    }
  }

  @Test func straightThroughGivesTheGradientOfTheCosineItself() throws {
    let configuration = try LossConfiguration("arcface", preset: "insightface")
    let (similarities, targets) = Self.cosines(rows: 6, columns: 8)
    let found = evaluate(configuration, similarities, targets: targets)
    let restated = NaiveLosses.evaluate(configuration, similarities, targets: targets)
    let trueGradient = evaluate(
      try LossConfiguration("arcface", ["wrap": .text("none")]), similarities, targets: targets)
    #expect(found.loss == trueGradient.loss)
    #expect(relativeError(found.gradient, restated.gradient) < 1e-12)
    for row in 0..<6 {
      #expect(abs(found.gradient.row(row).reduce(0, +)) < 1e-13)
      #expect(found.gradient[row, targets[row]] != trueGradient.gradient[row, targets[row]])
    }
  }

  @Test(arguments: lossCases.indices)
  func staysFiniteForExtremeFiniteInput(index: Int) {
    let (name, configuration) = lossCases[index]
    let isCosine = configuration.name != "softmax"
    let extremes =
      isCosine ? [1, -1, 1.0000002, -1.0000002, 0, -0.8775825618903728] : [1e30, -1e30, 0, 1, -1e-30]
    for target in extremes {
      for other in extremes {
        for columns in [1, 2, 3, 40] {
          var similarities = Matrix<Double>(rows: 2, columns: columns, repeating: other)
          similarities[0, 0] = target
          similarities[1, columns - 1] = target
          let targets = [0, columns - 1]
          let double = evaluate(configuration, similarities, targets: targets)
          let single = evaluate(configuration, similarities.converted(to: Float.self), targets: targets)
          let place = "\(name) \(target) \(other) \(columns)"
          #expect(double.loss.isFinite && double.loss >= 0, "\(place)")
          #expect(double.gradient.elements.allSatisfy { $0.isFinite }, "\(place)")
          #expect(single.loss.isFinite && single.loss >= 0, "\(place)")
          #expect(single.gradient.elements.allSatisfy { $0.isFinite }, "\(place)")
        }
      }
    }
  }

  @Test func aTargetThatIsAlmostCertainKeepsItsSmallLoss() {
    // −ln p = ln(1 + e^{-40}) ≈ e^{-40}, which 1 − p would lose.
    var similarities = Matrix<Float>(rows: 1, columns: 2)
    similarities[0, 0] = 40
    let softmax = lossCases[1].configuration
    let (loss, gradient) = evaluate(softmax, similarities, targets: [0])
    #expect(abs(loss - 4.248354e-18) < 1e-23)
    #expect(abs(gradient[0, 0] + 4.248354e-18) < 1e-23)
    #expect(abs(gradient[0, 1] - 4.248354e-18) < 1e-23)
  }

  @Test func aHopelessTargetHasTheLossOfItsDistance() {
    var similarities = Matrix<Float>(rows: 1, columns: 3)
    similarities[0, 0] = -3e38
    similarities[0, 1] = 3e37
    let (loss, gradient) = evaluate(lossCases[1].configuration, similarities, targets: [0])
    #expect(loss == 3.3e38)
    #expect(gradient.elements == [-1, 1, 0])
  }

  @Test func withoutMarginsTheFamilyIsNormFace() throws {
    let (similarities, targets) = Self.cosines(rows: 9, columns: 12, bound: 1)
    let plain = evaluate(
      try LossConfiguration("normface", ["scale": .number(30)]), similarities.converted(to: Float.self),
      targets: targets)
    var family: [(String, LossConfiguration)] = [
      ("cosface", try LossConfiguration("cosface", ["scale": .number(30), "margin": .number(0)])),
      (
        "cosface easy",
        try LossConfiguration(
          "cosface", ["scale": .number(30), "margin": .number(0), "easy": .flag(true)])
      ),
      (
        "combined",
        try LossConfiguration(
          "combined-margin", ["scale": .number(30), "m2": .number(0), "m3": .number(0)])
      ),
    ]
    for wrap in MarginWrap.allCases where wrap != .clip {
      family.append(
        (
          "arcface \(wrap)",
          try LossConfiguration(
            "arcface", ["scale": .number(30), "margin": .number(0), "wrap": .text(wrap.rawValue)])
        ))
    }
    for (name, configuration) in family {
      let other = evaluate(configuration, similarities.converted(to: Float.self), targets: targets)
      #expect(other.loss == plain.loss, "\(name)")
      #expect(other.gradient == plain.gradient, "\(name)")
    }
  }

  @Test func combinedMarginReducesToArcFaceAndCosFace() throws {
    let (similarities, targets) = Self.cosines(rows: 9, columns: 12)
    let arc = evaluate(
      try LossConfiguration("arcface", ["wrap": .text("none")]), similarities, targets: targets)
    let combinedArc = evaluate(
      try LossConfiguration("combined-margin", ["m2": .number(0.5), "m3": .number(0)]), similarities,
      targets: targets)
    #expect(combinedArc.loss == arc.loss)
    #expect(combinedArc.gradient == arc.gradient)
    let cosine = evaluate(try LossConfiguration("cosface"), similarities, targets: targets)
    let combinedCosine = evaluate(
      try LossConfiguration("combined-margin", ["m2": .number(0), "m3": .number(0.35)]), similarities,
      targets: targets)
    #expect(relativeError(combinedCosine.loss, cosine.loss) < 1e-14)
    #expect(relativeError(combinedCosine.gradient, cosine.gradient) < 1e-14)
    // The general form with an arccosine agrees with the addition formula.
    let almost = evaluate(
      try LossConfiguration(
        "combined-margin", ["m1": .number(1 + 1e-13), "m2": .number(0.5), "m3": .number(0)]),
      similarities, targets: targets)
    #expect(relativeError(almost.loss, arc.loss) < 1e-11)
    #expect(relativeError(almost.gradient, arc.gradient) < 1e-11)
  }

  @Test func theWrapTreatmentsActBeyondTheirThresholdAlone() throws {
    let margin = 0.5
    let threshold = cos(Double.pi - margin)
    func logit(_ wrap: MarginWrap, _ c: Double) -> (value: Double, slope: Double) {
      AngularMargin(
        multiplier: 1, margin: margin, cosineMargin: 0, wrap: wrap, penalty: 0.1, epsilon: 1e-4,
        straightThrough: false)(c)
    }
    for wrap in [MarginWrap.threshold, .penalty, .clip] {
      #expect(logit(wrap, threshold + 1e-3).value == logit(.none, threshold + 1e-3).value)
    }
    let beyond = threshold - 1e-3
    #expect(logit(.threshold, beyond).value == beyond - margin * sin(margin))
    #expect(logit(.penalty, beyond).value == beyond - 0.1)
    #expect(abs(logit(.clip, beyond).value - cos(Double.pi - 1e-4)) < 1e-15)
    #expect(logit(.clip, beyond).slope == 0)
    #expect(logit(.none, beyond).slope < 0)
    #expect(logit(.easy, 0.001).value == logit(.none, 0.001).value)
    #expect(logit(.easy, 0).value == 0)
    #expect(logit(.easy, -0.3).value == -0.3)
    // At exactly π − m the replacement already counts, as in the published code.
    #expect(logit(.threshold, threshold).value == threshold - margin * sin(margin))
  }

  @Test(arguments: lossCases.indices)
  func hasTheSameBytesForAnyNumberOfWorkers(index: Int) {
    let (similarities, targets) = Self.cosines(rows: 70, columns: 45)
    let single = similarities.converted(to: Float.self)
    let one = evaluate(lossCases[index].configuration, single, targets: targets)
    let two = evaluate(lossCases[index].configuration, single, targets: targets, workers: Workers(2))
    #expect(one.loss == two.loss)
    #expect(one.gradient == two.gradient)
  }

  @Test func theBiasOfSoftmaxEntersEveryLogit() throws {
    let (similarities, targets) = Self.cosines(rows: 6, columns: 5)
    var stream = RandomStream(seed: 2, name: "bias")
    var bias = Matrix<Double>(rows: 1, columns: 5)
    stream.fillNormal(&bias)
    let configuration = try LossConfiguration("softmax")
    func run(_ bias: Matrix<Double>) -> (Double, Matrix<Double>, Matrix<Double>) {
      var batch = LossBatch<Double>()
      batch.similarities = similarities
      batch.targets = targets
      batch.parameters = [Parameter(name: "bias", kind: .bias, value: bias)]
      var loss = configuration.makeLoss(classes: 5)
      let value = loss.evaluate(&batch, workers: .one)
      return (value, batch.similarities, batch.parameters[0].gradient)
    }
    var shifted = similarities
    for row in 0..<6 { for column in 0..<5 { shifted[row, column] += bias[0, column] } }
    let expected = NaiveLosses.evaluate(
      try LossConfiguration("softmax", ["bias": .flag(false)]), shifted, targets: targets)
    let (loss, gradient, biasGradient) = run(bias)
    #expect(relativeError(loss, expected.loss) < 1e-13)
    #expect(relativeError(gradient, expected.gradient) < 1e-13)
    for column in 0..<5 {
      let difference = derivative { change in
        var moved = bias
        moved[0, column] += change
        return run(moved).0
      }
      #expect(abs(biasGradient[0, column] - difference) < 1e-9)
    }
  }
}
