import FeatureStores
import Foundation
import LinearAlgebra
import TestSupport
import Testing

@Suite("Validation of feature stores")
struct StoreValidationTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The error at opening a store of 4 × 3 good features with the datasets that `build` adds.
  private func error(
    features: Bool = true, in group: String = "/", validation: StoreValidation = .full,
    sourceLocation: SourceLocation = #_sourceLocation, _ build: (RawFile) -> Void
  ) -> HarnessError? {
    let file = RawFile(folder.file("bad.h5"), groups: group == "/" ? [] : [group])
    if features {
      file.numbers(group == "/" ? "features" : group + "/features", doubles(ramp(4, 3)), shape: [4, 3])
    }
    build(file)
    file.close()
    let location = StoreLocation(path: file.path, group: group)
    let error = harnessError(
      { try FeatureStore(opening: location, validation: validation) }, sourceLocation: sourceLocation)
    #expect(error?.file == location.description, sourceLocation: sourceLocation)
    return error
  }

  @Test("no features: missing, with the groups that the file holds")
  func noFeatures() {
    let error = error(features: false) { _ in }
    #expect(error?.kind == .missingInput)
    #expect(error?.place == "features")
    #expect(error?.advice == nil)
  }

  @Test("no features at the root of a file with groups: the advice names the groups")
  func featuresInGroups() {
    let file = RawFile(folder.file("groups.h5"), groups: ["/train", "/test"])
    file.close()
    let error = harnessError { try FeatureStore(opening: StoreLocation(path: file.path)) }
    #expect(error?.advice == "Stores may be in groups of this file: test, train.")
    let group = harnessError { try FeatureStore(opening: StoreLocation(path: file.path, group: "valid")) }
    #expect(group?.kind == .missingInput)
    #expect(group?.place == "/valid")
  }

  @Test(
    "features of another name: the advice names them, and so they are read with all that lies beside them")
  func otherName() throws {
    for group in ["/", "/faces"] {
      let path = folder.file("other\(group.count).h5")
      let file = RawFile(path, groups: group == "/" ? [] : [group])
      let prefix = group == "/" ? "" : group + "/"
      file.numbers(prefix + "embeddings", doubles(ramp(4, 3)), shape: [4, 3])
      file.numbers(prefix + "boxes", [1, 2, 3, 4], shape: [4])
      file.numbers(prefix + "frames", [1, 2, 3, 4], shape: [4, 1], as: .int(bytes: 4))
      file.numbers(prefix + "labels", [0, 0, 1, 1], as: .int(bytes: 4))
      file.close()
      let named = "\(path)#\(group == "/" ? "" : "faces/")embeddings"
      let error = harnessError { try FeatureStore(opening: StoreLocation(path: path, group: group)) }
      #expect(error?.kind == .missingInput && error?.place == "features")
      #expect(
        error?.advice
          == "If the features have another name, give it with the file: \(named) (float32 [4, 3]).")
      let store = try FeatureStore(opening: StoreLocation(named))
      #expect(try store.features() == ramp(4, 3) && store.labels == [0, 0, 1, 1])
      #expect(store.unknownDatasets == ["boxes", "frames"] && store.unknown.location.group == group)
      // The content is that of a store with the usual name.
      let usual = RawFile(folder.file("usual\(group.count).h5"))
      usual.numbers("features", doubles(ramp(4, 3)), shape: [4, 3])
      usual.numbers("labels", [0, 0, 1, 1], as: .int(bytes: 4))
      usual.close()
      let same = try FeatureStore(opening: StoreLocation(path: usual.path))
      #expect(try store.digest() == same.digest())
      let summary = try StoreSummary(of: store)
      #expect(summary.datasets.filter(\.isKnown).map(\.name) == ["embeddings", "labels"])
    }
    let labels = harnessError {
      try FeatureStore(opening: StoreLocation(folder.file("other1.h5") + "#labels"))
    }
    #expect(labels?.place == "labels" && labels?.found == "elements of type int32")
  }

  @Test(
    "features in a form that can be imported: the error says which and how",
    arguments: [
      ("rows.npy", [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0], "a NumPy array"),
      ("rows.h5", [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0], "a NumPy array"),
      ("rows.npz", [0x50, 0x4B, 3, 4], "a NumPy archive"),
      ("rows.csv", [0x61, 0x2C], "a CSV file, by its name"),
      ("rows.bin", [1, 2], "an OpenCV matrix, by its name"),
    ] as [(String, [UInt8], String)])
  func otherForms(name: String, bytes: [UInt8], form: String) throws {
    let path = folder.file(name)
    try AtomicFile.write(Data(bytes), to: path)
    let error = harnessError { try FeatureStore(opening: StoreLocation(path)) }
    #expect(error?.kind == .badInput && error?.found == form && error?.file == path)
    #expect(error?.advice == "likeness import \(path) --output STORE.h5 makes one of it.")
    // What is neither is what the library says of it.
    try AtomicFile.write(Data([1, 2, 3]), to: folder.file("rows.dat"))
    let unknown = harnessError { try FeatureStore(opening: StoreLocation(folder.file("rows.dat"))) }
    #expect(unknown?.kind == .badInput && unknown?.advice?.contains("import") != true)
  }

  @Test("features of the wrong rank, type or size")
  func wrongFeatures() {
    let rank = error(features: false) { $0.numbers("features", [1, 2, 3]) }
    #expect(rank?.found == "the shape [3]")
    #expect(rank?.place == "features")
  }

  @Test("features in double precision or integers are refused, with their type")
  func wrongType() {
    #expect(
      error(features: false) { $0.numbers("features", [1, 2], shape: [1, 2], as: .double) }?.found
        == "elements of type float64")
  }

  @Test("integer features are refused")
  func integerFeatures() {
    #expect(
      error(features: false) { $0.numbers("features", [1, 2], shape: [1, 2], as: .int(bytes: 4)) }?.found
        == "elements of type int32")
  }

  @Test("a store without rows is refused")
  func noRows() {
    #expect(
      error(features: false, validation: .structure) { $0.numbers("features", [], shape: [0, 3]) }?.found
        == "an empty store of shape [0, 3]")
  }

  @Test("a store without columns is refused")
  func noColumns() {
    #expect(
      error(features: false, validation: .structure) { $0.numbers("features", [], shape: [3, 0]) }?.found
        == "an empty store of shape [3, 0]")
  }

  @Test("a store of one row and one column is a store")
  func oneRow() throws {
    let file = RawFile(folder.file("one.h5"))
    file.numbers("features", [-0.5], shape: [1, 1])
    file.numbers("labels", [0], as: .int(bytes: 4))
    file.close()
    let store = try FeatureStore(opening: StoreLocation(path: file.path))
    #expect(try store.features() == Matrix(rows: 1, columns: 1, elements: [-0.5]))
    #expect(store.identityCount == 1)
  }

  static let bad: [(Float, String)] = [
    (.nan, "NaN in column 1"), (.infinity, "an infinity in column 1"),
    (-.infinity, "an infinity in column 1"),
    (3e38, "a row of norm"), (0, "a row of zeros"), (1e-30, "a row of norm"),
  ]

  @Test(
    "a NaN, an infinity, a row without direction is refused wherever it stands, blocks' edges among them",
    arguments: bad)
  func badRows(value: Float, found: String) throws {
    // 1 MiB blocks of 64 columns have 4096 rows.
    let rows = 9000
    for row in [0, 4095, 4096, 8191, 8192, 8999] {
      var features = Matrix<Float>(rows: rows, columns: 64, repeating: 0.25)
      for column in 0..<64 {
        features[row, column] = value.isFinite ? 0 : 0.25
      }
      if value.magnitude > 1 {
        for column in 0..<64 { features[row, column] = value.isFinite ? value : 0.25 }
      }
      features[row, 1] = value
      let file = RawFile(folder.file("row\(row).h5"))
      file.numbers("features", doubles(features), shape: [rows, 64])
      file.close()
      let location = StoreLocation(path: file.path)
      let error = harnessError { try FeatureStore(opening: location) }
      #expect(error?.kind == .badInput)
      #expect(error?.place == "features, row \(row)")
      #expect(error?.file == file.path)
      #expect(error?.found.hasPrefix(found) == true)
      // Without reading the features nothing is wrong.
      #expect(try FeatureStore(opening: location, validation: .structure).rowCount == rows)
      if row == 4096 {
        #expect(
          harnessError { try StoreSummary(of: FeatureStore(opening: location, validation: .structure)) }
            == error)
      }
    }
  }

  @Test("large and small rows with a direction are accepted")
  func extremeRows() throws {
    let file = RawFile(folder.file("extreme.h5"))
    file.numbers("features", [1e25, -1e25, 1e-9, 0, 1e-20, 1], shape: [3, 2])
    file.close()
    #expect(try FeatureStore(opening: StoreLocation(path: file.path)).features()[0, 1] == -1e25)
  }

  @Test("mirrored features are checked like the features")
  func badFlipped() {
    let error = error { file in
      var flipped = doubles(ramp(4, 3))
      flipped[7] = .nan
      file.numbers("features_flipped", flipped, shape: [4, 3])
    }
    #expect(error?.place == "features_flipped, row 2")
    #expect(error?.found == "NaN in column 1")
  }

  @Test("mirrored features of another shape are refused")
  func flippedShape() {
    let error = error { $0.numbers("features_flipped", doubles(ramp(4, 2)), shape: [4, 2]) }
    #expect(error?.place == "features_flipped")
    #expect(error?.found == "float32 of shape [4, 2]")
  }

  @Test("a gap in the labels is refused with the missing label and the first row after it")
  func labelGap() {
    let error = error { $0.numbers("labels", [0, 5, 3, 1], as: .int(bytes: 4)) }
    #expect(error?.place == "labels, row 2")
    #expect(error?.found == "the label 3, but no row has the label 2")
    #expect(error?.expected == "labels from 0 to 5 without gaps")
  }

  @Test("labels that begin at 1 are refused")
  func labelsFromOne() {
    let error = error { $0.numbers("labels", [1, 1, 2, 3], as: .int(bytes: 8)) }
    #expect(error?.found == "the label 1, but no row has the label 0")
    #expect(error?.place == "labels, row 0")
  }

  @Test("a negative label is refused with its row")
  func negativeLabel() {
    let error = error { $0.numbers("labels", [0, 1, -1, 0], as: .int(bytes: 8)) }
    #expect(error?.place == "labels, row 2")
    #expect(error?.found == "the label -1")
  }

  @Test("a label beyond any number of rows is refused with its row")
  func hugeLabel() {
    #expect(
      error { $0.integers("labels", [0, 1, 2, 1 << 40]) }?.place == "labels, row 3")
  }

  @Test("labels that are no integers are refused")
  func realLabels() {
    #expect(error { $0.numbers("labels", [0, 1, 2, 3]) }?.found == "elements of type float32")
  }

  @Test(
    "a dataset of another length than the features is refused with both lengths",
    arguments: ["labels", "media", "templates", "pose", "quality", "names"])
  func wrongLength(dataset: String) {
    let error = error { file in
      switch dataset {
      case "names": file.strings(dataset, ["a", "b", "c"])
      case "quality": file.numbers(dataset, [0, 0, 0])
      default: file.numbers(dataset, [0, 0, 0], as: .int(bytes: 8))
      }
    }
    #expect(error?.place == dataset)
    #expect(error?.found == "3 entries")
    #expect(error?.expected == "4, one for each row of `features`")
  }

  @Test("a side dataset of two dimensions is refused")
  func wrongRank() {
    let error = error { $0.numbers("labels", [0, 1, 2, 3], shape: [4, 1], as: .int(bytes: 8)) }
    #expect(error?.found == "the shape [4, 1]")
    #expect(error?.place == "labels")
  }

  @Test("a name that two rows share is refused with both rows")
  func duplicateName() {
    let error = error { $0.strings("names", ["a", "b", "a", "c"]) }
    #expect(error?.place == "names, row 2")
    #expect(error?.found == "the name `a`, which row 0 has as well")
  }

  @Test("names that are no strings are refused")
  func numericNames() {
    #expect(error { $0.numbers("names", [1, 2, 3, 4]) }?.expected == "UTF-8 strings")
  }

  @Test("a name that is not UTF-8 is refused with its row")
  func badUTF8() {
    let file = RawFile(folder.file("utf8.h5"))
    file.numbers("features", doubles(ramp(2, 2)), shape: [2, 2])
    file.fixedStrings("names", [[0x61], [0xe9, 0x61]], length: 2, padding: .nullPadded, utf8: false)
    file.close()
    #expect(
      harnessError { try FeatureStore(opening: StoreLocation(path: file.path)) }?.place == "/names, row 1")
  }

  @Test("UTF-8 names of any script find their rows")
  func unicodeNames() throws {
    let names = ["Zoë/1", "Łukasz/2", "写真/3", "😀"]
    let file = RawFile(folder.file("unicode.h5"))
    file.numbers("features", doubles(ramp(4, 3)), shape: [4, 3])
    file.strings("names", names)
    file.close()
    let store = try FeatureStore(opening: StoreLocation(path: file.path))
    #expect(try store.rowIndices(named: names.reversed()) == [3, 2, 1, 0])
  }

  @Test("quality must be finite")
  func badQuality() {
    let error = error { $0.numbers("quality", [0.5, .nan, 1, 1]) }
    #expect(error?.place == "quality, row 1")
  }

  @Test("pose must be 0 or 1")
  func badPose() {
    let error = error { $0.numbers("pose", [0, 1, 0, 2], as: .int(bytes: 1)) }
    #expect(error?.place == "pose, row 3")
    #expect(error?.expected == "0 (frontal) or 1 (profile)")
  }

  @Test("identities must be as many as the labels name")
  func identityCount() {
    let error = error { file in
      file.numbers("labels", [0, 1, 1, 0], as: .int(bytes: 4))
      file.strings("identities", ["Ann", "Bob", "Cid"])
    }
    #expect(error?.place == "identities")
    #expect(error?.found == "3 names")
    #expect(error?.expected == "2, one a label")
  }

  @Test("identities need labels")
  func identitiesWithoutLabels() {
    #expect(error { $0.strings("identities", ["Ann"]) }?.place == "identities")
  }

  @Test("another schema is refused")
  func otherSchema() {
    let error = error { $0.attribute("schema", "likeness/2") }
    #expect(error?.place == "attribute schema")
    #expect(error?.found == "`likeness/2`")
    #expect(error?.expected == "`likeness/1`")
  }

  @Test("a group where a dataset should be is refused")
  func groupForDataset() {
    let file = RawFile(folder.file("odd.h5"), groups: ["/labels"])
    file.numbers("features", doubles(ramp(2, 2)), shape: [2, 2])
    file.close()
    let error = harnessError { try FeatureStore(opening: StoreLocation(path: file.path)) }
    #expect(error?.place == "labels")
    #expect(error?.expected == "a dataset")
  }

  @Test("errors in a group name the store as it is written")
  func errorsInGroups() {
    let error = error(in: "/train") { $0.numbers("/train/labels", [0, 2, 2, 2], as: .int(bytes: 4)) }
    #expect(error?.file.hasSuffix("bad.h5#train") == true)
    #expect(error?.place == "labels, row 1")
  }

  @Test("everything the schema knows reads, narrower and wider integers too, and unknown datasets are listed")
  func everything() throws {
    let file = RawFile(folder.file("all.h5"))
    file.numbers("features", doubles(ramp(4, 3)), shape: [4, 3])
    file.numbers("labels", [1, 0, 1, 2], as: .uint(bytes: 2))
    file.strings("names", ["a", "b", "c", "d"])
    file.integers("media", [-5, 1 << 40, 0, 7], bigEndian: true)
    file.numbers("templates", [3, 3, 4, 4], as: .int(bytes: 4))
    file.numbers("quality", [0.25, -1, 0, 8], as: .half, bigEndian: true)
    file.strings("identities", ["Ann", "Bob", "Bob"])
    file.numbers("pose", [0, 1, 1, 0], as: .int(bytes: 8))
    file.numbers("landmarks", [1, 2, 3, 4], as: .double)
    file.compound("boxes", count: 4)
    file.attribute("source", "somewhere")
    file.attribute("schema", "likeness/1")
    file.attribute("metric", "cosine")
    file.numbers("version", [3], shape: [], attributeOf: "/")
    file.close()
    let store = try FeatureStore(opening: StoreLocation(path: file.path))
    #expect(store.labels == [1, 0, 1, 2])
    #expect(store.media == [-5, 1 << 40, 0, 7])
    #expect(store.templates == [3, 3, 4, 4])
    #expect(store.quality == [0.25, -1, 0, 8])
    #expect(store.identities == ["Ann", "Bob", "Bob"])
    #expect(store.pose == [0, 1, 1, 0])
    #expect(store.unknownDatasets == ["boxes", "landmarks"])
    #expect(store.attributes == StoreAttributes(source: "somewhere", other: ["metric": "cosine"]))
    #expect(store.attributes.named.map(\.name) == ["metric", "schema", "source"])
  }
}
