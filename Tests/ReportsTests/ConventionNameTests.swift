import Evaluation
import Metrics
import Testing

@testable import Reports

/// What captions call the rules of a protocol.
struct ConventionNameTests {
  private func words(_ rules: DistractorConvention) throws -> String {
    try ConventionName(rules, rules.name, presets: DistractorConvention.presets.map { ($0.name, $0) }).words
  }

  @Test func aPresetIsCalledByItsName() throws {
    for preset in DistractorConvention.presets { #expect(try words(preset) == preset.name) }
  }

  @Test func anotherConventionIsToldByWhatItDiffersInFromTheNearestPreset() throws {
    var rules = DistractorConvention.likeness
    rules.name = "custom"
    rules.noise = .keep
    #expect(try words(rules) == "custom (likeness but noise keep)")
    rules.confidence = 0.9
    #expect(try words(rules) == "custom (likeness but confidence 0.9, noise keep)")
    // Nearer to another preset than to the default.
    rules = try #require(DistractorConvention.preset("megaface-next"))
    rules.name = "custom"
    rules.similarity = .innerProduct
    #expect(try words(rules) == "custom (megaface-next but similarity inner-product)")
  }

  @Test func fieldsWithinFieldsAreCalledAsProtocolsCallThem() throws {
    var rules = TemplateConvention.likeness
    rules.name = "custom"
    rules.pooling.detectorScore = false
    let name = try ConventionName(
      rules, rules.name, presets: TemplateConvention.presets.map { ($0.name, $0) })
    #expect(name.words == "custom (likeness but detector-score false)")
  }
}
