import Foundation
import LinearAlgebra
import Testing

@testable import FeatureStores

@Suite("A world's images and what acts on them")
struct WorldModelTests {
  private func plan(_ definition: WorldDefinition) -> SetPlan {
    SetPlan(definition.sets[0], seed: definition.seed, firstPerson: 0)
  }

  @Test func `Effects shift and scale the axes that they name, by the amount of the attribute`() throws {
    let definition = try WorldFixture.definition("name: a, kind: shallow, identities: 2")
    let none = definition.axisEffects(of: ImageAttributes())
    #expect(none == AxisEffects(shift: .init(repeating: 0, count: 12), scale: .init(repeating: 1, count: 12)))
    let profile = definition.axisEffects(of: ImageAttributes(pose: 1))
    #expect(profile.shift == [0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0])
    #expect(profile.scale == [2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
    // Two decades below the middle: the shift has a sign, the scale has not.
    let young = definition.axisEffects(of: ImageAttributes(age: 15))
    #expect(young.shift == [0, 0, 0, 0, 0, 0, -1, -1, 0, 0, 0, 0])
    #expect(young.scale.prefix(4).allSatisfy { abs($0 - 1.2) < 1e-12 } && young.scale[4] == 1)
    let poor = definition.axisEffects(of: ImageAttributes(pose: 1, quality: 500))
    #expect(poor.scale == [4, 4, 2, 2, 1, 1, 1, 1, 1.5, 1.5, 1.5, 1.5])
  }

  @Test func `Totals are the variances between people, of media and of the image's own noise`() throws {
    let definition = try WorldFixture.definition("name: a, kind: shallow, identities: 2")
    let totals = definition.identityTotals(of: ImageAttributes(pose: 1, quality: 500))
    for (total, scale) in zip(totals, [4.0, 4, 2, 2]) {
      #expect(abs(total - (1.44 + 0.25 * (0.4 + 0.6 * scale * scale))) < 1e-12)
    }
    #expect(definition.identityTotals().allSatisfy { abs($0 - 1.69) < 1e-12 })
  }

  @Test func `Sampled latents have the stated totals, and the oracle's store holds both`() throws {
    let definition = try WorldFixture.definition(
      "name: a, kind: cplfw, identities: 4000, images-per-identity: 4, folds: 2, pairs-per-fold: 5, "
        + WorldFixture.mixed)
    let plan = plan(definition)
    var sampler = WorldSampler(definition, plan: plan, map: WorldMap(definition))
    var sums = [Double](repeating: 0, count: 4)
    var count = 0
    while let block = sampler.next(rows: 5000, workers: .one) {
      #expect(block.oracle.columns == 8 && block.oracle.rows == block.features.rows)
      for row in 0..<block.oracle.rows {
        let totals = definition.identityTotals(of: plan.attributes(of: count))
        for axis in 0..<4 {
          #expect(block.oracle[row, 4 + axis] == Float(totals[axis]))
          let z = Double(block.oracle[row, axis])
          sums[axis] += z * z / totals[axis]
        }
        count += 1
      }
    }
    #expect(count == 16_000)
    // Σ z²/t has mean 1; images of a person correlate, so its deviation is below √(2/4000).
    for sum in sums { #expect(abs(sum / Double(count) - 1) < 5 * (2.0 / 4000).squareRoot()) }
  }

  @Test func `Attributes follow their distribution and do not depend on other sets`() throws {
    let set = "name: a, kind: deep, identities: 3000, images-per-identity: 2, " + WorldFixture.mixed
    let plan = plan(try WorldFixture.definition(set))
    let other = SetPlan(
      try WorldFixture.definition("name: b, kind: shallow, identities: 9", set).sets[1], seed: 7,
      firstPerson: 9)
    #expect(plan.attributes == other.attributes)
    let count = Double(plan.count)
    let profiles = plan.attributes.reduce(0) { $0 + Double($1.pose) } / count
    #expect(abs(profiles - 0.4) < 5 * (0.24 / count).squareRoot())
    let ages = plan.attributes.map(\.age)
    #expect(ages.min() == 15 && ages.max() == 65)
    let quality = plan.attributes.map(\.quality)
    #expect((quality.min() ?? 0) >= 200 && (quality.max() ?? 0) <= 1000)
    #expect(abs(Double(quality.reduce(0, +)) / count - 600) < 5 * 231 / count.squareRoot())
  }

  @Test func `Two sets of one shape show other people, and another seed has others still`() throws {
    let set = "kind: shallow, identities: 3"
    let definition = try WorldFixture.definition("name: a, " + set, "name: b, " + set)
    var reseeded = definition
    reseeded.seed += 1
    func features(_ definition: WorldDefinition, _ index: Int) throws -> Set<Float> {
      let plan = SetPlan(definition.sets[index], seed: definition.seed, firstPerson: 0)
      var sampler = WorldSampler(definition, plan: plan, map: WorldMap(definition))
      let block = sampler.next(rows: 100, workers: .one)
      return Set(try #require(block).features.elements)
    }
    let all = [try features(definition, 0), try features(definition, 1), try features(reseeded, 0)]
    #expect(all.allSatisfy { $0.count == 6 * 12 })
    #expect(all[0].isDisjoint(with: all[1]) && all[0].isDisjoint(with: all[2]))
  }

  @Test func `Images of a medium share its plan of the noise, and of no other`() throws {
    let definition = try WorldFixture.definition(
      "name: a, kind: ijb, identities: 3000, templates-per-identity: 2, media: [2, 2], "
        + "images-per-medium: [2, 2], impostor-pairs: 10")
    let plan = plan(definition)
    let layout = try #require(plan.templates)
    var sampler = WorldSampler(definition, plan: plan, map: WorldMap(definition))
    let sampled = sampler.next(rows: 1 << 20, workers: .one)
    let latents = try #require(sampled).oracle
    // Rows: person × template × medium × image.
    var covariance = [0.0, 0, 0]
    for first in stride(from: 0, to: plan.count, by: 8) {
      #expect(
        layout.media[first] == layout.media[first + 1] && layout.media[first] != layout.media[first + 2])
      #expect(layout.templates[first] == layout.templates[first + 3])
      #expect(layout.templates[first] != layout.templates[first + 4])
      for axis in 0..<4 {
        let z = (0..<8).map { Double(latents[first + $0, axis]) }
        covariance[0] += z[0] * z[1] / 12_000
        covariance[1] += z[0] * z[2] / 12_000
        covariance[2] += z[0] * z[4] / 12_000
      }
    }
    // 1.44 between people, and 0.4 · 0.25 in a medium; the deviation of a mean of 12,000 products is about 0.02.
    #expect(abs(covariance[0] - 1.54) < 0.1)
    #expect(abs(covariance[1] - 1.44) < 0.1 && abs(covariance[2] - 1.44) < 0.1)
    #expect(abs(covariance[0] - covariance[1] - 0.1) < 0.04)
  }

  @Test func `Zipf's tail has most/r^s images at rank r, the exponential one a constant factor a rank`() {
    #expect(
      ImageCounts.zipf(most: 100, least: 4, exponent: 1).counts(identities: 6)
        == [100, 50, 33, 25, 20, 17])
    #expect(ImageCounts.zipf(most: 9, least: 4, exponent: 2).counts(identities: 4) == [9, 4, 4, 4])
    // A half is rounded up.
    #expect(ImageCounts.zipf(most: 5, least: 1, exponent: 1).counts(identities: 2) == [5, 3])
    #expect(
      ImageCounts.exponential(most: 1000, least: 1).counts(identities: 4) == [1000, 100, 10, 1])
    #expect(ImageCounts.exponential(most: 30, least: 2).counts(identities: 1) == [30])
    let tail = ImageCounts.exponential(most: 200, least: 2).counts(identities: 1000)
    #expect(tail.first == 200 && tail.last == 2 && zip(tail, tail.dropFirst()).allSatisfy { $0 >= $1 })
  }

  @Test func `Training sets have the images that their kind says`() throws {
    let shallow = plan(try WorldFixture.definition("name: a, kind: shallow, identities: 5"))
    #expect(shallow.counts == [2, 2, 2, 2, 2] && shallow.firstRows == [0, 2, 4, 6, 8])
    let tail = plan(
      try WorldFixture.definition(
        "name: a, kind: long-tail, distribution: zipf, most: 6, least: 2, identities: 4"))
    #expect(tail.counts == [6, 3, 2, 2] && tail.firstRows == [0, 6, 9, 11] && tail.count == 13)
    #expect(tail.imageName(1, 2) == "Person_000001/Person_000001_0003")
    #expect(!tail.isTest)
  }

  @Test func `A block holds whole people, the last ones too`() throws {
    let definition = try WorldFixture.definition(
      "name: a, kind: long-tail, distribution: exponential, most: 20, least: 1, identities: 40")
    let map = WorldMap(definition)
    func rows(_ limit: Int) -> [Float] {
      var sampler = WorldSampler(definition, plan: plan(definition), map: map)
      var values: [Float] = []
      while let block = sampler.next(rows: limit, workers: .one) {
        #expect(block.features.rows <= max(limit, 20))
        values += block.features.elements
      }
      return values
    }
    let whole = rows(10_000)
    #expect(whole.count == plan(definition).count * 12)
    #expect(rows(1) == whole && rows(25) == whole)
  }

  @Test(arguments: [
    ("name: a, kind: deep, identities: 3", "no ‘images-per-identity’"),
    (
      "name: a, kind: shallow, identities: 3, images-per-identity: 4",
      "unknown key ‘images-per-identity’; expected one of name, kind, identities, images"
    ),
    (
      "name: a, kind: long-tail, identities: 3, distribution: exponential, most: 9, exponent: 2",
      "an exponent of an exponential tail; expected it only for zipf"
    ),
    (
      "name: a, kind: shallow, identities: 3, images: {quality: [1, 0.5]}",
      "expected the worst quality before the best"
    ),
    ("name: a, kind: shallow, identities: 3, images: {ages: [20]}", "two whole numbers in ascending order"),
    ("name: a, kind: ijb, identities: 2", "2 identities; expected at least 4"),
    ("name: a, kind: ijb, identities: 9, images: {quality: [0, 1]}", "images of quality 0"),
    (
      "name: a, kind: cfp, identities: 10, folds: 10",
      "1 identities of 14 images a fold, enough for 40 genuine and 0 impostor pairs; expected 350 of each"
    ),
  ])
  func `Mistakes in a set are named`(set: String, message: String) {
    let error = #expect(throws: HarnessError.self) { try WorldFixture.definition(set) }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "no error")")
    #expect(error?.kind == .badInput && error?.file == "small.yaml")
  }

  @Test func `Stores of one name, and effects on nothing, are refused`() {
    let error = #expect(throws: HarnessError.self) {
      try WorldFixture.definition(
        "name: m, kind: megaface, identities: 3, images-per-identity: 3, distractors: 10",
        "name: m-oracle, kind: shallow, identities: 3")
    }
    #expect(error?.description.contains("two stores that would be named ‘m-oracle’") == true)
    for (effect, message) in [
      ("{of: pose, on: haircut, shift: 1}", "expected one of identity, pose, age, illumination"),
      ("{of: pose, on: pose}", "an effect without shift and scale"),
      ("{of: pose, on: identity, shift: 1}", "a shift of identity axes"),
      ("{of: pose, on: pose, axes: 3, shift: 1}", "expected"),
    ] {
      let text = WorldFixture.text.replacingOccurrences(of: "{of: pose, on: pose, shift: 3}", with: effect)
      let error = #expect(throws: HarnessError.self) {
        try WorldDefinition(
          ConfigurationNode(
            text: text + "\n  - {name: a, kind: shallow, identities: 2}\n", file: "small.yaml"))
      }
      #expect(error?.description.contains(message) == true, "\(error?.description ?? "no error")")
    }
  }
}
