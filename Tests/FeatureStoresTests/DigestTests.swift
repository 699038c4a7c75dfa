import FeatureStores
import Foundation
import LinearAlgebra
import TestSupport
import Testing

@Suite("SHA-256")
struct DigestTests {
  @Test("the vectors of FIPS 180-4 and the empty message")
  func vectors() {
    #expect(
      Digest.sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      Digest.sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(
      Digest.sha256(Data()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test("a file in pieces has the digest of its bytes; a missing one is missing input")
  func files() throws {
    let folder = try TemporaryFolder()
    let data = Data(repeating: UInt8(ascii: "a"), count: 3_000_000)
    try data.write(to: URL(fileURLWithPath: folder.file("a")))
    #expect(try Digest.sha256(file: folder.file("a")) == Digest.sha256(data))
    #expect(harnessError { try Digest.sha256(file: folder.file("b")) }?.kind == .missingInput)
  }
}

@Suite("Digests of stores")
struct StoreDigestTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var contents: FeatureStoreContents {
    FeatureStoreContents(
      features: Matrix([[1, -2.5, 0.125], [0.5, 3, -64]]),
      flippedFeatures: Matrix([[2, 0, 0], [0, -1, 0]]),
      metadata: StoreMetadata(
        labels: [1, 0], names: ["Zoë/1", "b"], media: [-1, 1 << 40], templates: [7, 8],
        quality: [0.5, -0.25],
        identities: ["Ann", ""], pose: [0, 1], attributes: StoreAttributes(created: "2026-01-01")))
  }

  private func digest(_ contents: FeatureStoreContents, _ layout: StoreLayout = .contiguous) throws -> String
  {
    let location = StoreLocation(path: folder.file("digest.h5"))
    try contents.write(to: location, options: layout)
    return try FeatureStore(opening: location).digest()
  }

  @Test("is that of the documented bytes")
  func value() throws {
    // Computed from the documentation with another program (Python's struct and hashlib).
    #expect(try digest(contents) == "045e7dc32c5a5766fc235b36283306193da10669b9deb466d59dc60bffb35adf")
  }

  @Test(
    "does not change with layout, precision, byte order, width of labels, attributes and unknown datasets")
  func invariance() throws {
    let expected = try digest(contents)
    for layout: StoreLayout in [.chunked(rows: 1), .gzip(level: 9, rows: 2), .float16] {
      #expect(try digest(contents, layout) == expected, "\(layout)")
    }
    var other = contents
    other.metadata.attributes = StoreAttributes(source: "elsewhere")
    #expect(try digest(other) == expected)
    let file = RawFile(folder.file("raw.h5"), groups: ["/g"])
    file.numbers("g/features", doubles(contents.features), shape: [2, 3], as: .half, bigEndian: true)
    file.numbers("g/features_flipped", doubles(contents.flippedFeatures!), shape: [2, 3], bigEndian: true)
    file.numbers("g/labels", [1, 0], as: .int(bytes: 8), bigEndian: true)
    file.fixedStrings("g/names", ["Zoë/1", "b"].map { Array($0.utf8) }, length: 9, padding: .spacePadded)
    file.integers("g/media", [-1, 1 << 40], bigEndian: true)
    file.numbers("g/templates", [7, 8], as: .uint(bytes: 1))
    file.numbers("g/quality", [0.5, -0.25], bigEndian: true)
    file.strings("g/identities", ["Ann", ""])
    file.numbers("g/pose", [0, 1], as: .int(bytes: 1))
    file.numbers("g/extra", [1, 2, 3])
    file.close()
    #expect(try FeatureStore(opening: StoreLocation(path: file.path, group: "g")).digest() == expected)
  }

  @Test("changes with every value, name and dataset of the schema")
  func sensitivity() throws {
    var digests = [try digest(contents)]
    func add(_ change: (inout FeatureStoreContents) -> Void) throws {
      var changed = contents
      change(&changed)
      digests.append(try digest(changed))
    }
    try add { $0.features[1, 2] = -63.9 }
    try add {
      $0.features = Matrix([[1, -2.5], [0.5, 3]])
      $0.flippedFeatures = nil
    }
    try add { $0.flippedFeatures = nil }
    try add { $0.flippedFeatures![0, 1] = 1 }
    try add { $0.metadata.labels = [0, 1] }
    try add { $0.metadata.names = ["Zoë/1", "c"] }
    try add { $0.metadata.names = nil }
    try add { $0.metadata.media = [-1, 1] }
    try add { $0.metadata.media = nil }
    try add { $0.metadata.templates = [7, 9] }
    try add { $0.metadata.quality = [0.5, 0.25] }
    try add { $0.metadata.identities = ["An", "n"] }
    try add { $0.metadata.identities = ["A", "nn"] }
    try add { $0.metadata.pose = [1, 1] }
    #expect(Set(digests).count == digests.count)
  }
}
