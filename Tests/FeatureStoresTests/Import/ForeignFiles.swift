import Foundation
import LinearAlgebra
import TestSupport

@testable import FeatureStores

/// Archives as NumPy 2.4.6 wrote them, byte by byte, of `a = np.array([[1, 2.5, -3], [0.25, 4, 65504]], dtype="<f4")`.
enum NumPyArchives {
  static let features = Matrix<Float>([[1, 2.5, -3], [0.25, 4, 65504]])

  /// `np.savez(features=a, names=np.array(["Ann/1", "Zoë/2"]), labels=np.array([1, 0]), identities=np.array(["Zoë", "Ann"]))`
  static let stored = decoded(
    """
    UEsDBC0AAAAAAAAAIQBe6+Q0//////////8MABQAZmVhdHVyZXMubnB5AQAQAJgAAAAAAAAAmAAAAAAAAACTTlVNUFkBAHYAeydk
    ZXNjcic6ICc8ZjQnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAg
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgCgAAgD8AACBAAABAwAAAgD4AAIBAAOB/R1BLAwQtAAAAAAAA
    ACEAMwoCOf//////////CQAUAG5hbWVzLm5weQEAEACoAAAAAAAAAKgAAAAAAAAAk05VTVBZAQB2AHsnZGVzY3InOiAnPFU1Jywg
    J2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg
    ICAgICAgICAgICAgICAgICAgICAgICAgIApBAAAAbgAAAG4AAAAvAAAAMQAAAFoAAABvAAAA6wAAAC8AAAAyAAAAUEsDBC0AAAAA
    AAAAIQBx+zmr//////////8KABQAbGFiZWxzLm5weQEAEACQAAAAAAAAAJAAAAAAAAAAk05VTVBZAQB2AHsnZGVzY3InOiAnPGk4
    JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBAAAAAAAAAAAAAAAAAAAAUEsDBC0AAAAAAAAAIQDAVTAu//////////8OABQA
    aWRlbnRpdGllcy5ucHkBABAAmAAAAAAAAACYAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxVMycsICdmb3J0cmFuX29yZGVy
    JzogRmFsc2UsICdzaGFwZSc6ICgyLCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg
    ICAgICAgICAgICAKWgAAAG8AAADrAAAAQQAAAG4AAABuAAAAUEsBAi0DLQAAAAAAAAAhAF7r5DSYAAAAmAAAAAwAAAAAAAAAAAAA
    AIABAAAAAGZlYXR1cmVzLm5weVBLAQItAy0AAAAAAAAAIQAzCgI5qAAAAKgAAAAJAAAAAAAAAAAAAACAAdYAAABuYW1lcy5ucHlQ
    SwECLQMtAAAAAAAAACEAcfs5q5AAAACQAAAACgAAAAAAAAAAAAAAgAG5AQAAbGFiZWxzLm5weVBLAQItAy0AAAAAAAAAIQDAVTAu
    mAAAAJgAAAAOAAAAAAAAAAAAAACAAYUCAABpZGVudGl0aWVzLm5weVBLBQYAAAAABAAEAOUAAABdAwAAAAA=
    """)

  /// `np.savez_compressed(embeddings=a.astype("f8"), features_flipped=a.astype("f2"), quality=np.array([0.5, 1.0]), names=np.array([b"x", b"yy"]))`
  static let deflated = decoded(
    """
    UEsDBC0AAAAIAAAAIQChMjK9//////////8OABQAZW1iZWRkaW5ncy5ucHkBABAAsAAAAAAAAABdAAAAAAAAAJvsF+obEMnIUMZQ
    rZ6SWpxcpG6loG6TZqGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgYw+GAPoVkcIDTHAQh9ASou
    ABH/894BAFBLAwQtAAAACAAAACEA+s+ht///////////FAAUAGZlYXR1cmVzX2ZsaXBwZWQubnB5AQAQAIwAAAAAAAAAUgAAAAAA
    AACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2akrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOgrGmjoKtQpkAy4GGwZH
    hkMMJgwu/6sBUEsDBC0AAAAIAAAAIQCcVwJM//////////8LABQAcXVhbGl0eS5ucHkBABAAkAAAAAAAAABNAAAAAAAAAJvsF+ob
    EMnIUMZQrZ6SWpxcpG6loG6TZqGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6mjoKtQoUAC4GMHhgD6E/2AMAUEsD
    BC0AAAAIAAAAIQCuAUco//////////8JABQAbmFtZXMubnB5AQAQAIQAAAAAAAAASAAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRu
    paBeE2ykrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOpo6CrUKFACuCobKSgBQSwECLQMtAAAACAAAACEAoTIyvV0A
    AACwAAAADgAAAAAAAAAAAAAAgAEAAAAAZW1iZWRkaW5ncy5ucHlQSwECLQMtAAAACAAAACEA+s+ht1IAAACMAAAAFAAAAAAAAAAA
    AAAAgAGdAAAAZmVhdHVyZXNfZmxpcHBlZC5ucHlQSwECLQMtAAAACAAAACEAnFcCTE0AAACQAAAACwAAAAAAAAAAAAAAgAE1AQAA
    cXVhbGl0eS5ucHlQSwECLQMtAAAACAAAACEArgFHKEgAAACEAAAACQAAAAAAAAAAAAAAgAG/AQAAbmFtZXMubnB5UEsFBgAAAAAE
    AAQA7gAAAEICAAAAAA==
    """)

  /// `np.savez_compressed(np.asfortranarray(a))`
  static let columnMajor = decoded(
    """
    UEsDBC0AAAAIAAAAIQC5bUlh//////////8JABQAYXJyXzAubnB5AQAQAJgAAAAAAAAAWQAAAAAAAACb7BfqGxDJyFDGUK2eklqc
    XKRupaBuk2airqOgnpZfVFKUmBefX5SSChIPKSpNBQoXZyQWpAK5GkY6CsaaOgq1CuQDLgaGBnsgtmNgUHAA0kDscIDhQb07AFBL
    AQItAy0AAAAIAAAAIQC5bUlhWQAAAJgAAAAJAAAAAAAAAAAAAACAAQAAAABhcnJfMC5ucHlQSwUGAAAAAAEAAQA3AAAAlAAAAAAA
    """)

  private static func decoded(_ text: String) -> [UInt8] {
    [UInt8](Data(base64Encoded: text.filter { !$0.isNewline }) ?? Data())
  }
}

/// A NumPy file made by hand.
func npy(
  _ descriptor: String, shape: String, fortranOrder: Bool = false, version: UInt8 = 1, _ data: [UInt8]
) -> [UInt8] {
  let header = Array(
    "{'descr': \(descriptor), 'fortran_order': \(fortranOrder ? "True" : "False"), 'shape': \(shape), }\n"
      .utf8
  )
  let length = (0..<(version == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
  return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + header + data
}

/// The bytes of numbers, least or most significant first.
func bytes<Number: FixedWidthInteger>(_ numbers: [Number], bigEndian: Bool = false) -> [UInt8] {
  numbers.flatMap { number -> [UInt8] in
    let bytes = (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> Number($0 * 8)) }
    return bigEndian ? bytes.reversed() : bytes
  }
}

/// An OpenCV matrix made by hand.
func openCV(_ header: [UInt32], _ values: [Float]) -> [UInt8] {
  bytes(header) + bytes(values.map(\.bitPattern))
}

extension FeatureImport {
  /// Writes the store to a new folder and reads everything back.
  func stored() throws -> FeatureStoreContents {
    let folder = try TemporaryFolder()
    let location = StoreLocation(path: folder.file("store.h5"))
    try write(to: location)
    return try FeatureStoreContents(FeatureStore(opening: location))
  }
}
