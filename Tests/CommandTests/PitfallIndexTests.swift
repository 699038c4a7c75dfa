import Foundation
import TestSupport
import Testing

/// The twenty pitfalls of published evaluation code, each with a test that has its number in its name.
@Suite struct PitfallIndexTests {
  @Test func everyPitfallHasItsTest() throws {
    var numbers: [Int: Int] = [:]
    for room in ["Metrics", "FeatureStores", "Evaluation", "Experiments"] {
      let text = try String(
        contentsOfFile: "\(SharedData.repositoryRoot)/Tests/\(room)Tests/PitfallTests.swift", encoding: .utf8)
      for match in text.matches(of: /`Pitfall ([0-9]+):/) {
        numbers[Int(match.output.1) ?? 0, default: 0] += 1
      }
    }
    #expect(Set(numbers.keys) == Set(1...20))
  }
}
