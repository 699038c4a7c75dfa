import BenchmarkSupport
import Foundation
import Learning
import LinearAlgebra

/// Our side: the conventional step as the product trains, and the file that a peer starts from.
struct StepRun {
  private let workload: StepWorkload
  private let steps: Int
  private let workers: Workers
  /// The state that it starts from, where that is not step 0.
  private let late: LateState?
  private let skipping: Double?

  /// Steps in a row between rounds of the bare products, so that what slows the machine down for a while slows both.
  private static let blockSteps = 10

  init(_ arguments: Arguments) throws {
    steps = arguments.steps
    workers = Workers(arguments.threads)
    late = arguments.lateState
    skipping = arguments.bound
    workload = try late?.workload(workers: workers) ?? StepWorkload(classes: arguments.classes[0])
  }

  /// A trainer for so many steps from where this one starts.
  private func trainer(steps: Int) throws -> Trainer<Float> {
    guard let late else {
      return try workload.trainer(
        MechanismConfiguration("conventional"), steps: steps, skipping: skipping, workers: workers)
    }
    return try Trainer(
      resuming: late.checkpoint(workload, workers: workers), features: workload.features,
      labels: workload.labels, workers: workers,
      adapting: {
        $0.steps += steps
        $0.optimizer.learningRate = LateState.finalRate
        $0.schedule = Schedule()
        $0.gradientSkipping = skipping
      })
  }

  /// Steps before those that count and those that count, and what the products of as many take.
  func measurement() throws -> StepMeasurement {
    let blocks = (steps + Self.blockSteps - 1) / Self.blockSteps
    var trainer = try trainer(steps: StepMeasurement.comparedLosses + steps + blocks)
    for _ in 0..<StepMeasurement.comparedLosses { _ = try trainer.step() }
    let losses = Array(trainer.history.losses.suffix(StepMeasurement.comparedLosses))
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
    products = nil
    return StepMeasurement(
      engine:
        "Likeness\(skipping.map { ", gradients within \($0)" } ?? ""), OpenBLAS core \(BLASCore.current.name)",
      step: Spread(of: times), products: Spread(of: productTimes), losses: losses,
      pageFaults: Double(pageFaults) / Double(steps), peakMiB: peakMiB,
      skipping: skipping == nil ? nil : trainer.skippingErrors())
  }

  /// Writes the weights, for a late state with their velocities, features, labels, the rows of every batch and the settings.
  func export(to path: String) throws {
    let count = StepMeasurement.comparedLosses + steps
    let trainer = try trainer(steps: count)
    var file = TensorFile()
    let parameters = trainer.currentModel.network.parameters
    for parameter in parameters { file.add(parameter.name, parameter.value) }
    let checkpoint = try TensorArchive(trainer.checkpoint(), noun: "checkpoint")
    file.add("prototypes", try checkpoint.matrix("prototypes.0", as: Float.self))
    if late != nil {
      for (index, name) in (parameters.map(\.name) + ["prototypes"]).enumerated() {
        file.add("velocity.\(name)", try checkpoint.matrix("velocity.\(index)", as: Float.self))
      }
    }
    file.add("features", workload.features)
    file.add("labels", workload.labels, shape: [workload.labels.count])
    file.add("batches", batches(count, after: trainer), shape: [count, StepWorkload.batch])
    let loss = try StepWorkload.loss.options
    let optimizer = trainer.configuration.optimizer
    try file.write(
      to: path,
      metadata: [
        "scale": "\(loss.number("scale"))", "margin": "\(loss.number("margin"))",
        "learning-rate": "\(optimizer.learningRate)", "momentum": "\(optimizer.momentum)",
        "weight-decay": "\(optimizer.weightDecay[.weight])",
        "compared-losses": "\(StepMeasurement.comparedLosses)",
      ])
  }

  /// The rows of the next `count` batches of `trainer`, one batch after another.
  private func batches(_ count: Int, after trainer: Trainer<Float>) -> [Int] {
    let configuration = trainer.configuration
    var sampler = Sampler(
      configuration.sampler, classes: workload.labels, seed: configuration.seed, batch: configuration.batch,
      views: configuration.mechanism.viewsPerSample, rule: configuration.mechanism.identityRule)
    var batch = [Array(repeating: 0, count: StepWorkload.batch)]
    for _ in 0..<trainer.completedSteps { sampler.fill(&batch) }
    var rows: [Int] = []
    for _ in 0..<count {
      sampler.fill(&batch)
      rows += batch[0]
    }
    return rows
  }
}
