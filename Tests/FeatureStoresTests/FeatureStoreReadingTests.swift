import FeatureStores
import LinearAlgebra
import TestSupport
import Testing

/// One store of 23 rows and 5 columns in every layout: reading never differs.
@Suite("Reading feature stores")
struct FeatureStoreReadingTests {
  enum Stored: String, CaseIterable, Sendable {
    case contiguous, chunked, gzip, half, halfGzip, bigEndian, halfBigEndian, columnChunks, inGroup
  }

  let folder: TemporaryFolder
  let features = ramp(23, 5)
  let flipped = ramp(23, 5, offset: 0.5)
  let names = (0..<23).map { "person_\($0 / 3)/image_\($0)" }

  init() throws { folder = try TemporaryFolder() }

  private func store(_ stored: Stored) throws -> FeatureStore {
    let file = RawFile(folder.file("\(stored).h5"), groups: ["/train", "/train/deep"])
    let group = stored == .inGroup ? "/train/deep/" : "/"
    for (name, matrix) in [("features", features), ("features_flipped", flipped)] {
      let (name, values, shape) = (group + name, doubles(matrix), [23, 5])
      switch stored {
      case .contiguous, .inGroup: file.numbers(name, values, shape: shape)
      case .chunked: file.numbers(name, values, shape: shape, chunk: [4, 5])
      case .gzip: file.numbers(name, values, shape: shape, chunk: [7, 5], gzip: true)
      case .half: file.numbers(name, values, shape: shape, as: .half)
      case .halfGzip: file.numbers(name, values, shape: shape, as: .half, chunk: [6, 2], gzip: true)
      case .bigEndian: file.numbers(name, values, shape: shape, bigEndian: true)
      case .halfBigEndian: file.numbers(name, values, shape: shape, as: .half, bigEndian: true)
      case .columnChunks: file.numbers(name, values, shape: shape, chunk: [5, 2], gzip: true)
      }
    }
    let labels = (0..<23).map { Double($0 / 3) }
    switch stored {
    case .half, .bigEndian: file.numbers(group + "labels", labels, as: .int(bytes: 8), bigEndian: true)
    case .gzip: file.numbers(group + "labels", labels, as: .int(bytes: 4), chunk: [5], gzip: true)
    default: file.numbers(group + "labels", labels, as: .int(bytes: 4))
    }
    let bytes = names.map { Array($0.utf8) }
    if stored == .chunked {
      file.fixedStrings(group + "names", bytes, length: 32, padding: .nullPadded)
    } else {
      file.strings(group + "names", bytes)
    }
    file.close()
    return try FeatureStore(opening: StoreLocation(path: file.path, group: group))
  }

  @Test("the whole, its labels and names are the same in every layout", arguments: Stored.allCases)
  func whole(stored: Stored) throws {
    let store = try store(stored)
    #expect(store.rowCount == 23)
    #expect(store.dimension == 5)
    #expect(try store.features() == features)
    #expect(store.hasFlippedFeatures)
    #expect(try store.flippedFeatures() == flipped)
    #expect(store.labels == (0..<23).map { Int32($0 / 3) })
    #expect(store.identityCount == 8)
    #expect(store.names == names)
    #expect(store.media == nil && store.templates == nil && store.quality == nil && store.pose == nil)
    #expect(store.identities == nil && store.unknownDatasets == [])
  }

  @Test("blocks of any size tile the rows in order, the last one shorter", arguments: Stored.allCases)
  func blocks(stored: Stored) throws {
    let store = try store(stored)
    for size in [1, 4, 7, 22, 23, 100] {
      var next = 0
      try store.forEachBlock(rows: size) { rows, block in
        #expect(rows.lowerBound == next && rows.count == min(size, 23 - next))
        #expect(block == features.rows(in: rows))
        next = rows.upperBound
      }
      #expect(next == 23)
      next = 0
      try store.forEachFlippedBlock(rows: size) { rows, block in
        #expect(block == flipped.rows(in: rows))
        next = rows.upperBound
      }
      #expect(next == 23)
    }
  }

  @Test("rows come in the order asked for, repeated where asked", arguments: Stored.allCases)
  func rows(stored: Stored) throws {
    let store = try store(stored)
    for rows in [
      [], [0], [22], [22, 0, 11, 11, 3], Array((0..<23).reversed()), Array(4..<23), [5, 6, 7],
      [20, 1, 19, 2, 20],
    ] {
      #expect(try store.features(ofRows: rows) == features.gathering(rows: rows))
      #expect(try store.flippedFeatures(ofRows: rows) == flipped.gathering(rows: rows))
    }
    #expect(
      try store.features(named: ["person_7/image_22", "person_0/image_1"])
        == features.gathering(rows: [22, 1]))
  }

  @Test("rows far apart in a large store are read where they are")
  func sparseRows() throws {
    let features = ramp(3000, 3)
    let location = StoreLocation(path: folder.file("large.h5"))
    try FeatureStoreContents(features: features).write(to: location, options: .gzip(rows: 64))
    let store = try FeatureStore(opening: location)
    let rows = [2999, 0, 5, 13, 14, 1500, 6, 1509, 5]
    #expect(try store.features(ofRows: rows) == features.gathering(rows: rows))
  }

  @Test("a row out of range is an error that names it")
  func rowOutOfRange() throws {
    let store = try store(.contiguous)
    let error = harnessError { try store.features(ofRows: [3, 23]) }
    #expect(error?.place == "features, row 23")
    #expect(error?.expected == "a row from 0 to 22")
    #expect(harnessError { try store.features(ofRows: [-1]) }?.place == "features, row -1")
    #expect(harnessError { try store.features(ofRows: [-1, 0, 1]) }?.place == "features, row -1")
    #expect(harnessError { try store.features(ofRows: [21, 22, 23]) }?.place == "features, row 23")
  }

  @Test("names find their rows; missing ones are counted and the first ten listed")
  func namesToRows() throws {
    let store = try store(.contiguous)
    #expect(store.rowIndex(ofName: "person_2/image_8") == 8)
    #expect(store.rowIndex(ofName: "nobody") == nil)
    #expect(try store.rowIndices(named: ["person_2/image_8", "person_0/image_0"]) == [8, 0])
    let one = harnessError { try store.rowIndices(named: ["person_0/image_0", "nobody", "nobody"]) }
    #expect(one?.kind == .missingInput)
    #expect(one?.found == "1 name is not in the store: nobody")
    #expect(one?.place == "names")
    let many = harnessError { try store.features(named: (0..<12).map { "x\($0)" }) }
    #expect(many?.found == "12 names are not in the store: x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, …")
  }

  @Test("a store without names, or without mirrored features, says so when they are asked for")
  func absentDatasets() throws {
    let location = StoreLocation(path: folder.file("bare.h5"))
    try FeatureStoreContents(features: features).write(to: location)
    let store = try FeatureStore(opening: location)
    #expect(store.rowIndex(ofName: "a") == nil)
    #expect(harnessError { try store.rowIndices(named: ["a"]) }?.place == "names")
    #expect(!store.hasFlippedFeatures)
    for error in [
      harnessError { try store.flippedFeatures() }, harnessError { try store.flippedFeatures(ofRows: [0]) },
      harnessError { try store.forEachFlippedBlock(rows: 1) { _, _ in } },
    ] {
      #expect(error?.kind == .missingInput)
      #expect(error?.place == "features_flipped")
      #expect(error?.file == location.path)
    }
  }

  @Test("a block that is kept stays as it was, and other stores can be read from within a pass")
  func keptBlocksAndNesting() throws {
    let store = try store(.gzip)
    var kept: [Matrix<Float>] = []
    try store.forEachBlock(rows: 5) { rows, block in
      kept.append(block)
      let first = try store.features(ofRows: [rows.lowerBound])
      #expect(first == block.rows(in: 0..<1))
    }
    #expect(kept.count == 5 && kept[0] == features.rows(in: 0..<5) && kept[4] == features.rows(in: 20..<23))
  }

  @Test("an error in a pass stops it")
  func errorsStopThePass() throws {
    struct Stop: Error {}
    let store = try store(.contiguous)
    var calls = 0
    #expect(throws: Stop.self) {
      try store.forEachBlock(rows: 2) { _, _ in
        calls += 1
        if calls == 3 { throw Stop() }
      }
    }
    #expect(calls == 3)
  }

  @Test("many tasks read several stores at once and each gets its rows")
  func concurrency() async throws {
    let stores = [try store(.contiguous), try store(.gzip), try store(.halfBigEndian)]
    let features = features
    let folder = folder
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for task in 0..<48 {
        group.addTask {
          let store = stores[task % 3]
          var isRight = true
          for round in 0..<20 {
            let rows = [(task + round) % 23, (task * 7 + round * 3) % 23]
            isRight = try isRight && store.features(ofRows: rows) == features.gathering(rows: rows)
            if round % 5 == task % 5 {
              let other = try FeatureStore(opening: StoreLocation(path: folder.file("gzip.h5")))
              isRight = try isRight && other.features() == features
              isRight = isRight && (try? HDF5File(opening: folder.file("none.h5"))) == nil
            }
          }
          return isRight
        }
      }
      for try await isRight in group { #expect(isRight) }
    }
  }

  @Test("an open store goes on showing its content when its file is replaced")
  func replacedFile() throws {
    let location = StoreLocation(path: folder.file("replaced.h5"))
    try FeatureStoreContents(features: ramp(4, 2)).write(to: location)
    let old = try FeatureStore(opening: location)
    try FeatureStoreContents(features: ramp(6, 3)).write(to: location)
    #expect(try old.features() == ramp(4, 2))
    #expect(try FeatureStore(opening: location).features() == ramp(6, 3))
  }
}
