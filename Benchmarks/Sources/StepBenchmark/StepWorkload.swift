import Learning
import LinearAlgebra

/// What is trained on and how: the same numbers in every process.
struct StepWorkload {
  /// Samples a step.
  static let batch = 512
  /// Columns of the features, of every layer and of the embeddings.
  static let width = 512
  /// The linear layers of the network.
  static let layers = 3
  static let seed: UInt64 = 1
  /// As many as a pair of semi-siamese training takes.
  private static let imagesPerIdentity = 2

  let classes: Int
  let features: Matrix<Float>
  let labels: [Int]

  init(classes: Int) {
    self.classes = classes
    let rows = classes * Self.imagesPerIdentity
    var stream = RandomStream(seed: Self.seed, name: "step.features")
    var people = Matrix<Float>(rows: classes, columns: Self.width)
    stream.fillNormal(&people)
    var images = Matrix<Float>(rows: rows, columns: Self.width)
    stream.fillNormal(&images, standardDeviation: 0.5)
    for row in 0..<rows {
      people.withRow(row % classes) { person in
        images.withMutableRow(row) { values in
          for column in values.indices { values[column] += person[column] }
        }
      }
    }
    features = images
    labels = (0..<rows).map { $0 % classes }
  }

  /// A workload on the given images.
  init(classes: Int, features: Matrix<Float>, labels: [Int]) {
    self.classes = classes
    self.features = features
    self.labels = labels
  }

  static let network = NetworkConfiguration([
    .linear(outputs: width), .batchNorm(), .prelu(), .linear(outputs: width), .batchNorm(), .prelu(),
    .linear(outputs: width),
  ])

  static let optimizer = OptimizerConfiguration(
    learningRate: 0.1, momentum: 0.9, weightDecay: WeightDecay(5e-4))

  static var loss: LossConfiguration {
    get throws { try LossConfiguration("arcface", ["scale": .number(64), "margin": .number(0.5)]) }
  }

  /// `steps` steps of training by `mechanism`.
  func configuration(
    _ mechanism: MechanismConfiguration, steps: Int, skipping: Double? = nil
  ) throws -> TrainingConfiguration {
    TrainingConfiguration(
      network: Self.network, loss: try Self.loss, mechanism: mechanism, optimizer: Self.optimizer,
      batch: Self.batch, steps: steps, seed: Self.seed, gradientSkipping: skipping)
  }

  /// A trainer at step 0.
  func trainer(
    _ mechanism: MechanismConfiguration, steps: Int, skipping: Double? = nil, workers: Workers
  ) throws -> Trainer<Float> {
    try Trainer(
      configuration: configuration(mechanism, steps: steps, skipping: skipping), features: features,
      labels: labels,
      workers: workers)
  }
}
