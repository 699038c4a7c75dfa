import LinearAlgebra
import Testing

@testable import Learning

@Suite("Counted cost")
struct TrainingCostTests {
  private func configuration(_ mechanism: String, loss: String = "normface", network: String) throws
    -> TrainingConfiguration
  {
    try TrainingConfiguration(
      yaml("{network: \(network), loss: \(loss), mechanism: \(mechanism), batch: 8, steps: 1}"))
  }

  private static let network = "[{linear: 6}, batch-norm, prelu, {residual: [{linear: 6}]}, {linear: 4}]"
  // Multiplications and additions of a row: 10·6, 6·6, 6·4.
  private static let forward = 2 * (60 + 36 + 24)
  // The weights of all layers and the inputs of all but the first.
  private static let backward = 2 * (60 + 36 + 24) + 2 * (36 + 24)
  private static let numbers = (60 + 6) + 12 + 6 + (36 + 6) + (24 + 4)

  @Test func `Class weights are compared, and both sides get a gradient`() throws {
    let cost = TrainingCost(
      try configuration("conventional", network: Self.network), inputs: 10, classes: 50)
    #expect(cost.forwardOperations == 8 * Self.forward)
    #expect(cost.backwardOperations == 8 * Self.backward)
    #expect(cost.headOperations == 3 * 2 * 8 * 50 * 4)
    #expect(cost.galleryOperations == 0 && cost.galleryNumbers == 0)
    #expect(cost.inferenceOperations == Self.forward)
    #expect(cost.networkNumbers == Self.numbers && cost.prototypeNumbers == 200)
    #expect(cost.similarityNumbers == 400)
    #expect(cost.stepOperations == 8 * (Self.forward + Self.backward) + 9600)
  }

  @Test func `The counted numbers are those that a trainer holds`() throws {
    for mechanism in [
      "conventional", "{name: multiface, groups: 2}", "{name: semi-siamese, queue: 16}",
      "{name: multi-agent, agents: 3, queue: 8, queues: own}",
    ] {
      let configuration = try configuration(mechanism, network: Self.network)
      let (features, labels) = clusters(identities: 40, images: 2, columns: 10, spread: 0.5)
      var trainer = try Trainer<Float>(configuration: configuration, features: features, labels: labels)
      let cost = TrainingCost(configuration, inputs: 10, classes: 40)
      var learned = 0
      trainer.forEachParameter { learned += $0.value.count }
      #expect(learned == cost.networkNumbers + cost.prototypeNumbers, "\(mechanism)")
      guard let source = trainer.source as? GalleryPrototypes<Float> else { continue }
      var kept = 0
      for agent in source.agents { kept += agent.network.parameters.reduce(0) { $0 + $1.value.count } }
      for queue in source.queues { kept += queue.features.reduce(0) { $0 + $1.count } }
      #expect(kept == cost.galleryNumbers, "\(mechanism)")
    }
  }

  @Test func `Groups cost what the whole embedding costs`() throws {
    let whole = TrainingCost(
      try configuration("conventional", network: Self.network), inputs: 10, classes: 50)
    let groups = TrainingCost(
      try configuration("{name: multiface, groups: 4}", network: Self.network), inputs: 10, classes: 50)
    #expect(groups == whole)
  }

  @Test func `A pair passes through both networks in both directions`() throws {
    let both = TrainingCost(
      try configuration("{name: semi-siamese, queue: 32}", network: Self.network), inputs: 10, classes: 50)
    #expect(both.forwardOperations == 2 * 8 * Self.forward)
    #expect(both.galleryOperations == 2 * 8 * Self.forward)
    #expect(both.backwardOperations == 2 * 8 * Self.backward)
    #expect(both.headOperations == 2 * 2 * 2 * 8 * 32 * 4)
    #expect(both.prototypeNumbers == 0)
    let one = TrainingCost(
      try configuration("{name: semi-siamese, queue: 32, symmetric: off}", network: Self.network), inputs: 10,
      classes: 50)
    #expect(one.stepOperations * 2 == both.stepOperations)
  }

  @Test func `Sampled classes and several centres change the head alone`() throws {
    let sampled = TrainingCost(
      try configuration("{name: conventional, sample-rate: 0.2}", network: Self.network), inputs: 10,
      classes: 50)
    #expect(sampled.headOperations == 3 * 2 * 8 * 10 * 4)
    #expect(sampled.prototypeNumbers == 200)
    let centres = TrainingCost(
      try configuration("conventional", loss: "subcentre-arcface", network: Self.network), inputs: 10,
      classes: 50)
    #expect(centres.headOperations == 3 * 3 * 2 * 8 * 50 * 4)
    #expect(centres.prototypeNumbers == 600)
  }

  @Test func `Images of a batch are compared with each other`() throws {
    let pairs = TrainingCost(
      try configuration("{name: siamese, images: 4}", loss: "triplet", network: Self.network), inputs: 10,
      classes: 50)
    #expect(pairs.forwardOperations == 4 * 8 * Self.forward)
    #expect(pairs.headOperations == 3 * 2 * 32 * 32 * 4)
    #expect(pairs.prototypeNumbers == 0 && pairs.similarityNumbers == 32 * 32)
  }
}
