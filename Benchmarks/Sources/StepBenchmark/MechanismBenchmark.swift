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
    try show(heads, galleries, passTimes)
  }

  private func show(_ heads: [Contender], _ galleries: [Contender], _ passes: [GalleryPasses.Times]) throws {
    var record = BenchmarkRecord("Mechanisms")
    record.add(
      "Steps of \(StepWorkload.batch) samples, \(arguments.threads) threads, \(arguments.steps) interleaved steps after \(Self.warmUp)."
    )
    record.add(
      Self.table("\(arguments.classes[0]) classes", heads, over: "conventional", heads[0].times))
    let networks = Self.milliseconds(passes.map(\.networks))
    let comparisons = Self.milliseconds(passes.map(\.comparisons))
    record.add(
      "The passes that a step of semi-siamese training needs: \(networks) ms in networks, \(comparisons) ms against a queue of "
        + "\(Self.queue), together \(Self.milliseconds(passes.map(\.sum))) ms.")
    record.add(Self.table("queue of \(Self.queue)", galleries, over: "its passes", passes.map(\.sum)))
    try record.finish(in: arguments.record)
  }

  private func contender(
    _ name: String, _ mechanism: MechanismConfiguration, _ workload: StepWorkload
  ) throws -> Contender {
    Contender(
      name: name,
      trainer: try workload.trainer(mechanism, steps: Self.warmUp + arguments.steps, workers: workers))
  }

  /// Times, and their ratios to what `basis` took in the same repetition.
  private static func table(
    _ title: String, _ contenders: [Contender], over name: String, _ basis: [Double]
  ) -> MarkdownTable {
    var table = MarkdownTable([title, "ms a step", "× \(name)", "quartiles", "range"])
    for contender in contenders {
      let ratios = Spread(of: zip(contender.times, basis).map { $0 / $1 })
      table.add([contender.name, milliseconds(contender.times)] + ratios.columns)
    }
    return table
  }

  /// The median.
  private static func milliseconds(_ seconds: [Double]) -> String {
    String(format: "%.2f", Spread(of: seconds).median * 1000)
  }
}
