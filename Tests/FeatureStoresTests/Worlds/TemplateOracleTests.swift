import Foundation
import LinearAlgebra
import Testing

@testable import FeatureStores

/// The log density of N(0, covariance) at z, by Cholesky's decomposition.
private func logDensity(_ z: [Double], _ covariance: [[Double]]) -> Double {
  var lower = covariance
  var solution = z
  var result = -0.5 * Double(z.count) * log(2 * Double.pi)
  for i in z.indices {
    for j in 0...i {
      var sum = covariance[i][j]
      for k in 0..<j { sum -= lower[i][k] * lower[j][k] }
      if i == j { lower[i][i] = sum.squareRoot() } else { lower[i][j] = sum / lower[j][j] }
    }
    for k in 0..<i { solution[i] -= lower[i][k] * solution[k] }
    solution[i] /= lower[i][i]
    result -= log(lower[i][i]) + 0.5 * solution[i] * solution[i]
  }
  return result
}

@Suite("The oracle of templates")
struct TemplateOracleTests {
  /// One axis: between people 1.3, in a medium 0.2, and own noise.
  private let oracle = BayesOracle(between: [1.3], media: [0.2])

  private func image(_ z: Double, own: Double, medium: Int64) -> BayesOracle.TemplateImage {
    BayesOracle.TemplateImage(latents: [z], totals: [1.5 + own], medium: medium)
  }

  /// ln p(all | one person) − ln p(all | two people), from the dense joint covariances.
  private func naive(
    _ first: [(z: Double, own: Double, medium: Int64)], _ second: [(z: Double, own: Double, medium: Int64)]
  ) -> Double {
    let all = first + second
    func joint(samePerson: Bool) -> Double {
      let covariance = all.indices.map { i in
        all.indices.map { j in
          let onePerson = samePerson || (i < first.count) == (j < first.count)
          return (onePerson ? 1.3 : 0) + (all[i].medium == all[j].medium ? 0.2 : 0)
            + (i == j ? all[i].own : 0)
        }
      }
      return logDensity(all.map(\.z), covariance)
    }
    return joint(samePerson: true) - joint(samePerson: false)
  }

  @Test func `The score is the ratio of the dense joint Gaussian densities`() {
    var stream = RandomStream(seed: 4, name: "templates")
    for trial in 0..<200 {
      var medium: Int64 = 0
      let templates = (0..<2).map { _ in
        (0..<1 + stream.integer(below: 4)).flatMap { _ in
          medium += 1
          return (0..<1 + stream.integer(below: 3)).map { _ in
            (z: 2 * stream.normal(), own: 0.05 + 2 * stream.uniform(), medium: medium)
          }
        }
      }
      let evidence = templates.map { template in
        oracle.template(template.map { image($0.z, own: $0.own, medium: $0.medium) })
      }
      let expected = naive(templates[0], templates[1])
      #expect(
        abs(oracle.score(evidence[0], evidence[1]) - expected) < 1e-9 * max(1, abs(expected)), "\(trial)")
    }
  }

  @Test func `A template of one image is that image`() {
    let evidence = oracle.template([image(0.7, own: 0.3, medium: 9)])
    #expect(abs(evidence.latents[0] - 0.7) < 1e-15 && abs(evidence.totals[0] - 1.8) < 1e-12)
  }

  @Test func `Many images of one medium tell no more than the medium`() {
    let one = oracle.template((0..<10_000).map { _ in image(0.7, own: 0.3, medium: 1) })
    #expect(abs(one.totals[0] - 1.5) < 1e-4)
    let many = oracle.template((0..<10_000).map { image(0.7, own: 0.3, medium: Int64($0)) })
    #expect(abs(many.totals[0] - 1.3) < 1e-4)
  }

  @Test func `Poor images weigh less`() {
    let evidence = oracle.template([image(1, own: 0.1, medium: 1), image(-1, own: 5, medium: 2)])
    // Weights 1/0.3 and 1/5.2.
    let expected = (1 / 0.3 - 1 / 5.2) / (1 / 0.3 + 1 / 5.2)
    #expect(abs(evidence.latents[0] - expected) < 1e-12)
  }

  @Test func `The order of the images does not matter`() {
    let images = [
      image(1, own: 0.1, medium: 1), image(-1, own: 5, medium: 2), image(0.2, own: 0.7, medium: 1),
    ]
    let (a, b) = (oracle.template(images), oracle.template(images.reversed()))
    #expect(abs(a.latents[0] - b.latents[0]) < 1e-14 && abs(a.totals[0] - b.totals[0]) < 1e-14)
  }

  @Test
  func `On a world's templates the ratio has mean one over impostors, and its sign errs as a ratio may`()
    throws
  {
    let definition = try WorldFixture.definition(
      "name: a, kind: ijb, identities: 4000, templates-per-identity: 2, media: [1, 3], "
        + "images-per-medium: [1, 2], impostor-pairs: 10, images: {profile: 0.3, quality: [0.2, 1]}")
    let plan = SetPlan(definition.sets[0], seed: definition.seed, firstPerson: 0)
    let layout = try #require(plan.templates)
    var sampler = WorldSampler(definition, plan: plan, map: WorldMap(definition))
    let sampled = sampler.next(rows: 1 << 20, workers: .one)
    let known = try #require(sampled).oracle
    let oracle = BayesOracle(definition)
    var images = [[BayesOracle.TemplateImage]](repeating: [], count: layout.identities.count)
    for row in 0..<plan.count {
      let values = known.row(row).map(Double.init)
      images[Int(layout.templates[row]) - 1].append(
        BayesOracle.TemplateImage(
          latents: Array(values.prefix(4)), totals: Array(values.suffix(4)), medium: layout.media[row]))
    }
    let evidence = images.map(oracle.template)
    // E[min(1, ratio)] over impostors, E[min(1, 1/ratio)] over genuine pairs and the sum of the error rates at a ratio of 1 are one number, the
    // integral of the smaller density, if and only if the score is the ratio.
    var impostor = 0.0
    var genuine = 0.0
    var errors = 0.0
    for person in 0..<4000 {
      let mated = oracle.score(evidence[2 * person], evidence[2 * person + 1])
      let other = oracle.score(evidence[2 * person], evidence[2 * ((person + 1) % 4000) + 1])
      genuine += min(1, exp(-mated)) / 4000
      impostor += min(1, exp(other)) / 4000
      errors += (mated > 0 ? 0 : 1) / 4000 + (other > 0 ? 1 : 0) / 4000
    }
    #expect(impostor > 0.05 && impostor < 0.6)
    #expect(abs(genuine - impostor) < 5 * (0.25 * 2 / 4000).squareRoot())
    #expect(abs(errors - (genuine + impostor) / 2) < 5 * (0.25 * 3 / 4000).squareRoot())
  }
}
