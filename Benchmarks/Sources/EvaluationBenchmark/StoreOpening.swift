import BenchmarkSupport
import FeatureStores
import Foundation
import LinearAlgebra

#if canImport(Glibc)
  import Glibc
#endif

/// Opening stores of more and more rows: with features alone, with names and labels, and with the validation that reads everything.
struct StoreOpening {
  private let settings: Settings

  private static let dimension = 16

  init(_ settings: Settings) { self.settings = settings }

  private struct Case {
    let title: String
    let isNamed: Bool
    let validation: StoreValidation
  }

  private static let cases = [
    Case(title: "features alone, structure", isNamed: false, validation: .structure),
    Case(title: "features alone, full validation", isNamed: false, validation: .full),
    Case(title: "names and labels, structure", isNamed: true, validation: .structure),
    Case(title: "names and labels, full validation", isNamed: true, validation: .full),
  ]

  func run() throws {
    defer { settings.clean() }
    try FileManager.default.createDirectory(atPath: settings.folder, withIntermediateDirectories: true)
    let sizes = [10_000, 100_000, 1_000_000].map { max(100, Int(Double($0) * (settings.fraction ?? 1))) }
    for size in sizes {
      for isNamed in [false, true] { try make(size, isNamed: isNamed) }
    }
    var times: [String: [[Double]]] = [:]
    for round in -1..<settings.rounds {
      for item in Self.cases {
        let one = try sizes.map { size in
          // What the store before left in pieces, names above all, is put together here, not by the next opening's first allocation.
          #if canImport(Glibc)
            malloc_trim(0)
          #endif
          return try seconds {
            _ = try FeatureStore(
              opening: StoreLocation(path: path(size, isNamed: item.isNamed)), validation: item.validation)
          }
        }
        if round >= 0 { times[item.title, default: []].append(one) }
      }
    }
    var record = BenchmarkRecord("Opening a store")
    record.add(
      "\(Self.dimension) dimensions in single precision, contiguous, in the page cache; \(settings.rounds) rounds in turn. The slope is that of the logarithm of time over "
        + "the logarithm of rows: 0 for a time that does not grow, 1 for one that grows with the rows.")
    var table = MarkdownTable(["ms, median"] + sizes.map { "\($0) rows" } + ["slope", "quartiles", "range"])
    for item in Self.cases {
      let rounds = times[item.title] ?? []
      let medians = sizes.indices.map { size in Spread(of: rounds.map { $0[size] }).median }
      let slopes = rounds.map { PowerLaw(sizes.map(Double.init), $0).exponent }
      table.add(
        [item.title] + medians.map { String(format: "%.2f", $0 * 1000) } + Spread(of: slopes).columns)
    }
    record.add(table)
    try record.finish(in: settings.record)
  }

  private func path(_ rows: Int, isNamed: Bool) -> String {
    "\(settings.folder)/opening-\(rows)\(isNamed ? "-named" : "").h5"
  }

  private func make(_ rows: Int, isNamed: Bool) throws {
    var stream = RandomStream(seed: 1, name: "evaluation.opening")
    var metadata = StoreMetadata()
    if isNamed {
      metadata.names = (0..<rows).map { "person_\($0 / 10)/image_\($0)" }
      metadata.labels = (0..<rows).map { Int32($0 / 10) }
    }
    var features = Matrix<Float>(rows: rows, columns: Self.dimension)
    stream.fillNormal(&features)
    let writer = try StoreWriter(
      to: StoreLocation(path: path(rows, isNamed: isNamed)), rowCount: rows, dimension: Self.dimension,
      metadata: metadata)
    try writer.append(features)
    try writer.finish()
  }
}
