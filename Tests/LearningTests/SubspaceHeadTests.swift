import LinearAlgebra
import TestSupport
import Testing

@testable import Learning

/// A loss that uses everything a loss can ask for: norms, prototypes, two columns a class, parameters a class and a scalar,
/// state, and random numbers.
///
/// L = mean_i [ (c_{i,2y} − a)²/2 + b_y·c_{i,2y+1} + (t/2)·n_i² + r·Σ_k (k + 1)·p_{2y,k} ] with learned b and a, t the number of
/// calls and r drawn when the loss is made.
private struct EverythingLoss: Loss {
  static let description = MethodDescription(
    name: "everything", title: "Everything", summary: "for tests", options: [])
  var calls = 0.0
  let similarity: Similarity
  let draw: Double

  init(options: Options, classes: Int, stream: RandomStream) { self.init(similarity: .cosine, group: 0) }
  init(similarity: Similarity, group: Int) {
    self.similarity = similarity
    var stream = RandomStream(seed: 3, name: "loss.\(group)")
    draw = stream.uniform()
  }

  var traits: LossTraits {
    LossTraits(
      similarity: similarity, columnsPerClass: 2,
      parameters: [
        LossParameter("b", .perClass, kind: .bias, initial: -1...1),
        LossParameter("a", .scalar, kind: .lossParameter, initial: 0.3...0.3),
      ], needs: [.norms, .prototypes])
  }

  var state: LossState {
    get { ["calls": [calls]] }
    set { calls = newValue["calls"]?.first ?? 0 }
  }

  mutating func evaluate<Element: Scalar>(_ batch: inout LossBatch<Element>, workers: Workers) -> Element {
    calls += 1
    let share = 1 / Element(batch.similarities.rows)
    let t = Element(calls)
    var loss: Element = 0
    for row in 0..<batch.similarities.rows {
      let y = batch.targets[row]
      let first = batch.similarities[row, 2 * y]
      let second = batch.similarities[row, 2 * y + 1]
      let a = batch.parameters[1].value[0, 0]
      let b = batch.parameters[0].value[0, y]
      loss +=
        share * ((first - a) * (first - a) / 2 + b * second + t / 2 * batch.norms[row] * batch.norms[row])
      for column in 0..<batch.similarities.columns { batch.similarities[row, column] = 0 }
      batch.similarities[row, 2 * y] = share * (first - a)
      batch.similarities[row, 2 * y + 1] = share * b
      batch.parameters[1].gradient[0, 0] -= share * (first - a)
      batch.parameters[0].gradient[0, y] += share * second
      batch.normGradients[row] = share * t * batch.norms[row]
      for column in 0..<batch.prototypes.columns {
        let factor = share * Element(draw) * Element(column + 1)
        loss += factor * batch.prototypes[2 * y, column]
        batch.prototypeGradients[2 * y, column] += factor
      }
    }
    return loss
  }
}

@Suite struct SubspaceHeadTests {
  static let subspaces = [1, 2, 3].flatMap { count in
    Subspaces.Normalisation.allCases.flatMap { normalisation in
      Subspaces.Reduction.allCases.map {
        Subspaces(count: count, normalisation: normalisation, reduction: $0)
      }
    }
  }

  private static func makeSource(
    _ subspaces: Subspaces, _ similarity: Similarity
  ) -> ClassWeights<Double> {
    let head = SubspaceHead<Double>(
      loss: { EverythingLoss(similarity: similarity, group: $0) }, subspaces: subspaces, width: 6, classes: 4,
      seed: 3)
    return ClassWeights(head: head, classes: 4, initialisation: .xavier, seed: 3)
  }

  private static func run(
    _ source: ClassWeights<Double>, _ embeddings: Matrix<Double>
  ) -> (loss: Double, gradient: Matrix<Double>, source: ClassWeights<Double>) {
    var source = source
    var batch = SourceBatch<Double>(views: 1)
    batch.embeddings[0] = embeddings
    batch.gradients[0] = Matrix(rows: embeddings.rows, columns: embeddings.columns)
    batch.classes = [0, 3, 1, 1, 2]
    let loss = source.evaluate(&batch, workers: .one)
    return (loss, batch.gradients[0], source)
  }

  @Test(arguments: subspaces.indices, [Similarity.cosine, .innerProduct])
  func everyDeclaredGradientIsTheDerivative(index: Int, similarity: Similarity) {
    let subspaces = Self.subspaces[index]
    let source = Self.makeSource(subspaces, similarity)
    let embeddings = LayerTests.batch(rows: 5, columns: 6)
    var found = Self.run(source, embeddings)
    let place = "\(subspaces) \(similarity)"
    for entry in 0..<embeddings.count {
      let (row, column) = entry.quotientAndRemainder(dividingBy: 6)
      let expected = derivative { change in
        var moved = embeddings
        moved[row, column] += change
        return Self.run(source, moved).loss
      }
      #expect(abs(found.gradient[row, column] - expected) < 1e-8, "\(place) [\(row), \(column)]")
    }
    var gradients: [(String, Matrix<Double>)] = []
    found.source.forEachParameter { gradients.append(($0.name, $0.gradient)) }
    #expect(gradients.count == 3 * subspaces.count)
    for (parameter, (name, gradient)) in gradients.enumerated() {
      for entry in 0..<gradient.count {
        let (row, column) = entry.quotientAndRemainder(dividingBy: gradient.columns)
        let expected = derivative { change in
          var moved = source
          var place = 0
          moved.forEachParameter { value in
            if place == parameter { value.value[row, column] += change }
            place += 1
          }
          return Self.run(moved, embeddings).loss
        }
        #expect(abs(gradient[row, column] - expected) < 1e-8, "\(place) \(name) [\(row), \(column)]")
      }
    }
  }

  @Test func gradientsOfLossParametersAddUp() {
    let source = Self.makeSource(Subspaces(count: 2, reduction: .mean), .cosine)
    let embeddings = LayerTests.batch(rows: 5, columns: 6)
    var once = Self.run(source, embeddings).source
    var twice = Self.run(once, embeddings).source
    func biases(_ source: inout ClassWeights<Double>) -> [Double] {
      var all: [Double] = []
      source.forEachParameter { if $0.kind == .bias { all += $0.gradient.elements } }
      return all
    }
    #expect(relativeError(biases(&twice), biases(&once).map { 2 * $0 }) < 1e-14)
    #expect(biases(&once).contains { $0 != 0 })
  }

  @Test func theStateOfEveryGroupsLossIsPartOfTheCheckpoint() throws {
    let embeddings = LayerTests.batch(rows: 5, columns: 6)
    let fresh = Self.makeSource(Subspaces(count: 2), .cosine)
    let used = Self.run(Self.run(fresh, embeddings).source, embeddings).source
    var archive = TensorArchive(noun: "checkpoint")
    try used.save(to: &archive)
    var restored = fresh
    try restored.restore(from: TensorArchive(archive.data, noun: "checkpoint"))
    #expect(Self.run(restored, embeddings).loss == Self.run(used, embeddings).loss)
    #expect(Self.run(fresh, embeddings).loss != Self.run(used, embeddings).loss)
  }

  @Test func lossesThatClassWeightsCannotServeAreUnsupportedWithAReason() throws {
    let options = try MechanismConfiguration("conventional").options
    #expect(
      Conventional.unsupportedReason(options, loss: LossTraits(similarity: .cosine, needs: .pairs))
        == "the loss compares samples of a batch with each other, not with class weights")
    #expect(
      Conventional.unsupportedReason(
        options, loss: LossTraits(similarity: .cosine, columnsPerClass: 3, needs: [.norms, .prototypes]))
        == nil)
  }

  @Test func aMechanismCanChangeTheMarginOfTheLossItIsGiven() throws {
    let embeddings = LayerTests.batch(rows: 5, columns: 6)
    func loss(_ margin: Double, change: Double) throws -> Double {
      let configuration = try LossConfiguration("arcface", ["margin": .number(margin)])
      let mechanism = try MechanismConfiguration(
        "multiface", ["groups": .number(2), "margin-change": .number(change)])
      #expect(mechanism.unsupportedReason(loss: configuration, width: 6) == nil)
      var source = mechanism.makeSource(loss: configuration, width: 6, classes: 4, seed: 3, Double.self)
      var batch = SourceBatch<Double>(views: 1)
      batch.embeddings[0] = embeddings
      batch.gradients[0] = Matrix(rows: 5, columns: 6)
      batch.classes = [0, 3, 1, 1, 2]
      return source.evaluate(&batch, workers: .one)
    }
    #expect(try loss(0.5, change: -0.25) == loss(0.25, change: 0))
    #expect(try loss(0.5, change: -0.25) != loss(0.5, change: 0))
    let lower = try MechanismConfiguration("multiface", ["margin-change": .number(-0.5)])
    #expect(
      lower.unsupportedReason(loss: try LossConfiguration("normface"), width: 8)
        == "the loss has no margin to change by -0.5")
    #expect(
      lower.unsupportedReason(loss: try LossConfiguration("cosface", ["margin": .number(0.25)]), width: 8)
        == "margin-change makes the margin -0.25, which the loss does not take")
  }
}
