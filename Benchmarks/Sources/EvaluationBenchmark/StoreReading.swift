import BenchmarkSupport
import FeatureStores
import Foundation
import LinearAlgebra

/// Reading a store in blocks with the product's own reader, beside `read(2)` of the same bytes of the same file into one buffer of the size of a block.
///
/// Both find the file in the page cache. No digest is computed, and no row is checked: that is what reading takes once a store is open.
struct StoreReading {
  private let settings: Settings
  private let rows: Int

  private static let dimension = 512

  init(_ settings: Settings) {
    self.settings = settings
    rows = max(1_000, Int(500_000 * (settings.fraction ?? 1)))
  }

  private var path: String { "\(settings.folder)/reading.h5" }

  func run() throws {
    defer { settings.clean() }
    try make()
    let store = try FeatureStore(opening: StoreLocation(path: path), validation: .structure)
    let bytes = 4 * rows * Self.dimension
    var record = BenchmarkRecord("Reading a store")
    record.add(
      "\(rows) × \(Self.dimension) numbers in single precision, contiguous, in the page cache; \(settings.rounds) rounds in turn on one thread, each of the whole store, "
        + "no digest. A share is the rate of the store's reader over that of `read(2)`.")
    var table = MarkdownTable([
      "rows a block", "GB/s, store", "GB/s, `read(2)`", "share", "quartiles", "range",
    ])
    for blockRows in [512, 4_096, 16_384] where blockRows <= rows {
      var ours: [Double] = []
      var plain: [Double] = []
      for round in -1..<settings.rounds {
        // By turns, so that neither always finds the caches as the other left them.
        var times = (store: 0.0, plain: 0.0)
        for isOurs in round % 2 == 0 ? [true, false] : [false, true] {
          if isOurs {
            times.store = try seconds { try readStore(store, blockRows) }
          } else {
            times.plain = try seconds { try readPlainly(bytes: bytes, blockRows) }
          }
        }
        // The first one brings the file into the page cache.
        guard round >= 0 else { continue }
        ours.append(times.store)
        plain.append(times.plain)
      }
      func rate(_ times: [Double]) -> String {
        String(format: "%.2f", Double(bytes) / 1e9 / Spread(of: times).median)
      }
      table.add(
        ["\(blockRows)", rate(ours), rate(plain)] + Spread(of: zip(plain, ours).map { $0 / $1 }).columns)
    }
    record.add(table)
    try record.finish(in: settings.record)
  }

  private func make() throws {
    try FileManager.default.createDirectory(atPath: settings.folder, withIntermediateDirectories: true)
    var stream = RandomStream(seed: 1, name: "evaluation.reading")
    var block = Matrix<Float>(rows: min(rows, 4_096), columns: Self.dimension)
    stream.fillNormal(&block)
    let writer = try StoreWriter(
      to: StoreLocation(path: path), rowCount: rows, dimension: Self.dimension)
    for first in stride(from: 0, to: rows, by: block.rows) {
      try writer.append(first + block.rows <= rows ? block : block.rows(in: 0..<rows - first))
    }
    try writer.finish()
  }

  private func readStore(_ store: FeatureStore, _ blockRows: Int) throws {
    var read = 0
    try store.forEachBlock(rows: blockRows) { rows, _ in read += rows.count }
    guard read == rows else { throw Failure("\(read) of \(rows) rows read") }
  }

  /// Features lie in one piece, and little else is in the file, so the first bytes of the file are as good as theirs.
  private func readPlainly(bytes: Int, _ blockRows: Int) throws {
    let file = open(path, O_RDONLY)
    guard file >= 0 else { throw Failure("cannot open \(path)") }
    defer { close(file) }
    let size = 4 * Self.dimension * blockRows
    let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    defer { buffer.deallocate() }
    var left = bytes
    while left > 0 {
      let count = read(file, buffer, min(size, left))
      guard count > 0 else { throw Failure("cannot read \(path)") }
      left -= count
    }
  }
}
