import FeatureStores
import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Learning

@Suite struct OptimizerTests {
  /// PyTorch's update restated for one number.
  struct Restated {
    var w: Double
    var v: Double?

    mutating func step(_ g: Double, _ c: OptimizerConfiguration, rate: Double, decay: Double, factor: Double)
    {
      let g = factor * g + decay * w
      guard c.momentum > 0 else {
        w -= rate * g
        return
      }
      let velocity = v.map { c.momentum * $0 + g } ?? g
      v = velocity
      w -= rate * (c.nesterov ? g + c.momentum * velocity : velocity)
    }
  }

  @Test(arguments: [(0, false), (0.9, false), (0.9, true)])
  func followsTheUpdateOfPyTorch(momentum: Double, nesterov: Bool) {
    var configuration = OptimizerConfiguration(
      learningRate: 0.1, momentum: momentum, nesterov: nesterov, weightDecay: WeightDecay(0.01))
    configuration.weightDecay[.bias] = 0.5
    for kind in ParameterKind.allCases {
      var stream = RandomStream(seed: 1, name: "sgd")
      var value = Matrix<Double>(rows: 3, columns: 50)
      stream.fillNormal(&value)
      var parameter = Parameter(name: "w", kind: kind, value: value)
      var restated = value.elements.map { Restated(w: $0) }
      var optimizer = Optimizer<Double>(configuration)
      optimizer.add(parameter)
      for step in 0..<5 {
        stream.fillNormal(&parameter.gradient)
        let rate = 0.1 / Double(step + 1)
        optimizer.begin()
        optimizer.update(&parameter, rate: rate, factor: 0.7, workers: .one)
        let decay: Double =
          switch kind {
          case .weight, .prototype: 0.01
          case .bias: 0.5
          case .normScale, .normShift, .slope, .lossParameter: 0
          }
        for (index, g) in parameter.gradient.elements.enumerated() {
          restated[index].step(g, configuration, rate: rate, decay: decay, factor: 0.7)
        }
        #expect(relativeError(parameter.value.elements, restated.map(\.w)) < 1e-15, "\(kind) \(step)")
      }
    }
  }

  @Test func clippingScalesTheJointNormDownAndNeverUp() {
    let clipped = Optimizer<Double>(OptimizerConfiguration(clipNorm: 2))
    #expect(clipped.clippingFactor(gradientNorm: 8) == 2 / (8 + 1e-6))
    #expect(clipped.clippingFactor(gradientNorm: 1) == 1)
    #expect(clipped.clippingFactor(gradientNorm: 0) == 1)
    #expect(Optimizer<Double>(OptimizerConfiguration()).clippingFactor(gradientNorm: 1e9) == 1)
  }

  @Test func theTrainerReportsTheNormOfAllGradientsAndClipsByIt() throws {
    let (features, labels) = clusters(identities: 5, images: 4, columns: 6, spread: 0.5)
    var configuration = try smallConfiguration(loss: LossConfiguration("softmax"))
    configuration.optimizer = OptimizerConfiguration(
      learningRate: 1, momentum: 0, weightDecay: WeightDecay(0))
    var free = try Trainer<Double>(configuration: configuration, features: features, labels: labels)
    let start = free
    let progress = try free.step()
    configuration.optimizer.clipNorm = progress.gradientNorm / 4
    var clipped = try Trainer<Double>(configuration: configuration, features: features, labels: labels)
    let clippedProgress = try clipped.step()
    #expect(clippedProgress.gradientNorm == progress.gradientNorm)
    // Without momentum and decay at rate 1 the moves are the gradients.
    func moves(_ trainer: Trainer<Double>) -> [Double] {
      var trainer = trainer
      var start = start
      var before: [Double] = []
      start.forEachParameter { before += $0.value.elements }
      var after: [Double] = []
      trainer.forEachParameter { after += $0.value.elements }
      return zip(before, after).map { $0 - $1 }
    }
    let norm = moves(free).reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(relativeError(norm, progress.gradientNorm) < 1e-12)
    #expect(relativeError(moves(clipped), moves(free).map { $0 / 4 }) < 1e-5)
  }

  @Test func schedulesHaveTheirExactValues() {
    let constant = Schedule(.constant, warmUp: 4)
    #expect((0..<6).map { constant.factor(step: $0, of: 6) } == [0.25, 0.5, 0.75, 1, 1, 1])
    let steps = Schedule(.step(milestones: [4, 0.75], factor: 0.5))
    #expect((0..<8).map { steps.factor(step: $0, of: 8) } == [1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25])
    let cosine = Schedule(.cosine(final: 0.5), warmUp: 2)
    #expect(cosine.factor(step: 0, of: 10) == 0.5)
    #expect(cosine.factor(step: 2, of: 10) == 1)
    #expect(abs(cosine.factor(step: 6, of: 10) - 0.75) < 1e-15)
    #expect(abs(cosine.factor(step: 4, of: 10) - (0.5 + 0.25 * (1 + 0.5.squareRoot()))) < 1e-15)
    let polynomial = Schedule(.polynomial(power: 2, final: 0))
    #expect((0..<4).map { polynomial.factor(step: $0, of: 4) } == [1, 0.5625, 0.25, 0.0625])
    let bent = Schedule(.polynomial(power: 1, final: 0.2), warmUp: 1)
    #expect(abs(bent.factor(step: 3, of: 5) - 0.6) < 1e-15)
  }

  @Test func theTrainerFollowsTheSchedule() throws {
    let (features, labels) = clusters(identities: 5, images: 4, columns: 6, spread: 0.5)
    var configuration = try smallConfiguration(loss: LossConfiguration("normface"), steps: 6)
    configuration.schedule = Schedule(.step(milestones: [4], factor: 0.1), warmUp: 2)
    configuration.optimizer.learningRate = 0.2
    var trainer = try Trainer<Float>(configuration: configuration, features: features, labels: labels)
    var rates: [Double] = []
    while !trainer.isFinished { rates.append(try trainer.step().learningRate) }
    #expect(relativeError(rates, [0.1, 0.2, 0.2, 0.2, 0.02, 0.02]) < 1e-15)
  }
}
