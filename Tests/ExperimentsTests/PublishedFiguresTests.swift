import FeatureStores
import Foundation
import Learning
import Testing

@testable import Experiments

/// Figures of publications, matched with the methods of an experiment.
struct PublishedFiguresTests {
  static let text = """
    label: Someone
    source: a paper, table 1
    setting: Trained on images.
    columns: [LFW, CFP-FP]
    rows:
      - {loss: cosface, mechanism: conventional, values: [99.5, ~]}
      - {loss: cosface, mechanism: {name: multiface, groups: 2}, values: [99.6, 95]}
      - {loss: cosface, mechanism: multiface, values: [99.7, 96]}
    """

  private func read(_ text: String) throws -> PublishedFigures {
    try PublishedFigures(ConfigurationNode(text: text, file: "published.yaml"))
  }

  @Test func theFirstRowWhoseLossMechanismAndStatedOptionsAgreeCounts() throws {
    let figures = try read(Self.text)
    let cosface = try LossConfiguration("cosface", ["scale": .number(16)])
    #expect(
      figures.values(loss: cosface, mechanism: try MechanismConfiguration("conventional")) == [99.5, nil])
    let groups = { count in try MechanismConfiguration("multiface", ["groups": .number(count)]) }
    #expect(figures.values(loss: cosface, mechanism: try groups(2)) == [99.6, 95])
    #expect(figures.values(loss: cosface, mechanism: try groups(8)) == [99.7, 96])
    let arcface = try LossConfiguration("arcface")
    #expect(figures.values(loss: arcface, mechanism: try MechanismConfiguration("conventional")) == nil)
  }

  @Test(arguments: [
    ("values: [99.5, ~]", "values: [99.5]", "1 values"),
    ("loss: cosface, mechanism: conv", "loss: cosfac, mechanism: conv", "cosfac"),
    ("groups: 2", "group: 2", "group"), ("source: a paper, table 1\n", "", "source"),
  ])
  func aWrongFileIsAnErrorThatNamesWhat(old: String, new: String, named: String) throws {
    let error = try #require(
      #expect(throws: HarnessError.self) { try read(Self.text.replacingFirst(old, with: new)) })
    #expect("\(error)".contains(named), "\(error)")
  }
}

extension String {
  fileprivate func replacingFirst(_ old: String, with new: String) -> String {
    guard let range = range(of: old) else { return self }
    return replacingCharacters(in: range, with: new)
  }
}
