import FeatureStores
import Foundation
import Testing

@testable import Learning

@Suite struct DataDerivationTests {
  /// Identity k (of 30, labelled 3k + 5) has k % 10 + 1 images, in mixed order.
  static let labels = (0..<10).flatMap { image in (0..<30).filter { $0 % 10 >= image }.map { 3 * $0 + 5 } }

  private func counts(_ rows: [Int]) -> [Int: Int] {
    Dictionary(grouping: rows) { Self.labels[$0] }.mapValues(\.count)
  }

  private func read(_ text: String) throws -> DataDerivation { try DataDerivation(yaml(text)) }

  @Test func shallowTakesAsManyImagesOfEveryIdentityThatHasThem() throws {
    let rows = try read("{shallow: 2}").rows(labels: Self.labels)
    #expect(rows == rows.sorted())
    #expect(Set(rows).count == rows.count)
    let counts = counts(rows)
    #expect(counts.values.allSatisfy { $0 == 2 })
    // Identities of one image are left out: 3 of 30.
    #expect(counts.keys.sorted() == (0..<30).filter { $0 % 10 > 0 }.map { 3 * $0 + 5 })
  }

  @Test func imagesAreDrawnAtRandomByTheSeedAlone() throws {
    let first = try read("{shallow: 2}").rows(labels: Self.labels)
    #expect(try read("{shallow: 2, seed: 0}").rows(labels: Self.labels) == first)
    let other = try read("{shallow: 2, seed: 1}").rows(labels: Self.labels)
    #expect(other != first)
    // What one identity gets does not depend on the others.
    let some = Self.labels.indices.filter { Self.labels[$0] < 40 }
    let part = try read("{shallow: 2}").rows(labels: some.map { Self.labels[$0] }).map { some[$0] }
    #expect(part == first.filter { Self.labels[$0] < 40 })
    var seen = Set<Int>()
    for seed in 0..<60 { seen.formUnion(try read("{shallow: 2, seed: \(seed)}").rows(labels: Self.labels)) }
    #expect(seen.count == Self.labels.count - 3)
  }

  @Test func identitiesAreDrawnBeforeAnythingElse() throws {
    let rows = try read("{shallow: 1, identities: 12}").rows(labels: Self.labels)
    #expect(rows.count == 12)
    #expect(counts(rows).count == 12)
    #expect(try read("{shallow: 1, identities: 12, seed: 1}").rows(labels: Self.labels) != rows)
  }

  @Test func zipfFollowsItsLawAndWhatThereIs() throws {
    let derivation = try read("{zipf: {exponent: 1, most: 10, fewest: 2}}")
    #expect((0..<8).map { derivation.images(rank: $0, of: 30) } == [10, 5, 3, 3, 2, 2, 2, 2])
    let counts = counts(try derivation.rows(labels: Self.labels))
    // The largest come first: the three of 10 images get 10, 5, 3, then a 9 gets 3, the others 2 where they have them.
    #expect(counts.values.sorted(by: >) == [10, 5, 3, 3] + Array(repeating: 2, count: 23) + [1, 1, 1])
    let flat = try read("{zipf: {exponent: 0, most: 4}}")
    #expect((0..<5).map { flat.images(rank: $0, of: 30) } == [4, 4, 4, 4, 4])
  }

  @Test func exponentialFallsByItsRatioFromTheFirstToTheLast() throws {
    let derivation = try read("{exponential: {ratio: 8, most: 16}}")
    #expect((0..<4).map { derivation.images(rank: $0, of: 4) } == [16, 8, 4, 2])
    #expect(derivation.images(rank: 0, of: 1) == 16)
    let long = try read("{exponential: {ratio: 1000, most: 16, fewest: 2}}")
    #expect(long.images(rank: 29, of: 30) == 2)
    let equal = try read("{exponential: {ratio: 1, most: 5, fewest: 5}}")
    #expect((0..<4).map { equal.images(rank: $0, of: 4) } == [5, 5, 5, 5])
  }

  @Test func headsAreTheLargestIdentitiesOrRandomOnes() throws {
    func head(_ ranks: String, _ seed: Int) throws -> Int {
      let rows = try read("{zipf: {exponent: 2, most: 8}, ranks: \(ranks), seed: \(seed)}").rows(
        labels: Self.labels)
      return counts(rows).max { $0.value < $1.value }?.key ?? 0
    }
    for seed in 0..<20 { #expect([9, 19, 29].map { 3 * $0 + 5 }.contains(try head("size", seed))) }
    #expect(Set(try (0..<20).map { try head("size", $0) }).count == 3)
    #expect(Set(try (0..<20).map { try head("random", $0) }).count > 3)
  }

  @Test(
    arguments: [
      ("{}", "line 1", "no shape"), ("{shallow: 2, zipf: {most: 3}}", "line 1", "shallow and zipf"),
      ("{shallow: 0}", "line 1, shallow", "‘0’"),
      ("{shallow: 2, ranks: size}", "line 1, ranks", "ranks with shallow"),
      ("{zipf: {most: 3, fewest: 4}}", "line 1, zipf.fewest", "‘4’"),
      ("{zipf: {most: 3, ratio: 4}}", "line 1, zipf", "the unknown key ‘ratio’"),
      ("{exponential: {ratio: 0.5, most: 3}}", "line 1, exponential.ratio", "‘0.5’"),
      ("{shallow: 2, identities: 1}", "line 1, identities", "‘1’"),
    ])
  func mistakesAreNamedWithTheirPlace(text: String, place: String, found: String) throws {
    let error = #expect(throws: HarnessError.self) { try read(text) }
    #expect(error?.place == place)
    #expect(error?.found == found)
  }

  @Test func tooFewIdentitiesAreRefused() throws {
    #expect(
      throws: HarnessError(
        .badInput, place: "derive", found: "30 identities", expected: "at least 31")
    ) { try read("{zipf: {most: 4}, identities: 31}").rows(labels: Self.labels) }
    #expect(
      throws: HarnessError(
        .badInput, place: "derive", found: "0 identities", expected: "at least 2 with 11 images or more")
    ) { try read("{shallow: 11}").rows(labels: Self.labels) }
  }

  @Test func configurationsSurviveTheirEncoding() throws {
    for text in [
      "{shallow: 2, seed: 4}", "{zipf: {most: 10}, identities: 9, ranks: random}",
      "{exponential: {ratio: 4, most: 10, fewest: 2}}",
    ] {
      let value = try read(text)
      #expect(try JSONDecoder().decode(DataDerivation.self, from: JSONEncoder().encode(value)) == value)
    }
  }
}
