import FeatureStores
import Foundation
import TestSupport
import Testing

@testable import Evaluation

/// How work is cut, and which files of shards are there.
@Suite("Shards")
struct ShardTests {
  @Test(arguments: [0, 1, 2, 7, 38, 1_000_003], [1, 2, 3, 7, 64])
  func `Ranges lie side by side, cover all pieces and differ by one at most`(pieces: Int, count: Int) throws {
    let shards = try (1...count).map { try #require(Shard($0, of: count)) }
    let ranges = shards.map { $0.range(of: pieces) }
    #expect(ranges.first?.lowerBound == 0 && ranges.last?.upperBound == pieces)
    #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
    let sizes = ranges.map(\.count)
    #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
    guard pieces < 100 else { return }
    for weight in [{ pieces - 1 - $0 }, { _ in 0 }, { $0 % 3 }] as [(Int) -> Int] {
      let weighed = shards.map { $0.range(of: pieces, weight: weight) }
      #expect(weighed.flatMap { Array($0) } == Array(0..<pieces))
      #expect(weighed.first?.lowerBound == 0 && weighed.last?.upperBound == pieces)
    }
  }

  @Test func `Rows are shared by their weight`() throws {
    // 99 + 98 + … pairs: the first third of them belongs to the first 18 rows.
    let ranges = try (1...3).map { number in
      try #require(Shard(number, of: 3)).range(of: 100) { 99 - $0 }
    }
    let pairs = ranges.map { $0.reduce(0) { $0 + 99 - $1 } }
    #expect(pairs.allSatisfy { abs($0 - 1650) < 100 } && pairs.reduce(0, +) == 4950)
  }

  @Test func `A shard is written K/N`() {
    #expect(Shard("2/8")?.number == 2 && Shard("2/8")?.count == 8 && Shard("8/8")?.description == "8/8")
    for text in ["0/8", "9/8", "2", "2/", "/8", "-1/8", "2/8/9", " 2/8", "1/100001", "a/b", ""] {
      #expect(Shard(text) == nil, "\(text)")
    }
  }

  @Test func `Files of shards are found by their names alone`() throws {
    let folder = try TemporaryFolder()
    for name in [
      "shard-2-of-3.h5", "shard-10-of-11.h5", "shard-1-of-3.h5", "shard-4-of-3.h5", "shard-01-of-3.h5",
      "result.json", ".partial-x", "shard-3-of-3.h5.old",
    ] { try AtomicFile.write("", to: folder.file(name)) }
    let shards = ShardFolder(folder.path)
    #expect(shards.present().map(\.description) == ["1/3", "2/3", "10/11"])
    #expect(shards.missing(of: 3) == [3] && shards.missing(of: 11).count == 10)
    #expect(ShardFolder(folder.file("none")).present() == [])
    #expect(ShardFolder.ranges([1, 2, 3, 5, 7, 8]) == "1-3, 5, 7-8" && ShardFolder.ranges([]) == "")
  }

  @Test func `A difference of identities is named by its place`() throws {
    let difference = try #require(
      ShardIdentity.difference(
        #"{"protocol":{"far":[0.1,0.01]},"shard":1}"#, #"{"protocol":{"far":[0.1,0.02]},"shard":1}"#))
    #expect(difference.found == "protocol.far.1: 0.01" && difference.expected == "protocol.far.1: 0.02")
    let several = try #require(ShardIdentity.difference(#"{"a":1,"c":2}"#, #"{"a":1,"b":"x","c":3}"#))
    #expect(several.found == "b: nothing, c: 2" && several.expected == "b: x, c: 3")
    #expect(ShardIdentity.difference("no json", "no json") == nil)
    #expect(ShardIdentity.difference("no json", #"{"a":1}"#)?.found == "a: nothing")
  }
}
