import LinearAlgebra
import TestSupport
import Testing

@testable import Learning

/// Every variant, number of groups and case of the golden MultiFace heads, whatever the file holds.
@Suite(.enabled(if: SharedData.goldenIsAvailable, "needs ../shared"))
struct GoldenMultiFaceTests {
  /// Paths of the groups that hold cases: a variant's numbers of groups, or a plain head.
  static let variants: [String] = {
    guard SharedData.goldenIsAvailable, let file = try? GoldenFile("multiface") else { return [] }
    let heads = ((try? file.root.groups()) ?? []).filter { $0.name != "inputs" }
    return heads.flatMap { head in
      head.name.hasPrefix("plain_") ? [head.path] : ((try? head.groups()) ?? []).map(\.path)
    }
  }()

  @Test func theFileHoldsVariants() throws {
    _ = try GoldenFile("multiface")
    #expect(!Self.variants.isEmpty)
  }

  @Test(arguments: variants)
  func lossAndGradientsAgreeWithTheOfficialCode(path: String) throws {
    let variant = try GoldenFile("multiface").group(path)
    let head = String(path.dropFirst().prefix { $0 != "/" })
    let isPlain = head.hasPrefix("plain_")
    let kind = (isPlain ? head.dropFirst(6) : head[...]).prefix { $0 != "_" }
    let values = try variant.hyperParameters()
    func number(_ name: String) throws -> Double? {
      try values[name]?.number ?? variant.number(attribute: "hp_\(name)")
        ?? variant.string(attribute: "hp_\(name)").flatMap(Double.init)
    }
    let scale = OptionValue.number(try #require(try number("s")))
    let margin = OptionValue.number(try number("m") ?? 0)
    let loss: LossConfiguration
    switch kind {
    case "arc":
      loss = try LossConfiguration("arcface", preset: "multiface", ["scale": scale, "margin": margin])
    case "cos":
      loss = try LossConfiguration("cosface", preset: "multiface", ["scale": scale, "margin": margin])
    case "softmax": loss = try LossConfiguration("normface", preset: "multiface", ["scale": scale])
    default:
      Issue.record("an unknown variant: \(path)")
      return
    }
    let groups = isPlain ? 1 : try #require(Int(variant.name.dropFirst()))
    let mechanism =
      isPlain
      ? try MechanismConfiguration("conventional")
      : try MechanismConfiguration("multiface", ["groups": .number(Double(groups))])
    for group in try variant.groups() {
      let features = try group.matrix("features")
      let weights = try group.matrix("weights")
      let labels = try group.integers("labels")
      let size = features.columns / groups
      let parts = (0..<groups).map { weights.columns(in: $0 * size..<($0 + 1) * size) }
      let expected = try Expected(group)
      let place = group.path
      func check<Element: Scalar>(_ type: Element.Type, loss lossTolerance: Double, _ tolerance: Double)
        throws
      {
        let result = HeadResult<Element>(
          loss, mechanism: mechanism, features: features, weights: parts, labels: labels)
        expected.check("loss", Double(result.loss), try group.scalar("loss"), lossTolerance, place)
        expected.check("dfeatures", result.features, try group.matrix("dfeatures"), tolerance, place)
        var dWeights = Matrix<Element>(rows: weights.rows, columns: weights.columns)
        for part in 0..<groups { dWeights.replaceColumns(from: part * size, with: result.weights[part]) }
        expected.check("dweights", dWeights, try group.matrix("dweights"), tolerance, place)
      }
      try check(Double.self, loss: 1e-9, 1e-9)
      try check(Float.self, loss: 1e-5, 1e-4)
      guard !isPlain else { continue }
      let mean = HeadResult<Double>(
        loss,
        mechanism: try MechanismConfiguration(
          "multiface", ["groups": .number(Double(groups)), "reduction": .text("mean")]),
        features: features, weights: parts, labels: labels)
      expected.check("loss", mean.loss, try group.scalar("loss_mean_over_groups"), 1e-9, place)
      try checkGroups(group, loss: loss, groups: groups, expected: expected, labels: labels)
    }
  }

  /// The loss and gradient of each group from its own pseudo-cosines.
  private func checkGroups(
    _ group: GoldenGroup, loss: LossConfiguration, groups: Int, expected: Expected, labels: [Int]
  ) throws {
    let cosine = try group.array("cosine")
    let dCosine = try group.array("dcosine")
    let losses = try group.vector("group_losses")
    for part in 0..<groups {
      var batch = LossBatch<Double>()
      batch.similarities = cosine[part].matrix
      batch.targets = labels
      var criterion = loss.makeLoss(classes: batch.similarities.columns)
      expected.check(
        "group_losses", criterion.evaluate(&batch, workers: .one), losses[part], 1e-9,
        "\(group.path)[\(part)]")
      expected.check("dcosine", batch.similarities, dCosine[part].matrix, 1e-9, "\(group.path)[\(part)]")
    }
  }

  @Test(arguments: ["softmax", "normface", "cosface", "arcface", "combined-margin"])
  func oneGroupHasTheBytesOfTheConventionalHead(name: String) throws {
    var stream = RandomStream(seed: 5, name: "one group")
    var features = Matrix<Double>(rows: 33, columns: 24)
    var weights = Matrix<Double>(rows: 70, columns: 24)
    stream.fillNormal(&features)
    stream.fillNormal(&weights)
    let labels = (0..<33).map { _ in stream.integer(below: 70) }
    let loss = try LossConfiguration(name)
    let plain = HeadResult<Float>(
      loss, mechanism: try MechanismConfiguration("conventional"), features: features, weights: [weights],
      labels: labels)
    for normalise in ["whole", "group"] {
      for reduction in ["sum", "mean"] {
        let one = HeadResult<Float>(
          loss,
          mechanism: try MechanismConfiguration(
            "multiface",
            ["groups": .number(1), "normalise": .text(normalise), "reduction": .text(reduction)]),
          features: features, weights: [weights], labels: labels)
        #expect(one.loss == plain.loss)
        #expect(one.features == plain.features)
        #expect(one.weights == plain.weights)
        #expect(one.extras == plain.extras)
      }
    }
  }
}
