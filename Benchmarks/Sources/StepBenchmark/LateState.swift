import BenchmarkSupport
import FeatureStores
import Foundation
import Learning
import LinearAlgebra

/// A training that is well under way, from whose weights everybody starts: made once and kept.
///
/// The images are a world's of the default geometry (16 coordinates tell who somebody is, six are strong nuisances, the rest is noise; five leaky rectifiers
/// between rotations make features of them), in as many dimensions as the step's network takes.
struct LateState {
  let classes: Int
  /// Steps of training before it.
  let steps: Int
  let folder: String

  /// Images of each identity.
  static let images = 4
  /// The identities that the network is trained on first, and for how many steps.
  private static let firstClasses = 5000
  private static let firstSteps = 1500
  /// η of the training, which a cosine takes down to the one that counted steps go on with.
  static let learningRate = 0.1
  static let finalRate = 0.001
  /// The error of the gradients that the training itself allows, to be done sooner.
  private static let skipping = 1e-4

  private var world: String { "\(folder)/late-\(classes)-world" }
  private var file: String { "\(folder)/late-\(classes)-\(steps).checkpoint" }

  /// Features and labels; makes the world where it is missing.
  func workload(workers: Workers) throws -> StepWorkload {
    let generator = WorldGenerator(try definition, folder: world)
    if try !generator.isComplete() { try generator.generate(workers: workers) }
    let store = try FeatureStore(opening: StoreLocation(path: generator.store(of: "train")))
    guard let labels = store.labels else { throw Failure("\(world): a training set without labels") }
    return StepWorkload(classes: classes, features: try store.features(), labels: labels.map { Int($0) })
  }

  /// The checkpoint; trains where it is missing.
  func checkpoint(_ workload: StepWorkload, workers: Workers) throws -> Data {
    if let data = FileManager.default.contents(atPath: file) { return data }
    var trainer = try Trainer<Float>(
      resuming: start(workload, workers: workers), features: workload.features, labels: workload.labels,
      workers: workers)
    try run(&trainer, "late state")
    let data = try trainer.checkpoint()
    try AtomicFile.write(data, to: file)
    return data
  }

  /// A checkpoint at step 0: the network trained on some of the identities, and each class's weights at the mean direction of its embeddings, which spares
  /// the many passes over all images in which every class would find its place by itself.
  private func start(_ workload: StepWorkload, workers: Workers) throws -> Data {
    let some = min(classes, Self.firstClasses)
    let rows = workload.labels.indices.filter { workload.labels[$0] < some }
    var first = try Trainer<Float>(
      configuration: configuration(workload, steps: Self.firstSteps),
      features: workload.features.gathering(rows: rows),
      labels: rows.map { workload.labels[$0] }, workers: workers)
    try run(&first, "network on \(some) identities")
    let network = first.currentModel.network
    var archive = try TensorArchive(
      Trainer<Float>(
        configuration: configuration(workload, steps: steps), features: workload.features,
        labels: workload.labels,
        workers: workers
      ).checkpoint(), noun: "checkpoint")
    for parameter in network.parameters { try archive.replace(parameter.name, with: parameter.value) }
    for buffer in network.buffers { try archive.replace(buffer.name, with: buffer.value) }
    var units = network.embed(workload.features, workers: workers)
    var norms = [Float](repeating: 0, count: units.rows)
    RowNormalization.normalize(&units, norms: &norms, workers: workers)
    var means = Matrix<Float>(rows: classes, columns: units.columns)
    means.addRows(of: &units, at: workload.labels, workers: workers)
    norms = Array(repeating: 0, count: classes)
    RowNormalization.normalize(&means, norms: &norms, workers: workers)
    try archive.replace("prototypes.0", with: means)
    return archive.data
  }

  private func configuration(_ workload: StepWorkload, steps: Int) throws -> TrainingConfiguration {
    var configuration = try workload.configuration(MechanismConfiguration("conventional"), steps: steps)
    configuration.optimizer.learningRate = Self.learningRate
    configuration.schedule = Schedule(.cosine(final: Self.finalRate / Self.learningRate), warmUp: steps / 20)
    configuration.gradientSkipping = Self.skipping
    return configuration
  }

  private func run(_ trainer: inout Trainer<Float>, _ name: String) throws {
    while !trainer.isFinished {
      let progress = try trainer.step()
      if progress.step % 100 == 0 || progress.step == progress.steps {
        FileHandle.standardError.write(
          Data("\(name): step \(progress.step) of \(progress.steps), loss \(progress.loss)\n".utf8))
      }
    }
  }

  private var definition: WorldDefinition {
    get throws {
      let noise = StepWorkload.width - 16 - 6
      return try WorldDefinition(
        ConfigurationNode(
          text: """
            name: late
            title: Late in training
            version: 2
            seed: 20261122
            dimension: \(StepWorkload.width)
            identity: {dimensions: 16, between: 1.0, within: 0.5}
            nuisances:
              - {name: pose, dimensions: 2, standard-deviation: 2.5}
              - {name: age, dimensions: 1, standard-deviation: 2.0}
              - {name: illumination, dimensions: 3, standard-deviation: 2.5}
              - {name: expression, dimensions: \(noise), standard-deviation: 0.2}
            map: {layers: 5, slope: 0.2}
            sets:
              - {name: train, kind: deep, identities: \(classes), images-per-identity: \(Self.images)}
            """, file: "the late state's world"))
    }
  }
}
