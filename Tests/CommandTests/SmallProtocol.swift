import FeatureStores
import Foundation
import LinearAlgebra
import TestSupport

/// A folder with a list of four pairs, its protocol `list.yaml`, and a store of its images.
struct SmallProtocol {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("lists"), withIntermediateDirectories: true)
    let list = "1 Ann/1 Ann/2 1\n1 Bo/1 Ann/1 -1\n2 Cy/1 Cy/2 1\n2 Cy/1 Di/1 -1\n"
    try AtomicFile.write(list, to: folder.file("lists/p.txt"))
    try write("list", digest: Digest.sha256(list))
    let names = ["Ann/1", "Ann/2", "Bo/1", "Cy/1", "Cy/2", "Di/1"]
    let rows = names.indices.map { [Float(cos(Double($0))), Float(sin(Double($0)))] }
    try FeatureStoreContents(
      features: Matrix(rows),
      metadata: StoreMetadata(
        labels: [0, 0, 1, 2, 2, 3], names: names, identities: ["Ann", "Bo", "Cy", "Di"])
    ).write(to: StoreLocation(path: folder.file("store.h5")))
  }

  func write(_ name: String, digest: String, far: String = "[0.5]") throws {
    try AtomicFile.write(
      """
      name: \(name)
      kind: pair-verification
      lists: {format: split-pairs, pairs: p.txt, identities: folder, sha256: {p.txt: \(digest)}}
      folds: 2
      far: \(far)
      """, to: folder.file("\(name).yaml"))
  }

  func run(_ arguments: [String]) throws -> ProcessResult {
    try ProcessResult(
      LikenessProgram.path, arguments, environment: ProcessInfo.processInfo.environment, folder: folder.path)
  }
}
