import Evaluation
import FeatureStores
import Foundation
import Metrics
import TestSupport
import Testing

@Suite("Protocol definitions")
struct ProtocolDefinitionTests {
  static let folder = SharedData.repositoryRoot + "/protocols"

  @Test func `Every protocol in the folder is read, is named like its file, and survives coding`() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder).sorted()
    #expect(
      Set(files).isSuperset(of: [
        "agedb-30.yaml", "calfw.yaml", "cfp-ff.yaml", "cfp-fp.yaml", "cplfw.yaml", "lfw.yaml",
        "synthetic-agedb-30.yaml", "synthetic-calfw.yaml", "synthetic-cfp-ff.yaml", "synthetic-cfp-fp.yaml",
        "synthetic-cplfw.yaml", "synthetic-lfw.yaml",
      ]))
    for file in files where file.hasSuffix(".yaml") {
      let definition = try ProtocolDefinition(file: "\(Self.folder)/\(file)")
      #expect(definition.name + ".yaml" == file)
      let data = try JSONEncoder().encode(definition)
      #expect(try JSONDecoder().decode(ProtocolDefinition.self, from: data) == definition)
    }
  }

  @Test func `The default rules are the documented ones`() throws {
    let settings = try #require(
      try ProtocolDefinition.located("lfw", folder: Self.folder).pairVerification)
    #expect(settings.folds == 10 && settings.pairs == 6000 && settings.balanced)
    #expect(settings.missing == .error)
    #expect(settings.targetFARs == [0.1, 0.01, 0.001])
    let convention = settings.convention
    #expect(convention == VerificationConvention(name: "likeness"))
    #expect(convention.similarity == .cosine)
    #expect(convention.threshold.candidates == .midpoints)
    #expect(convention.threshold.acceptance == .atLeast)
    #expect(convention.threshold.ties == .highest)
    #expect(convention.farRule == .atMost)
    #expect(convention.equalErrorRate == .linear)
    #expect(convention.interval == .clopperPearson && convention.confidence == 0.95)
  }

  @Test func `Fields over a preset make a convention of its own`() throws {
    let definition = try definition(
      "{format: lfw}",
      """
      similarity: negative-l2
      convention:
        preset: facexzoo
        threshold: {candidates: {span: 500}, accept: atLeast, ties: highest}
        far-rule: next
        confidence: 0.9
      """)
    let convention = try #require(definition.pairVerification).convention
    #expect(convention.name == "custom")
    #expect(convention.similarity == .negativeL2)
    #expect(convention.threshold.candidates == .span(count: 500))
    #expect(convention.threshold.objective == .youden)
    #expect(convention.farRule == .next)
    #expect(convention.confidence == 0.9)
    let grid = try Self.convention("{threshold: {candidates: {distance-grid: {step: 0.5, count: 4}}}}")
    #expect(grid.threshold.candidates == .distanceGrid(step: 0.5, count: 4))
    #expect(try Self.convention("insightface") == VerificationConvention.preset("insightface"))
    #expect(try Self.convention("{preset: pfe}").name == "pfe")
  }

  private static func convention(_ text: String) throws -> VerificationConvention {
    try #require(try definition("{format: lfw}", "convention: \(text)").pairVerification).convention
  }

  @Test(
    arguments: [
      ("kind: pair-verfication", "‘pair-verfication’", "Did you mean ‘pair-verification’?"),
      ("misssing: error", "the unknown key ‘misssing’", "Did you mean ‘missing’?"),
      ("missing: reject", "‘reject’", nil), ("folds: 0", "‘0’", nil), ("far: [0.1, 0]", "‘0’", nil),
      ("far: [0.1, 1.0e-1]", "‘1.0e-1’ a second time", nil), ("far: []", "no rates", nil),
      ("similarity: cosin", "‘cosin’", "Did you mean ‘cosine’?"), ("name: a/b", "‘a/b’", nil),
      ("lists: {format: lwf}", "‘lwf’", "Did you mean ‘lfw’?"),
      ("lists: {format: lfw, first: F.txt}", "the unknown key ‘first’", nil),
      ("lists: {pairs: p.txt}", "no ‘format’", nil), ("lists: {format: cfp}", "no ‘first’", nil),
      ("convention: insigthface", "‘insigthface’", "Did you mean ‘insightface’?"),
      ("convention: {confidence: 1}", "‘1’", nil),
      (
        "convention: {threshold: {candidates: {span: 5, distance-grid: {step: 1, count: 1}}}}",
        "not one kind of candidates", nil
      ),
      ("convention: {threshold: {candidates: {distance-grid: {step: 0, count: 1}}}}", "‘0’", nil),
      ("names: {prefx: a}", "the unknown key ‘prefx’", "Did you mean ‘prefix’?"),
    ] as [(String, String, String?)])
  func `A wrong field is refused with file, line and the nearest name`(
    field: String, found: String, advice: String?
  ) throws {
    let key = field.prefix { $0 != ":" }
    let usual = [
      "name: test", "kind: pair-verification", "lists: {format: lfw}", "folds: 2", "far: [0.1]",
    ].filter { !$0.hasPrefix(key + ":") }
    let text = (usual + [field]).joined(separator: "\n") + "\n"
    let error = try harnessError { try ProtocolDefinition(text: text, file: "p.yaml") }
    #expect(error.file == "p.yaml")
    #expect(error.place?.hasPrefix("line ") == true, "\(error)")
    #expect(error.found == found)
    if let advice { #expect(error.advice == advice) }
  }

  @Test func `An unknown name lists the known ones and suggests the nearest`() throws {
    let error = try harnessError { try ProtocolDefinition.located("cfp_fp", folder: Self.folder) }
    #expect(error.kind == .missingInput)
    #expect(error.expected?.contains("agedb-30, bfw, blufr, calfw, cfp-ff, cfp-fp, cplfw, ijba") == true)
    #expect(error.advice == "Did you mean ‘cfp-fp’?")
    let none = try harnessError { try ProtocolDefinition.located("lfw", folder: "/nowhere") }
    #expect(none.kind == .missingInput)
  }

  @Test func `A list that is not there is asked for, with what the protocol knows of it`() throws {
    let folder = try TemporaryFolder()
    for (notes, known) in [
      ("", ""), ("notes: Of http://lists.example.", " The protocol's notes: Of http://lists.example."),
    ] {
      let protocolFile = try ProtocolDefinition(
        text: """
          name: test
          kind: pair-verification
          lists: {format: lfw}
          folds: 2
          far: [0.1]
          \(notes)
          """, file: "p.yaml")
      let error = try harnessError {
        try protocolFile.task(lists: folder.path, names: ["a", "b"], source: "store.h5")
      }
      #expect(error.kind == .missingInput && error.file == folder.file("pairs.txt"))
      #expect(error.expected == "a list of the protocol ‘test’")
      #expect(
        error.advice
          == "Give the folder of its lists: --lists DIR, in an experiment ‘lists’ beside the protocol.\(known)"
      )
    }
  }

  @Test func `A file that is not the expected list is refused`() throws {
    let folder = try ListFolder(["pairs.txt": ListFormatTests.lfw])
    let digest = Digest.sha256(ListFormatTests.lfw)
    let good = try definition("{format: lfw, sha256: {pairs.txt: \(digest)}}")
    #expect(try good.listDigests(folder: folder.path) == [ListDigest(file: "pairs.txt", sha256: digest)])
    let bad = try definition("{format: lfw, sha256: {pairs.txt: 0\(digest.dropFirst())}}")
    let error = try harnessError { try bad.listDigests(folder: folder.path) }
    #expect(error.found.contains(digest))
    let advice = try #require(error.advice)
    #expect(
      advice.hasPrefix("It is not the list that the protocol was written for. For a list of your own, "))
    #expect(advice.contains("sha256sum") && advice.contains("‘sha256: {pairs.txt: DIGEST}’"))
    // As is advised.
    let own = try definition("{format: lfw, sha256: {pairs.txt: \(digest)}}")
    #expect(try own.listDigests(folder: folder.path).count == 1)
    #expect(try definition("{format: lfw}").listDigests(folder: folder.path).count == 1)
  }

  @Test func `The digests cover every file that a list is read from`() throws {
    let folder = try ListFolder(ListFormatTests.cfp)
    let files = try definition("{format: cfp, first: F.txt, second: P.txt, splits: S}")
      .listDigests(folder: folder.path).map(\.file)
    #expect(files == ["F.txt", "P.txt", "S/01/same.txt", "S/01/diff.txt", "S/02/same.txt", "S/02/diff.txt"])
    let frontal = try definition("{format: cfp, first: F.txt, second: F.txt, splits: S}")
      .listDigests(folder: folder.path).map(\.file)
    #expect(frontal.first == "F.txt" && frontal.count == 5)
  }
}
