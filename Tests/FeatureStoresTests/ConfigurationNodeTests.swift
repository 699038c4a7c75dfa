import FeatureStores
import Testing

/// Text that is not the YAML it should be.
struct ConfigurationNodeTests {
  private func complaint(_ text: String) -> HarnessError? {
    #expect(throws: HarnessError.self) { try ConfigurationNode(text: text, file: "broken.yaml") }
  }

  @Test(arguments: ["name: [1, 2\nnext: 3\n", "a: b: c\n", "text: \"open\n", "- 1\nkey: 2\n", "x: \u{1}\n"])
  func malformedTextIsAnErrorInOneLineThatNamesThePlace(text: String) throws {
    let error = try #require(complaint(text))
    #expect(error.file == "broken.yaml")
    #expect(error.place?.isEmpty == false)
    #expect(error.found.hasPrefix("text that is not YAML: "))
    #expect(!error.found.contains { $0.isNewline })
  }

  @Test func aKeyThatStandsTwiceIsNamed() throws {
    let error = try #require(complaint("margin: 1\nscale: 2\nmargin: 3\n"))
    #expect(error.found.contains("margin"))
    #expect(!error.found.contains { $0.isNewline })
  }

  @Test func anEmptyTextIsAnError() {
    #expect(complaint("")?.found == "an empty file")
  }
}
