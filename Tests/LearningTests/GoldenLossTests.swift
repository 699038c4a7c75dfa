import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Learning

/// Every head and variant of the golden losses, whatever the file holds.
@Suite(.enabled(if: SharedData.goldenIsAvailable, "needs ../shared"))
struct GoldenLossTests {
  /// The groups of the file that are no heads.
  static let others: Set<String> = ["inputs", "pairs", "sst_prototype"]

  static let variants: [String] = {
    guard SharedData.goldenIsAvailable, let file = try? GoldenFile("losses") else { return [] }
    let heads = (try? file.root.groups()) ?? []
    return heads.filter { !others.contains($0.name) }.flatMap { head in
      ((try? head.groups()) ?? []).map { "\(head.name)/\($0.name)" }
    }
  }()

  @Test func theFileHoldsVariants() throws {
    _ = try GoldenFile("losses")
    #expect(!Self.variants.isEmpty)
  }

  /// The variants whose loss has yet to come, each with the reason.
  static let pending: [(path: String, reason: String)] = variants.compactMap { path in
    let head = String(path.prefix { $0 != "/" })
    guard let variant = try? GoldenFile("losses").group("/\(path)"),
      (try? GoldenLoss(head: head, variant: variant)) ?? nil == nil,
      let reason = (try? GoldenLoss.pendingReason(head: head, variant: variant)) ?? nil
    else { return nil }
    return (path, reason)
  }

  @Test(
    .disabled(
      if: !pending.isEmpty,
      "\(pending.count) variants pending: \(pending.map { "\($0.path) (\($0.reason))" }.joined(separator: ", "))"
    ))
  func noVariantIsPending() { #expect(Self.pending.isEmpty) }

  @Test(arguments: variants.filter { path in !pending.contains { $0.path == path } })
  func lossAndGradientsAgreeWithThePeer(path: String) throws {
    let file = try GoldenFile("losses")
    let variant = try file.group("/\(path)")
    guard let known = try GoldenLoss(head: String(path.prefix { $0 != "/" }), variant: variant) else {
      Issue.record("an unknown variant: \(path)")
      return
    }
    for group in try variant.groups() {
      switch group.name {
      case "cosine_leaf": try checkLeaf(group, known, file)
      case "steps": for step in try group.groups() { try checkCase(step, known) }
      default: try checkCase(group, known)
      }
    }
  }

  /// A case from features and weights, through the mechanism; then from its cosines alone.
  private func checkCase(_ group: GoldenGroup, _ known: GoldenLoss) throws {
    let features = try group.matrix("features")
    let weights = try group.matrix("weights")
    let labels = try group.integers("labels")
    var extras: [String: Matrix<Double>] = [:]
    if try group.has("bias") { extras["bias"] = row(try group.array("bias").elements) }
    let expected = try Expected(group, known: known, weights: weights)
    let tolerance = known.normEpsilon > 0 ? 1e-6 : 1e-9
    let double = HeadResult<Double>(
      known.configuration, mechanism: try MechanismConfiguration("conventional"), features: features,
      weights: [weights], extras: extras, labels: labels)
    let place = group.path
    if known.largestLoss == .infinity {
      expected.check("loss", double.loss, expected.loss, tolerance, place)
    }
    expected.check("dfeatures", double.features, expected.features, tolerance, place)
    expected.check("dweights", double.weights[0], expected.weights, tolerance, place)
    for (name, gradient) in double.extras {
      expected.check("d\(name)", gradient, row(try group.array("d\(name)").elements), tolerance, place)
    }
    let float = HeadResult<Float>(
      known.configuration, mechanism: try MechanismConfiguration("conventional"), features: features,
      weights: [weights], extras: extras, labels: labels)
    if known.largestLoss == .infinity {
      expected.check("loss", Double(float.loss), expected.loss, 1e-5, place)
    }
    expected.check("dfeatures", float.features, expected.features, 1e-4, place)
    expected.check("dweights", float.weights[0], expected.weights, 1e-4, place)
    if known.configuration.name == "softmax" { return }
    try checkFromCosines(group, known, expected, features: features, weights: weights, labels: labels)
  }

  /// The loss of the case's own cosines, at full precision also for peers that normalise differently.
  private func checkFromCosines(
    _ group: GoldenGroup, _ known: GoldenLoss, _ expected: Expected, features: Matrix<Double>,
    weights: Matrix<Double>, labels: [Int]
  ) throws {
    let (unitFeatures, featureNorms) = unitRows(features, epsilon: known.normEpsilon)
    let (unitWeights, weightNorms) = unitRows(weights, epsilon: known.normEpsilon)
    let cosine =
      try group.has("cosine")
      ? group.matrix("cosine") : product(unitFeatures, .asIs, unitWeights, .transposed)
    var batch = LossBatch<Double>()
    batch.similarities = cosine
    batch.targets = labels
    var loss = known.configuration.makeLoss(classes: weights.rows)
    let value = loss.evaluate(&batch, workers: .one)
    let place = group.path
    let clamped = batch.rows.reduce(0) { $0 + min($1.loss, known.largestLoss) } / Double(batch.rows.count)
    expected.check("loss", known.largestLoss == .infinity ? value : clamped, expected.loss, 1e-9, place)
    if try group.has("dcosine") {
      expected.check("dcosine", batch.similarities, try group.matrix("dcosine"), 1e-9, place)
    }
    let dFeatures = throughNormalisation(
      product(batch.similarities, .asIs, unitWeights), unit: unitFeatures, norms: featureNorms)
    expected.check("dfeatures", dFeatures, expected.features, 1e-9, place)
    let dWeights = throughNormalisation(
      product(batch.similarities, .transposed, unitFeatures), unit: unitWeights, norms: weightNorms)
    expected.check("dweights", dWeights, expected.weights, 1e-9, place)
  }

  /// The loss of a cosine matrix that is handed over directly.
  private func checkLeaf(_ group: GoldenGroup, _ known: GoldenLoss, _ file: GoldenFile) throws {
    let inputs = try file.group("/inputs/cosine_leaf")
    let cosine = try (group.has("cosine") ? group : inputs).matrix("cosine")
    let labels = try (group.has("labels") ? group : inputs).integers("labels")
    var batch = LossBatch<Double>()
    batch.similarities = cosine
    batch.targets = labels
    var loss = known.configuration.makeLoss(classes: cosine.columns)
    let expected = try Expected(group)
    expected.check("loss", loss.evaluate(&batch, workers: .one), try group.scalar("loss"), 1e-9, group.path)
    expected.check("dcosine", batch.similarities, try group.matrix("dcosine"), 1e-9, group.path)
    var single = LossBatch<Float>()
    single.similarities = cosine.converted(to: Float.self)
    single.targets = labels
    var lossAgain = known.configuration.makeLoss(classes: cosine.columns)
    expected.check(
      "loss", Double(lossAgain.evaluate(&single, workers: .one)), try group.scalar("loss"), 1e-5, group.path)
    expected.check("dcosine", single.similarities, try group.matrix("dcosine"), 1e-4, group.path)
  }

  private func row(_ values: [Double]) -> Matrix<Double> {
    Matrix(rows: 1, columns: values.count, elements: values)
  }
}

/// The golden outputs of a case, and comparison with them.
struct Expected {
  /// Outputs in which the peer's own code gave NaN or infinity: there ours must be finite.
  let nonfinite: String
  var loss = 0.0
  var features = Matrix<Double>(rows: 0, columns: 0)
  var weights = Matrix<Double>(rows: 0, columns: 0)

  init(_ group: GoldenGroup) throws {
    nonfinite = try group.string(attribute: "nonfinite") ?? ""
  }

  init(_ group: GoldenGroup, known: GoldenLoss, weights: Matrix<Double>) throws {
    try self.init(group)
    loss = try group.scalar("loss")
    features = try group.matrix("dfeatures")
    self.weights = try group.matrix("dweights")
    if known.weightsAreUnit {
      let (unit, norms) = unitRows(weights, epsilon: 0)
      self.weights = throughNormalisation(self.weights, unit: unit, norms: norms)
    }
  }

  func check(_ name: String, _ found: Double, _ expected: Double, _ tolerance: Double, _ place: String) {
    guard !nonfinite.contains(name) else {
      #expect(found.isFinite, "\(place)/\(name)")
      return
    }
    let error = abs(found - expected) / max(abs(expected), 1e-3)
    #expect(error <= tolerance, "\(place)/\(name): \(found), expected \(expected), error \(error)")
  }

  func check<Element: Scalar>(
    _ name: String, _ found: Matrix<Element>, _ expected: Matrix<Double>, _ tolerance: Double, _ place: String
  ) {
    guard !nonfinite.contains(name) else {
      #expect(found.elements.allSatisfy { $0.isFinite }, "\(place)/\(name)")
      return
    }
    let error = relativeError(found, expected)
    #expect(error <= tolerance, "\(place)/\(name): error \(error)")
  }
}
