import FeatureStores
import Foundation
import LinearAlgebra

/// A training set made of part of another's rows: an index, never a copy.
///
/// Which rows are taken depends on the labels, the derivation and its seed alone; the seed is one of the data, not of a run, so
/// that runs of different seeds train on the same rows. Rows keep their order.
public struct DataDerivation: Hashable, Sendable, Codable {
  /// How many images the identities keep.
  public enum Shape: Hashable, Sendable, Codable {
    /// `images` of each identity; identities that have fewer are left out (shallow data).
    case shallow(images: Int)
    /// By rank, from 0: `most`·(rank + 1)^−exponent images.
    case zipf(exponent: Double, most: Int, fewest: Int)
    /// By rank, from 0 to R: `most`·ratio^(−rank/R) images, so the first has `ratio` times as many as the last (Cui et al. 2019).
    case exponential(ratio: Double, most: Int, fewest: Int)
  }

  /// Which identities are the head of a long tail.
  public enum Ranks: String, CaseIterable, Hashable, Sendable, Codable {
    /// Those with most images, equals in random order.
    case size
    case random
  }

  public var shape: Shape
  /// How many identities, drawn at random before anything else; nil for all.
  public var identities: Int?
  public var ranks: Ranks
  public var seed: UInt64

  public init(_ shape: Shape, identities: Int? = nil, ranks: Ranks = .size, seed: UInt64 = 0) {
    self.shape = shape
    self.identities = identities
    self.ranks = ranks
    self.seed = seed
  }

  /// Reads a mapping strictly: `shallow: 2`, `zipf: {...}` or `exponential: {...}`, with `identities`, `ranks` and `seed`.
  public init(_ node: ConfigurationNode) throws {
    let shapes = ["shallow", "zipf", "exponential"]
    let top = try node.mapping(keys: shapes + ["identities", "ranks", "seed"])
    let given = shapes.filter { top[$0] != nil }
    guard given.count == 1 else {
      throw node.error(
        found: given.isEmpty ? "no shape" : given.joined(separator: " and "),
        expected: "one of \(shapes.joined(separator: ", "))")
    }
    let images = 1...1_000_000
    let value = try top.required(given[0])
    switch given[0] {
    case "shallow": shape = .shallow(images: try value.integer(in: images))
    default:
      let isZipf = given[0] == "zipf"
      let mapping = try value.mapping(keys: [isZipf ? "exponent" : "ratio", "most", "fewest"])
      let most = try mapping.required("most").integer(in: images)
      let fewest = try mapping.value("fewest", default: 1) { try $0.integer(in: 1...most) }
      shape =
        isZipf
        ? .zipf(
          exponent: try mapping.value("exponent", default: 1) { try $0.number(in: 0...10) }, most: most,
          fewest: fewest)
        : .exponential(
          ratio: try mapping.required("ratio").number(in: 1...1e6), most: most, fewest: fewest)
    }
    identities = try top.value("identities", default: nil) { try $0.integer(in: 2...Int.max) }
    ranks = try top.value("ranks", default: .size) { try $0.choice(Ranks.self) }
    seed = try top.value("seed", default: 0) { UInt64(try $0.integer(in: 0...Int.max)) }
    if case .shallow = shape, let node = top["ranks"] {
      throw node.error(found: "ranks with shallow", expected: "ranks with zipf or exponential only")
    }
  }

  /// The rows that are taken of those with these labels, in ascending order.
  ///
  /// An identity never gets more images than it has. Throws `HarnessError` where there are fewer identities than asked for, or
  /// fewer than 2 are left.
  public func rows(labels: [Int]) throws -> [Int] {
    var members = Dictionary(grouping: labels.indices) { labels[$0] }
    if case .shallow(let images) = shape { members = members.filter { $0.value.count >= images } }
    var chosen = members.keys.sorted()
    let wanted = identities ?? chosen.count
    guard chosen.count >= max(wanted, 2) else {
      var expected = "at least \(max(wanted, 2))"
      if case .shallow(let images) = shape { expected += " with \(images) images or more" }
      throw HarnessError(
        .badInput, place: "derive", found: "\(chosen.count) identities", expected: expected)
    }
    if wanted < chosen.count {
      var stream = RandomStream(seed: seed, name: "derive.identities")
      stream.shuffle(&chosen)
      chosen = chosen.prefix(wanted).sorted()
    }
    let ranked = ranked(chosen, members)
    var taken: [Int] = []
    for (rank, label) in ranked.enumerated() {
      var rows = members[label] ?? []
      var stream = RandomStream(seed: seed, name: "derive.images.\(label)")
      stream.shuffle(&rows)
      taken += rows.prefix(images(rank: rank, of: ranked.count))
    }
    return taken.sorted()
  }

  /// The identities from the head of the tail to its end.
  private func ranked(_ identities: [Int], _ members: [Int: [Int]]) -> [Int] {
    if case .shallow = shape { return identities }
    var order = identities
    var stream = RandomStream(seed: seed, name: "derive.ranks")
    stream.shuffle(&order)
    guard ranks == .size else { return order }
    let sizes = order.map { members[$0]?.count ?? 0 }
    return order.indices.sorted { sizes[$0] != sizes[$1] ? sizes[$0] > sizes[$1] : $0 < $1 }.map { order[$0] }
  }

  /// The images of the identity of a rank among `count`, before what it has limits them: rounded to the nearest, at least
  /// `fewest`.
  func images(rank: Int, of count: Int) -> Int {
    switch shape {
    case .shallow(let images): return images
    case .zipf(let exponent, let most, let fewest):
      return max(fewest, Int((Double(most) * pow(Double(rank + 1), -exponent)).rounded()))
    case .exponential(let ratio, let most, let fewest):
      let progress = count > 1 ? Double(rank) / Double(count - 1) : 0
      return max(fewest, Int((Double(most) * pow(ratio, -progress)).rounded()))
    }
  }
}
