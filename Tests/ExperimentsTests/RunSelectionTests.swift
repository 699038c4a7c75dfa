import FeatureStores
import TestSupport
import Testing

@testable import Experiments

@Suite("Selections of runs")
struct RunSelectionTests {
  private func chosen(_ criteria: String...) throws -> [String] {
    var parts = TinyExperiment.Parts()
    parts.losses = "[{name: normface, scale: 8}, {name: cosface, scale: 8, margin: [0.1, 0.2]}]"
    parts.mechanisms = "[conventional, {name: multiface, groups: [2, 5]}]"
    let tiny = try TinyExperiment(parts)
    return try RunSelection(criteria).runs(of: tiny.bind()).map { run in
      let fields = [run.row.kind == .trained ? run.row.loss : run.row.kind.rawValue, run.row.mechanism]
      return (fields + [run.seed.map { "\($0)" } ?? ""]).filter { !$0.isEmpty }.joined(separator: ", ")
    }
  }

  @Test func `Criteria of one key are alternatives, of several keys all hold`() throws {
    #expect(
      try chosen("loss=normface", "seed=2", "mechanism=conventional", "mechanism=multiface") == [
        "NormFace, Conventional, 2", "NormFace, MultiFace (groups 2), 2",
      ])
    // In the order of the grid, whatever the order of the criteria.
    #expect(
      try chosen("seed=2", "loss=cosface (margin 0.2)", "loss=NORMFACE", "mechanism=Conventional") == [
        "NormFace, Conventional, 2", "CosFace (margin 0.2), Conventional, 2",
      ])
  }

  @Test func `No criterion chooses everything, and rows without training go by their kind and dataset`()
    throws
  {
    #expect(try chosen().count == 2 + 3 * 2 * 2)
    #expect(try chosen("loss=untrained", "loss=ceiling") == ["untrained", "ceiling"])
    #expect(try chosen("dataset=tiny").count == 14)
    #expect(try chosen("network=small", "sampler=uniform").count == 12)
  }

  @Test(arguments: [
    ("loss=cosfase", "no row with the loss ‘cosfase’", "Did you mean ‘cosface’?"),
    ("seed=3", "no row with the seed ‘3’", ""), ("fold=1", "no row with the fold ‘1’", ""),
    ("mechanism=multiface (groups 5)", "no run", "Unsupported: "),
    ("los=cosface", "‘los=cosface’", "Did you mean ‘loss’?"), ("loss", "‘loss’", ""),
    ("loss=", "‘loss=’", ""), ("run=0123", "no run ‘0123’", "A run has another hash when "),
  ])
  func `What chooses nothing is wrong usage`(criterion: String, found: String, advice: String) throws {
    let error = try harnessError { try chosen(criterion) }
    #expect(error.kind == .usage && error.found == found, "\(error)")
    #expect(error.advice?.hasPrefix(advice) ?? advice.isEmpty, "\(error)")
  }

  @Test func `A mistake lists each name once, and the nearest is suggested`() throws {
    let loss = try harnessError { try chosen("loss=normfase") }
    #expect(
      loss.expected
        == "one of untrained, ceiling, normface, cosface, CosFace (margin 0.1), CosFace (margin 0.2)")
    #expect(loss.advice == "Did you mean ‘normface’?")
    let mechanism = try harnessError { try chosen("mechanism=multifase") }
    #expect(
      mechanism.expected
        == "one of conventional, multiface, MultiFace (groups 2), MultiFace (groups 5)")
    // Of numbers none is near another one.
    let seed = try harnessError { try chosen("seed=7") }
    #expect(seed.expected == "one of 1, 2" && seed.advice == nil)
  }

  @Test func `A run is chosen by the beginning of its hash, or by its folder's name`() throws {
    let runs = try TinyExperiment().bind().grid.runs
    let tiny = try TinyExperiment()
    func chosen(_ criteria: String...) throws -> [String] {
      try RunSelection(criteria).runs(of: tiny.bind()).map(\.identity.hash)
    }
    let hashes = runs.map(\.identity.hash)
    #expect(try chosen("run=\(hashes[4].prefix(16))") == [hashes[4]])
    #expect(try chosen("run=\(hashes[4].uppercased())") == [hashes[4]])
    // In the order of the grid, the rows without training among them.
    #expect(
      try chosen("run=\(hashes[3].prefix(12))", "run=\(runs[0].identity.folderName)")
        == [hashes[0], hashes[3]])
    #expect(try chosen("run=\(hashes[2])", "run=\(hashes[5])", "seed=2").count == 1)
    // As many digits as several runs begin with are too few: of 17 runs two begin alike.
    var parts = TinyExperiment.Parts()
    parts.seeds = "[1, 2, 3, 4, 5, 6, 7, 8]"
    let many = try TinyExperiment(parts).bind()
    let firsts = many.grid.runs.compactMap(\.identity.hash.first)
    let double = try #require(firsts.first { digit in firsts.count { $0 == digit } > 1 })
    let error = try harnessError { try RunSelection(["run=\(double)"]).runs(of: many) }
    #expect(error.kind == .usage && error.found.hasSuffix("runs whose hash begins with ‘\(double)’"))
    #expect(error.advice?.hasPrefix("Give more digits: ") == true)
  }
}
