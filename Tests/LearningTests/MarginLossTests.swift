import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Learning

@Suite struct MarginLossTests {
  /// Random cosines and corners: a single row, two classes, all-equal cosines, targets near ±1, 0 and the wrap at π − m.
  static let shapes: [(rows: Int, classes: Int, bound: Double, target: Double?)] = [
    (6, 7, 0.95, nil), (1, 5, 0.95, nil), (4, 2, 0.95, nil), (3, 4, 1e-300, nil), (6, 5, 0.9, 0.97),
    (6, 5, 0.9, -0.93), (6, 5, 0.9, 0.01), (6, 5, 0.9, -0.01), (6, 5, 0.9, cos(Double.pi - 0.5) + 1e-3),
    (6, 5, 0.9, cos(Double.pi - 0.5) - 1e-3), (6, 5, 0.9, 0.998), (6, 5, 0.9, -0.998),
  ]

  @Test(arguments: marginLossCases.indices)
  func valueAndGradientsAreThoseOfTheNaiveRestatement(index: Int) {
    let (name, configuration) = marginLossCases[index]
    for (rows, classes, bound, target) in Self.shapes {
      // At 0 the easy margin jumps and several sub-centres are equally near: no derivative exists.
      if bound == 1e-300 && (configuration.traits.columnsPerClass > 1 || isEasy(configuration)) { continue }
      let probe = LossProbe<Double>(
        for: configuration, rows: rows, classes: classes, bound: bound, target: target)
      var loss = configuration.makeLoss(classes: classes)
      let outcome = probe.run(&loss)
      let expected = NaiveMarginLosses.loss(configuration, probe, frozen: probe)
      let place = "\(name) \(rows) × \(classes) \(target ?? .nan)"
      #expect(relativeError(outcome.loss, expected) < 1e-9, "\(place): \(outcome.loss), \(expected)")
      // Cosines of 0 are a corner of the second derivative for even margins, where differences have an error of first order.
      let tolerance = bound == 1e-300 ? 1e-5 : 2e-7
      for direction in probe.directions(outcome) {
        let difference = derivative(step: 1e-5) {
          NaiveMarginLosses.loss(configuration, direction.move($0), frozen: probe)
        }
        #expect(
          abs(direction.gradient - difference) <= tolerance * max(direction.scale, abs(expected), 1e-3),
          "\(place) \(direction.name): \(direction.gradient), \(difference)")
      }
    }
  }

  private func isEasy(_ configuration: LossConfiguration) -> Bool {
    configuration.options.values["wrap"] == .text("easy")
  }

  @Test(arguments: marginLossCases.indices)
  func floatAgreesWithDouble(index: Int) {
    let (name, configuration) = marginLossCases[index]
    for (rows, classes, target) in [(7, 11, nil), (40, 33, nil), (6, 9, -0.93), (6, 9, 0.97)]
      as [(Int, Int, Double?)]
    {
      let single = LossProbe<Double>(for: configuration, rows: rows, classes: classes, target: target)
        .converted(to: Float.self)
      var loss = configuration.makeLoss(classes: classes)
      var lossAgain = configuration.makeLoss(classes: classes)
      let found = single.run(&loss)
      let expected = single.converted(to: Double.self).run(&lossAgain)
      let place = "\(name) \(rows) × \(classes) \(target ?? .nan)"
      #expect(abs(Double(found.loss) - expected.loss) < 1e-5 * max(expected.loss, 1e-2), "\(place)")
      #expect(relativeError(found.similarities, expected.similarities) < 1e-4, "\(place)")
      #expect(relativeError(found.norms.map { Double($0) }, expected.norms) < 1e-4, "\(place) norms")
      #expect(relativeError(found.prototypes, expected.prototypes) < 1e-4, "\(place) prototypes")
      for (found, expected) in zip(found.parameters, expected.parameters) {
        #expect(relativeError(found, expected) < 1e-4, "\(place) parameters")
      }
    }
  }

  @Test(arguments: marginLossCases.indices)
  func staysFiniteForExtremeFiniteInput(index: Int) {
    let (name, configuration) = marginLossCases[index]
    let traits = configuration.traits
    let extremes =
      traits.similarity == .cosine
      ? [1, -1, 1.0000002, -1.0000002, 0, -0.8775825618903728] : [1e25, -1e25, 0, 1, -1e-30]
    for target in extremes {
      for other in extremes {
        for (norm, classes) in [
          (0, 1), (1e-38, 2), (1e-12, 3), (1, 40), (1e30, 3), (3.4e38, 2), (.infinity, 3),
        ] {
          let columns = classes * traits.columnsPerClass
          var probe = LossProbe<Double>(for: configuration, rows: 2, classes: classes)
          probe.similarities = Matrix(rows: 2, columns: columns, repeating: other)
          probe.targets = [0, classes - 1]
          for (row, target) in zip(0..<2, [target, other]) {
            probe.similarities[row, probe.targets[row] * traits.columnsPerClass] = target
          }
          // L-softmax multiplies lengths of features and weights, whose product must be a number.
          let isInnerProduct = traits.similarity == .innerProduct
          probe.norms = [isInnerProduct ? min(norm, 1e30) : norm, 1]
          var loss = configuration.makeLoss(classes: classes)
          var single = configuration.makeLoss(classes: classes)
          let place = "\(name) \(target) \(other) \(norm) \(classes)"
          let double = probe.run(&loss)
          #expect(double.isFinite && double.loss >= 0, "\(place): \(double.loss)")
          let float = probe.converted(to: Float.self).run(&single)
          #expect(float.isFinite && float.loss >= 0, "\(place): \(float.loss)")
        }
      }
    }
  }

  @Test(arguments: marginLossCases.indices)
  func aCosineThatIsNoNumberGivesALossThatIsNone(index: Int) {
    let (name, configuration) = marginLossCases[index]
    for entry in 0..<4 {
      var probe = LossProbe<Double>(for: configuration, rows: 4, classes: 5)
      let column = entry % 2 == 0 ? probe.targets[entry] * configuration.traits.columnsPerClass : 3
      probe.similarities[entry, column] = .nan
      var loss = configuration.makeLoss(classes: 5)
      #expect(!probe.run(&loss).loss.isFinite, "\(name)")
    }
  }

  @Test func everyCaseIsKnown() {
    #expect(marginLossCases.count == 42)
    #expect(wholeStepMarginCases.count == 7)
    #expect(
      Set(marginLossCases.map(\.configuration.name)) == [
        "sphereface", "sphereface-r", "sphereface-plus", "l-softmax", "adam-softmax", "subcentre-arcface",
        "elasticface",
        "arcnegface", "magface", "adaface",
      ])
  }

  @Test(arguments: marginLossCases.indices)
  func hasTheSameBytesForAnyNumberOfWorkers(index: Int) {
    let (name, configuration) = marginLossCases[index]
    let probe = LossProbe<Double>(for: configuration, rows: 70, classes: 45).converted(to: Float.self)
    var loss = configuration.makeLoss(classes: 45)
    var lossAgain = configuration.makeLoss(classes: 45)
    let one = probe.run(&loss)
    let two = probe.run(&lossAgain, workers: Workers(2))
    #expect(one.loss == two.loss, "\(name)")
    #expect(one.similarities == two.similarities, "\(name)")
    #expect(one.prototypes == two.prototypes, "\(name)")
    #expect(one.norms == two.norms, "\(name)")
    #expect(one.parameters == two.parameters, "\(name)")
  }

  @Test(arguments: marginLossCases.indices)
  func goesOnFromItsStateAsIfItHadNeverStopped(index: Int) {
    let (name, configuration) = marginLossCases[index]
    let probes = (0..<4).map { LossProbe<Double>(for: configuration, rows: 6, classes: 5, seed: $0) }
    var whole = configuration.makeLoss(classes: 5)
    var outcomes = probes.map { $0.run(&whole) }
    var first = configuration.makeLoss(classes: 5)
    for probe in probes[..<2] { _ = probe.run(&first) }
    var second = configuration.makeLoss(classes: 5)
    second.state = first.state
    #expect(second.state == first.state, "\(name)")
    outcomes.removeFirst(2)
    for (probe, expected) in zip(probes[2...], outcomes) {
      let found = probe.run(&second)
      #expect(found.loss == expected.loss, "\(name)")
      #expect(found.similarities == expected.similarities, "\(name)")
    }
    #expect(second.state == whole.state, "\(name)")
  }
}
