import BenchmarkSupport
import Foundation
import Learning
import LinearAlgebra

/// Times the steps of mechanisms in turn: MultiFace's as ratios to the conventional one, SST's and MASST's to the sum of the
/// passes that they need.
///
/// Every repetition goes once through everything, so that what slows the machine down for a while slows all.
struct MechanismBenchmark {
  private let arguments: Arguments
  private let workers: Workers

  /// Steps of each before those that count.
  private static let warmUp = 3
  /// MultiFace's N.
  private static let groups = [2, 4, 8]
  /// Identities for semi-siamese training: enough that none is twice in a queue of the published length.
  private static let galleryClasses = 20_000
  /// The rows of the queue, as published.
  private static let queue = 16_384

  init(_ arguments: Arguments) {
    self.arguments = arguments
    workers = Workers(arguments.threads)
  }

  /// A mechanism with its training.
  private struct Contender {
    let name: String
    var trainer: Trainer<Float>
    /// Seconds of each step that counts.
    var times: [Double] = []

    mutating func step(counts: Bool) throws {
      let time = try seconds { _ = try trainer.step() }
      if counts { times.append(time) }
    }
  }

  func run() throws {
    let classWeights = StepWorkload(classes: arguments.classes[0])
    var heads = [try contender("conventional", MechanismConfiguration("conventional"), classWeights)]
    for count in Self.groups {
      heads.append(
        try contender(
          "MultiFace, N = \(count)",
          MechanismConfiguration("multiface", ["groups": .number(Double(count))]), classWeights))
    }
    let pairs = StepWorkload(classes: Self.galleryClasses)
    let queue = OptionValue.number(Double(Self.queue))
    var galleries = [
      try contender("SST", MechanismConfiguration("semi-siamese", ["queue": queue]), pairs),
      try contender(
        "MASST, 4 agents", MechanismConfiguration("multi-agent", ["agents": .number(4), "queue": queue]),
        pairs),
    ]
    var passes = try GalleryPasses(queue: Self.queue, workers: workers)
    var passTimes: [GalleryPasses.Times] = []
    for repetition in -Self.warmUp..<arguments.steps {
      for index in heads.indices { try heads[index].step(counts: repetition >= 0) }
      for index in galleries.indices { try galleries[index].step(counts: repetition >= 0) }
      let times = passes.run()
      if repetition >= 0 { passTimes.append(times) }
    }
    print(
      "\(arguments.threads) threads, \(arguments.steps) interleaved steps, BLAS core \(BLASCore.current.name).\n"
    )
    print("| \(arguments.classes[0]) classes | ms a step | × conventional | quartiles | range |")
    print("|---|---:|---:|---:|---:|")
    for contender in heads { printRow(contender, over: heads[0].times) }
    let networks = Self.milliseconds(passTimes.map(\.networks))
    let comparisons = Self.milliseconds(passTimes.map(\.comparisons))
    print(
      "\nThe passes: \(networks) ms in networks, \(comparisons) ms against a queue of \(Self.queue), together "
        + "\(Self.milliseconds(passTimes.map(\.sum))) ms.\n")
    print("| queue of \(Self.queue) | ms a step | × its passes | quartiles | range |")
    print("|---|---:|---:|---:|---:|")
    for contender in galleries { printRow(contender, over: passTimes.map(\.sum)) }
  }

  private func contender(
    _ name: String, _ mechanism: MechanismConfiguration, _ workload: StepWorkload
  ) throws -> Contender {
    Contender(
      name: name,
      trainer: try workload.trainer(mechanism, steps: Self.warmUp + arguments.steps, workers: workers))
  }

  private func printRow(_ contender: Contender, over basis: [Double]) {
    let ratios = zip(contender.times, basis).map { $0 / $1 }
    print(
      "| \(contender.name) | \(Self.milliseconds(contender.times)) | \(Spread(of: ratios).cells) |")
  }

  /// The median.
  private static func milliseconds(_ seconds: [Double]) -> String {
    String(format: "%.2f", Spread(of: seconds).median * 1000)
  }
}
