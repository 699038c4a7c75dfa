import BenchmarkSupport
import Experiments
import FeatureStores
import Foundation
import Learning
import LinearAlgebra

/// The grid of an experiment as a peer starts from it: of each run the weights at step 0, the rows of every batch and all settings.
struct GridExport {
  /// The trained runs, in the order of the grid.
  let runs: [Run]

  struct Run {
    /// The first digits of the run's hash, by which its folder is found.
    let identity: String
    /// What its loss, mechanism and seed are.
    let method: String
    let loss: String
    let seed: UInt64
  }

  /// Makes the experiment's world in `results`, and writes a file for each run into `folder`.
  init(_ arguments: GridArguments, results: String, folder: String) throws {
    let definition = try ExperimentDefinition(
      file: arguments.experiment, overrides: arguments.settings.map { try ConfigurationOverride($0) })
    let experiment = try BoundExperiment(
      definition, data: nil, results: results, workers: Workers(arguments.jobs),
      note: { FileHandle.standardError.write(Data("\($0)\n".utf8)) })
    var runs: [Run] = []
    for run in experiment.grid.runs {
      guard let training = run.specification.training, let method = run.row.method else { continue }
      guard method.mechanism == (try MechanismConfiguration("conventional")), run.fold == nil else {
        throw Failure(
          "\(arguments.experiment): the peer knows conventional class weights and whole protocols only")
      }
      let dataset = experiment.datasets[run.dataset]
      guard dataset.derivedRows == nil else {
        throw Failure("\(arguments.experiment): the peer trains on all rows of a set")
      }
      let identity = String(run.identity.hash.prefix(16))
      let file = "\(folder)/\(identity).safetensors"
      try Self.write(training, features: dataset.features, labels: dataset.labels, to: file)
      runs.append(
        Run(
          identity: identity, method: run.row.loss, loss: method.loss.name, seed: training.seed))
    }
    self.runs = runs
  }

  private static func write(
    _ training: TrainingConfiguration, features: Matrix<Float>, labels: [Int], to path: String
  ) throws {
    let trainer = try Trainer<Float>(configuration: training, features: features, labels: labels)
    var file = TensorFile()
    for parameter in trainer.currentModel.network.parameters { file.add(parameter.name, parameter.value) }
    let checkpoint = try TensorArchive(trainer.checkpoint(), noun: "checkpoint")
    file.add("prototypes", try checkpoint.matrix("prototypes.0", as: Float.self))
    var sampler = Sampler(
      training.sampler, classes: labels, seed: training.seed, batch: training.batch,
      views: training.mechanism.viewsPerSample, rule: training.mechanism.identityRule)
    var rows: [Int] = []
    var batch = [Array(repeating: 0, count: training.batch)]
    for _ in 0..<training.steps {
      sampler.fill(&batch)
      rows += batch[0]
    }
    file.add("batches", rows, shape: [training.steps, training.batch])
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    try file.write(
      to: path, metadata: ["training": String(decoding: try encoder.encode(training), as: UTF8.self)])
  }
}
