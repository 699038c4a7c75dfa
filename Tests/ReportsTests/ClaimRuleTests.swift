import FeatureStores
import Foundation
import Metrics
import TestSupport
import Testing

@testable import Experiments

@Suite("Claims and their rule")
struct ClaimRuleTests {
  private func range(_ text: String) throws -> ClaimedRange {
    try ClaimedRange(ConfigurationNode(text: text, file: "range.yaml"))
  }

  @Test func `The verdict follows from interval, range and tolerance alone`() throws {
    let twoToThree = try range("{from: 2, to: 3}")
    let cases: [(ClosedRange<Double>, Double, ClaimVerdict)] = [
      (2.1...2.9, 0, .reproduced), (2...3, 0, .reproduced), (1.9...2.5, 0, .inconclusive),
      (1.9...2.5, 0.1, .reproduced), (1...4, 0, .inconclusive), (1...4, 1, .reproduced),
      (1...1.9, 0, .notReproduced), (1...1.9, 0.2, .inconclusive), (3.1...3.2, 0, .notReproduced),
      (1...2, 0, .inconclusive), (3...9, 0, .inconclusive), (0...(.infinity), 0, .inconclusive),
      (4...(.infinity), 0, .notReproduced),
    ]
    for (interval, tolerance, verdict) in cases {
      #expect(
        ClaimVerdict(interval, claimed: twoToThree, tolerance: tolerance) == verdict,
        "\(interval), \(tolerance)")
    }
    #expect(ClaimVerdict(nil, claimed: twoToThree, tolerance: 9) == .inconclusive)
  }

  @Test func `An open end is no part of the range: no difference is not better`() throws {
    let above = try range("{above: 0}")
    #expect(ClaimVerdict(0...0, claimed: above, tolerance: 0) == .notReproduced)
    #expect(ClaimVerdict(0...0.1, claimed: above, tolerance: 0) == .inconclusive)
    #expect(ClaimVerdict(0.1...(.infinity), claimed: above, tolerance: 0) == .reproduced)
    #expect(ClaimVerdict(-0.2 ... -0.1, claimed: above, tolerance: 0) == .notReproduced)
    let one = try range("{from: 1, to: 1}")
    #expect(ClaimVerdict(1...1, claimed: one, tolerance: 0) == .reproduced)
    let below = try range("{below: 1}")
    #expect(ClaimVerdict(0.5...1, claimed: below, tolerance: 0) == .inconclusive)
    #expect(ClaimVerdict(1...2, claimed: below, tolerance: 0) == .notReproduced)
  }

  @Test(arguments: ["{}", "{from: 1, above: 0}", "{from: 3, to: 2}", "{above: 1, to: 1}", "{form: 2}", "2"])
  func `A range that says nothing is refused`(text: String) {
    #expect(throws: HarnessError.self) { try range(text) }
  }

  @Test func `The verdict is what trying every number finds`() throws {
    // Ends on a grid of quarters; the range's numbers are all multiples of an eighth.
    for lower in 0..<6 {
      for upper in lower..<6 {
        let interval = Double(lower) / 4...Double(upper) / 4
        let range = ClaimedRange(lower: 0.5, upper: 1)
        let inside = stride(from: interval.lowerBound, through: interval.upperBound, by: 0.125).map {
          $0 >= 0.5 && $0 <= 1
        }
        let expected: ClaimVerdict =
          inside.allSatisfy(\.self) ? .reproduced : inside.contains(true) ? .inconclusive : .notReproduced
        #expect(ClaimVerdict(interval, claimed: range, tolerance: 0) == expected)
      }
    }
  }

  // MARK: Measurements

  @Test func `Numbers of diagnostics are compared seed by seed with Student's t`() throws {
    let own: [Double?] = [2, 4, 6]
    let other: [Double?] = [1, 1, 4]
    // Differences 1, 3, 2: mean 2, deviation 1; t of 2 degrees of freedom at 95 % is 4.302652729911275.
    let difference = ClaimMeasurement(own, against: other, .difference, level: 0.95)
    #expect(difference.estimate == 2 && difference.seeds == 3)
    let half = 4.302652729911275 / 3.0.squareRoot()
    let interval = try #require(difference.interval)
    #expect(abs(interval.lowerBound - (2 - half)) < 1e-9 && abs(interval.upperBound - (2 + half)) < 1e-9)
    let ratio = ClaimMeasurement(own, against: other, .ratio, level: 0.95)
    #expect(abs(try #require(ratio.estimate) - pow(2 * 4 * 1.5, 1 / 3.0)) < 1e-12)
    #expect(ClaimMeasurement(own, against: nil, .value, level: 0.95).estimate == 4)
    #expect(ClaimMeasurement([1, nil], against: nil, .value, level: 0.95).estimate == nil)
    #expect(ClaimMeasurement([1, 0], against: [1, 1], .ratio, level: 0.95).interval == nil)
    let single = ClaimMeasurement([3], against: [1], .difference, level: 0.95)
    #expect(single.estimate == 2 && single.interval == nil && single.note == "one seed")
    // What is counted does not vary.
    #expect(ClaimMeasurement([5, 5], against: [5, 5], .ratio, level: 0.95).interval == 1...1)
  }

  @Test func `Numbers at several steps are averaged, ratios geometrically`() {
    #expect(DiagnosticRecord.claimMean([1, 4, 4], .difference) == 3)
    #expect(abs((DiagnosticRecord.claimMean([1, 4, 16], .ratio) ?? 0) - 4) < 1e-12)
    #expect(
      DiagnosticRecord.claimMean([1, nil], .value) == nil && DiagnosticRecord.claimMean([], .value) == nil)
    #expect(DiagnosticRecord.claimMean([1, 0], .ratio) == nil)
  }

  // MARK: Files

  private static let text = """
    level: 0.9
    claims:
      - id: faster
        paper: a paper, abstract
        statement: It is faster.
        reading: Fewer steps.
        experiments: [quick.yaml]
        losses: [normface, {name: cosface, margin: 0.2}]
        mechanism: {name: multiface, groups: 2}
        statistic: {name: speed-up}
        claimed: {from: 1.2, to: 1.5}
        tolerance: 0.05
    """

  private func read(_ text: String) throws -> ClaimFile {
    try ClaimFile(
      ConfigurationNode(text: text, file: SharedData.repositoryRoot + "/experiments/some-claims.yaml"))
  }

  @Test func `A claim is read as it stands`() throws {
    let file = try read(Self.text)
    let claim = try #require(file.claims.first)
    #expect(file.level == 0.9 && claim.statistic == .speedUp(share: 0.99) && claim.tolerance == 0.05)
    #expect(claim.claimed == ClaimedRange(lower: 1.2, upper: 1.5))
    #expect(claim.losses.map(\.name) == ["normface", "cosface"] && claim.losses[0].options.isEmpty)
    #expect(
      Array(claim.losses[1].options.keys) == ["margin"] && Array(claim.mechanism.options.keys) == ["groups"])
    #expect(file.experiments.map { ($0 as NSString).lastPathComponent } == ["quick.yaml"])
  }

  @Test(arguments: [
    ("id: faster", "id: Faster one", "line 3"), ("speed-up}", "speedup}", "speed-up"),
    ("quick.yaml", "quik.yaml", "quick.yaml"), ("groups: 2", "group: 2", "group"),
    ("tolerance: 0.05", "tolerance: -1", "line 12"), ("    reading: Fewer steps.\n", "", "reading"),
    ("from: 1.2, to: 1.5", "from: 2, to: 1", "empty range"), ("level: 0.9", "levels: 0.9", "line 1"),
    (
      "statistic: {name: speed-up}", "statistic: {name: diagnostic, diagnostic: spectrum, quantity: x}",
      "compare"
    ),
    (
      "statistic: {name: speed-up}",
      "against: conventional\n    statistic: {name: diagnostic, diagnostic: cost, quantity: x, compare: value}",
      "compares nothing"
    ),
  ])
  func `A wrong claim is an error that names the place`(old: String, new: String, named: String) throws {
    let error = try #require(
      #expect(throws: HarnessError.self) {
        try read(Self.text.replacingOccurrences(of: old, with: new))
      })
    #expect("\(error)".contains(named), "\(error)")
    #expect(error.file.hasSuffix("some-claims.yaml"))
  }

  @Test func `An id stands once`() {
    let twice = Self.text + "\n" + Self.text.split(separator: "\n").dropFirst(2).joined(separator: "\n")
    #expect(throws: HarnessError.self) { try read(twice) }
  }

  @Test func `The shipped claims name rows, protocols and diagnostics that their experiments have`() throws {
    let file = try ClaimFile(file: SharedData.repositoryRoot + "/experiments/claims.yaml")
    #expect(file.claims.count >= 10)
    for claim in file.claims {
      for path in claim.experiments {
        let definition = try ExperimentDefinition(file: path)
        let place = "\(claim.id), \(definition.name)"
        #expect(definition.mechanisms.contains(where: claim.mechanism.matches), "\(place)")
        #expect(
          claim.losses.isEmpty
            || definition.losses.contains { loss in claim.losses.contains { $0.matches(loss) } })
        if let against = claim.against {
          #expect(definition.mechanisms.contains(where: against.matches), "\(place)")
        } else if claim.statistic.needsOther {
          #expect(
            definition.mechanisms.contains {
              $0.name == "conventional" || ($0.name == "multiface" && $0.subspaces.count == 1)
            }, "\(place)")
        }
        switch claim.statistic {
        case .speedUp: #expect(definition.diagnostics.contains { $0.diagnostic == .curve }, "\(place)")
        case .diagnostic(let name, _, _):
          #expect(definition.diagnostics.contains { $0.name == name }, "\(place)")
        case .difference: break
        }
      }
    }
  }
}
