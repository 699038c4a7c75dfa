import FeatureStores
import TestSupport
import Testing

@Suite("Real stores", .enabled(if: SharedData.isAvailable, "needs ../shared"))
struct RealStoreTests {
  @Test(
    "open with their stated shapes and identities",
    arguments: [
      ("lfw_dlib.h5", 13233, 128, 5749), ("lfw_mobileface_v2.h5", 13233, 256, 5749),
      ("cfp_dlib.h5", 7000, 128, 500),
      ("cfp_mobileface_v2.h5", 7000, 256, 500),
    ])
  func shapes(file: String, rows: Int, dimension: Int, identities: Int) throws {
    let store = try FeatureStore(opening: StoreLocation(SharedData.data(file)))
    #expect(store.rowCount == rows && store.dimension == dimension)
    #expect(store.identityCount == identities && store.identities?.count == identities)
    #expect(store.names?.count == rows && store.unknownDatasets == [])
    #expect(store.attributes.schema == "likeness/1" && store.attributes.other.keys.sorted() == ["metric"])
  }

  @Test("LFW has its long tail")
  func longTail() throws {
    let store = try FeatureStore(
      opening: StoreLocation(SharedData.data("lfw_dlib.h5")), validation: .structure)
    let identities = try #require(try StoreSummary(of: store).identities)
    #expect(identities.histogram[0].identities == 4069)
    #expect(identities.histogram.dropFirst().map(\.identities).reduce(0, +) == 1680)
    #expect(identities.histogram.dropFirst(4).map(\.identities).reduce(0, +) == 158)
    #expect(identities.mostImages == 530)
    #expect(store.rowIndex(ofName: "Aaron_Eckhart/Aaron_Eckhart_0001") != nil)
  }

  @Test(
    "CFP's 28 repeated rows are found, and its poses", arguments: ["cfp_dlib.h5", "cfp_mobileface_v2.h5"])
  func duplicates(file: String) throws {
    let store = try FeatureStore(opening: StoreLocation(SharedData.data(file)), validation: .structure)
    let duplicates = try StoreSummary(of: store).duplicates
    #expect(duplicates.repeatedRows == 28)
    #expect(duplicates.groups == 27)
    #expect(duplicates.groupsAcrossIdentities == 0)
    #expect(duplicates.examples.first == ["013/frontal/08", "013/frontal/09"])
    let pose = try #require(store.pose)
    #expect(pose.prefix(14) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
    #expect(pose.count { $0 == 1 } == 2000)
  }
}
