import FeatureStores
import Foundation
import Testing

@Suite("Store locations")
struct StoreLocationTests {
  @Test(
    "text splits into file and group, and comes back",
    arguments: [
      ("a.h5", "a.h5", "/", "a.h5"),
      ("dir/a.h5#train", "dir/a.h5", "/train", "dir/a.h5#train"),
      ("a.h5#/train/deep/", "a.h5", "/train/deep", "a.h5#train/deep"),
      ("a.h5#", "a.h5", "/", "a.h5"),
      ("a.HDF5#g", "a.HDF5", "/g", "a.HDF5#g"),
      ("run#1/a.h5", "run#1/a.h5", "/", "run#1/a.h5"),
      ("run#1/a.h5#g", "run#1/a.h5", "/g", "run#1/a.h5#g"),
      ("a.h5#x#y", "a.h5", "/x#y", "a.h5#x#y"),
      ("store#g", "store", "/g", "store#g"),
      ("store", "store", "/", "store"),
    ])
  func parsing(text: String, path: String, group: String, description: String) throws {
    let location = StoreLocation(text)
    #expect(location.path == path)
    #expect(location.group == group)
    #expect(location.description == description)
    #expect(StoreLocation(location.description) == location)
  }

  @Test("a root group of a path with # and no extension is written so that it comes back")
  func ambiguous() {
    let location = StoreLocation(path: "run#1/store")
    #expect(location.description == "run#1/store#")
    #expect(StoreLocation(location.description) == location)
  }

  @Test("a location is one string in JSON")
  func coding() throws {
    let data = try JSONEncoder().encode([StoreLocation("a.h5#g")])
    #expect(String(decoding: data, as: UTF8.self) == #"["a.h5#g"]"#)
    #expect(
      try JSONDecoder().decode([StoreLocation].self, from: data) == [StoreLocation(path: "a.h5", group: "g")])
  }
}
