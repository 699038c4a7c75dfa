import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Learning

/// The committed values of the scripts in `Tests/Fixtures`: losses and gradients of an independent restatement.
@Suite struct LossFixtureTests {
  struct Fixtures: Decodable {
    struct Inputs: Decodable {
      let features: [[Double]]
      let weights: [[Double]]
      let labels: [Int]
      let bias: [Double]
    }
    struct Case: Decodable {
      let name: String
      let options: [String: OptionValue]
      let inputs: String
      let groups: Int?
      let normalise: String?
      let reduction: String?
      /// The learned bias, where it is not that of the inputs.
      let bias: [Double]?
      let loss: Double
      let dfeatures: [[Double]]
      let dweights: [[Double]]
      let dbias: [Double]?
    }
    let inputs: [String: Inputs]
    let cases: [Case]
  }

  @Test(arguments: ["losses", "margin_losses", "mining_losses"])
  func lossesAndGradientsAgreeWithTheRestatement(file: String) throws {
    let url = URL(fileURLWithPath: SharedData.repositoryRoot + "/Tests/Fixtures/\(file).json")
    let fixtures = try JSONDecoder().decode(Fixtures.self, from: Data(contentsOf: url))
    #expect(Set(fixtures.cases.map(\.name)).isSubset(of: LossRegistry.descriptions.map(\.name)))
    for fixture in fixtures.cases {
      let inputs = try #require(fixtures.inputs[fixture.inputs])
      let configuration = try LossConfiguration(fixture.name, fixture.options)
      let groups = fixture.groups ?? 1
      var options: [String: OptionValue] = ["groups": .number(Double(groups))]
      options["normalise"] = fixture.normalise.map { .text($0) }
      options["reduction"] = fixture.reduction.map { .text($0) }
      let mechanism =
        try fixture.groups == nil
        ? MechanismConfiguration("conventional") : MechanismConfiguration("multiface", options)
      let weights = Matrix(inputs.weights)
      let size = weights.columns / groups
      let place = "\(fixture.name) \(fixture.options) \(fixture.inputs) \(groups)"
      func check<Element: Scalar>(_ type: Element.Type, loss: Double, gradient: Double) {
        let found = HeadResult<Element>(
          configuration, mechanism: mechanism, features: Matrix(inputs.features),
          weights: (0..<groups).map { weights.columns(in: $0 * size..<($0 + 1) * size) },
          extras: [
            "bias": Matrix([fixture.bias ?? inputs.bias]), "class-margins": Matrix([inputs.bias]),
          ], labels: inputs.labels)
        #expect(relativeError(Double(found.loss), fixture.loss) < loss, "\(place)")
        #expect(relativeError(found.features, Matrix(fixture.dfeatures)) < gradient, "\(place)")
        var joined = Matrix<Element>(rows: weights.rows, columns: weights.columns)
        for (group, part) in found.weights.enumerated() {
          joined.replaceColumns(from: group * size, with: part)
        }
        #expect(relativeError(joined, Matrix(fixture.dweights)) < gradient, "\(place)")
        if let expected = fixture.dbias {
          #expect(
            (found.extras["bias"] ?? found.extras["class-margins"]).map {
              relativeError($0, Matrix([expected])) < gradient
            } == true, "\(place)")
        }
      }
      check(Double.self, loss: 1e-10, gradient: 1e-10)
      check(Float.self, loss: 1e-5, gradient: 1e-4)
    }
  }
}
