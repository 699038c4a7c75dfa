import LinearAlgebra
import TestSupport
import Testing

@testable import FeatureStores

/// The pitfalls of published evaluation code that concern stores, by their numbers in the list of twenty.
@Suite("Pitfalls of stores")
struct PitfallTests {
  @Test(arguments: [[Float.nan, 1], [.infinity, 1], [0, 0], [-Float.infinity, 0]])
  func
    `Pitfall 15: a row with a NaN, an infinity or no direction is refused where it is written and where it is read`(
      row: [Float]
    ) throws
  {
    let folder = try TemporaryFolder()
    let location = StoreLocation(path: folder.file("store.h5"))
    let features = Matrix<Float>([[1, 2], row, [3, 4]])
    let written = try #require(
      harnessError { try FeatureStoreContents(features: features).write(to: location) })
    #expect(written.kind == .badInput && written.place == "features, row 1")
    #expect(try folder.contents() == [])
    let file = RawFile(location.path)
    file.numbers("features", features.elements.map(Double.init), shape: [3, 2])
    file.close()
    let read = try #require(harnessError { try FeatureStore(opening: location) })
    #expect(read.place == "features, row 1" && read.found == written.found)
  }
}
