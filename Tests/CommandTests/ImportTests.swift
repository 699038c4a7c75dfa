import FeatureStores
import Foundation
import TestSupport
import Testing

/// `likeness import` as a user runs it.
struct ImportTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    // NumPy's format, version 1: two rows of three little-endian floats.
    let header = Array("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n".utf8)
    let numbers: [Float] = [1, 2.5, -3, 0.25, 4, 65504]
    let data = numbers.flatMap { number in
      (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) }
    }
    try AtomicFile.write(
      Data([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count), 0] + header + data),
      to: folder.file("embeddings.npy"))
    try AtomicFile.write("Ann/1.jpg\nBo/1.jpg\n", to: folder.file("names.txt"))
    try AtomicFile.write("Ann\nBo\n", to: folder.file("people.txt"))
  }

  private func run(_ arguments: String...) throws -> ProcessResult {
    try ProcessResult(
      LikenessProgram.path, ["import"] + arguments, environment: ProcessInfo.processInfo.environment,
      folder: folder.path)
  }

  @Test func anArrayWithNamesBecomesAStoreThatInspectShows() throws {
    let result = try run(
      "embeddings.npy", "--names", "names.txt", "--drop-extensions", "--identities", "people.txt",
      "--extractor",
      "a network", "--output", "store.h5")
    #expect(result.status == 0 && result.errors == "", "\(result.errors)")
    #expect(result.output == "store.h5: 2 rows × 3\n")
    let inspection = try LikenessProgram.run("inspect", "store.h5", folder: folder.path)
    #expect(inspection.output.hasPrefix("store.h5: 2 rows × 3\n"))
    #expect(inspection.output.contains("extractor: a network\n"))
    let store = try FeatureStore(opening: StoreLocation(path: folder.file("store.h5")))
    #expect(
      store.names == ["Ann/1", "Bo/1"] && store.labels == [0, 1] && store.identities == ["Ann", "Bo"])
    #expect(try store.features().elements == [1, 2.5, -3, 0.25, 4, 65504])
  }

  @Test func theLayoutIsAnOptionAndChangesNoNumberOfThese() throws {
    #expect(
      try run("embeddings.npy", "--names", "names.txt", "--float16", "--gzip", "4", "--output", "half.h5")
        .status == 0)
    let store = try FeatureStore(opening: StoreLocation(path: folder.file("half.h5")))
    #expect(try store.features().elements == [1, 2.5, -3, 0.25, 4, 65504])
  }

  @Test func whatIsThereIsNotReplacedUnasked() throws {
    #expect(try run("embeddings.npy", "--names", "names.txt", "--output", "store.h5").status == 0)
    let before = try #require(FileManager.default.contents(atPath: folder.file("store.h5")))
    let again = try run("embeddings.npy", "--output", "store.h5")
    #expect(again.status == 73 && again.errors.contains("something is there already"))
    #expect(FileManager.default.contents(atPath: folder.file("store.h5")) == before)
    // Another group of the file, and the same one when it is asked for.
    #expect(try run("embeddings.npy", "--output", "store.h5#other").status == 0)
    let replaced = try run("embeddings.npy", "--output", "store.h5", "--replace")
    #expect(replaced.status == 0 && replaced.errors.contains("without names"))
  }

  @Test func theExitStatusSaysWhatIsWrongAndNothingIsLeft() throws {
    try AtomicFile.write("one\n", to: folder.file("short.txt"))
    try AtomicFile.write(Data([0x50, 0x4b, 3, 4, 0]), to: folder.file("damaged.npz"))
    let before = try folder.contents()
    for (arguments, status, message) in [
      (["nothing.npy", "--output", "s.h5"], 66, "nothing.npy: no such file"),
      (["damaged.npz", "--output", "s.h5"], 65, "damaged.npz: no end record of a zip archive"),
      (["embeddings.npy", "--names", "short.txt", "--output", "s.h5"], 65, "short.txt: 1 names; expected 2"),
      (["embeddings.npy", "--output", "nowhere/s.h5"], 73, "nowhere/s.h5"),
      (["embeddings.npy", "--column", "nonsense", "--output", "s.h5"], 64, "--column is PART=HEADER"),
      (["embeddings.npy", "--list", "l.json", "--output", "s.h5"], 64, "0 folders and 1 lists"),
      (["embeddings.npy"], 64, "--output"),
    ] as [([String], Int32, String)] {
      let result = try ProcessResult(
        LikenessProgram.path, ["import"] + arguments, environment: ProcessInfo.processInfo.environment,
        folder: folder.path)
      #expect(result.status == status && result.output == "", "\(arguments): \(result.errors)")
      #expect(result.errors.contains(message), "\(arguments): \(result.errors)")
      #expect(try folder.contents() == before, "\(arguments)")
    }
  }
}
