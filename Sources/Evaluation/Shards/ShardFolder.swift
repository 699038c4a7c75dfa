import FeatureStores
import Foundation

/// The folder that the shards of one evaluation lie in, as `shard-K-of-N.h5`. Other files in it mean nothing.
public struct ShardFolder: Sendable {
  public let path: String

  public init(_ path: String) { self.path = path }

  /// The file of a shard.
  public func file(of shard: Shard) -> String { "\(path)/shard-\(shard.number)-of-\(shard.count).h5" }

  /// The shards whose files are there, by count and number; none where there is no such folder.
  public func present() -> [Shard] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.compactMap { name in
      guard let match = name.wholeMatch(of: /shard-([1-9][0-9]{0,5})-of-([1-9][0-9]{0,5})\.h5/),
        let number = Int(match.output.1), let count = Int(match.output.2)
      else { return nil }
      return Shard(number, of: count)
    }.sorted { ($0.count, $0.number) < ($1.count, $1.number) }
  }

  /// The numbers from 1 to `count` whose shards are not there.
  public func missing(of count: Int) -> [Int] {
    let there = Set(present().filter { $0.count == count }.map(\.number))
    return (1...count).filter { !there.contains($0) }
  }

  /// Refuses a folder that holds shards of another number than `count`: together they never make a whole.
  public func requireNone(but count: Int) throws {
    if let other = present().first(where: { $0.count != count }) {
      throw HarnessError(
        .badInput, file: file(of: other),
        found: "a shard of \(other.count) in the folder for shards of \(count)",
        expected: "shards of one number",
        advice: "Make those of \(count) in a folder of their own, or remove the others.")
    }
  }

  /// All shards, in their order. None, too few, and shards of several numbers are errors.
  func complete() throws -> [Shard] {
    let present = present()
    guard let first = present.first else {
      throw HarnessError(
        .missingInput, file: path, found: "no shards", expected: "files shard-K-of-N.h5",
        advice: "Make them with --shard K/N --output \(path), for every K from 1 to N.")
    }
    // What most of them are; of equally many the greater number.
    let counts = Dictionary(grouping: present, by: \.count).mapValues(\.count)
    let count = counts.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key ?? first.count
    if let foreign = present.first(where: { $0.count != count }) {
      throw HarnessError(
        .badInput, file: file(of: foreign), found: "a shard of \(foreign.count) beside shards of \(count)",
        expected: "shards of one number",
        advice: "Remove those of the other number, or make each in a folder of its own.")
    }
    let missing = missing(of: count)
    if let next = missing.first, let shard = Shard(next, of: count) {
      throw HarnessError(
        .missingInput, file: file(of: shard),
        found: "no such file; shards missing: \(Self.ranges(missing)) (of \(count))",
        expected: "all of them", advice: "Make each with --shard K/\(count) --output \(path).")
    }
    return present
  }

  /// Ascending numbers as text: `2, 5-7`.
  public static func ranges(_ numbers: [Int], separator: String = ", ") -> String {
    var ranges: [ClosedRange<Int>] = []
    for number in numbers {
      if let last = ranges.last, last.upperBound + 1 == number {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else {
        ranges.append(number...number)
      }
    }
    return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: separator)
  }
}
