import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Learning

/// What the losses with margins of other forms reduce to.
@Suite struct MarginIdentityTests {
  private func run<Element: Scalar>(
    _ text: String, _ probe: LossProbe<Element>, classes: Int = 12
  ) throws -> LossOutcome<Element> {
    var loss = try LossConfiguration(yaml("loss: \(text)").mapping(keys: ["loss"]).required("loss"))
      .makeLoss(classes: classes)
    return probe.run(&loss)
  }

  private func probe(_ name: String) throws -> LossProbe<Double> {
    LossProbe(for: try LossConfiguration(name), rows: 9, classes: 12)
  }

  /// Bit for bit, in single precision.
  private func expectSame(_ a: String, _ b: String) throws {
    let probe = try probe("arcface").converted(to: Float.self)
    let (found, expected) = (try run(a, probe), try run(b, probe))
    #expect(found.loss == expected.loss, "\(a), \(b)")
    #expect(found.similarities == expected.similarities, "\(a), \(b)")
  }

  /// To rounding, in double precision.
  private func expectClose(_ a: String, _ b: String, factor: Double = 1) throws {
    let probe = try probe("arcface")
    let (found, expected) = (try run(a, probe), try run(b, probe))
    #expect(relativeError(found.loss, factor * expected.loss) < 1e-12, "\(a), \(b)")
    let scaled = expected.similarities.elements.map { factor * $0 }
    #expect(relativeError(found.similarities.elements, scaled) < 1e-11, "\(a), \(b)")
  }

  @Test func elasticFaceWithoutDeviationIsArcFaceOrCosFace() throws {
    for assignment in ["drawn", "released", "hardest"] {
      try expectSame(
        "{name: elasticface, deviation: 0, assignment: \(assignment)}", "{name: arcface, wrap: none}")
      try expectSame(
        "{name: elasticface, form: cos, margin: 0.35, deviation: 0, assignment: \(assignment)}", "cosface")
    }
  }

  @Test func adaFaceWithoutConcentrationIsCosFace() throws {
    try expectSame("{name: adaface, h: 0}", "{name: cosface, margin: 0.4, cosine-limit: 0.001}")
  }

  @Test func oneSubCentreIsArcFace() throws {
    for wrap in MarginWrap.allCases.map(\.rawValue) {
      try expectSame(
        "{name: subcentre-arcface, centres: 1, wrap: \(wrap)}", "{name: arcface, wrap: \(wrap)}")
    }
  }

  @Test func magFaceWithOneMarginAndNoRegulariserIsArcFaceOrCosFace() throws {
    let constant = "lower-margin: 0.5, upper-margin: 0.5, norm-weight: 0"
    for wrap in ["easy", "threshold", "penalty", "none"] {
      try expectSame("{name: magface, \(constant), wrap: \(wrap)}", "{name: arcface, wrap: \(wrap)}")
    }
    try expectSame("{name: magface, form: cos, \(constant), wrap: none}", "{name: cosface, margin: 0.5}")
    try expectSame(
      "{name: magface, form: cos, \(constant), wrap: easy}", "{name: cosface, margin: 0.5, easy: true}")
  }

  @Test func aMultiplicativeMarginOfOneIsNormFace() throws {
    let plain = "{name: normface, scale: 30}"
    for gradient in ["true", "straight-through"] {
      try expectSame(
        "{name: sphereface, preset: opensphere, margin: 1, cosine-limit: 0, gradient: \(gradient)}", plain)
    }
    for version in ["v0", "v2"] {
      try expectSame(
        "{name: sphereface-r, version: \(version), margin: 1, loss-weight: 30, cosine-limit: 0}", plain)
    }
    try expectClose(
      "{name: sphereface-r, version: v1, margin: 1, loss-weight: 30, cosine-limit: 0}", plain)
  }

  @Test func sphereFaceRInItsFirstVersionIsSphereFaceUpToItsWeight() throws {
    for gradient in ["true", "straight-through"] {
      try expectClose(
        "{name: sphereface-r, version: v0, scale: 30, margin: 1.5, loss-weight: 50, gradient: \(gradient)}",
        "{name: sphereface, preset: opensphere-vggface2, gradient: \(gradient)}", factor: 50.0 / 30)
    }
  }

  @Test func sphereFacePlusWithoutEnergyIsSphereFace() throws {
    try expectSame(
      "{name: sphereface-plus, energy-weight: 0}", "{name: sphereface, preset: opensphere-vggface2}")
  }

  @Test func muchAnnealingIsNoMargin() throws {
    try expectClose(
      "{name: sphereface, preset: svx, lambda-base: 0, lambda-min: 0, margin: 1}",
      "{name: normface, scale: 32}")
    let probe = try probe("sphereface")
    let annealed = try run("{name: sphereface, lambda-base: 1e6, lambda-min: 1e6}", probe)
    let plain = try run("{name: sphereface, margin: 1}", probe)
    #expect(relativeError(annealed.loss, plain.loss) < 1e-4)
  }

  @Test func adaMSoftmaxWithEqualMarginsIsCosFace() throws {
    var probe = try probe("adam-softmax")
    probe.parameters = [Matrix(rows: 1, columns: 12, repeating: 0.35)]
    let found = try run("{name: adam-softmax, scale: 64, margin-weight: 0}", probe)
    let expected = try run("cosface", probe)
    #expect(found.loss == expected.loss)
    #expect(found.similarities == expected.similarities)
  }

  @Test func adaMSoftmaxPutsMarginsBackIntoTheirRange() throws {
    var batch = LossBatch<Double>()
    let probe = try probe("adam-softmax")
    batch.similarities = probe.similarities
    batch.targets = probe.targets
    var margins = Matrix<Double>(rows: 1, columns: 12, repeating: 0.5)
    margins[0, 3] = -0.2
    margins[0, 7] = 1.7
    batch.parameters = [Parameter(name: "class-margins", kind: .lossParameter, value: margins)]
    var loss = try LossConfiguration("adam-softmax").makeLoss(classes: 12)
    _ = loss.evaluate(&batch, workers: .one)
    margins[0, 3] = 0
    margins[0, 7] = 1
    #expect(batch.parameters[0].value == margins)
  }

  @Test func arcNegFaceWithoutEmphasisIsArcFace() throws {
    try expectClose("{name: arcnegface, alpha: 1, sigma: 1e18}", "arcface")
  }

  @Test func largeMarginSoftmaxWithAMarginOfOneIsSoftmax() throws {
    let probe = try probe("l-softmax")
    let found = try run("{name: l-softmax, margin: 1}", probe)
    let expected = try run("{name: softmax, bias: false}", probe)
    #expect(relativeError(found.loss, expected.loss) < 1e-12)
    #expect(relativeError(found.similarities, expected.similarities) < 1e-11)
    // The whole gradient goes through the inner product: none is left for the lengths.
    #expect(found.norms.allSatisfy { abs($0) < 1e-12 })
    #expect(found.prototypes.elements.allSatisfy { abs($0) < 1e-12 })
  }

  @Test func elasticMarginsGoToTheSamplesAsThePublishedExampleSays() {
    let (cosines, drawn) = ([0.5, 0.1, 0.9, 0.3], [0.1, 0.2, 0.3, 0.4])
    #expect(ElasticFace.assign(drawn, to: cosines, .drawn) == drawn)
    #expect(ElasticFace.assign(drawn, to: cosines, .released) == [0.3, 0.1, 0.4, 0.2])
    #expect(ElasticFace.assign(drawn, to: cosines, .hardest) == [0.2, 0.4, 0.1, 0.3])
    #expect(ElasticFace.assign([0.3, 0.1], to: [0.5, 0.5], .hardest) == [0.1, 0.3])
  }

  @Test func elasticMarginsDifferFromStepToStepAndGroupToGroup() throws {
    let configuration = try LossConfiguration("elasticface")
    let probe = try probe("elasticface")
    var first = configuration.makeLoss(classes: 12, seed: 1, group: 0)
    var other = configuration.makeLoss(classes: 12, seed: 1, group: 1)
    let losses = [probe.run(&first).loss, probe.run(&first).loss, probe.run(&other).loss]
    #expect(Set(losses).count == 3)
  }

  @Test func theMarginOfTheScheduleRisesStepByStepToTheMargin() throws {
    let probe = try probe("sphereface-r")
    let text = "version: v1, margin-step: 0.2, margin-interval: 3"
    var scheduled = try LossConfiguration(
      yaml("loss: {name: sphereface-r, margin: 1.5, \(text)}").mapping(keys: ["loss"]).required("loss")
    ).makeLoss(classes: 12)
    for margin in [1, 1, 1, 1.2, 1.2, 1.2, 1.4, 1.4, 1.4, 1.5, 1.5, 1.5, 1.5] {
      let constant = try run("{name: sphereface-r, version: v1, margin: \(margin)}", probe)
      #expect(relativeError(probe.run(&scheduled).loss, constant.loss) < 1e-13, "\(margin)")
    }
  }

  @Test func theMultiplicativeMarginFallsOverAllAngles() {
    for multiplier in [1.0, 1.5, 2, 3, 4, 7.3] {
      let function = MultiplicativeMargin(multiplier: multiplier)
      var last = Double.infinity
      for step in 0...2000 {
        let value = function(cos(Double.pi * Double(step) / 2000)).value
        #expect(value < last || (step == 0 && value == 1), "\(multiplier) \(step)")
        last = value
      }
    }
    #expect(MultiplicativeMargin(multiplier: 4)(1.0).value == 1)
    #expect(MultiplicativeMargin(multiplier: 4)(-1.0).value == -7)
    #expect(MultiplicativeMargin(multiplier: 4)(1.0).slope == 16)
    #expect(MultiplicativeMargin(multiplier: 4)(-1.0).slope == 16)
  }
}
