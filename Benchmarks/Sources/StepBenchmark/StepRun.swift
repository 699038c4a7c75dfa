import BenchmarkSupport
import Foundation
import Learning
import LinearAlgebra

/// Our side: the conventional step as the product trains, and the file that a peer starts from.
struct StepRun {
  private let workload: StepWorkload
  private let steps: Int
  private let workers: Workers

  /// Steps in a row between rounds of the bare products, so that what slows the machine down for a while slows both.
  private static let blockSteps = 10

  init(_ arguments: Arguments) {
    workload = StepWorkload(classes: arguments.classes[0])
    steps = arguments.steps
    workers = Workers(arguments.threads)
  }

  /// Steps before those that count and those that count, and what the products of as many take.
  func measurement() throws -> StepMeasurement {
    let blocks = (steps + Self.blockSteps - 1) / Self.blockSteps
    var trainer = try workload.trainer(
      MechanismConfiguration("conventional"), steps: StepMeasurement.comparedLosses + steps + blocks,
      workers: workers)
    for _ in 0..<StepMeasurement.comparedLosses { _ = try trainer.step() }
    let losses = trainer.history.losses
    var times: [Double] = []
    var productTimes: [Double] = []
    var pageFaults = 0
    var peakMiB = 0.0
    var products: StepProducts?
    while times.count < steps {
      let count = min(Self.blockSteps, steps - times.count)
      // The first one finds the caches full of others' numbers, which no step of a run does.
      _ = try trainer.step()
      let faultsBefore = ProcessUsage().pageFaults
      for _ in 0..<count { times.append(try seconds { _ = try trainer.step() }) }
      pageFaults += ProcessUsage().pageFaults - faultsBefore
      // Before the first products take memory of their own; steps take no more later.
      if products == nil { peakMiB = ProcessUsage().peakMiB }
      var own = products ?? StepProducts(classes: workload.classes)
      products = nil
      own.run(workers: workers)
      for _ in 0..<count { productTimes.append(seconds { own.run(workers: workers) }) }
      products = own
    }
    return StepMeasurement(
      engine: "Likeness, OpenBLAS core \(BLASCore.current.name)", step: Spread(of: times),
      products: Spread(of: productTimes), losses: losses, pageFaults: Double(pageFaults) / Double(steps),
      peakMiB: peakMiB)
  }

  /// Writes the weights at step 0, features, labels, the rows of every batch and the settings.
  func export(to path: String) throws {
    let mechanism = try MechanismConfiguration("conventional")
    let count = StepMeasurement.comparedLosses + steps
    let trainer = try workload.trainer(mechanism, steps: count, workers: workers)
    var file = TensorFile()
    for parameter in trainer.currentModel.network.parameters { file.add(parameter.name, parameter.value) }
    let checkpoint = try TensorArchive(trainer.checkpoint(), noun: "checkpoint")
    file.add("prototypes", try checkpoint.matrix("prototypes.0", as: Float.self))
    file.add("features", workload.features)
    file.add("labels", workload.labels, shape: [workload.labels.count])
    var sampler = Sampler(
      trainer.configuration.sampler, classes: workload.labels, seed: StepWorkload.seed,
      batch: StepWorkload.batch, views: mechanism.viewsPerSample, rule: mechanism.identityRule)
    var rows: [Int] = []
    var batch = [Array(repeating: 0, count: StepWorkload.batch)]
    for _ in 0..<count {
      sampler.fill(&batch)
      rows += batch[0]
    }
    file.add("batches", rows, shape: [count, StepWorkload.batch])
    let loss = try StepWorkload.loss.options
    let optimizer = StepWorkload.optimizer
    try file.write(
      to: path,
      metadata: [
        "scale": "\(loss.number("scale"))", "margin": "\(loss.number("margin"))",
        "learning-rate": "\(optimizer.learningRate)", "momentum": "\(optimizer.momentum)",
        "weight-decay": "\(optimizer.weightDecay[.weight])",
        "compared-losses": "\(StepMeasurement.comparedLosses)",
      ])
  }
}
