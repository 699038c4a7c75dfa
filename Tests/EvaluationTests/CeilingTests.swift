import FeatureStores
import Foundation
import LinearAlgebra
import Metrics
import TestSupport
import Testing

@testable import Evaluation

/// A world's oracle in place of similarities: templates, searches of galleries, searches among distractors.
@Suite("Ceilings of templates and searches")
struct CeilingTests {
  private static let world = """
    name: ceilings
    version: 1
    seed: 5
    dimension: 10
    identity: {dimensions: 4, within: 0.8}
    nuisances:
      - {name: expression, dimensions: 6, standard-deviation: 0.5}
    map: {layers: 1, slope: 0.5}
    media-share: 0.4
    EFFECTS
    sets:
      - {name: ijb, kind: ijb, identities: 24, templates-per-identity: 4, media: [1, 3], images-per-medium: [1, 3], impostor-pairs: 600IMAGES}
      - {name: megaface, kind: megaface, identities: 6, images-per-identity: 5, distractors: 100}
    """

  /// A generated world, one of whose sets is tested on.
  private struct TestSet {
    let folder: TemporaryFolder
    let definition: WorldDefinition
    let oracle: WorldOracle
    let source: StoreEmbeddings
    /// The latents, and where quality varies the totals.
    let known: Matrix<Float>
    let lists: String

    init(_ name: String, varies: Bool) throws {
      folder = try TemporaryFolder()
      let text = CeilingTests.world
        .replacing("EFFECTS", with: varies ? "effects: [{of: quality, on: identity, scale: 3}]" : "")
        .replacing("IMAGES", with: varies ? ", images: {quality: [0.1, 1]}" : "")
      definition = try WorldDefinition(ConfigurationNode(text: text, file: "ceilings.yaml"))
      let generator = WorldGenerator(definition, folder: folder.file("world"))
      try generator.generate()
      let latents = try FeatureStore(opening: StoreLocation(path: generator.oracleStore(of: name)))
      oracle = try WorldOracle(definition, store: latents)
      known = try latents.features()
      source = try StoreEmbeddings(FeatureStore(opening: StoreLocation(path: generator.store(of: name))))
      lists = generator.lists(of: name)
    }

    func task(_ name: String) throws -> any EvaluationTask {
      try ProtocolDefinition.located(name, folder: ProtocolDefinitionTests.folder).task(
        lists: lists, names: source.names, source: source.source)
    }

    private func latent(_ row: Int, _ axis: Int) -> Double { Double(known[row, axis]) }

    /// The variance of an image's own noise on an axis.
    private func own(_ row: Int, _ axis: Int) -> Double {
      let total = known.columns > 4 ? Double(known[row, 4 + axis]) : 1 + 0.64
      return total - 1 - 0.4 * 0.64
    }

    /// ln p(all | one person) − ln p(a | one) − ln p(b | another), from the joint normal density of all images.
    func logLikelihoodRatio(_ a: [TemplateSet.Image], _ b: [TemplateSet.Image]) -> Double {
      (0..<4).reduce(0) { sum, axis in
        sum + logDensity(a + b, axis) - logDensity(a, axis) - logDensity(b, axis)
      }
    }

    private func logDensity(_ images: [TemplateSet.Image], _ axis: Int) -> Double {
      let rows = images.map { Int($0.row) }
      var matrix = images.indices.map { i in
        images.indices.map { j -> Double in
          let media = images[i].media == images[j].media ? 0.4 * 0.64 : 0
          return 1 + media + (i == j ? own(rows[i], axis) : 0)
        }
      }
      // Gauss's elimination gives the determinant and the solution.
      var right = rows.map { latent($0, axis) }
      var logDeterminant = 0.0
      for pivot in matrix.indices {
        logDeterminant += log(matrix[pivot][pivot])
        for row in pivot + 1..<matrix.count {
          let factor = matrix[row][pivot] / matrix[pivot][pivot]
          for column in pivot..<matrix.count { matrix[row][column] -= factor * matrix[pivot][column] }
          right[row] -= factor * right[pivot]
        }
      }
      let square = matrix.indices.reduce(0.0) { $0 + right[$1] * right[$1] / matrix[$1][$1] }
      return -0.5 * (square + logDeterminant)
    }

    func images(_ set: TemplateSet, _ template: Int) -> [TemplateSet.Image] {
      Array(set.images[set.starts[template]..<set.starts[template + 1]])
    }
  }

  @Test(arguments: [false, true])
  func `Templates score the log likelihood ratio of the joint density of their images`(varies: Bool) throws {
    let set = try TestSet("ijb", varies: varies)
    let task = try #require(try set.task("synthetic-ijb") as? TemplateVerificationTask)
    #expect(task.hasCeiling(by: set.oracle) && set.oracle.knowsAttributes == varies)
    let split = task.splits[0]
    let scores = task.scores(split: 0, by: set.oracle)
    #expect(scores.count == split.pairs.count && scores.count > 600)
    for index in stride(from: 0, to: scores.count, by: 5) {
      let naive = set.logLikelihoodRatio(
        set.images(split.templates, Int(split.pairs.first[index])),
        set.images(split.templates, Int(split.pairs.second[index])))
      #expect(abs(Double(scores[index]) - naive) < 1e-4 * max(1, abs(naive)))
    }
    let ceiling = try #require(
      try task.ceiling(by: set.oracle, workers: .one) as? TemplateVerificationResult)
    let stored = try task.result(of: set.source)
    #expect(try #require(ceiling.splits[0].auc) > #require(stored.splits[0].auc))
    #expect(ceiling.header.embeddingDigest == set.oracle.digest)
    #expect(try task.ceiling(by: set.oracle, workers: Workers(2)) as? TemplateVerificationResult == ceiling)
  }

  @Test(arguments: [false, true])
  func `Searches of a gallery rank by the log likelihood ratio`(varies: Bool) throws {
    let set = try TestSet("ijb", varies: varies)
    let task = try #require(try set.task("synthetic-ijb-1n") as? IdentificationTask)
    let ceiling = try #require(try task.ceiling(by: set.oracle, workers: .one) as? IdentificationResult)
    let (galleries, probes, templates) = (task.content.galleries, task.content.probes, task.content.templates)
    for (gallery, outcome) in zip(galleries, ceiling.galleries) {
      var first = 0
      var mated = 0
      for probe in probes {
        let scores = gallery.map { entry in
          set.logLikelihoodRatio(
            set.images(templates, Int(probe.template)), set.images(templates, Int(entry.template)))
        }
        guard let mate = gallery.firstIndex(where: { $0.subject == probe.subject }) else { continue }
        mated += 1
        if scores.max() == scores[mate] { first += 1 }
      }
      #expect(outcome.matedSearches == mated && mated > 0 && outcome.nonMatedSearches > 0)
      #expect(outcome.match.rate(rank: 1) == Double(first) / Double(mated))
    }
    #expect(ceiling.galleries.count == 2)
  }

  @Test func `Searches among distractors rank by the log likelihood ratio`() throws {
    let set = try TestSet("megaface", varies: false)
    let text = try String(
      contentsOfFile: "\(ProtocolDefinitionTests.folder)/synthetic-megaface.yaml", encoding: .utf8)
    let sizes = "sizes: [10, 100, 1_000, 10_000, 100_000, 1_000_000]"
    try #require(text.contains(sizes))
    let file = set.folder.file("small.yaml")
    try AtomicFile.write(text.replacing(sizes, with: "sizes: [10, 100]"), to: file)
    let task = try #require(
      try ProtocolDefinition(file: file).task(
        lists: set.lists, names: set.source.names, source: set.source.source) as? DistractorTask)
    let ceiling = try #require(try task.ceiling(by: set.oracle, workers: .one) as? DistractorResult)
    for (size, outcome) in zip([10, 100], ceiling.sizes) {
      var first = 0
      var searches = 0
      for probe in task.probes {
        let others = task.distractors[..<size].map { set.oracle.score(probe.row, Int($0)) }
        for mate in task.probes where mate.identity == probe.identity && mate.row != probe.row {
          searches += 1
          if try set.oracle.score(probe.row, mate.row) > #require(others.max()) { first += 1 }
        }
      }
      #expect(outcome.match.rate(rank: 1) == Double(first) / Double(searches) && searches == 6 * 5 * 4)
    }
    let stored = try task.result(of: set.source)
    #expect(
      try #require(ceiling.sizes[1].match.rate(rank: 1)) > #require(stored.sizes[1].match.rate(rank: 1)))
  }

  @Test func `The two sides of the ratio multiply to it`() throws {
    let set = try TestSet("megaface", varies: false)
    let rows = Array(0..<40)
    let searches = try #require(set.oracle.vectors(of: rows, .search))
    let candidates = try #require(set.oracle.vectors(of: rows, .candidate))
    for i in rows {
      for j in rows {
        let product = zip(searches.row(i), candidates.row(j)).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        let score = set.oracle.score(i, j)
        #expect(abs(product - score) < 1e-5 * max(1, abs(score)))
      }
    }
    #expect(try TestSet("ijb", varies: true).oracle.vectors(of: rows, .search) == nil)
  }
}
