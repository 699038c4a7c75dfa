import BenchmarkSupport
import Foundation

/// Measures searches among distractors, plain and with 8-bit screening, and the bare matrix product before and after them, each in a process of its own.
///
/// The machine's speed changes within minutes, so that a round's searches are compared with the mean of the products before and after them.
struct MegaFaceComparison {
  private let arguments: Arguments
  private let size: MegaFaceScale

  private static let steps = ["store", "lists", "pass"]

  init(_ arguments: Arguments) {
    self.arguments = arguments
    size = MegaFaceScale(arguments)
  }

  private struct Round {
    let plain: Measurement
    let screened: Measurement
    /// Seconds of the bare product, the mean of one before and one after.
    let product: Double

    /// Seconds of the passes alone.
    var pass: Double { plain.steps["pass"] ?? .nan }
    var screenedPass: Double { screened.steps["pass"] ?? .nan }
  }

  func run() throws {
    defer { arguments.clean() }
    try arguments.prepare(.makeMegaFace)
    var products = [try arguments.measure(.productMegaFace)]
    var rounds: [Round] = []
    for index in 0..<arguments.rounds {
      let plain = try arguments.measure(.evaluateMegaFace)
      let screened = try arguments.measure(.screenMegaFace)
      products.append(try arguments.measure(.productMegaFace))
      let product = (products[index].seconds + products[index + 1].seconds) / 2
      rounds.append(Round(plain: plain, screened: screened, product: product))
    }
    try demandEquality(rounds.flatMap { [$0.plain, $0.screened] })
    try show(rounds, products)
  }

  /// Every rank, count and threshold is the same with and without screening.
  private func demandEquality(_ evaluations: [Measurement]) throws {
    guard let first = evaluations.first?.results, !first.isEmpty else { throw Failure("no results") }
    for other in evaluations where other.results != first {
      let names = Set(first.keys).union(other.results.keys).filter { first[$0] != other.results[$0] }
      throw Failure("results differ, no time counts: \(names.sorted().joined(separator: ", "))")
    }
  }

  private func show(_ rounds: [Round], _ products: [Measurement]) throws {
    var record = BenchmarkRecord("MegaFace at full size beside the bare product")
    let rates = Spread(of: products.compactMap { $0.results["GFLOP/s"] })
    record.add(
      "\(MegaFaceScale.probes) probes, \(size.distractors) distractors, \(MegaFaceScale.dimension) dimensions, \(arguments.threads) threads, "
        + "\(rounds.count) rounds in turn; the bare product of the same shape, of data in memory, \(String(format: "%.1f", rates.median)) GFLOP/s. "
        + "\(rounds[0].plain.results.count) hits, counts and thresholds are equal in all \(2 * rounds.count) evaluations. Steps and peaks are medians."
    )
    record.add(times(rounds, products))
    record.add(ratios(rounds))
    let shares = (rounds[0].screened.shares ?? [:]).sorted { $0.key < $1.key }
    record.add(
      "Screening, of all scores: "
        + shares.map { String(format: "%.3f %% ", 100 * $0.value) + $0.key }.joined(separator: ", ") + ".")
    try record.finish(in: arguments.record)
  }

  private func times(_ rounds: [Round], _ products: [Measurement]) -> MarkdownTable {
    var table = MarkdownTable(
      ["", "s", "quartiles", "range"] + Self.steps.map { "\($0), s" } + ["peak MiB"])
    table.add(["the bare product"] + products.cells(steps: Self.steps))
    table.add(["Likeness"] + rounds.map(\.plain).cells(steps: Self.steps))
    table.add(["Likeness, with 8-bit screening"] + rounds.map(\.screened).cells(steps: Self.steps))
    return table
  }

  private func ratios(_ rounds: [Round]) -> MarkdownTable {
    var table = MarkdownTable(["", "ratio of times", "quartiles", "range"])
    func add(_ title: String, _ ratio: (Round) -> Double) {
      table.add([title] + Spread(of: rounds.map(ratio)).columns)
    }
    add("the pass / the bare product") { $0.pass / $0.product }
    add("with opening, lists and names / the bare product") { $0.plain.seconds / $0.product }
    add("the screened pass / the bare product") { $0.screenedPass / $0.product }
    add("the screened pass / the plain pass") { $0.screenedPass / $0.pass }
    return table
  }
}
