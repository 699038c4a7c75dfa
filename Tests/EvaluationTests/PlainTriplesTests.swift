import FeatureStores
import Foundation
import TestSupport
import Testing

@testable import Evaluation

/// Long lists of plain numbers are read fast, and give what the scanner gives.
@Suite("Plain lists of three numbers")
struct PlainTriplesTests {
  private static func read(_ text: String) throws -> [[Int]]? {
    let folder = try ListFolder(["list.txt": text])
    var lines: [[Int]] = []
    let isPlain = PlainTriples.read("\(folder.path)/list.txt") { a, b, c in
      lines.append([a, b, c])
      return true
    }
    return isPlain ? lines : nil
  }

  @Test(arguments: [
    "1 2 0\n30 4 1\n", "1 2 0\n30 4 1", "1\t2   0 \r\n  30 4 1\t\r\n", " 001 2 0\n30 4 000000000000000001",
  ])
  func `Plain lines are taken, whatever separates and ends them`(text: String) throws {
    #expect(try Self.read(text) == [[1, 2, 0], [30, 4, 1]])
  }

  @Test(arguments: [
    "", "\n", "1 2\n", "1 2 3 4\n", "1 2 -3\n", "1 2 x\n", "1 2x 3\n", "1 2 0\n\n", "\u{feff}1 2 0\n",
    "1,2,0\n", "1 2 0\r3 4 0\n", "1 2 1234567890123456789\n", "1 2 0\n3 4",
  ])
  func `Everything else is left to the scanner`(text: String) throws { #expect(try Self.read(text) == nil) }

  @Test func `A list longer than what is read at a time is whole`() throws {
    let rows = (0..<400_000).map { [$0 * 7919 % 100_003, $0, $0 % 2] }
    let text = rows.map { "\($0[0]) \($0[1]) \($0[2])\n" }.joined()
    #expect(text.utf8.count > 5 << 20)
    #expect(try Self.read(text) == rows)
  }

  @Test func `A refusal ends the reading, and a missing file is not plain`() throws {
    let folder = try ListFolder(["list.txt": "1 2 0\n3 4 0\n5 6 0\n"])
    var taken = 0
    let isPlain = PlainTriples.read("\(folder.path)/list.txt") { a, _, _ in
      taken += 1
      return a < 3
    }
    #expect(!isPlain && taken == 2)
    #expect(!PlainTriples.read("\(folder.path)/other.txt") { _, _, _ in true })
  }

  @Test(arguments: [[3, 5, 900], [3, 5, 4_000_000_000], [-2, 5, 7], []])
  func `Ids are found in a table or without one`(ids: [Int]) {
    let set = TemplateSet(ids.map { (template: $0, media: 1, row: 0, score: 1) })
    let numbering = TemplateNumbering(set)
    for id in [0, 1, 3, 4, 5, 7, 899, 900, 901, 70_000, 4_000_000_000] {
      #expect(numbering[id] == set.index(of: id))
    }
  }

  @Test(arguments: ["1 2 0\n2 1 1\n", "1, 2, 0\n", "1 2 0\n2 9 1\n", "1 2 0\n2 1 2\n", "1 2 0\n2 1\n"])
  func `Pairs and their errors do not depend on how fast they are read`(text: String) throws {
    let folder = try ListFolder(["list.txt": text, "odd.txt": "\u{feff}" + text])
    let set = TemplateSet([1, 2].map { (template: $0, media: 1, row: 0, score: 1) })
    func outcome(_ file: String) -> String {
      do {
        let pairs = try TemplatePairs(
          file: "\(folder.path)/\(file)", templates: set, definedIn: "media.txt")
        return "\(pairs.first) \(pairs.second) \(pairs.isGenuine)"
      } catch {
        return "\(error)".replacing(file, with: "FILE")
      }
    }
    // A byte-order mark makes a list one for the scanner.
    #expect(outcome("list.txt") == outcome("odd.txt"))
  }
}
