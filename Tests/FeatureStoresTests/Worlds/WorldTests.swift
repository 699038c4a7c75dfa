import Foundation
import LinearAlgebra
import Testing

@testable import FeatureStores

private let small = """
  name: small
  version: 1
  seed: 7
  dimension: 12
  identity: {dimensions: 4, within: 0.5}
  nuisances: [{name: pose, dimensions: 8, standard-deviation: 1.5}]
  map: {layers: 2, slope: 0.3}
  sets:
    - {name: train, kind: deep, identities: 30, images-per-identity: 5}
    - {name: test, kind: lfw, identities: 24, images-per-identity: 3, folds: 3, pairs-per-fold: 10}
  """

/// The first store of a set.
private func plan(_ definition: WorldDefinition, _ set: Int = 0) -> SetPlan {
  SetPlan(definition.sets[set], seed: definition.seed, firstPerson: 0)
}

private func definition(_ text: String = small) throws -> WorldDefinition {
  try WorldDefinition(ConfigurationNode(text: text, file: "small.yaml"))
}

@Suite struct WorldTests {
  @Test func mapIsOrthogonalAndInvertible() throws {
    let map = WorldMap(try definition())
    #expect(map.rotations.count == 3)
    for rotation in map.rotations {
      let gram = RowProduct.multiply(rotation, byTransposeOf: rotation)
      for r in 0..<12 { for c in 0..<12 { #expect(abs(gram[r, c] - (r == c ? 1 : 0)) < 1e-14) } }
    }
    var stream = RandomStream(seed: 1, name: "test")
    var latents = Matrix<Double>(rows: 40, columns: 12)
    stream.fillNormal(&latents)
    var features = latents
    map.apply(to: &features)
    map.invert(&features)
    for (a, b) in zip(latents.elements, features.elements) { #expect(abs(a - b) < 1e-13) }
  }

  @Test func numbersDoNotDependOnBlockSizeOrThreads() throws {
    let definition = try definition()
    let map = WorldMap(definition)
    func all(block: Int, workers: Workers) throws -> [Float] {
      var sampler = WorldSampler(definition, plan: plan(definition), map: map)
      var values: [Float] = []
      while let next = sampler.next(rows: block, workers: workers) { values += next.features.elements }
      return values
    }
    let whole = try all(block: 1000, workers: .one)
    #expect(whole.count == 30 * 5 * 12)
    #expect(try all(block: 38, workers: .one) == whole)
    #expect(try all(block: 1, workers: Workers(2)) == whole)
  }

  @Test func aSetsNumbersDoNotDependOnOtherSets() throws {
    var alone = try definition()
    alone.sets = [alone.sets[1]]
    let full = try definition()
    var a = WorldSampler(full, plan: plan(full, 1), map: WorldMap(full))
    var b = WorldSampler(alone, plan: plan(alone), map: WorldMap(alone))
    let (first, second) = (a.next(rows: 17, workers: .one), b.next(rows: 15, workers: .one))
    #expect(first?.features.rows == 15)
    #expect(first?.features == second?.features)
  }

  @Test func latentsHaveTheStatedVariances() throws {
    var definition = try definition()
    definition.sets[0].identities = 4000
    definition.sets[0].kind = .lfw(WorldSet.Pairs(folds: 2, pairsPerFold: 1))
    var sampler = WorldSampler(definition, plan: plan(definition), map: WorldMap(definition))
    let sampled = sampler.next(rows: 20_000, workers: .one)
    let block = try #require(sampled)
    var total = 0.0
    var within = 0.0
    let images = 5
    for person in 0..<4000 {
      let values = (0..<images).map { Double(block.oracle[person * images + $0, 0]) }
      let mean = values.reduce(0, +) / Double(images)
      total += values.reduce(0) { $0 + $1 * $1 }
      within += values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
    #expect(abs(within / Double(4000 * (images - 1)) - 0.25) < 0.01)
    #expect(abs(total / Double(4000 * images) - 1.25) < 0.08)
  }

  @Test func anotherSeedIsAnotherWorldAndTheTitleIsNot() throws {
    let base = try definition()
    var other = base
    other.seed = 8
    var renamed = base
    renamed.title = "Something else"
    #expect(try base.digest() != other.digest())
    #expect(try base.digest() == renamed.digest())
    #expect(WorldMap(base).rotations[0] != WorldMap(other).rotations[0])
  }

  @Test func pairListIsInLFWsFormWithDisjointFoldsAndNoRepetition() throws {
    let definition = try definition()
    let plan = plan(definition, 1)
    var stream = RandomStream(seed: 3, name: "pairs")
    let drawing = PairDrawing(
      plan: plan, pairs: WorldSet.Pairs(folds: 3, pairsPerFold: 10), file: "lists")
    let text = PairListText(plan, try drawing.folds(&stream)).lfw()
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    #expect(lines[0] == "3\t10")
    #expect(lines.count == 1 + 3 * 20 + 1 && lines.last == "")
    var people: [Set<String>] = [[], [], []]
    for (index, line) in lines[1...60].enumerated() {
      let fields = line.split(separator: "\t").map(String.init)
      let fold = index / 20
      #expect(fields.count == (index % 20 < 10 ? 3 : 4))
      if fields.count == 3 {
        people[fold].insert(fields[0])
        let (i, j) = (try #require(Int(fields[1])), try #require(Int(fields[2])))
        #expect(i < j && i >= 1 && j <= 3)
      } else {
        people[fold].formUnion([fields[0], fields[2]])
        #expect(fields[0] != fields[2])
      }
    }
    #expect(people[0].isDisjoint(with: people[1]) && people[1].isDisjoint(with: people[2]))
    #expect(people[0].isDisjoint(with: people[2]))
    #expect(Set(lines[1...60]).count == 60)
  }

  @Test(arguments: [
    (
      "dimension: 12", "dimension: 13",
      "line 1: 12 identity and nuisance axes; expected their sum to be the dimension, 13"
    ),
    (
      "slope: 0.3", "slop: 0.3",
      "line 7, map: the unknown key ‘slop’; expected one of layers, slope. Did you mean ‘slope’?"
    ),
    (
      "kind: deep", "kind: deeep",
      "line 9, sets[0].kind: ‘deeep’; expected one of deep, shallow, long-tail, lfw, cfp, agedb, "
        + "calfw, cplfw, ijb, megaface. Did you mean ‘deep’?"
    ),
    (
      "pairs-per-fold: 10", "pairs-per-fold: 100",
      "enough for 24 genuine and 252 impostor pairs; expected 100 of each"
    ),
    ("name: test", "name: train", "two sets named ‘train’"),
  ])
  func mistakesAreNamed(found: String, replacement: String, message: String) throws {
    let error = #expect(throws: HarnessError.self) {
      try definition(small.replacingOccurrences(of: found, with: replacement))
    }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "no error")")
    #expect(error?.kind == .badInput)
    #expect(error?.file == "small.yaml")
  }
}
