import FeatureStores
import LinearAlgebra
import TestSupport

@testable import Learning

/// All that a loss gives for features and class weights, computed by the mechanism that trains.
struct HeadResult<Element: Scalar> {
  var loss: Element
  var features: Matrix<Element>
  var weights: [Matrix<Element>] = []
  /// Gradients of the loss's learned numbers by their names.
  var extras: [String: Matrix<Element>] = [:]
}

extension HeadResult {
  /// One batch through a source with these weights, one matrix a group.
  init(
    _ configuration: LossConfiguration, mechanism: MechanismConfiguration, features: Matrix<Double>,
    weights: [Matrix<Double>], extras: [String: Matrix<Double>] = [:], labels: [Int]
  ) {
    var runner = HeadRunner<Element>(
      mechanism, traits: configuration.traits, width: features.columns, weights: weights, extras: extras
    ) { configuration.makeLoss(classes: $0, seed: 0, group: $1) }
    self = runner.run(features: features, labels: labels)
  }
}

/// A prototype source with given weights, through which batches go one after another.
struct HeadRunner<Element: Scalar> {
  private var source: any PrototypeSource<Element>

  /// `extras` sets the loss's learned numbers by name; `loss` makes the loss of a group for a number of classes.
  init(
    _ mechanism: MechanismConfiguration, traits: LossTraits, width: Int, weights: [Matrix<Double>],
    extras: [String: Matrix<Double>] = [:], loss: (_ classes: Int, _ group: Int) -> any Loss
  ) {
    let classes = weights[0].rows / traits.columnsPerClass
    source = mechanism.makeSource(
      loss: { loss(classes, $0) }, width: width, classes: classes, seed: 0, Element.self)
    var group = 0
    source.forEachParameter { parameter in
      if parameter.kind == .prototype {
        parameter.value = weights[group].converted(to: Element.self)
        group += 1
      } else if let value = extras[Self.name(parameter)] {
        parameter.value = value.converted(to: Element.self)
      }
    }
  }

  private static func name(_ parameter: Parameter<Element>) -> String {
    String(parameter.name.split(separator: ".").last ?? "")
  }

  mutating func run(features: Matrix<Double>, labels: [Int]) -> HeadResult<Element> {
    source.forEachParameter { ElementwiseKernels.clear(&$0.gradient) }
    var batch = SourceBatch<Element>(views: 1)
    batch.embeddings[0] = features.converted(to: Element.self)
    batch.gradients[0] = Matrix(rows: features.rows, columns: features.columns)
    batch.classes = labels
    let loss = source.evaluate(&batch, workers: .one)
    var result = HeadResult(loss: loss, features: batch.gradients[0])
    source.forEachParameter { parameter in
      if parameter.kind == .prototype {
        result.weights.append(parameter.gradient)
      } else {
        result.extras[Self.name(parameter)] = parameter.gradient
      }
    }
    return result
  }

  /// What the losses keep, as a checkpoint holds it.
  func states() throws -> [LossState] {
    var archive = TensorArchive(noun: "checkpoint")
    try source.save(to: &archive)
    return try TensorArchive(archive.data, noun: "checkpoint").value("loss-state", as: [LossState].self)
  }

  mutating func restore(_ states: [LossState]) throws {
    var archive = TensorArchive(noun: "checkpoint")
    try archive.add("loss-state", states)
    try source.restore(from: TensorArchive(archive.data, noun: "checkpoint"))
  }
}
