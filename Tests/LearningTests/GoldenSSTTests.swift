import FeatureStores
import LinearAlgebra
import TestSupport
import Testing

@testable import Learning

/// Every trace and step of the golden semi-siamese training, through the trainer; and the golden SST heads.
@Suite(.enabled(if: SharedData.goldenIsAvailable, "needs ../shared"))
struct GoldenSSTTests {
  static let traces: [String] = {
    guard SharedData.goldenIsAvailable, let file = try? GoldenFile("sst") else { return [] }
    return ((try? file.root.groups()) ?? []).map(\.name)
  }()

  static let heads: [String] = {
    guard SharedData.goldenIsAvailable, let group = try? GoldenFile("losses").group("/sst_prototype") else {
      return []
    }
    return ((try? group.groups()) ?? []).map(\.name)
  }()

  @Test func theFilesHoldTracesAndHeads() throws {
    _ = try GoldenFile("sst")
    #expect(Self.traces.count >= 3)
    #expect(Self.heads.count >= 6)
  }

  private static func loss(_ group: GoldenGroup) throws -> LossConfiguration {
    let scale = OptionValue.number(try #require(try group.number(attribute: "hp_scale")))
    let margin = OptionValue.number(try #require(try group.number(attribute: "hp_margin")))
    switch try group.string(attribute: "loss_type") {
    case "softmax": return try LossConfiguration("normface", ["scale": scale])
    case "am_softmax": return try LossConfiguration("cosface", ["scale": scale, "margin": margin])
    case "arc_softmax":
      return try LossConfiguration("arcface", ["scale": scale, "margin": margin, "wrap": .text("none")])
    case let other:
      throw HarnessError(.badInput, place: group.path, found: "the loss \(other ?? "none")")
    }
  }

  @Test(arguments: traces) func everyStepAgreesWithFaceXZoo(name: String) throws {
    let trace = try GoldenFile("sst").group("/\(name)")
    try follow(trace, Double.self, 1e-9)
    try follow(trace, Float.self, 2e-4)
  }

  private func follow<Element: Scalar>(
    _ trace: GoldenGroup, _ type: Element.Type, _ tolerance: Double
  ) throws {
    func number(_ name: String) throws -> Double {
      try #require(try trace.number(attribute: name), "\(name)")
    }
    let batch = Int(try number("B"))
    let hasBatchNorm = try number("batchnorm") == 1
    let steps = try trace.groups().filter { $0.name.hasPrefix("step") }.sorted {
      Int($0.name.dropFirst(4)) ?? 0 < Int($1.name.dropFirst(4)) ?? 0
    }
    #expect(steps.count == Int(try number("steps")))
    var decay = WeightDecay(0)
    for kind in ParameterKind.allCases { decay[kind] = try number("weight_decay") }
    let configuration = TrainingConfiguration(
      network: NetworkConfiguration(
        [.linear(outputs: Int(try number("d")))]
          + (hasBatchNorm
            ? [.batchNorm(momentum: try number("bn_momentum"), epsilon: try number("bn_eps"))] : [])),
      loss: try Self.loss(trace),
      mechanism: try MechanismConfiguration(
        "semi-siamese", ["queue": .number(try number("K")), "ema": .number(try number("alpha"))]),
      optimizer: OptimizerConfiguration(
        learningRate: try number("lr"), momentum: try number("momentum"), weightDecay: decay),
      batch: batch, steps: steps.count)
    // The rows of step k are first images 2Bk..., then second ones.
    var features = Matrix<Float>(rows: 2 * batch * steps.count, columns: Int(try number("d_in")))
    var labels: [Int] = []
    for (index, step) in steps.enumerated() {
      for (view, inputs) in ["x1", "x2"].enumerated() {
        let part = try step.matrix(inputs).converted(to: Float.self)
        #expect(part.converted(to: Double.self) == (try step.matrix(inputs)))
        features.replaceRows(from: (2 * index + view) * batch, with: part, rows: 0..<batch)
        labels += try step.integers("ids")
      }
    }
    var trainer = try Trainer<Element>(configuration: configuration, features: features, labels: labels)
    let initial = try trace.group("initial")
    try set(&trainer.network, initial, "probe")
    try withSource(&trainer) { source in
      try set(&source.agents[0].network, initial, "gallery")
      source.queues[0].features[0] = try initial.matrix("queue").converted(to: Element.self)
      #expect(try initial.integer("index") == source.queues[0].pointer)
    }
    for (index, step) in steps.enumerated() {
      let rows = (0..<2).map { view in (0..<batch).map { (2 * index + view) * batch + $0 } }
      try withSource(&trainer) { source in
        source.settings.enqueued = try step.integer("wrote_g1") == 1 ? .first : .second
        #expect(
          try step.integers("target") == (0..<batch).map { source.queues[0].pointer + $0 })
      }
      try checkOutputs(trainer, step, tolerance)
      var gradients = trainer
      let loss = gradients.lossAndGradients(rows: rows)
      #expect(relativeError(loss, try step.scalar("loss")) < tolerance, "\(step.path) loss")
      let expected = try zip(gradients.network.parameters, Self.names).map { try row(step, "dprobe_\($1)") }
      // That of a bias before batch normalisation is rounding noise: all are compared at the scale of the largest.
      let scale = expected.flatMap { $0.elements.map(\.magnitude) }.max() ?? 0
      for (index, parameter) in gradients.network.parameters.enumerated() {
        for (found, value) in zip(parameter.gradient.elements, expected[index].elements) {
          #expect(abs(Double(found) - value) < tolerance * scale, "\(step.path) d\(Self.names[index])")
        }
      }
      let progress = try trainer.step(on: rows)
      #expect(relativeError(progress.loss, try step.scalar("loss")) < tolerance)
      try check(trainer.network, step, "probe", tolerance)
      try withSource(&trainer) { source in
        try check(source.agents[0].network, step, "gallery", tolerance)
        #expect(
          relativeError(source.queues[0].features[0], try step.matrix("queue")) < tolerance, "\(step.path)")
        #expect(source.queues[0].pointer == (try step.integer("index")))
        let written = try step.integers("target")
        #expect(written.map { source.queues[0].classes[$0] } == (try step.integers("ids")))
      }
    }
  }

  /// The names of the parameters and buffers of a network in the order in which ours has them.
  private static let names = ["W", "b", "bn_gamma", "bn_beta"]
  private static let buffers = ["bn_running_mean", "bn_running_var"]

  private func withSource<Element: Scalar>(
    _ trainer: inout Trainer<Element>, _ body: (inout GalleryPrototypes<Element>) throws -> Void
  ) throws {
    var source = try #require(trainer.source as? GalleryPrototypes<Element>)
    try body(&source)
    trainer.source = source
  }

  /// A matrix, or a vector as a row.
  private func row(_ group: GoldenGroup, _ name: String) throws -> Matrix<Double> {
    let array = try group.array(name)
    return array.shape.count == 2
      ? array.matrix : Matrix(rows: 1, columns: array.elements.count, elements: array.elements)
  }

  private func set<Element: Scalar>(
    _ network: inout Network<Element>, _ group: GoldenGroup, _ role: String
  ) throws {
    for index in network.parameters.indices {
      network.parameters[index].value = try row(group, "\(role)_\(Self.names[index])").converted(
        to: Element.self)
    }
    for index in network.buffers.indices {
      network.buffers[index].value = try row(group, "\(role)_\(Self.buffers[index])").converted(
        to: Element.self)
    }
  }

  private func check<Element: Scalar>(
    _ network: Network<Element>, _ group: GoldenGroup, _ role: String, _ tolerance: Double
  ) throws {
    for (parameter, name) in zip(network.parameters, Self.names) {
      let expected = try row(group, "\(role)_\(name)")
      #expect(relativeError(parameter.value, expected) < tolerance, "\(group.path) \(role) \(name)")
    }
    for (buffer, name) in zip(network.buffers, Self.buffers) {
      let expected = try row(group, "\(role)_\(name)")
      #expect(relativeError(buffer.value, expected) < tolerance, "\(group.path) \(role) \(name)")
    }
  }

  /// The raw outputs of both networks for both images.
  private func checkOutputs<Element: Scalar>(
    _ trainer: Trainer<Element>, _ step: GoldenGroup, _ tolerance: Double
  ) throws {
    var trainer = trainer
    var tape = trainer.network.makeTape()
    for image in 1...2 {
      let inputs = try step.matrix("x\(image)").converted(to: Element.self)
      trainer.network.forward(inputs, tape: &tape, dropoutKey: .zero)
      #expect(relativeError(tape.output, try step.matrix("p\(image)")) < tolerance, "\(step.path) p\(image)")
      try withSource(&trainer) { source in
        source.agents[0].forward(inputs, workers: .one)
        let expected = try step.matrix("g\(image)")
        #expect(
          relativeError(source.agents[0].output, expected) < tolerance, "\(step.path) g\(image)")
      }
    }
  }

  @Test(arguments: heads) func lossGradientsAndQueueAgreeWithTheHead(name: String) throws {
    let group = try GoldenFile("losses").group("/sst_prototype/\(name)")
    try check(group, Double.self, 1e-9)
    try check(group, Float.self, 1e-4)
  }

  private func check<Element: Scalar>(
    _ group: GoldenGroup, _ type: Element.Type, _ tolerance: Double
  ) throws {
    let before = try group.matrix("queue_before")
    let enqueued = try #require(try group.number(attribute: "wrote_g1")) == 1 ? "first" : "second"
    for (symmetric, total) in [("mean", "loss"), ("sum", "loss_sum")] {
      let mechanism = try MechanismConfiguration(
        "semi-siamese",
        [
          "queue": .number(Double(before.rows)), "enqueue": .text(enqueued), "symmetric": .text(symmetric),
        ])
      let made = mechanism.makeSource(
        loss: try Self.loss(group), width: before.columns, classes: 99, seed: 0, Element.self)
      var source = try #require(made as? GalleryPrototypes<Element>)
      // The identity as the gallery network: the features are the gallery's.
      source.start(network: try Network(NetworkConfiguration([]), inputs: before.columns, seed: 0))
      source.queues[0].features[0] = before.converted(to: Element.self)
      source.queues[0].pointer = Int(try #require(try group.number(attribute: "index_before")))
      var batch = SourceBatch<Element>(views: 2)
      for view in 0..<2 {
        batch.features[view] = try group.matrix("g\(view + 1)").converted(to: Element.self)
        batch.embeddings[view] = try group.matrix("p\(view + 1)").converted(to: Element.self)
        batch.gradients[view] = Matrix(rows: batch.embeddings[view].rows, columns: before.columns)
      }
      batch.classes = Array(0..<batch.features[0].rows)
      let loss = source.evaluate(&batch, workers: .one)
      #expect(relativeError(Double(loss), try group.scalar(total)) < tolerance, "\(group.path) \(total)")
      for view in 0..<2 {
        var expected = try group.matrix("dp\(view + 1)")
        if symmetric == "sum" { ElementwiseKernels.scale(&expected, by: 2) }
        #expect(
          relativeError(batch.gradients[view], expected) < tolerance, "\(group.path) dp\(view + 1)")
      }
      #expect(relativeError(source.queues[0].features[0], try group.matrix("queue_after")) < tolerance)
      #expect(source.queues[0].pointer == Int(try #require(try group.number(attribute: "index_after"))))
    }
  }
}
