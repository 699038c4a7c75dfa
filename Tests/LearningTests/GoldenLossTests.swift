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

  /// Those of sampled classes are `SampledClassesTests`'.
  static let variants = all.filter { !$0.hasSuffix("_rate0.5") }
  static let sampled = all.filter { $0.hasSuffix("_rate0.5") }

  private static let all: [String] = {
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
      (try? GoldenLoss.find(head: head, variant: variant)) ?? nil == nil,
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
    guard let known = try GoldenLoss.find(head: String(path.prefix { $0 != "/" }), variant: variant) else {
      Issue.record("an unknown variant: \(path)")
      return
    }
    for group in try variant.groups() {
      switch group.name {
      case "cosine_leaf": try checkLeaf(group, known, file)
      case "steps":
        let weights = try group.matrix("weights")
        try checkThroughTheMechanism(group.groups(), known, weights, of: Double.self)
        try checkThroughTheMechanism(group.groups(), known, weights, of: Float.self)
        try checkFromCosines(group.groups(), known, weights: weights)
      default:
        let weights = try group.matrix("weights")
        try checkThroughTheMechanism([group], known, weights, of: Double.self)
        try checkThroughTheMechanism([group], known, weights, of: Float.self)
        try checkFromCosines([group], known, weights: weights)
      }
    }
  }

  /// Cases from features and weights, one after another through one head of the conventional mechanism.
  private func checkThroughTheMechanism<Element: Scalar>(
    _ cases: [GoldenGroup], _ known: GoldenLoss, _ weights: Matrix<Double>, of type: Element.Type
  ) throws {
    guard let first = cases.first else { return }
    let isDouble = Element.self == Double.self
    let tolerance = isDouble ? (known.normEpsilon > 0 ? 1e-6 : known.tolerance) : 1e-4
    let traits = known.configuration.traits
    let made = try known.makeLoss(classes: weights.rows / traits.columnsPerClass, group: first)
    var runner = HeadRunner<Element>(
      try MechanismConfiguration("conventional"), traits: traits, width: weights.columns, weights: [weights],
      extras: try extras(traits, first)
    ) { _, _ in made }
    for group in cases {
      let place = group.path
      let expected = try Expected(group, known: known, weights: weights)
      if isDouble { try expected.checkState("_before", group, known, runner.states()[0]) }
      let result = runner.run(features: try group.matrix("features"), labels: try group.integers("labels"))
      if isDouble { try expected.checkState("_after", group, known, runner.states()[0]) }
      if known.largestLoss == .infinity {
        expected.check("loss", Double(result.loss), expected.loss, isDouble ? tolerance : 1e-5, place)
      }
      expected.check("dfeatures", result.features, expected.features, tolerance, place)
      expected.check("dweights", result.weights[0], expected.weights, tolerance, place)
      for (name, gradient) in result.extras.sorted(by: { $0.key < $1.key }) {
        expected.check(
          "d\(name)", gradient, row(try group.array("d\(fileName(name))").elements), tolerance, place)
      }
    }
  }

  /// The loss of the cases' own cosines, at full precision also for peers that normalise differently.
  private func checkFromCosines(_ cases: [GoldenGroup], _ known: GoldenLoss, weights: Matrix<Double>) throws {
    let traits = known.configuration.traits
    guard traits.similarity == .cosine, let first = cases.first else { return }
    var loss = try known.makeLoss(classes: weights.rows / traits.columnsPerClass, group: first)
    let (unitWeights, weightNorms) = unitRows(weights, epsilon: known.normEpsilon)
    for group in cases {
      let place = group.path
      let expected = try Expected(group, known: known, weights: weights)
      let (unitFeatures, featureNorms) = unitRows(try group.matrix("features"), epsilon: known.normEpsilon)
      let cosine =
        try group.has("cosine")
        ? group.matrix("cosine") : product(unitFeatures, .asIs, unitWeights, .transposed)
      let probe = LossProbe(
        similarities: cosine, targets: try group.integers("labels"), norms: featureNorms,
        prototypes: unitWeights, parameters: try parameters(traits, group))
      let outcome = probe.run(&loss)
      let clamped =
        outcome.rows.reduce(0) { $0 + min($1.loss, known.largestLoss) } / Double(max(outcome.rows.count, 1))
      expected.check(
        "loss", known.largestLoss == .infinity ? outcome.loss : clamped, expected.loss, known.tolerance, place
      )
      if try group.has("ce") { expected.check("ce", clamped, try group.scalar("ce"), known.tolerance, place) }
      if try group.has("dcosine") {
        expected.check(
          "dcosine", outcome.similarities, try group.matrix("dcosine"), known.tolerance, place)
      }
      var dFeatures = throughNormalisation(
        product(outcome.similaritiesOfEmbeddings, .asIs, unitWeights), unit: unitFeatures, norms: featureNorms
      )
      addRadial(outcome.norms, along: unitFeatures, to: &dFeatures)
      expected.check("dfeatures", dFeatures, expected.features, known.tolerance, place)
      var dUnit = product(outcome.similarities, .transposed, unitFeatures)
      if traits.needs.contains(.prototypes) {
        ElementwiseKernels.add(outcome.prototypes, to: &dUnit, workers: .one)
      }
      let dWeights = throughNormalisation(dUnit, unit: unitWeights, norms: weightNorms)
      expected.check("dweights", dWeights, expected.weights, known.tolerance, place)
      try known.checkExtras(group, probe, outcome)
    }
  }

  /// The loss of a cosine matrix that is handed over directly.
  private func checkLeaf(_ group: GoldenGroup, _ known: GoldenLoss, _ file: GoldenFile) throws {
    let inputs = try file.group("/inputs/cosine_leaf")
    let cosine = try (group.has("cosine") ? group : inputs).matrix("cosine")
    let labels = try (group.has("labels") ? group : inputs).integers("labels")
    let (unitFeatures, norms) = unitRows(
      try (group.has("features") ? group : inputs).matrix("features"), epsilon: known.normEpsilon)
    let traits = known.configuration.traits
    let probe = LossProbe(
      similarities: cosine, targets: labels, norms: norms, parameters: try parameters(traits, group))
    let expected = try Expected(group)
    func check<Element: Scalar>(_ type: Element.Type, loss lossTolerance: Double, _ tolerance: Double) throws
    {
      var loss = try known.makeLoss(classes: cosine.columns / traits.columnsPerClass, group: group)
      if Element.self == Double.self { try expected.checkState("_before", group, known, loss.state) }
      let outcome = probe.converted(to: type).run(&loss)
      if Element.self == Double.self { try expected.checkState("_after", group, known, loss.state) }
      expected.check("loss", Double(outcome.loss), try group.scalar("loss"), lossTolerance, group.path)
      expected.check("dcosine", outcome.similarities, try group.matrix("dcosine"), tolerance, group.path)
      if try group.has("dfeatures_through_norm") {
        var through = Matrix<Double>(rows: unitFeatures.rows, columns: unitFeatures.columns)
        addRadial(outcome.norms.map { Double($0) }, along: unitFeatures, to: &through)
        expected.check(
          "dfeatures_through_norm", through, try group.matrix("dfeatures_through_norm"), tolerance, group.path
        )
      }
      for (parameter, gradient) in zip(traits.parameters, outcome.parameters) {
        let name = "d\(fileName(parameter.name))"
        expected.check(name, gradient, row(try group.array(name).elements), tolerance, group.path)
      }
    }
    try check(Double.self, loss: known.tolerance, known.tolerance)
    try check(Float.self, loss: 1e-5, 1e-4)
  }

  /// Adds the gradient through the norms: ∂‖x‖/∂x = x̂.
  private func addRadial(_ norms: [Double], along unit: Matrix<Double>, to gradient: inout Matrix<Double>) {
    for (row, factor) in norms.enumerated() {
      for column in 0..<unit.columns { gradient[row, column] += factor * unit[row, column] }
    }
  }

  /// What the file calls a learned number: with underscores.
  private func fileName(_ name: String) -> String { name.replacing("-", with: "_") }

  /// The case's learned numbers by name.
  private func extras(_ traits: LossTraits, _ group: GoldenGroup) throws -> [String: Matrix<Double>] {
    try Dictionary(
      uniqueKeysWithValues: traits.parameters.map {
        ($0.name, row(try group.array(fileName($0.name)).elements))
      })
  }

  /// The case's learned numbers in the order that the loss declares.
  private func parameters(_ traits: LossTraits, _ group: GoldenGroup) throws -> [Matrix<Double>] {
    try traits.parameters.map { row(try group.array(fileName($0.name)).elements) }
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

  /// What the loss keeps against the case's datasets `NAME_before` or `NAME_after`.
  func checkState(_ suffix: String, _ group: GoldenGroup, _ known: GoldenLoss, _ state: LossState) throws {
    for dataset in try group.datasetNames() where dataset.hasSuffix(suffix) {
      let name = String(dataset.dropLast(suffix.count))
      let key = known.stateNames[name] ?? name
      if key.isEmpty { continue }
      let values = try group.array(dataset).elements
      let found = try #require(state[key], "\(group.path)/\(dataset): no state ‘\(key)’")
      #expect(
        relativeError(found, values) <= known.tolerance, "\(group.path)/\(dataset): \(found), \(values)")
    }
  }
}
