import Foundation
import LinearAlgebra
import Testing

@testable import Metrics

@Suite("Comparisons of two methods")
struct ComparisonTestTests {
  private typealias Sample = PairedBootstrap.Sample

  @Test func `The paired bootstrap of one seed is worked out by hand`() throws {
    let a = Sample(estimate: 0.9, replicates: [0.9, 0.8, 0.85, 0.95, nil])
    let b = Sample(estimate: 0.8, replicates: [0.8, 0.85, 0.75, 0.75, 0.7])
    let test = try #require(
      PairedBootstrap([a], minus: [b], level: 0.5) { _ in
        Issue.record("one seed is not drawn")
        return [0]
      })
    // Differences 0.1, −0.05, 0.1, 0.2.
    #expect(agree(test.difference, 0.1))
    #expect(test.seeds == 1)
    #expect(test.interval.defined == 4 && test.interval.undefined == 1)
    #expect(agree(test.interval.lower, -0.05 + 0.75 * 0.15))
    #expect(agree(test.interval.upper, 0.1 + 0.25 * 0.1))
    // One replicate at or below 0: 2 (1 + 1)/(4 + 1).
    #expect(agree(test.p, 0.8))
    let deviation = try #require(Spread([0.1, -0.05, 0.1, 0.2])?.sampleSD)
    #expect(agree(test.standardError, deviation))
    #expect(agree(test.normalP, erfc(0.1 / deviation / 2.0.squareRoot())))
  }

  @Test func `Seeds are drawn anew for each replicate, and both methods see the same ones`() throws {
    let a = [Sample(estimate: 1, replicates: [1, 1, 1]), Sample(estimate: 2, replicates: [2, 2, 2])]
    let b = [
      Sample(estimate: 0, replicates: [0, 0.5, 0.25]), Sample(estimate: 0, replicates: [0, 0, 0]),
    ]
    let drawn = [[0, 0], [0, 1], [1, 1]]
    let test = try #require(PairedBootstrap(a, minus: b, level: 0.5) { drawn[$0] })
    // Replicates 1, (0.5 + 2)/2 and 2.
    #expect(test.difference == 1.5 && test.seeds == 2)
    #expect(agree(test.interval.lower, 1.125) && agree(test.interval.upper, 1.625))
    #expect(agree(test.p, 2 * 1 / 4))
  }

  @Test func `A method compared with itself differs by nothing, with p = 1`() throws {
    let a = Sample(estimate: 0.9, replicates: [0.9, 0.8, 0.85])
    let test = try #require(PairedBootstrap([a], minus: [a], level: 0.95) { _ in [0] })
    #expect(test.difference == 0 && test.interval.lower == 0 && test.interval.upper == 0)
    #expect(test.p == 1 && test.normalP == 1)
    let nowhere = Sample(estimate: 1, replicates: [nil, nil, 0.5])
    #expect(PairedBootstrap([a], minus: [nowhere], level: 0.95) { _ in [0] } == nil)
  }

  @Test func `Swapping the methods mirrors the difference and keeps p`() throws {
    var stream = RandomStream(seed: 5, name: "swap")
    let a = (0..<3).map { _ in
      Sample(estimate: 0.5, replicates: (0..<200).map { _ in 0.5 + 0.01 * stream.normal() })
    }
    let b = (0..<3).map { _ in
      Sample(estimate: 0.49, replicates: (0..<200).map { _ in 0.49 + 0.01 * stream.normal() })
    }
    func draws(_ replicate: Int) -> [Int] {
      var stream = RandomStream(seed: 1, name: "seeds.\(replicate)")
      return (0..<3).map { _ in stream.integer(below: 3) }
    }
    let one = try #require(PairedBootstrap(a, minus: b, level: 0.9, seedDraws: draws))
    let other = try #require(PairedBootstrap(b, minus: a, level: 0.9, seedDraws: draws))
    #expect(agree(one.difference, -other.difference) && agree(one.interval.lower, -other.interval.upper))
    #expect(one.p == other.p && agree(one.normalP, other.normalP))
  }

  /// People differ in what they contribute, both methods in the same way: pairing takes that out.
  @Test func `Under no difference the paired test rejects about as often as its level`() throws {
    var rejected = (counting: 0, normal: 0)
    let (sets, people, replicates) = (200, 50, 200)
    for set in 0..<sets {
      var stream = RandomStream(seed: UInt64(set), name: "null")
      let ease = (0..<people).map { _ in stream.normal() }
      let methods = (0..<2).map { _ in ease.map { $0 + 0.5 * stream.normal() } }
      let draws = SubjectBootstrapTests.draws(people, replicates, seed: UInt64(set))
      func sample(_ values: [Double]) -> Sample {
        Sample(
          estimate: values.reduce(0, +) / Double(people),
          replicates: (0..<replicates).map { replicate in
            zip(draws.multiplicities(replicate), values).reduce(0) { $0 + Double($1.0) * $1.1 }
              / Double(people)
          })
      }
      let test = try #require(
        PairedBootstrap([sample(methods[0])], minus: [sample(methods[1])], level: 0.95) { _ in [0] })
      if test.p <= 0.05 { rejected.counting += 1 }
      if test.normalP <= 0.05 { rejected.normal += 1 }
    }
    // Ten are expected of 200, with a standard deviation of three.
    #expect((2...22).contains(rejected.counting) && (2...22).contains(rejected.normal), "\(rejected)")
  }

  @Test func `Holm's correction is that of the textbook, whatever the order`() {
    #expect(holmCorrected([]) == [])
    #expect(holmCorrected([0.03]) == [0.03])
    // 4 × 0.005, 3 × 0.01, 2 × 0.03 and, no smaller than that, 0.04.
    #expect(
      zip(holmCorrected([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]).allSatisfy { agree($0, $1) })
    #expect(holmCorrected([0.9, 0.8, 1]) == [1, 1, 1])
    #expect(holmCorrected([0.01, 0.01]) == [0.02, 0.02])
  }

  @Test func `Student's t agrees with its closed forms and its tables`() {
    for t in [0.1, 1, 2.5, 40, 1e6] {
      #expect(agree(StudentT.twoSidedP(t, degreesOfFreedom: 1) * t, 2 / .pi * atan(1 / t) * t, 1e-12))
      let second = 1 - t / (2 + t * t).squareRoot()
      #expect(agree(StudentT.twoSidedP(t, degreesOfFreedom: 2), second, 1e-12))
    }
    for (freedom, quantile) in [
      (1, 12.706204736174698), (2, 4.302652729749462), (9, 2.2621571628540993), (30, 2.0422724563012373),
    ] {
      #expect(agree(StudentT.twoSidedQuantile(0.05, degreesOfFreedom: freedom), quantile, 1e-9))
    }
    #expect(StudentT.twoSidedP(0, degreesOfFreedom: 9) == 1)
    #expect(StudentT.twoSidedP(-2, degreesOfFreedom: 9) == StudentT.twoSidedP(2, degreesOfFreedom: 9))
    // The integral of the density, by Simpson's rule.
    let (freedom, steps, end) = (9, 4000, 2.5)
    func density(_ t: Double) -> Double { pow(1 + t * t / Double(freedom), -Double(freedom + 1) / 2) }
    func integral(_ end: Double) -> Double {
      (0...steps).reduce(0) { sum, step in
        let weight = step == 0 || step == steps ? 1.0 : step % 2 == 1 ? 4 : 2
        return sum + weight * density(Double(step) * end / Double(steps))
      } * end / Double(steps) / 3
    }
    // To infinity by t = tan θ would need no tail; at 400 it is below 1e-20.
    let body = integral(end)
    let whole = (0..<40).reduce(0.0) { sum, part in
      let (low, high) = (Double(part) * 10, Double(part + 1) * 10)
      return sum
        + (0...400).reduce(0) { inner, step in
          let weight = step == 0 || step == 400 ? 1.0 : step % 2 == 1 ? 4 : 2
          return inner + weight * density(low + Double(step) * (high - low) / 400)
        } * 10 / 400 / 3
    }
    #expect(agree(StudentT.twoSidedP(end, degreesOfFreedom: freedom), 1 - body / whole, 1e-9))
  }

  @Test func `The corrected resampled t-test is its formula`() throws {
    let differences = [0.01, 0.02, -0.01, 0.03, 0.02, 0.00, 0.01, 0.02, 0.01, 0.04]
    let ratio = 1.0 / 8
    let test = try #require(
      CorrectedResampledTTest(differences: differences, testToTraining: ratio, level: 0.95))
    let mean = 0.015
    let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 9
    let error = (variance * (0.1 + ratio)).squareRoot()
    #expect(agree(test.difference, mean) && agree(test.standardError, error))
    #expect(agree(test.upper - test.difference, 2.2621571628540993 * error, 1e-9))
    #expect(agree(test.p, StudentT.twoSidedP(mean / error, degreesOfFreedom: 9)))
    // Without the correction the same folds would seem more certain.
    let naive = try #require(
      CorrectedResampledTTest(differences: differences, testToTraining: 0, level: 0.95))
    #expect(naive.p < test.p)
    #expect(CorrectedResampledTTest(differences: [1], testToTraining: 0.1, level: 0.9) == nil)
    let same = try #require(
      CorrectedResampledTTest(differences: [0, 0, 0], testToTraining: 0.1, level: 0.9))
    #expect(same.p == 1 && same.lower == 0 && same.upper == 0)
  }
}
