import FeatureStores
import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Learning

@Suite("Gradient skipping") struct GradientSkippingTests {
  /// The gradient of a batch at its similarities, with what it is multiplied by.
  struct Head {
    var gradient: Matrix<Double>
    var prototypes: Matrix<Double>
    var embeddings: Matrix<Double>
    var targets: [Int]

    /// The softmax gradient of embeddings near their targets' prototypes: the larger the scale, the fewer elements hold nearly all of it.
    init(rows: Int, classes: Int, width: Int, scale: Double) throws {
      var stream = RandomStream(seed: 4, name: "head.\(scale)")
      func unit(_ x: Matrix<Double>) -> Matrix<Double> {
        var result = x
        var norms = [Double](repeating: 0, count: x.rows)
        RowNormalization.forward(x, into: &result, norms: &norms)
        return result
      }
      var raw = Matrix<Double>(rows: classes, columns: width)
      stream.fillNormal(&raw)
      prototypes = unit(raw)
      targets = (0..<rows).map { _ in stream.integer(below: classes) }
      raw = prototypes.gathering(rows: targets)
      for row in 0..<rows { for column in 0..<width { raw[row, column] += 0.3 * stream.normal() } }
      embeddings = unit(raw)
      let configuration = try LossConfiguration("cosface", ["scale": .number(scale)])
      var loss = configuration.makeLoss(classes: classes, seed: 0)
      var batch = LossBatch<Double>()
      batch.similarities = product(embeddings, .asIs, prototypes, .transposed)
      batch.targets = targets
      _ = loss.evaluate(&batch, workers: .one)
      gradient = batch.similarities
    }

    /// ‖dE − dE'‖/‖dE‖, ‖dW − dW'‖/‖dW‖ of a skipping head, and the shares of both products.
    func errors(bound: Double, alpha: Double = 1, areUnit: Bool = true) -> (errors: [Double], share: Double) {
      var skipping = GradientSkipping<Double>(bound: bound)
      skipping.choose(
        gradient: gradient, targets: targets, columnsPerClass: 1, embeddings: embeddings,
        prototypes: prototypes,
        areUnit: areUnit, workers: Workers(2))
      var forward = Matrix<Double>(rows: gradient.rows, columns: prototypes.columns)
      skipping.multiply(alpha: alpha, gradient, prototypes: prototypes, into: &forward, workers: Workers(2))
      var backward = Matrix<Double>(rows: prototypes.rows, columns: prototypes.columns)
      skipping.multiplyTransposed(
        alpha: alpha, gradient, embeddings: embeddings, into: &backward, workers: .one)
      func error(_ found: Matrix<Double>, _ expected: Matrix<Double>) -> Double {
        let difference = zip(found.elements, expected.elements).map { $0 - alpha * $1 }
        return nrm2(Matrix(rows: 1, columns: difference.count, elements: difference))
          / (abs(alpha) * nrm2(expected))
      }
      return (
        [
          error(forward, product(gradient, .asIs, prototypes)),
          error(backward, product(gradient, .transposed, embeddings)),
        ], skipping.share
      )
    }
  }

  /// What products in double precision differ by when they are summed in another order.
  private static let rounding = 1e-14

  @Test(arguments: [8, 40, 200], [1e-1, 1e-3, 1e-7, 1e-12])
  func `The error is below the bound`(scale: Double, bound: Double) throws {
    let head = try Head(rows: 60, classes: 1500, width: 24, scale: scale)
    for alpha in [1, 0.25] {
      let found = head.errors(bound: bound, alpha: alpha)
      #expect(found.errors.allSatisfy { $0 <= bound + Self.rounding }, "\(found)")
      // A sharp softmax is left with next to nothing; in a flat one all counts.
      if scale == 200 && bound >= 1e-7 { #expect(found.share < 0.25, "\(found)") }
      if scale == 8 && bound <= 1e-3 { #expect(found.share == 1, "\(found)") }
    }
  }

  @Test func `Prototypes of any length count by the longest`() throws {
    var head = try Head(rows: 30, classes: 900, width: 16, scale: 200)
    ElementwiseKernels.scale(&head.prototypes, by: 1e-3)
    // A class that hardly anybody is like, and whose prototype is long.
    let far = try #require((0..<900).first { !head.targets.contains($0) })
    for column in 0..<16 { head.prototypes[far, column] *= 1e9 }
    let found = head.errors(bound: 1e-6, areUnit: false)
    #expect(found.errors.allSatisfy { $0 <= 1e-6 + Self.rounding }, "\(found)")
  }

  @Test func `Where large elements cancel the bound holds all the same`() throws {
    var head = try Head(rows: 20, classes: 600, width: 8, scale: 200)
    var stream = RandomStream(seed: 2, name: "cancelling")
    head.targets = Array(repeating: 0, count: 20)
    // The two large elements of a row take the difference of two prototypes that are nearly the same.
    for column in 0..<8 { head.prototypes[1, column] = head.prototypes[0, column] + (column == 0 ? 1e-6 : 0) }
    for row in 0..<20 {
      for column in 2..<600 { head.gradient[row, column] = 1e-9 * stream.uniform() }
      (head.gradient[row, 0], head.gradient[row, 1]) = (-1, 1)
    }
    let found = head.errors(bound: 1e-3)
    #expect(found.errors.allSatisfy { $0 <= 1e-3 + 1e-9 }, "\(found)")
    // The same two rows of embeddings cancel for the prototypes.
    for row in 0..<20 {
      for column in 0..<600 { head.gradient[row, column] *= row % 2 == 0 ? 1 : -1 }
      for column in 0..<8 {
        head.embeddings[row, column] = head.embeddings[0, column] + (column == 1 && row % 2 == 0 ? 1e-6 : 0)
      }
    }
    let other = head.errors(bound: 1e-3)
    #expect(other.errors.allSatisfy { $0 <= 1e-3 + 1e-9 }, "\(other)")
  }

  @Test func `A gradient of nothing stays so, and NaN stays NaN`() throws {
    var head = try Head(rows: 4, classes: 700, width: 8, scale: 8)
    ElementwiseKernels.clear(&head.gradient)
    var skipping = GradientSkipping<Double>(bound: 1e-7)
    var result = Matrix<Double>(rows: 4, columns: 8, repeating: 1)
    func run() {
      skipping.choose(
        gradient: head.gradient, targets: head.targets, columnsPerClass: 1, embeddings: head.embeddings,
        prototypes: head.prototypes, areUnit: true, workers: .one)
      skipping.multiply(alpha: 1, head.gradient, prototypes: head.prototypes, into: &result, workers: .one)
    }
    run()
    #expect(result.elements.allSatisfy { $0 == 0 })
    #expect(skipping.share == 4.0 / 2800)
    head.gradient[2, 650] = .nan
    run()
    #expect(result.row(2).allSatisfy(\.isNaN) && result.row(1).allSatisfy { $0 == 0 })
  }

  // MARK: Training

  /// Many identities that the first steps tell apart, so that nearly all of the gradient is in few elements.
  private static let data = clusters(identities: 700, images: 2, columns: 12, spread: 0.05)

  private static func configuration(
    _ mechanism: String = "conventional", bound: Double?, loss: String = "{name: arcface, scale: 200}"
  ) throws -> TrainingConfiguration {
    var configuration = try smallConfiguration(
      loss: LossConfiguration(yaml("x: \(loss)").mapping(keys: ["x"]).required("x")),
      mechanism: MechanismConfiguration(yaml("m: \(mechanism)").mapping(keys: ["m"]).required("m")),
      batch: 40,
      steps: 12)
    configuration.network = NetworkConfiguration([.linear(outputs: 8)])
    configuration.optimizer.learningRate = 0.01
    configuration.gradientSkipping = bound
    return configuration
  }

  private static func trainer<Element: Scalar>(
    _ configuration: TrainingConfiguration, workers: Workers = .one, as type: Element.Type = Float.self
  ) throws -> Trainer<Element> {
    try Trainer(configuration: configuration, features: data.0, labels: data.1, workers: workers)
  }

  private static let mechanisms = [
    "conventional", "{name: multiface, groups: 2}", "{name: conventional, sample-rate: 0.9}",
    "{name: semi-siamese, queue: 640, identities: free}",
  ]

  @Test(arguments: mechanisms, [1e-7, 1e-3])
  func `Training follows the dense one, and the measured errors are below the bound`(
    mechanism: String, bound: Double
  )
    throws
  {
    var dense = try Self.trainer(Self.configuration(mechanism, bound: nil), as: Double.self)
    var skipping = try Self.trainer(Self.configuration(mechanism, bound: bound), as: Double.self)
    #expect(dense.skippingErrors().isEmpty)
    var shares: [Double] = []
    while !dense.isFinished {
      let errors = skipping.skippingErrors()
      #expect(errors.count == (mechanism.contains("multiface") || mechanism.contains("semi") ? 2 : 1))
      for error in errors {
        #expect(error.embeddings <= bound && error.prototypes ?? 0 <= bound, "\(error)")
        #expect((error.prototypes == nil) == mechanism.contains("semi"))
        shares.append(error.share)
      }
      let (expected, found) = (try dense.step().loss, try skipping.step().loss)
      #expect(abs(found - expected) <= 100 * bound * abs(expected))
    }
    #expect(shares.contains { $0 < 0.25 }, "\(shares)")
    #expect(try dense.checkpoint() != skipping.checkpoint())
  }

  @Test(arguments: mechanisms) func `The bytes are the same for any number of threads`(mechanism: String)
    throws
  {
    let checkpoints = try [1, 2, 3].map { count in
      var trainer = try Self.trainer(Self.configuration(mechanism, bound: 1e-3), workers: Workers(count))
      while !trainer.isFinished { _ = try trainer.step() }
      return try trainer.checkpoint()
    }
    #expect(checkpoints.allSatisfy { $0 == checkpoints[0] })
  }

  @Test func `A resumed run has the bytes of an uninterrupted one`() throws {
    let configuration = try Self.configuration(bound: 1e-3)
    var whole = try Self.trainer(configuration)
    while !whole.isFinished { _ = try whole.step() }
    var first = try Self.trainer(configuration)
    for _ in 0..<5 { _ = try first.step() }
    var second = try Trainer<Float>(
      resuming: first.checkpoint(), features: Self.data.0, labels: Self.data.1, workers: Workers(2))
    #expect(second.configuration.gradientSkipping == 1e-3)
    while !second.isFinished { _ = try second.step() }
    #expect(try whole.checkpoint() == second.checkpoint())
  }

  @Test func `A class of the batch always learns from it, others need not`() throws {
    var trainer = try Self.trainer(Self.configuration(bound: 0.5))
    for _ in 0..<4 { _ = try trainer.step() }
    let present = Set(trainer.batch.classes)
    var idle = 0
    trainer.forEachParameter { parameter in
      guard parameter.kind == .prototype else { return }
      for label in 0..<parameter.gradient.rows {
        let isZero = parameter.gradient.row(label).allSatisfy { $0 == 0 }
        #expect(!isZero || !present.contains(label))
        if isZero { idle += 1 }
      }
    }
    #expect(idle > 300)
  }

  @Test func `Momentum and decay move a class that got no gradient`() throws {
    var trainer = try Self.trainer(Self.configuration(bound: 0.5))
    _ = try trainer.step()
    func prototypes() -> Matrix<Float> {
      var result = Matrix<Float>(rows: 0, columns: 0)
      var trainer = trainer
      trainer.forEachParameter { if $0.kind == .prototype { result = $0.value } }
      return result
    }
    let before = prototypes()
    _ = try trainer.step()
    let after = prototypes()
    #expect((0..<before.rows).allSatisfy { before.row($0) != after.row($0) })
  }

  @Test func `What adapting changes holds from the checkpoint on`() throws {
    var trainer = try Self.trainer(Self.configuration(bound: nil))
    for _ in 0..<3 { _ = try trainer.step() }
    let adapted = try Trainer<Float>(
      resuming: trainer.checkpoint(), features: Self.data.0, labels: Self.data.1,
      adapting: { $0.gradientSkipping = 0.25 })
    #expect(adapted.configuration.gradientSkipping == 0.25 && adapted.completedSteps == 3)
    #expect(adapted.skippingErrors().count == 1)
  }

  // MARK: Configuration

  @Test func `The bound is read, and 0 stands for none`() throws {
    func read(_ text: String) throws -> TrainingConfiguration {
      try TrainingConfiguration(yaml("{network: [], loss: normface, steps: 5\(text)}"))
    }
    #expect(try read("").gradientSkipping == nil)
    #expect(try read(", gradient-skipping: 1e-7").gradientSkipping == 1e-7)
    #expect(try read(", gradient-skipping: 0") == read(""))
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    // Runs from before there was the option keep their identity.
    #expect(!String(decoding: try encoder.encode(read("")), as: UTF8.self).contains("radient"))
    let set = try read(", gradient-skipping: 1e-3")
    #expect(try JSONDecoder().decode(TrainingConfiguration.self, from: encoder.encode(set)) == set)
  }

  @Test(arguments: ["-1e-7", "1", "2", ".nan", ".inf", "yes", "[1]"])
  func `A bound that is none is refused with its place`(text: String) throws {
    let error = #expect(throws: HarnessError.self) {
      try TrainingConfiguration(yaml("{network: [], loss: normface, steps: 5, gradient-skipping: \(text)}"))
    }
    #expect(
      error?.kind == .badInput && error?.place == "line 1, gradient-skipping", "\(String(describing: error))")
  }

  @Test func `A batch that is compared with itself has nothing to leave out`() throws {
    let configuration = try Self.configuration("siamese", bound: 1e-7, loss: "triplet")
    #expect(
      configuration.unsupportedReason(inputs: 12, classes: 700)
        == "gradient-skipping serves prototypes, and the mechanism compares a batch with itself")
    var dense = configuration
    dense.gradientSkipping = nil
    #expect(dense.unsupportedReason(inputs: 12, classes: 700) == nil)
  }
}
