import FeatureStores
import Foundation
import LinearAlgebra
import Testing

@testable import Learning

@Suite struct TrainerTests {
  static let wholeStepCases = lossCases + wholeStepMarginCases

  @Test(arguments: wholeStepCases.indices)
  func gradientOfTheWholeStepIsTheDerivativeOfTheLoss(index: Int) throws {
    let (name, loss) = Self.wholeStepCases[index]
    for mechanism in ["conventional", "{name: multiface, groups: 2, normalise: group, reduction: mean}"] {
      let (features, labels) = clusters(identities: 5, images: 4, columns: 6, spread: 0.5)
      let configuration = try smallConfiguration(
        loss: loss,
        mechanism: MechanismConfiguration(
          yaml("m: \(mechanism)").mapping(keys: ["m"]).required("m")))
      let trainer = try Trainer<Double>(configuration: configuration, features: features, labels: labels)
      let rows = [[0, 3, 7, 11, 12, 19, 4, 4, 8, 16, 1, 2]]
      var reference = trainer
      _ = reference.lossAndGradients(rows: rows)
      var gradients: [Matrix<Double>] = []
      var names: [String] = []
      reference.forEachParameter {
        gradients.append($0.gradient)
        names.append($0.name)
      }
      var stream = RandomStream(seed: 11, name: "entries")
      for (parameter, gradient) in gradients.enumerated() {
        let scale = gradient.elements.map(\.magnitude).max() ?? 0
        for _ in 0..<3 {
          let entry = stream.integer(below: gradient.count)
          let expected = derivative(step: 1e-5) { change in
            var moved = trainer
            var place = 0
            moved.forEachParameter { value in
              if place == parameter {
                value.value[entry / gradient.columns, entry % gradient.columns] += change
              }
              place += 1
            }
            return moved.lossAndGradients(rows: rows)
          }
          let found = gradient[entry / gradient.columns, entry % gradient.columns]
          #expect(
            abs(found - expected) <= 2e-6 * max(scale, 1e-2),
            "\(name) \(names[parameter]) \(found) \(expected)")
        }
      }
    }
  }

  @Test func aRunHasTheSameBytesTwiceAndWithTwoThreads() throws {
    let (features, labels) = clusters(identities: 40, images: 5, columns: 70, spread: 0.4)
    var configuration = try smallConfiguration(
      loss: LossConfiguration("arcface"),
      mechanism: MechanismConfiguration("multiface", ["groups": .number(2)]),
      batch: 150, dropout: true)
    configuration.network.layers.insert(.linear(outputs: 200), at: 0)
    configuration.optimizer.nesterov = true
    configuration.optimizer.clipNorm = 1
    var checkpoints: [Data] = []
    for workers in [1, 1, 2] {
      var trainer = try Trainer<Float>(
        configuration: configuration, features: features, labels: labels, workers: Workers(workers))
      while !trainer.isFinished { _ = try trainer.step() }
      checkpoints.append(try trainer.checkpoint())
    }
    #expect(checkpoints[0] == checkpoints[1])
    #expect(checkpoints[0] == checkpoints[2])
  }

  @Test func aResumedRunHasTheBytesOfAnUninterruptedOne() throws {
    let (features, labels) = clusters(identities: 6, images: 4, columns: 10, spread: 0.4)
    var configuration = try smallConfiguration(loss: LossConfiguration("softmax"), dropout: true)
    configuration.sampler = .classBalanced
    configuration.checkpoint = .bestValidation
    configuration.validateEvery = 2
    let validation: Trainer<Float>.Validation = { Double(-abs(4 - $0.steps)) }
    var whole = try Trainer<Float>(
      configuration: configuration, features: features, labels: labels, validation: validation)
    while !whole.isFinished { _ = try whole.step() }
    for stop in [0, 1, 4, 5, 8] {
      var first = try Trainer<Float>(
        configuration: configuration, features: features, labels: labels, validation: validation)
      for _ in 0..<stop { _ = try first.step() }
      let checkpoint = try first.checkpoint()
      #expect(try Trainer<Float>.configuration(ofCheckpoint: checkpoint) == configuration)
      var second = try Trainer<Float>(
        resuming: checkpoint, features: features, labels: labels, validation: validation)
      #expect(try second.checkpoint() == checkpoint)
      while !second.isFinished { _ = try second.step() }
      #expect(try second.checkpoint() == whole.checkpoint())
      #expect(second.model.steps == 4)
      #expect(try second.model.encoded() == whole.model.encoded())
    }
  }

  @Test(arguments: ["softmax", "normface", "cosface", "arcface", "combined-margin"])
  func separableIdentitiesAreLearned(name: String) throws {
    let (features, labels) = clusters(identities: 10, images: 8, columns: 16, spread: 0.3)
    var configuration = try smallConfiguration(loss: LossConfiguration(name), batch: 40, steps: 150)
    configuration.optimizer.weightDecay = WeightDecay(0)
    var trainer = try Trainer<Float>(configuration: configuration, features: features, labels: labels)
    while !trainer.isFinished { _ = try trainer.step() }
    let losses = trainer.history.losses
    #expect(losses.count == 150)
    #expect(losses[145...].max()! < 0.05 * losses[0], "\(losses[0]) → \(losses[145...])")
  }

  @Test func divergenceIsAnErrorAndLeavesTheWeights() throws {
    let (features, labels) = clusters(identities: 6, images: 4, columns: 10, spread: 0.4)
    var configuration = try smallConfiguration(loss: LossConfiguration("softmax"), steps: 50)
    configuration.optimizer.learningRate = 1e30
    configuration.network = NetworkConfiguration([.linear(outputs: 8)])
    var trainer = try Trainer<Float>(configuration: configuration, features: features, labels: labels)
    var failure: TrainingFailure?
    do {
      while !trainer.isFinished { _ = try trainer.step() }
    } catch let error as TrainingFailure {
      failure = error
    }
    #expect(failure == .diverged(step: trainer.completedSteps + 1))
    #expect(trainer.completedSteps < 5)
    #expect(trainer.currentModel.network.parameters.allSatisfy { $0.value.elements.allSatisfy(\.isFinite) })
    #expect("\(TrainingFailure.diverged(step: 3))".hasPrefix("diverged at step 3:"))
  }

  @Test func dataThatDoNotFitAreRefused() throws {
    let (features, labels) = clusters(identities: 3, images: 2, columns: 4, spread: 0.1)
    let configuration = try smallConfiguration(loss: LossConfiguration("normface"))
    #expect(throws: HarnessError(.badInput, place: "labels", found: "5 labels", expected: "6, one a row")) {
      try Trainer<Float>(configuration: configuration, features: features, labels: Array(labels.dropLast()))
    }
    #expect(
      throws: HarnessError(
        .badInput, place: "labels", found: "1 identities", expected: "at least 2 to train on")
    ) {
      try Trainer<Float>(configuration: configuration, features: features, labels: [4, 4, 4, 4, 4, 4])
    }
    var uneven = configuration
    uneven.mechanism = try MechanismConfiguration("multiface", ["groups": .number(3)])
    #expect(uneven.unsupportedReason(inputs: 4) == "3 groups do not divide an embedding of 8 columns")
    #expect(throws: HarnessError.self) {
      try Trainer<Float>(configuration: uneven, features: features, labels: labels)
    }
    var validated = configuration
    validated.validateEvery = 2
    #expect(throws: HarnessError(.badInput, place: "validate-every", found: "no validation to run")) {
      try Trainer<Float>(configuration: validated, features: features, labels: labels)
    }
  }

  @Test func labelsAreTakenInAscendingOrderWhateverTheyAre() throws {
    let (features, labels) = clusters(identities: 5, images: 4, columns: 10, spread: 0.4)
    let configuration = try smallConfiguration(loss: LossConfiguration("cosface"))
    var plain = try Trainer<Float>(configuration: configuration, features: features, labels: labels)
    var gaps = try Trainer<Float>(
      configuration: configuration, features: features, labels: labels.map { $0 * 17 - 20 })
    for _ in 0..<3 {
      _ = try plain.step()
      _ = try gaps.step()
    }
    #expect(try plain.checkpoint() == gaps.checkpoint())
    #expect(gaps.classes == 5)
  }

  @Test func damagedCheckpointsAreRefused() throws {
    let (features, labels) = clusters(identities: 5, images: 4, columns: 10, spread: 0.4)
    let configuration = try smallConfiguration(loss: LossConfiguration("cosface"))
    let checkpoint = try Trainer<Float>(configuration: configuration, features: features, labels: labels)
      .checkpoint()
    for place in stride(from: 0, to: checkpoint.count, by: checkpoint.count / 23) {
      var damaged = checkpoint
      damaged[place] ^= 0x10
      #expect(throws: HarnessError.self) {
        try Trainer<Float>(resuming: damaged, features: features, labels: labels)
      }
      #expect(throws: HarnessError.self) {
        try Trainer<Float>(resuming: checkpoint.prefix(place), features: features, labels: labels)
      }
    }
    let (other, otherLabels) = clusters(identities: 6, images: 4, columns: 10, spread: 0.4)
    #expect(throws: HarnessError.self) {
      try Trainer<Float>(resuming: checkpoint, features: other, labels: otherLabels)
    }
    #expect(throws: HarnessError.self) {
      try Trainer<Double>(resuming: checkpoint, features: features, labels: labels)
    }
  }
}
