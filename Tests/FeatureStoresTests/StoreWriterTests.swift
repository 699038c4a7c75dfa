import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import FeatureStores

@Suite("Writing feature stores")
struct StoreWriterTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func location(_ name: String = "store.h5", _ group: String = "/") -> StoreLocation {
    StoreLocation(path: folder.file(name), group: group)
  }

  private func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: folder.file(name)))
  }

  private var metadata: StoreMetadata {
    StoreMetadata(
      labels: [0, 1, 1, 2], names: ["Zoë/1", "写真/2", "", "d"], media: [-1, 1 << 40, 3, 4],
      templates: [1, 1, 2, 2],
      quality: [0.5, -1, 0, 3e38], identities: ["Zoë", "写真", "d"], pose: [0, 1, 1, 0],
      attributes: StoreAttributes(
        source: "a source", licence: "CC0", extractor: "a network", created: "2026-01-02",
        other: ["metric": "cosine", "note": "Ünïcode"]))
  }

  static let layouts: [StoreLayout] = [
    .contiguous, .chunked(rows: 3), .chunked(rows: 100), .gzip(level: 0, rows: 1), .gzip(level: 9, rows: 4),
    .float16,
    StoreLayout(storage: .gzip(level: 4, rows: 2), precision: .float16),
  ]

  @Test("everything written is read back, in every layout", arguments: layouts)
  func roundTrip(layout: StoreLayout) throws {
    let contents = FeatureStoreContents(
      features: ramp(4, 3), flippedFeatures: ramp(4, 3, offset: 1), metadata: metadata)
    try contents.write(to: location(), options: layout)
    let store = try FeatureStore(opening: location())
    #expect(try store.features() == contents.features)
    #expect(try store.flippedFeatures() == contents.flippedFeatures)
    #expect(store.metadata == metadata)
    #expect(store.attributes.schema == "likeness/1")
    let dataset = try store.group.dataset("features")
    #expect(dataset.type == .real(bits: layout.precision == .float16 ? 16 : 32, .little))
    switch layout.storage {
    case .contiguous: #expect(dataset.layout == .contiguous)
    case .chunked(let rows): #expect(dataset.layout == .chunked(shape: [min(rows, 4), 3], filters: []))
    case .gzip(let level, let rows):
      #expect(
        dataset.layout == .chunked(shape: [min(rows, 4), 3], filters: ["shuffle", "gzip level \(level)"]))
    }
    // And whole, through memory.
    try FeatureStoreContents(store).write(to: location("copy.h5"), options: layout)
    #expect(try bytes("copy.h5") == bytes("store.h5"))
  }

  @Test("types in the file are those of the schema")
  func types() throws {
    try FeatureStoreContents(features: ramp(4, 3), metadata: metadata).write(to: location())
    let group = try HDF5File(opening: location().path).root
    let types = try group.datasetNames().map { try "\($0): \(group.dataset($0).type)" }
    #expect(
      types == [
        "features: float32", "identities: string", "labels: int32", "media: int64", "names: string",
        "pose: int8",
        "quality: float32", "templates: int64",
      ])
  }

  @Test("the same content gives the same bytes, in every layout, whenever and over whatever it is written")
  func determinism() async throws {
    let contents = FeatureStoreContents(features: ramp(4, 3), metadata: metadata)
    for (index, layout) in Self.layouts.enumerated() {
      try contents.write(to: location("\(index)a.h5"), options: layout)
    }
    // HDF5 keeps times in whole seconds.
    try await Task.sleep(for: .seconds(1.1))
    for (index, layout) in Self.layouts.enumerated() {
      try FeatureStoreContents(features: ramp(9, 7)).write(to: location("\(index)b.h5"))
      try contents.write(to: location("\(index)b.h5"), options: layout)
      #expect(try bytes("\(index)a.h5") == bytes("\(index)b.h5"), "\(layout)")
    }
  }

  @Test("blocks of any size give the bytes of one block", arguments: [1, 2, 3, 7])
  func blocks(size: Int) throws {
    let features = ramp(7, 3)
    for (name, layout) in [("plain", StoreLayout.contiguous), ("gzip", .gzip(rows: 2)), ("half", .float16)] {
      try FeatureStoreContents(features: features, flippedFeatures: features).write(
        to: location("\(name)-whole.h5"), options: layout)
      let writer = try StoreWriter(
        to: location("\(name)-blocks.h5"), rowCount: 7, dimension: 3, hasFlippedFeatures: true, layout: layout
      )
      for first in stride(from: 0, to: 7, by: size) {
        let block = features.rows(in: first..<min(first + size, 7))
        try writer.append(block, flipped: block)
        #expect(writer.appendedRows == min(first + size, 7))
      }
      try writer.finish()
      let blocks = try FeatureStore(opening: location("\(name)-blocks.h5"))
      #expect(try blocks.features() == features)
      #expect(try blocks.digest() == FeatureStore(opening: location("\(name)-whole.h5")).digest())
    }
  }

  @Test("metadata may come while rows are written")
  func lateMetadata() throws {
    let writer = try StoreWriter(to: location(), rowCount: 4, dimension: 3)
    try writer.append(ramp(4, 3))
    writer.metadata = metadata
    try writer.finish()
    #expect(try FeatureStore(opening: location()).metadata == metadata)
  }

  @Test("until it is finished a store is not there, and an abandoned one leaves nothing")
  func abandoned() throws {
    do {
      let writer = try StoreWriter(to: location(), rowCount: 4, dimension: 3)
      try writer.append(ramp(2, 3))
      let contents = try folder.contents()
      #expect(contents.count == 1 && contents[0].hasPrefix(".partial-"))
    }
    #expect(try folder.contents() == [])
  }

  @Test("until it is finished what it replaces stays, and after a failure, too")
  func replaced() throws {
    try FeatureStoreContents(features: ramp(2, 2)).write(to: location())
    let before = try bytes("store.h5")
    let writer = try StoreWriter(to: location(), rowCount: 4, dimension: 3)
    try writer.append(ramp(2, 3))
    #expect(try bytes("store.h5") == before)
    let error = harnessError { try writer.finish() }
    #expect(error?.found == "2 rows")
    #expect(error?.expected == "4, as announced")
    #expect(try bytes("store.h5") == before)
    #expect(try folder.contents() == ["store.h5"])
  }

  @Test("rows of the wrong shape, or too many, are refused and nothing is written")
  func wrongRows() throws {
    let writer = try StoreWriter(to: location(), rowCount: 4, dimension: 3)
    #expect(harnessError { try writer.append(ramp(2, 2)) }?.expected == "at most 4 rows of 3 columns")
    try writer.append(ramp(3, 3))
    let error = harnessError { try writer.append(ramp(2, 3)) }
    #expect(error?.place == "features, row 3")
    #expect(error?.expected == "at most 1 rows of 3 columns")
    #expect(
      harnessError { try writer.append(ramp(1, 3), flipped: ramp(1, 3)) }?.place == "features_flipped, row 3")
    try writer.append(ramp(1, 3))
    try writer.finish()
    #expect(try FeatureStore(opening: location()).rowCount == 4)
  }

  @Test("missing mirrored rows are refused")
  func missingFlipped() throws {
    let writer = try StoreWriter(to: location(), rowCount: 1, dimension: 3, hasFlippedFeatures: true)
    #expect(harnessError { try writer.append(ramp(1, 3)) }?.found == "no rows")
    #expect(
      harnessError { try writer.append(ramp(1, 3), flipped: ramp(1, 2)) }?.found == "1 rows of 2 columns")
  }

  @Test("a bad row is refused with its number in the store, in later blocks and mirrored features, too")
  func badRows() throws {
    let writer = try StoreWriter(to: location(), rowCount: 6, dimension: 3, hasFlippedFeatures: true)
    try writer.append(ramp(3, 3), flipped: ramp(3, 3))
    var bad = ramp(3, 3)
    bad[1, 2] = .nan
    #expect(harnessError { try writer.append(bad, flipped: ramp(3, 3)) }?.place == "features, row 4")
    #expect(harnessError { try writer.append(ramp(3, 3), flipped: bad) }?.place == "features_flipped, row 4")
    // A refused block can be sent again, put right.
    try writer.append(ramp(3, 3), flipped: ramp(3, 3))
    try writer.finish()
  }

  @Test("an empty store is refused")
  func empty() throws {
    #expect(
      harnessError { try FeatureStoreContents(features: Matrix(rows: 0, columns: 3)).write(to: location()) }?
        .found
        == "an empty store of shape [0, 3]")
    #expect(try folder.contents() == [])
  }

  @Test("metadata that breaks the schema is refused before anything is written")
  func badMetadata() throws {
    let cases: [(StoreMetadata, String)] = [
      (StoreMetadata(labels: [0, 2, 2, 2]), "labels, row 1"), (StoreMetadata(labels: [0]), "labels"),
      (StoreMetadata(names: ["a", "b", "a", "c"]), "names, row 2"),
      (StoreMetadata(names: ["a", "b\0c", "d", "e"]), "names, row 1"),
      (StoreMetadata(quality: [0, 0, .infinity, 0]), "quality, row 2"),
      (StoreMetadata(identities: ["a"]), "identities"), (StoreMetadata(pose: [0, 0, 0, -1]), "pose, row 3"),
      (StoreMetadata(labels: [0, 0, 0, 0], identities: ["a\0"]), "identities, row 0"),
      (StoreMetadata(media: [1]), "media"), (StoreMetadata(templates: []), "templates"),
    ]
    for (metadata, place) in cases {
      let error = harnessError {
        try FeatureStoreContents(features: ramp(4, 3), metadata: metadata).write(to: location())
      }
      #expect(error?.place == place)
      #expect(error?.file == location().path)
    }
    #expect(try folder.contents() == [])
  }

  @Test("halves round to the nearest, ties to even; what they cannot hold is refused with its row")
  func halves() throws {
    let features = Matrix<Float>([[1 + 0x1p-11, 1 + 0x3p-11], [0.1, 65519], [0x1p-24, 0x1p-26]])
    try FeatureStoreContents(features: features).write(to: location(), options: .float16)
    #expect(
      try FeatureStore(opening: location()).features()
        == Matrix([[1, 1 + 0x1p-9], [0.0999755859375, 65504], [0x1p-24, 0]]))
    let overflow = harnessError {
      try FeatureStoreContents(features: Matrix([[1, 1], [1, -65520]])).write(
        to: location("x.h5"), options: .float16)
    }
    #expect(overflow?.place == "features, row 1")
    #expect(overflow?.found == "-65520.0 in column 1")
    let vanishing = harnessError {
      try FeatureStoreContents(features: Matrix([[1, 1], [1e-9, 0]])).write(
        to: location("x.h5"), options: .float16)
    }
    #expect(vanishing?.found == "a row of zeros")
    let nan = harnessError {
      try FeatureStoreContents(features: Matrix([[.nan, 1]])).write(to: location("x.h5"), options: .float16)
    }
    #expect(nan?.found == "NaN in column 0")
    #expect(try folder.contents() == ["store.h5"])
  }

  @Test("groups of one file are stores side by side, nested ones too, and each is replaced alone")
  func groups() throws {
    try FeatureStoreContents(features: ramp(2, 2)).write(to: location())
    try FeatureStoreContents(features: ramp(3, 3)).write(to: location("store.h5", "train/deep"))
    try FeatureStoreContents(features: ramp(4, 3), metadata: metadata).write(
      to: location("store.h5", "train"))
    try FeatureStoreContents(features: ramp(5, 1)).write(to: location("store.h5", "test"))
    try FeatureStoreContents(features: ramp(6, 2)).write(to: location("store.h5", "train"))
    try FeatureStoreContents(features: ramp(7, 2)).write(to: location())
    #expect(try FeatureStore(opening: location()).features() == ramp(7, 2))
    #expect(try FeatureStore(opening: location("store.h5", "train")).features() == ramp(6, 2))
    #expect(try FeatureStore(opening: location("store.h5", "train")).labels == nil)
    #expect(try FeatureStore(opening: location("store.h5", "train")).attributes == StoreAttributes())
    #expect(try FeatureStore(opening: location("store.h5", "train/deep")).features() == ramp(3, 3))
    #expect(try FeatureStore(opening: location("store.h5", "test")).features() == ramp(5, 1))
    #expect(try folder.contents() == ["store.h5"])
  }

  @Test("a failure in a group leaves the file as it was")
  func failureInGroup() throws {
    try FeatureStoreContents(features: ramp(2, 2)).write(to: location())
    let before = try bytes("store.h5")
    var bad = ramp(2, 2)
    bad[1, 1] = .infinity
    #expect(
      harnessError { try FeatureStoreContents(features: bad).write(to: location("store.h5", "g")) }?.file
        == location("store.h5", "g").description)
    // A dataset stands where a group should be.
    let inDataset = harnessError {
      try FeatureStoreContents(features: ramp(2, 2)).write(to: location("store.h5", "features/g"))
    }
    #expect(inDataset?.kind == .cannotWrite)
    #expect(inDataset?.place == "/features")
    #expect(inDataset?.file == location("store.h5", "features/g").description)
    #expect(try bytes("store.h5") == before)
    #expect(try folder.contents() == ["store.h5"])
  }

  @Test("datasets that the schema does not know are carried along as they are")
  func carried() throws {
    let raw = RawFile(folder.file("raw.h5"), groups: ["/g"])
    raw.numbers("g/features", doubles(ramp(4, 3)), shape: [4, 3])
    raw.numbers(
      "g/landmarks", [1, 2, 3, 4, 5, 6, 7, 8], shape: [4, 2], as: .double, chunk: [2, 2], gzip: true)
    raw.numbers("unit", [5], shape: [], attributeOf: "g/landmarks")
    raw.strings("g/notes", ["ä", ""])
    raw.compound("g/boxes", count: 4)
    raw.close()
    let source = try FeatureStore(opening: location("raw.h5", "g"))
    var contents = try FeatureStoreContents(source)
    contents.metadata.labels = [0, 0, 1, 1]
    try contents.write(to: location("copy.h5", "h"))
    let copy = try FeatureStore(opening: location("copy.h5", "h"))
    #expect(copy.unknownDatasets == ["boxes", "landmarks", "notes"])
    let landmarks = try copy.group.dataset("landmarks")
    #expect(try landmarks.readReals() == [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(landmarks.type == .real(bits: 64, .little))
    #expect(landmarks.layout == .chunked(shape: [2, 2], filters: ["gzip level 6"]))
    #expect(try landmarks.attributes().map(\.value) == [.real(5)])
    #expect(try copy.group.dataset("notes").readStrings() == ["ä", ""])
    // And over itself.
    try FeatureStoreContents(copy).write(to: location("copy.h5", "h"), options: .float16)
    #expect(try FeatureStore(opening: location("copy.h5", "h")).unknownDatasets == copy.unknownDatasets)
    // Their file must still be there.
    try FileManager.default.removeItem(atPath: folder.file("raw.h5"))
    #expect(harnessError { try contents.write(to: location("late.h5")) }?.kind == .missingInput)
    #expect(try folder.contents() == ["copy.h5"])
  }

  @Test("a target that cannot be written is told, with the reason, and nothing is left")
  func unwritable() throws {
    let contents = FeatureStoreContents(features: ramp(2, 2))
    let noFolder = harnessError { try contents.write(to: location("none/store.h5")) }
    #expect(noFolder?.kind == .cannotWrite)
    #expect(noFolder?.file == folder.file("none/store.h5"))
    #expect(noFolder?.found.contains("No such file or directory") == true)
    #expect(noFolder?.found.contains(".partial-") == false)
    try Data("not a folder".utf8).write(to: URL(fileURLWithPath: folder.file("file")))
    #expect(harnessError { try contents.write(to: location("file/store.h5")) }?.kind == .cannotWrite)
    try FileManager.default.createDirectory(atPath: folder.file("dir.h5"), withIntermediateDirectories: false)
    #expect(harnessError { try contents.write(to: location("dir.h5")) }?.kind == .cannotWrite)
    #expect(try folder.contents() == ["dir.h5", "file"])
  }

  @Test(
    "a folder without write permission is told", .enabled(if: geteuid() != 0, "permissions do not bind root"))
  func readOnlyFolder() throws {
    try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.path)
    defer { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path) }
    let error = harnessError { try FeatureStoreContents(features: ramp(2, 2)).write(to: location()) }
    #expect(error?.kind == .cannotWrite)
    #expect(error?.found.contains("Permission denied") == true)
  }

  @Test("a file that is no HDF5 file is never replaced")
  func foreignFile() throws {
    try Data("pairs".utf8).write(to: URL(fileURLWithPath: folder.file("pairs.txt")))
    for group in ["/", "g"] {
      let error = harnessError {
        try FeatureStoreContents(features: ramp(2, 2)).write(to: location("pairs.txt", group))
      }
      #expect(error?.kind == .cannotWrite)
      #expect(error?.file == folder.file("pairs.txt"))
    }
    #expect(try bytes("pairs.txt") == Data("pairs".utf8))
    #expect(try folder.contents() == ["pairs.txt"])
  }

  @Test("a link to a store is followed, not replaced")
  func link() throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("elsewhere"), withIntermediateDirectories: false)
    try FeatureStoreContents(features: ramp(2, 2)).write(to: location("elsewhere/real.h5"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("link.h5"), withDestinationPath: "elsewhere/real.h5")
    try FeatureStoreContents(features: ramp(3, 2)).write(to: location("link.h5"))
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: folder.file("link.h5")) == "elsewhere/real.h5"
    )
    #expect(try FeatureStore(opening: location("elsewhere/real.h5")).rowCount == 3)
  }

  @Test("several writers work at once")
  func concurrency() async throws {
    let folder = folder
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<12 {
        group.addTask {
          let location = StoreLocation(path: folder.file("task\(task).h5"))
          let writer = try StoreWriter(to: location, rowCount: 50, dimension: 4, layout: .gzip(rows: 8))
          for first in 0..<50 {
            try writer.append(ramp(50, 4, offset: Float(task)).rows(in: first..<first + 1))
          }
          writer.metadata.names = (0..<50).map { "\(task)/\($0)" }
          try writer.finish()
        }
      }
      try await group.waitForAll()
    }
    for task in 0..<12 {
      let store = try FeatureStore(opening: location("task\(task).h5"))
      #expect(try store.features() == ramp(50, 4, offset: Float(task)))
      #expect(store.names?[49] == "\(task)/49")
    }
  }
}
