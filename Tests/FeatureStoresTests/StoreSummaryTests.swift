import FeatureStores
import Foundation
import LinearAlgebra
import TestSupport
import Testing

@Suite("Store summaries")
struct StoreSummaryTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func summary(_ contents: FeatureStoreContents, _ layout: StoreLayout = .contiguous) throws
    -> StoreSummary
  {
    let location = StoreLocation(path: folder.file("store.h5"))
    try contents.write(to: location, options: layout)
    return try StoreSummary(of: FeatureStore(opening: location, validation: .structure))
  }

  @Test("identities are counted by classes of their images, at every edge")
  func histogram() throws {
    let counts = [1, 1, 2, 3, 4, 5, 9, 10, 19, 20, 49, 50, 99, 100, 250]
    let labels = counts.enumerated().flatMap { label, count in [Int32](repeating: Int32(label), count: count)
    }
    let summary = try summary(
      FeatureStoreContents(
        features: ramp(labels.count, 2), metadata: StoreMetadata(labels: labels.reversed())))
    let identities = try #require(summary.identities)
    #expect(identities.count == 15)
    #expect(identities.fewestImages == 1 && identities.mostImages == 250)
    #expect(identities.meanImages == Double(labels.count) / 15)
    #expect(
      identities.histogram.map(\.label) == ["1", "2", "3–4", "5–9", "10–19", "20–49", "50–99", "≥ 100"])
    #expect(identities.histogram.map(\.identities) == [2, 1, 2, 2, 2, 2, 2, 2])
    #expect(identities.histogram.map(\.images) == [2, 2, 7, 14, 29, 69, 149, 350])
  }

  @Test("norms are exact at the order statistics and linear between them")
  func norms() throws {
    // Norms 5, 10, …, 505: the quantile p lies at position 100 p.
    let features = Matrix<Float>((1...101).reversed().map { [3 * Float($0), -4 * Float($0)] })
    let norms = try summary(FeatureStoreContents(features: features)).norms
    #expect(norms.minimum == 5 && norms.maximum == 505 && norms.mean == 255)
    #expect(norms.quantiles.map(\.probability) == [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])
    for quantile in norms.quantiles {
      #expect(abs(quantile.value - (5 + 500 * quantile.probability)) < 1e-9)
    }
  }

  @Test("one row has its norm everywhere")
  func oneRow() throws {
    let summary = try summary(FeatureStoreContents(features: Matrix([[0, -2]])))
    #expect(summary.norms.minimum == 2 && summary.norms.maximum == 2)
    #expect(summary.norms.quantiles.allSatisfy { $0.value == 2 })
    #expect(summary.duplicates.repeatedRows == 0 && summary.identities == nil)
  }

  @Test("equal rows are found wherever they stand, and told apart within and across identities")
  func duplicates() throws {
    var features = Matrix<Float>(rows: 5000, columns: 64, repeating: 0.25)
    for row in 0..<5000 { features[row, 63] = Float(row) }
    for (row, source) in [(4999, 0), (17, 3), (4096, 3), (2000, 1000)] {
      features[row, 63] = Float(source)
    }
    var labels = [Int32](repeating: 0, count: 5000)
    labels[4096] = 1
    let names = (0..<5000).map { "n\($0)" }
    let found = try summary(
      FeatureStoreContents(features: features, metadata: StoreMetadata(labels: labels, names: names))
    ).duplicates
    #expect(found.repeatedRows == 4)
    #expect(found.groups == 3)
    #expect(found.groupsWithinIdentity == 2 && found.groupsAcrossIdentities == 1)
    #expect(found.examples == [["n0", "n4999"], ["n3", "n17", "n4096"], ["n1000", "n2000"]])
  }

  @Test(
    "rows that differ in the sign of a zero differ; examples are few, and rows without names are numbered")
  func duplicateExamples() throws {
    var rows = [[Float]](repeating: [1, 0], count: 7)
    rows.append([1, -0.0])
    for value in 2...8 { rows += [[Float(value), 0], [Float(value), 0]] }
    let found = try summary(FeatureStoreContents(features: Matrix(rows))).duplicates
    #expect(found.groups == 8 && found.repeatedRows == 13)
    #expect(found.groupsWithinIdentity == nil && found.groupsAcrossIdentities == nil)
    #expect(found.examples.count == 5)
    #expect(found.examples[0] == ["row 0", "row 1", "row 2", "row 3", "row 4"])
    #expect(found.examples[1] == ["row 8", "row 9"])
  }

  @Test("datasets, provenance and digest are told")
  func facts() throws {
    let metadata = StoreMetadata(
      labels: [0, 1], attributes: StoreAttributes(source: "here", created: "2026", other: ["metric": "l2"]))
    let summary = try summary(
      FeatureStoreContents(features: ramp(2, 3), metadata: metadata), .gzip(level: 5, rows: 1))
    #expect(summary.store == folder.file("store.h5"))
    #expect(summary.rows == 2 && summary.dimension == 3)
    #expect(summary.datasets.map(\.name) == ["features", "labels"])
    #expect(summary.datasets[0].layout == "chunks of 1 × 3, shuffle, gzip level 5")
    #expect(summary.datasets[1].type == "int32" && summary.datasets[1].storedBytes == 8)
    #expect(
      summary.attributes == ["schema": "likeness/1", "source": "here", "created": "2026", "metric": "l2"])
    #expect(summary.digest == (try FeatureStore(opening: StoreLocation(summary.store)).digest()))
    let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(summary)) as? [String: Any]
    #expect(json?["rows"] as? Int == 2)
  }

  @Test("every pass over the rows is told of, row by row", arguments: [true, false])
  func progress(flipped: Bool) throws {
    // More than one block of a pass: a mebibyte is 8192 rows of 32.
    let (rows, other) = (20_000, 9000)
    func store(_ name: String, _ rows: Int, flipped: Bool) throws -> FeatureStore {
      let location = StoreLocation(path: folder.file(name))
      let features = ramp(rows, 32)
      try FeatureStoreContents(features: features, flippedFeatures: flipped ? features : nil).write(
        to: location)
      return try FeatureStore(opening: location, validation: .structure)
    }
    let first = try store("first.h5", rows, flipped: flipped)
    let second = try store("second.h5", other, flipped: false)
    func told(_ work: ((Int) -> Void) throws -> Void) throws -> [Int] {
      var told: [Int] = []
      try work { told.append($0) }
      #expect(told.count > 2 && told.allSatisfy { $0 > 0 })
      return told
    }
    #expect(first.featureRows == (flipped ? 2 : 1) * rows)
    let passes: [(expected: Int, work: ((Int) -> Void) throws -> Void)] = [
      (first.featureRows, { try first.validateFeatures(progress: $0) }),
      (first.featureRows, { _ = try first.digest(progress: $0) }),
      (2 * first.featureRows, { _ = try StoreSummary(of: first, progress: $0) }),
      (rows, { _ = try first.duplicateRows(progress: $0) }),
      (rows + other, { _ = try first.rows(equalToThoseOf: second, progress: $0) }),
    ]
    for pass in passes { #expect(try told(pass.work).reduce(0, +) == pass.expected) }
  }

  @Test("mirrored features are checked on the way")
  func flipped() throws {
    let file = RawFile(folder.file("flipped.h5"))
    file.numbers("features", [1, 2], shape: [2, 1])
    file.numbers("features_flipped", [1, 0], shape: [2, 1])
    file.close()
    let store = try FeatureStore(opening: StoreLocation(path: file.path), validation: .structure)
    #expect(harnessError { try StoreSummary(of: store) }?.place == "features_flipped, row 1")
  }
}
