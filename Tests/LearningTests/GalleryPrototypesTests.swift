import FeatureStores
import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Learning

/// Mechanisms with gallery networks, as YAML: every option at some value.
let galleryMechanisms = [
  "{name: semi-siamese, queue: 12}",
  "{name: semi-siamese, queue: 8, symmetric: sum, enqueue: first, ema: 0.9, identities: order}",
  "{name: semi-siamese, queue: 4, symmetric: off, batch-norm: running, ema: 0.5, identities: free}",
  "{name: semi-siamese, queue: 12, groups: 2, ema: 0.9, enqueue: second}",
  "{name: semi-siamese, queue: 12, groups: 4, normalise: group, reduction: mean, ema: 0}",
  "{name: multi-agent, queue: 8, agents: 3, ema: [0.9, 0.5, 0.99]}",
  "{name: multi-agent, queue: 4, agents: 2, queues: own, start: perturbed, perturbation: 0.2, update: all}",
  "{name: multi-agent, queue: 8, agents: 2, groups: 2, ema: 0.8, start: perturbed, identities: order}",
]

func mechanism(_ text: String) throws -> MechanismConfiguration {
  try MechanismConfiguration(yaml("m: \(text)").mapping(keys: ["m"]).required("m"))
}

@Suite struct GalleryPrototypesTests {
  /// 20 identities with 2 images each.
  static let data = clusters(identities: 20, images: 2, columns: 6, spread: 0.4)

  private func trained<Element: Scalar>(
    _ mechanism: MechanismConfiguration, steps: Int, loss: String = "cosface", dropout: Bool = false,
    workers: Int = 1, _ type: Element.Type
  ) throws -> Trainer<Element> {
    let configuration = try smallConfiguration(
      loss: LossConfiguration(loss, ["scale": .number(8)]), mechanism: mechanism, batch: 4, steps: steps,
      dropout: dropout)
    var trainer = try Trainer<Element>(
      configuration: configuration, features: Self.data.0, labels: Self.data.1, workers: Workers(workers))
    while !trainer.isFinished { _ = try trainer.step() }
    return trainer
  }

  @Test(arguments: galleryMechanisms.indices)
  func gradientOfTheWholeStepIsTheDerivativeWithTheGalleryHeldFixed(index: Int) throws {
    for loss in ["{name: cosface, scale: 6}", "{name: softmax, bias: false}"] {
      let configuration = try smallConfiguration(
        loss: LossConfiguration(yaml("x: \(loss)").mapping(keys: ["x"]).required("x")),
        mechanism: mechanism(galleryMechanisms[index]), batch: 4, steps: 50)
      var trainer = try Trainer<Double>(
        configuration: configuration, features: Self.data.0, labels: Self.data.1)
      for _ in 0..<5 { _ = try trainer.step() }
      let rows = [[0, 3, 7, 11], [20, 23, 27, 31]]
      var reference = trainer
      _ = reference.lossAndGradients(rows: rows)
      for (place, parameter) in reference.network.parameters.enumerated() {
        let scale = parameter.gradient.elements.map(\.magnitude).max() ?? 0
        #expect(scale > 0)
        for entry in stride(from: 0, to: parameter.gradient.count, by: 1 + parameter.gradient.count / 3) {
          let (row, column) = entry.quotientAndRemainder(dividingBy: parameter.gradient.columns)
          let expected = derivative(step: 1e-5) { change in
            var moved = trainer
            moved.network.parameters[place].value[row, column] += change
            return moved.lossAndGradients(rows: rows)
          }
          #expect(
            abs(parameter.gradient[row, column] - expected) <= 2e-6 * max(scale, 1e-2),
            "\(galleryMechanisms[index]) \(loss) \(parameter.name)")
        }
      }
    }
  }

  /// NormFace over the queue by loops, for a network of one linear layer.
  private func naiveLoss(_ trainer: Trainer<Double>, _ source: GalleryPrototypes<Double>, rows: [[Int]])
    -> Double
  {
    let settings = source.settings
    let groups = source.head.subspaces.count
    let agent = source.agents[trainer.completedSteps % source.agents.count]
    let queue = source.queues[source.queues.count == 1 ? 0 : trainer.completedSteps % source.agents.count]
    func embed(_ network: Network<Double>, _ row: Int) -> [Double] {
      let features = Self.data.0.row(row).map(Double.init)
      return (0..<network.outputs).map { output in
        zip(features, network.parameters[0].value.row(output)).reduce(0) { $0 + $1.0 * $1.1 }
      }
    }
    func unit(_ x: [Double]) -> [Double] {
      let norm = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return x.map { $0 / norm }
    }
    func parts(_ x: [Double]) -> [[Double]] {
      (0..<groups).map { group in Array(x[group * x.count / groups..<(group + 1) * x.count / groups]) }
    }
    var total = 0.0
    for (probe, gallery) in settings.symmetry == .off ? [(0, 1)] : [(0, 1), (1, 0)] {
      for group in 0..<groups {
        var columns = (0..<queue.count).map { queue.features[group].row($0) }
        for (index, row) in rows[gallery].enumerated() {
          columns[queue.pointer + index] = unit(parts(embed(agent.network, row))[group])
        }
        for (index, row) in rows[probe].enumerated() {
          let whole = parts(unit(embed(trainer.network, row)))[group]
          let part = source.head.subspaces.normalisation == .group ? unit(whole) : whole
          let logits = columns.map { 8 * zip($0, part).reduce(0) { $0 + $1.0 * $1.1 } }
          let sum = logits.reduce(0) { $0 + exp($1) }
          total -= (logits[queue.pointer + index] - log(sum)) / Double(rows[0].count)
        }
      }
    }
    if settings.symmetry == .mean { total /= 2 }
    return source.head.subspaces.reduction == .mean ? total / Double(groups) : total
  }

  @Test(arguments: galleryMechanisms.indices)
  func lossIsTheNaiveOne(index: Int) throws {
    let configuration = TrainingConfiguration(
      network: NetworkConfiguration([.linear(outputs: 8, bias: false)]),
      loss: try LossConfiguration("normface", ["scale": .number(8)]),
      mechanism: try mechanism(galleryMechanisms[index]), batch: 4, steps: 9)
    var trainer = try Trainer<Double>(
      configuration: configuration, features: Self.data.0, labels: Self.data.1)
    for step in 0..<9 {
      let rows = (0..<2).map { view in (0..<4).map { (4 * step + $0) % 20 + 20 * view } }
      let source = try #require(trainer.source as? GalleryPrototypes<Double>)
      let expected = naiveLoss(trainer, source, rows: rows)
      let found = try trainer.step(on: rows).loss
      #expect(abs(found - expected) < 1e-12 * max(1, expected), "\(galleryMechanisms[index]) step \(step)")
    }
  }

  @Test func oneAgentIsSSTToTheByte() throws {
    for options in ["", ", groups: 2, symmetric: sum, batch-norm: running", ", identities: order, ema: 0.7"] {
      let sst = try trained(mechanism("{name: semi-siamese, queue: 8\(options)}"), steps: 12, Float.self)
      let masst = try trained(
        mechanism("{name: multi-agent, agents: 1, queue: 8, start: perturbed\(options)}"), steps: 12,
        Float.self)
      #expect(try sst.model.encoded() == masst.model.encoded())
      #expect(sst.history == masst.history)
      let two = try trained(
        mechanism("{name: multi-agent, agents: 2, queue: 8\(options)}"), steps: 12, Float.self)
      #expect(try sst.model.encoded() != two.model.encoded())
    }
  }

  @Test func agentsThatStartEqualAndAllMoveAreOneAgent() throws {
    let sst = try trained(mechanism("{name: semi-siamese, queue: 8, ema: 0.9}"), steps: 12, Float.self)
    let masst = try trained(
      mechanism("{name: multi-agent, agents: 3, queue: 8, ema: 0.9, update: all}"), steps: 12, Float.self)
    #expect(try sst.model.encoded() == masst.model.encoded())
  }

  @Test func withoutAverageTheGalleryIsTheProbeNetworkWithoutGradient() throws {
    let configuration = TrainingConfiguration(
      network: NetworkConfiguration([.linear(outputs: 8, bias: false)]),
      loss: try LossConfiguration("normface", ["scale": .number(8)]),
      mechanism: try mechanism("{name: semi-siamese, queue: 8, ema: 0}"), batch: 4, steps: 9)
    var trainer = try Trainer<Double>(
      configuration: configuration, features: Self.data.0, labels: Self.data.1)
    for step in 0..<9 {
      let rows = (0..<2).map { view in (0..<4).map { (4 * step + $0) % 20 + 20 * view } }
      var source = try #require(trainer.source as? GalleryPrototypes<Double>)
      #expect(source.agents[0].network.parameters[0].value == trainer.network.parameters[0].value)
      source.agents[0].network = trainer.network
      let shared = naiveLoss(trainer, source, rows: rows)
      #expect(abs(try trainer.step(on: rows).loss - shared) < 1e-12)
    }
  }

  @Test func onlyTheAgentWhoseTurnItWasMovesAndEachByItsOwnAverage() throws {
    let average = [0.9, 0.5, 0.99]
    let configuration = try smallConfiguration(
      loss: LossConfiguration("normface"),
      mechanism: mechanism("{name: multi-agent, queue: 8, agents: 3, ema: [0.9, 0.5, 0.99]}"), batch: 4,
      steps: 7)
    var trainer = try Trainer<Double>(
      configuration: configuration, features: Self.data.0, labels: Self.data.1)
    for step in 0..<7 {
      let before = try #require(trainer.source as? GalleryPrototypes<Double>).agents
      _ = try trainer.step()
      let after = try #require(trainer.source as? GalleryPrototypes<Double>).agents
      for agent in 0..<3 {
        for (place, parameter) in trainer.network.parameters.enumerated() {
          let old = before[agent].network.parameters[place].value
          let new = after[agent].network.parameters[place].value
          if agent != step % 3 {
            #expect(new == old)
            continue
          }
          for (index, value) in new.elements.enumerated() {
            let expected =
              average[agent] * old.elements[index] + (1 - average[agent]) * parameter.value.elements[index]
            #expect(abs(value - expected) < 1e-14)
          }
        }
      }
    }
  }

  @Test func perturbedAgentsStartAroundTheProbeNetworkByTheGivenSize() throws {
    let configuration = TrainingConfiguration(
      network: NetworkConfiguration([.linear(outputs: 64), .prelu(), .linear(outputs: 8)]),
      loss: try LossConfiguration("normface"),
      mechanism: try mechanism(
        "{name: multi-agent, queue: 8, agents: 3, start: perturbed, perturbation: 0.1}"),
      batch: 4, steps: 7)
    let (features, labels) = clusters(identities: 20, images: 2, columns: 50, spread: 0.4)
    let trainer = try Trainer<Double>(configuration: configuration, features: features, labels: labels)
    let agents = try #require(trainer.source as? GalleryPrototypes<Double>).agents
    #expect(agents[0].network.parameters.map(\.value) == trainer.network.parameters.map(\.value))
    #expect(agents[1].network.parameters[0].value != agents[2].network.parameters[0].value)
    for agent in agents[1...] {
      let weight = trainer.network.parameters[0].value
      let noise = zip(agent.network.parameters[0].value.elements, weight.elements).map { $0 - $1 }
      let ratio = (noise.reduce(0) { $0 + $1 * $1 } / weight.elements.reduce(0) { $0 + $1 * $1 }).squareRoot()
      #expect(abs(ratio - 0.1) < 0.01)
      // The biases are 0, and stay it.
      #expect(agent.network.parameters[1].value == trainer.network.parameters[1].value)
    }
  }

  @Test func aQueueOfTheBatchAloneRemembersNothing() throws {
    let configuration = try smallConfiguration(
      loss: LossConfiguration("normface"), mechanism: mechanism("{name: semi-siamese, queue: 4}"), batch: 4,
      steps: 3)
    let trainer = try Trainer<Float>(
      configuration: configuration, features: Self.data.0, labels: Self.data.1)
    var other = trainer
    var source = try #require(other.source as? GalleryPrototypes<Float>)
    source.queues[0].features[0].fill(0.25)
    other.source = source
    var plain = trainer
    #expect(try plain.step().loss == other.step().loss)
    #expect(plain.currentModel.network.parameters.map(\.value) == other.network.parameters.map(\.value))
  }

  @Test(arguments: [
    "{name: semi-siamese, queue: 12}", "{name: multi-agent, agents: 2, queue: 4, queues: own}",
  ])
  func noIdentityIsTwiceInAQueue(text: String) throws {
    let configuration = try smallConfiguration(
      loss: LossConfiguration("normface"), mechanism: mechanism(text), batch: 4, steps: 60)
    var trainer = try Trainer<Float>(
      configuration: configuration, features: Self.data.0, labels: Self.data.1)
    while !trainer.isFinished {
      _ = try trainer.step()
      for queue in try #require(trainer.source as? GalleryPrototypes<Float>).queues {
        let known = queue.classes.filter { $0 >= 0 }
        #expect(Set(known).count == known.count)
        #expect(known.count == min(queue.count, trainer.completedSteps * 4) || text.contains("own"))
      }
    }
  }

  @Test(arguments: galleryMechanisms.indices)
  func aResumedRunHasTheBytesOfAnUninterruptedOneAndOfTwoThreads(index: Int) throws {
    let mechanism = try mechanism(galleryMechanisms[index])
    let whole = try trained(mechanism, steps: 17, dropout: true, Float.self)
    let expected = try whole.checkpoint()
    #expect(
      try trained(mechanism, steps: 17, dropout: true, workers: 2, Float.self).checkpoint() == expected)
    for stop in [0, 1, 4, 6, 16] {
      var first = try Trainer<Float>(
        configuration: whole.configuration, features: Self.data.0, labels: Self.data.1)
      for _ in 0..<stop { _ = try first.step() }
      let checkpoint = try first.checkpoint()
      var second = try Trainer<Float>(
        resuming: checkpoint, features: Self.data.0, labels: Self.data.1)
      #expect(try second.checkpoint() == checkpoint)
      while !second.isFinished { _ = try second.step() }
      #expect(try second.checkpoint() == expected, "\(galleryMechanisms[index]) at \(stop)")
    }
  }

  /// How many standard deviations of impostor cosines the genuine ones lie above them, on average.
  private func separation(_ model: TrainedModel<Float>, _ features: Matrix<Float>, _ labels: [Int]) -> Double
  {
    let embeddings = model.embed(features)
    var unit = embeddings
    var norms = [Float](repeating: 0, count: embeddings.rows)
    RowNormalization.forward(embeddings, into: &unit, norms: &norms)
    let cosines = product(unit, .asIs, unit, .transposed)
    var genuine: [Double] = []
    var impostor: [Double] = []
    for row in 0..<cosines.rows {
      for column in 0..<row {
        if labels[row] == labels[column] {
          genuine.append(Double(cosines[row, column]))
        } else {
          impostor.append(Double(cosines[row, column]))
        }
      }
    }
    func mean(_ x: [Double]) -> Double { x.reduce(0, +) / Double(x.count) }
    let centre = mean(impostor)
    return (mean(genuine) - centre) / mean(impostor.map { ($0 - centre) * ($0 - centre) }).squareRoot()
  }

  @Test(arguments: galleryMechanisms.indices)
  func shallowIdentitiesAreLearned(index: Int) throws {
    // The identity is in half of the columns, the others are noise; 80 identities of two images train, 20 others test.
    var (features, labels) = clusters(identities: 100, images: 2, columns: 24, spread: 0.4)
    var stream = RandomStream(seed: 2, name: "nuisance")
    for row in 0..<200 { for column in 12..<24 { features[row, column] = Float(3 * stream.normal()) } }
    let rows = (0..<200).filter { labels[$0] < 80 }
    let others = (0..<200).filter { labels[$0] >= 80 }
    var configuration = try smallConfiguration(
      loss: LossConfiguration("normface", ["scale": .number(16)]),
      mechanism: mechanism(galleryMechanisms[index]), batch: 4, steps: 600)
    configuration.network = NetworkConfiguration([.linear(outputs: 16)])
    var trainer = try Trainer<Float>(
      configuration: configuration, features: features.gathering(rows: rows), labels: rows.map { labels[$0] })
    let (tests, identities) = (features.gathering(rows: others), others.map { labels[$0] })
    let before = separation(trainer.model, tests, identities)
    while !trainer.isFinished { _ = try trainer.step() }
    let after = separation(trainer.model, tests, identities)
    #expect(after > before + 0.8, "\(galleryMechanisms[index]) \(before) → \(after)")
  }

  @Test(
    arguments: [
      ("queue: 10", "batches of 4 pairs do not divide a queue of 10; 8 would do"),
      ("queue: 3", "batches of 4 pairs do not divide a queue of 3; 4 would do"),
      (
        "queue: 20",
        "a queue of 20 identities and batches of 4 need 24 identities, so that none is twice in the queue; there are 20. "
          + "The longest queue for them is 16"
      ),
      ("queue: 20, identities: free", nil),
      ("queue: 12, groups: 3", "3 groups do not divide an embedding of 8 columns"),
    ] as [(String, String?)])
  func whatDoesNotFitHasAReason(options: String, reason: String?) throws {
    let configuration = try smallConfiguration(
      loss: LossConfiguration("normface"), mechanism: mechanism("{name: semi-siamese, \(options)}"), batch: 4)
    #expect(configuration.unsupportedReason(inputs: 6, classes: 20) == reason)
    if reason != nil {
      #expect(throws: HarnessError.self) {
        try Trainer<Float>(configuration: configuration, features: Self.data.0, labels: Self.data.1)
      }
    }
  }

  @Test func samplersAndAgentsThatDoNotFitHaveAReason() throws {
    var configuration = try smallConfiguration(
      loss: LossConfiguration("normface"), mechanism: mechanism("{name: semi-siamese, queue: 8}"), batch: 4)
    #expect(configuration.sampler == .perIdentity(images: 2))
    configuration.sampler = .uniform
    #expect(
      configuration.unsupportedReason(inputs: 6)
        == "identities: exclude keeps identities from being twice in the queue, which needs the sampler two-per-identity, "
        + "not uniform; identities: free allows any")
    configuration.mechanism = try mechanism("{name: semi-siamese, queue: 8, identities: free}")
    #expect(configuration.unsupportedReason(inputs: 6) == nil)
    configuration.mechanism = try mechanism(
      "{name: multi-agent, queue: 8, agents: 3, ema: [0.9, 0.5], identities: free}")
    #expect(configuration.unsupportedReason(inputs: 6) == "2 values of ema for 3 agents")
  }

  @Test func lossesThatAQueueCannotServeAreUnsupportedWithAReason() throws {
    #expect(
      try smallConfiguration(
        loss: LossConfiguration("softmax"), mechanism: mechanism("semi-siamese")
      ).mechanism.unsupportedReason(loss: LossConfiguration("softmax"), width: 8)
        == "the loss learns a number a class (bias); the places of a queue are no classes")
    func reason(_ traits: LossTraits) -> String? { GallerySettings.unsupportedReason(loss: traits) }
    #expect(reason(LossTraits(similarity: .cosine)) == nil)
    #expect(reason(LossTraits(similarity: .cosine, needs: .norms)) == nil)
    #expect(
      reason(LossTraits(similarity: .cosine, columnsPerClass: 3))
        == "the loss needs 3 prototypes a class; a queue holds one of a pair")
    #expect(
      reason(LossTraits(similarity: .cosine, needs: .pairs))
        == "the loss compares samples of a batch with each other, not with a queue of gallery features")
    #expect(
      reason(LossTraits(similarity: .cosine, needs: .prototypes))
        == "the loss moves the prototypes themselves; gallery features are not learned")
  }

  @Test func damagedQueuesAreRefused() throws {
    let queue = FeatureQueue<Float>(count: 6, groups: 2, columns: 3, name: "queue.0", seed: 1)
    for pointer in [-1, 6] {
      var wrong = queue
      wrong.pointer = pointer
      var archive = TensorArchive(noun: "checkpoint")
      try wrong.save(to: &archive, name: "queue.0")
      var restored = queue
      #expect(throws: HarnessError.self) { try restored.restore(from: archive, name: "queue.0") }
    }
    var archive = TensorArchive(noun: "checkpoint")
    try queue.save(to: &archive, name: "queue.0")
    var longer = FeatureQueue<Float>(count: 9, groups: 2, columns: 3, name: "queue.0", seed: 1)
    #expect(throws: HarnessError.self) { try longer.restore(from: archive, name: "queue.0") }
  }
}
