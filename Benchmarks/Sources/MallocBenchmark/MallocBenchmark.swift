import BenchmarkSupport
import Foundation
import Learning
import LinearAlgebra

/// Counts what steps of training allocate once they are warm, by loss and mechanism.
struct MallocBenchmark {
  private let losses: [String]
  private let threads: [Int]
  private let steps: Int
  private let showsSites: Bool
  private let record: String?

  /// Steps before those that count.
  private static let warmUp = 20
  /// Calls shown of each contender.
  private static let shownSites = 8
  private static let classes = 1_000
  private static let width = 128

  private static let help = """
    Counts the allocations of training steps after \(warmUp) warm ones: \(classes) classes, batches of 128, a network with batch normalisation
    and PReLU, in single precision.

    USAGE: MallocBenchmark [OPTIONS]

      --losses NAME,NAME   with conventional class weights (arcface and some others); all: every loss that there is,
                           those of pairs with siamese networks
      --threads N,N        (1,2)
      --steps N            steps that count (50)
      --sites              also the lines of the sources that allocate most, which takes seconds a contender
      --record FILE        keep the table in a section of this file
    """

  init(_ words: [String]) throws {
    if words.contains("--help") || words.contains("help") { throw Failure(Self.help) }
    let options = try CommandOptions(
      words, options: ["losses", "threads", "steps", "record"], flags: ["sites"], help: Self.help)
    let all = LossRegistry.descriptions.map(\.name)
    let usual = ["softmax", "normface", "cosface", "arcface", "curricularface", "magface", "adaface"]
    losses =
      switch options.text("losses") {
      case nil: usual
      case "all": all
      case .some(let text): text.split(separator: ",").map(String.init)
      }
    threads = try options.counts("threads", default: [1, 2])
    steps = try options.count("steps", default: 50)
    showsSites = options.has("sites")
    record = options.text("record")
  }

  private struct Contender {
    let name: String
    let loss: LossConfiguration
    let mechanism: MechanismConfiguration
  }

  private func contenders() throws -> [Contender] {
    let conventional = try MechanismConfiguration("conventional")
    let arcface = try LossConfiguration("arcface")
    let queue = OptionValue.number(512)
    return try losses.map { name in
      let loss = try LossConfiguration(name)
      // Losses of pairs have no class weights.
      let mechanism =
        loss.traits.needs.contains(.pairs) ? try MechanismConfiguration("siamese") : conventional
      return Contender(name: "\(name), \(mechanism.name)", loss: loss, mechanism: mechanism)
    } + [
      Contender(
        name: "arcface, MultiFace, N = 4", loss: arcface,
        mechanism: try MechanismConfiguration("multiface", ["groups": .number(4)])),
      Contender(
        name: "arcface, SST", loss: arcface,
        mechanism: try MechanismConfiguration("semi-siamese", ["queue": queue])),
      Contender(
        name: "arcface, MASST, 4 agents", loss: arcface,
        mechanism: try MechanismConfiguration("multi-agent", ["agents": .number(4), "queue": queue])),
    ]
  }

  func run() throws {
    guard AllocationCount.isAvailable else {
      throw Failure("allocations are counted with glibc only")
    }
    var record = BenchmarkRecord("Allocations")
    record.add(
      "Calls of malloc and its kin a step, over \(steps) steps after \(Self.warmUp) warm ones, on all threads. There should be none."
    )
    var table = MarkdownTable(["", "threads", "allocations a step", "bytes a step"])
    for contender in try contenders() {
      for count in threads {
        let counted = try allocations(contender, workers: Workers(count))
        table.add(
          [contender.name, "\(count)"]
            + [counted.calls, counted.bytes].map { String(format: "%.2f", Double($0) / Double(steps)) })
        show(counted, "\(contender.name), \(count) threads")
      }
    }
    record.add(table)
    try record.finish(in: self.record)
  }

  private func show(_ counted: AllocationCount, _ name: String) {
    guard showsSites, counted.calls > 0 else { return }
    print("\n\(name): \(counted.calls) allocations in \(steps) steps")
    for site in CallSites(counted.stacks).sites.prefix(Self.shownSites) {
      print("  \(site.calls) × \(site.bytes / site.calls) bytes: \(site.text)")
    }
  }

  private func allocations(_ contender: Contender, workers: Workers) throws -> AllocationCount {
    let images = 4
    var stream = RandomStream(seed: 1, name: "malloc.features")
    var features = Matrix<Float>(rows: images * Self.classes, columns: Self.width)
    stream.fillNormal(&features)
    let width = Self.width
    let configuration = TrainingConfiguration(
      network: NetworkConfiguration([
        .linear(outputs: width), .batchNorm(), .prelu(), .linear(outputs: width),
      ]),
      loss: contender.loss, mechanism: contender.mechanism,
      optimizer: OptimizerConfiguration(learningRate: 0.01, momentum: 0.9, weightDecay: WeightDecay(5e-4)),
      batch: 128, steps: Self.warmUp + steps)
    var trainer = try Trainer<Float>(
      configuration: configuration, features: features, labels: (0..<features.rows).map { $0 % Self.classes },
      workers: workers)
    for _ in 0..<Self.warmUp { _ = try trainer.step() }
    return try AllocationCount { for _ in 0..<steps { _ = try trainer.step() } }
  }
}
