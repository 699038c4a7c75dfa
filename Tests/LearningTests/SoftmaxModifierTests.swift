import FeatureStores
import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Learning

/// Focal weights, hard-sample mining and inter-class filtering on top of other losses.
@Suite struct SoftmaxModifierTests {
  private static func modified(
    _ configuration: LossConfiguration, _ values: [String: OptionValue]
  ) throws -> LossConfiguration {
    try LossConfiguration(configuration.name, configuration.options.values.merging(values) { $1 })
  }

  /// The losses and gradients of rows by themselves, with weights and choice of rows as the formulas say.
  private static func combined(
    _ configuration: LossConfiguration, _ similarities: Matrix<Double>, _ targets: [Int], gamma: Double,
    keep: Double
  ) -> (loss: Double, gradient: Matrix<Double>) {
    var rows: [(loss: Double, gradient: [Double])] = []
    for row in 0..<similarities.rows {
      let alone = evaluate(configuration, similarities.rows(in: row..<row + 1), targets: [targets[row]])
      let q = -expm1(-alone.loss)
      let slope = pow(q, gamma) + (gamma == 0 ? 0 : gamma * pow(q, gamma - 1) * exp(-alone.loss) * alone.loss)
      rows.append((pow(q, gamma) * alone.loss, alone.gradient.elements.map { slope * $0 }))
    }
    let count = max(1, Int(keep * Double(rows.count)))
    let kept = rows.indices.sorted { (-rows[$0].loss, $0) < (-rows[$1].loss, $1) }.prefix(count)
    var gradient = Matrix<Double>(rows: similarities.rows, columns: similarities.columns)
    for row in kept {
      for column in 0..<similarities.columns {
        gradient[row, column] = rows[row].gradient[column] / Double(count)
      }
    }
    return (kept.reduce(0) { $0 + rows[$1].loss } / Double(count), gradient)
  }

  @Test(arguments: lossCases.indices)
  func weightsAndChoiceOfRowsAreThoseOfTheRowsByThemselves(index: Int) throws {
    let (name, configuration) = lossCases[index]
    let (similarities, targets) = LossTests.cosines(rows: 9, columns: 7, bound: 0.6)
    for (gamma, keep) in [(2, 1), (0.5, 1), (0, 0.5), (1, 0.7), (3, 0.01), (0, 1)] as [(Double, Double)] {
      let found = evaluate(
        try Self.modified(configuration, ["focal-gamma": .number(gamma), "keep-rate": .number(keep)]),
        similarities,
        targets: targets)
      let expected = Self.combined(configuration, similarities, targets, gamma: gamma, keep: keep)
      #expect(relativeError(found.loss, expected.loss) < 1e-12, "\(name) \(gamma) \(keep)")
      #expect(relativeError(found.gradient, expected.gradient) < 1e-10, "\(name) \(gamma) \(keep)")
    }
  }

  @Test(arguments: [0.25, 1.0, 2.0])
  func theFocalGradientIsItsDerivativeAndFiniteForCertainTargets(gamma: Double) throws {
    let configuration = try LossConfiguration(
      "normface", ["focal-gamma": .number(gamma), "scale": .number(20)])
    let (similarities, targets) = LossTests.cosines(rows: 3, columns: 5, target: 0.3)
    let found = evaluate(configuration, similarities, targets: targets)
    for entry in 0..<similarities.count {
      let (row, column) = entry.quotientAndRemainder(dividingBy: 5)
      let slope = derivative(step: 1e-5) { change in
        var moved = similarities
        moved[row, column] += change
        return evaluate(configuration, moved, targets: targets).loss
      }
      #expect(abs(found.gradient[row, column] - slope) < 1e-7)
    }
    var certain = Matrix<Float>(rows: 1, columns: 2)
    certain[0, 0] = 1
    certain[0, 1] = -1
    let steep = try LossConfiguration("normface", ["focal-gamma": .number(gamma), "scale": .number(500)])
    let (loss, gradient) = evaluate(steep, certain, targets: [0])
    #expect(loss == 0)
    #expect(gradient.elements.allSatisfy { $0 == 0 })
  }

  @Test func ofEqualLossesTheEarlierRowsAreKept() throws {
    let similarities = Matrix<Double>(rows: 5, columns: 4, repeating: 0.2)
    let found = evaluate(
      try LossConfiguration("normface", ["keep-rate": .number(0.5)]), similarities, targets: [0, 1, 2, 3, 0])
    #expect(
      (0..<5).map { row in found.gradient.row(row).contains { $0 != 0 } } == [
        true, true, false, false, false,
      ])
    #expect(abs(found.loss - log(4)) < 1e-15)
  }

  @Test func aFilteredClassIsAConstantForEveryMarginAndMiner() throws {
    let (similarities, targets) = LossTests.cosines(rows: 6, columns: 9, bound: 0.9, target: 0.5)
    for name in [
      "normface", "cosface", "arcface", "mv-softmax", "npcface", "curricularface", "circle", "adacos",
    ] {
      let configuration = try LossConfiguration(name, ["filter": .number(0.4)])
      let found = MiningLossTests.run(configuration, similarities, targets: targets)
      var count = 0
      for row in 0..<6 {
        for column in 0..<9 where column != targets[row] && similarities[row, column] > 0.4 {
          #expect(found.gradient[row, column] == 0, "\(name)")
          count += 1
        }
        #expect(found.gradient[row, targets[row]] < 0, "\(name)")
      }
      #expect(count > 3)
    }
  }

  @Test func stateAndTraitsAreThoseOfTheLossItself() throws {
    let (similarities, targets) = LossTests.cosines(rows: 6, columns: 9)
    let plain = MiningLossTests.run(try LossConfiguration("curricularface"), similarities, targets: targets)
    let focal = MiningLossTests.run(
      try LossConfiguration("curricularface", ["focal-gamma": .number(2)]), similarities, targets: targets)
    #expect(plain.state == focal.state && plain.state["t"] != [0])
    let bias = try LossConfiguration("softmax", ["focal-gamma": .number(2)]).traits
    #expect(bias.similarity == .innerProduct && bias.parameters.map(\.name) == ["bias"])
  }

  @Test func onlyTheSoftmaxFamilyHasThem() throws {
    for description in LossRegistry.descriptions {
      let configuration = try LossConfiguration(description.name)
      let names = description.options.map(\.name)
      #expect(names.contains("focal-gamma") == configuration.isSoftmaxFamily)
    }
    for name in ["p2sgrad", "uniface", "sphereface2", "triplet"] {
      #expect(throws: HarnessError.self) { try LossConfiguration(name, ["focal-gamma": .number(2)]) }
    }
  }
}
