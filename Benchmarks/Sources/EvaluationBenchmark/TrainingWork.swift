import Learning
import LinearAlgebra

/// Steps of training as StepBenchmark times them: the network 512→512→512→512, ArcFace, SGD with momentum, all classes in every step.
struct TrainingWork {
  static let width = 512

  let classes: Int
  var batch = 512

  /// A trainer at step 0 that may take `steps` steps.
  func trainer(steps: Int, workers: Workers) throws -> Trainer<Float> {
    let width = Self.width
    var stream = RandomStream(seed: 1, name: "evaluation.training")
    var people = Matrix<Float>(rows: classes, columns: width)
    stream.fillNormal(&people)
    var images = Matrix<Float>(rows: 2 * classes, columns: width)
    stream.fillNormal(&images, standardDeviation: 0.5)
    for row in 0..<images.rows {
      people.withRow(row % classes) { person in
        images.withMutableRow(row) { values in
          for column in values.indices { values[column] += person[column] }
        }
      }
    }
    let configuration = TrainingConfiguration(
      network: NetworkConfiguration([
        .linear(outputs: width), .batchNorm(), .prelu(), .linear(outputs: width), .batchNorm(), .prelu(),
        .linear(outputs: width),
      ]), loss: try LossConfiguration("arcface", ["scale": .number(64), "margin": .number(0.5)]),
      mechanism: try MechanismConfiguration("conventional"),
      optimizer: OptimizerConfiguration(learningRate: 0.1, momentum: 0.9, weightDecay: WeightDecay(5e-4)),
      batch: batch, steps: steps, seed: 1)
    return try Trainer(
      configuration: configuration, features: images, labels: (0..<images.rows).map { $0 % classes },
      workers: workers)
  }
}
