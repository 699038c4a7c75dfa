import FeatureStores
import Foundation
import TestSupport
import Testing

/// `likeness validate` as a user runs it.
struct ValidateTests {
  private let small: SmallProtocol
  private var folder: TemporaryFolder { small.folder }

  init() throws { small = try SmallProtocol() }

  private func run(_ arguments: String...) throws -> ProcessResult { try small.run(arguments) }

  @Test func theExitStatusIsThatOfTheWorstFinding() throws {
    let good = try run("validate", "--protocol", "list.yaml", "--store", "store.h5")
    #expect(good.status == 0 && good.errors == "")
    #expect(good.output == "list.yaml, store.h5: 0 errors, 0 warnings, 0 notes\n")
    let list = try #require(FileManager.default.contents(atPath: folder.file("lists/p.txt")))
    try small.write("strict", digest: Digest.sha256(list), far: "[0.5, 0.1]")
    let warned = try run(
      "validate", "--protocol", "list.yaml", "--protocol", "strict.yaml", "--store", "store.h5")
    #expect(warned.status == 1)
    #expect(
      warned.output.hasPrefix(
        "warning: strict.yaml, far: FAR 0.1 needs more than the 2 impostor pairs; the smallest FAR is 0.5\n  It is"
      ))
    let other = String(repeating: "0", count: 64)
    try small.write("other", digest: other)
    let refused = try run("validate", "--protocol", "other.yaml", "--lists", "lists")
    #expect(refused.status == 65)
    #expect(
      refused.output.hasPrefix(
        "error: lists/p.txt: a file with SHA-256 \(Digest.sha256(list)); expected \(other)\n"))
  }

  @Test func findingsAreJSONWhereItIsAskedFor() throws {
    let result = try run(
      "validate", "--protocol", "list.yaml", "--store", "store.h5", "--train", "store.h5", "--format", "json")
    #expect(result.status == 65)
    struct Report: Decodable {
      struct Finding: Decodable {
        var severity: String
        var check: String
      }
      var protocols: [String]
      var stores: [String]
      var findings: [Finding]
    }
    let report = try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
    #expect(report.protocols == ["list.yaml"] && report.stores == ["store.h5", "store.h5"])
    // Everything of the store trains: four people, six images, six rows.
    #expect(report.findings.count { $0.check == "training-overlap" && $0.severity == "error" } == 16)
  }

  @Test func withoutAProtocolTheFolderOfProtocolsIsRead() throws {
    #expect(try run("validate").status == 66)
    try FileManager.default.createDirectory(
      atPath: folder.file("protocols"), withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: folder.file("list.yaml"), toPath: folder.file("protocols/list.yaml"))
    let good = try run("validate")
    #expect(good.status == 0 && good.output == "protocols/list.yaml: 0 errors, 0 warnings, 0 notes\n")
    try AtomicFile.write(
      "name: x\nkind: pair-verification\nfar: [0.1]\n", to: folder.file("protocols/x.yaml"))
    let bad = try run("validate")
    #expect(bad.status == 65 && bad.output.hasPrefix("error: protocols/x.yaml, "))
    #expect(try run("validate", "--protocol", "list.yaml").status == 64)
    #expect(try run("validate", "--train", "store.h5").status == 64)
  }
}
