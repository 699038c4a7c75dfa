import FeatureStores
import TestSupport
import Testing

@Suite("Golden files", .enabled(if: SharedData.goldenIsAvailable, "needs ../shared"))
struct GoldenFileTests {
  @Test(
    "every dataset and attribute reads",
    arguments: ["ijb", "losses", "megaface", "multiface", "roc", "sst", "statistics", "verification"])
  func everythingReads(file: String) throws {
    var datasets = 0
    for group in try GoldenFile(file).root.descendants() {
      for (name, value) in try group.attributes() {
        if case .unreadable(let type) = value { Issue.record("\(group.path): attribute \(name) is \(type)") }
      }
      _ = try group.hyperParameters()
      for name in try group.datasetNames() {
        let array = try group.array(name)
        #expect(array.elements.count == array.shape.reduce(1, *), "\(group.path)/\(name)")
        datasets += 1
      }
    }
    #expect(datasets > 0)
  }

  @Test("an ArcFace case has the shapes and hyper-parameters that its attributes tell")
  func arcFaceCase() throws {
    let variant = try GoldenFile("losses").group("/arcface/insightface")
    #expect(try variant.string(attribute: "peer") != nil)
    let parameters = try variant.hyperParameters()
    #expect(parameters["s"]?.number == (try variant.number(attribute: "hp_s")))
    let example = try #require(try variant.groups().first { try $0.has("features") })
    let features = try example.matrix("features")
    let weights = try example.matrix("weights")
    #expect(try example.integers("labels").count == features.rows)
    #expect(try example.matrix("cosine").columns == weights.rows)
    #expect(try example.scalar("loss").isFinite)
  }
}
