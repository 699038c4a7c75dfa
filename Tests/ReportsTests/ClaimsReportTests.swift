import FeatureStores
import Foundation
import Metrics
import TestSupport
import Testing

@testable import Experiments
@testable import Reports

@Suite("What claims come to")
struct ClaimsReportTests {
  private static let text = """
    claims:
      - id: faster
        paper: a paper
        statement: It is | faster.
        reading: Fewer steps.
        experiments: [experiment.yaml]
        losses: [normface]
        mechanism: {name: multiface, groups: 2}
        statistic: {name: speed-up}
        claimed: {from: 1.5, to: 3}
        tolerance: 0
      - id: better
        paper: a paper
        statement: It is better.
        reading: Higher accuracy.
        experiments: [experiment.yaml]
        mechanism: multiface
        statistic: {name: difference}
        claimed: {above: 0}
        tolerance: 0
      - id: as-small
        paper: a paper
        statement: It costs the same.
        reading: Operations of inference.
        experiments: [experiment.yaml]
        mechanism: multiface
        statistic: {name: diagnostic, diagnostic: cost, quantity: inference-operations, compare: ratio}
        claimed: {from: 1, to: 1}
        tolerance: 0
      - id: complementary
        paper: a paper
        statement: Groups complement each other.
        reading: The whole is better than each.
        experiments: [experiment.yaml]
        mechanism: multiface
        statistic: {name: diagnostic, diagnostic: groups, quantity: ensemble-gain, compare: value}
        claimed: {above: -1}
        tolerance: 0
    """

  private func study(_ made: DiagnosedExperiment, _ edit: (String) -> String = { $0 }) throws -> ClaimStudy {
    let file = made.folder.file("claims.yaml")
    try AtomicFile.write(edit(Self.text), to: file)
    return try ClaimStudy(ClaimFile(file: file), data: nil, results: made.results)
  }

  @Test func `Verdicts are those of the numbers, each in its scope`() async throws {
    let made = try await DiagnosedExperiment()
    let slow = [0.5, 0.5, 0.5, 0.9, 0.9, 0.9, 0.9]
    let fast = [0.5, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]
    try made.setCurve(loss: "NormFace", mechanism: "Conventional", [1: slow, 2: slow])
    try made.setCurve(loss: "NormFace", mechanism: "MultiFace", [1: fast, 2: fast])
    let study = try study(made)
    // Faster for one loss; the others for both.
    #expect(
      study.results.map(\.claim.id) == ["faster", "better", "better"] + Array(repeating: "as-small", count: 2)
        + Array(repeating: "complementary", count: 2))
    let faster = study.results[0]
    #expect(faster.verdict == .reproduced && faster.seeds == 2)
    #expect(abs(try #require(faster.estimate) - 2) < 1e-12)
    #expect(faster.scope.words == "on world tiny (train), network small")
    #expect(faster.scope.methods == "NormFace: MultiFace against Conventional")
    // The same as a table's comparison of the two rows.
    let report = try made.report()
    let rows = report.results.rows.filter { $0.row.loss == "CosFace" }
    let pair = OutcomePair(rows[1].outcomes("tiny-lfw"), rows[0].outcomes("tiny-lfw"))
    let difference = try #require(pair.resampled("accuracy", level: 0.95))
    #expect(
      study.results[2].estimate == difference.value && study.results[2].scope.protocolName == "tiny-lfw")
    #expect(study.results[2].interval == difference.lower...difference.upper)
    #expect(study.results[3].verdict == .reproduced && study.results[3].interval == 1...1)
    let groups = try #require(report.results.experiment.definition.diagnostics.first { $0.name == "groups" })
    let gains = try report.results.diagnostics(groups).filter {
      $0.run.row.loss == "NormFace" && $0.run.row.mechanism == "MultiFace"
    }.compactMap { entry -> Double? in
      guard let measured = entry.record.groups, let whole = measured.whole.accuracy else { return nil }
      return whole - (measured.alone.compactMap(\.accuracy).max() ?? .nan)
    }
    let gain = try #require(study.results[5].estimate)
    #expect(gains.count == 2 && abs(gain - (gains[0] + gains[1]) / 2) < 1e-12)
    // The other way round, nothing is in the range.
    try made.setCurve(loss: "NormFace", mechanism: "Conventional", [1: fast, 2: fast])
    try made.setCurve(loss: "NormFace", mechanism: "MultiFace", [1: slow, 2: slow])
    #expect(try self.study(made).results[0].verdict == .notReproduced)
    try made.setCurve(loss: "NormFace", mechanism: "MultiFace", [1: [0.5, 0.9, 0.9, 0.9, 0.9], 2: slow])
    try made.setCurve(loss: "NormFace", mechanism: "Conventional", [1: slow, 2: slow])
    #expect(try self.study(made).results[0].verdict == .inconclusive)
  }

  @Test func `What has not run is named with the command that makes it`() async throws {
    let made = try await DiagnosedExperiment(run: false)
    let study = try study(made)
    #expect(study.results.count == 4 && study.results.allSatisfy { $0.verdict == .notRun })
    #expect(
      study.results[0].command == "likeness run \(made.file) --results \(made.results)"
        && study.results[0].note == "its data are not there")
    #expect(!FileManager.default.fileExists(atPath: made.results), "nothing was generated")
    _ = try made.bound()
    let bound = try self.study(made)
    #expect(bound.results.count == 7 && bound.results.allSatisfy { $0.verdict == .notRun })
    #expect(try #require(bound.results[0].note).contains("2 of 2 runs missing"))
  }

  @Test func `Files say scope and rule, escape what they hold, and are the same twice`() async throws {
    let made = try await DiagnosedExperiment()
    let report = ClaimsReport(try study(made))
    let files = try report.write(to: made.folder.file("first"))
    _ = try ClaimsReport(try study(made)).write(to: made.folder.file("second"))
    #expect(files.map(\.lastPathComponent) == ["claims.md", "claims.csv", "claims.json"])
    for file in files {
      #expect(
        FileManager.default.contentsEqual(
          atPath: file, andPath: made.folder.file("second/\(file.lastPathComponent)")))
    }
    let text = try String(contentsOfFile: files[0], encoding: .utf8)
    #expect(
      text.contains("none says that a paper's experiment on images was reproduced")
        && text.contains("Rule: reproduced where"))
    #expect(text.contains("It is \\| faster."))
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| on ") }
    #expect(rows.count == 7 && rows.allSatisfy { $0.contains("on world tiny (train)") })
    let csv = try String(contentsOfFile: files[1], encoding: .utf8).split(separator: "\r\n")
    #expect(
      csv.count == 8
        && csv.dropFirst().allSatisfy { row in
          ClaimVerdict.allCases.contains { row.contains(",\($0.rawValue),") }
        })
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: files[2])))
        as? [String: Any])
    #expect((json["claims"] as? [Any])?.count == 4)
  }

  @Test func `Verdicts of runs that are gone would be lost, and those of claims that are gone not`()
    async throws
  {
    let made = try await DiagnosedExperiment()
    let folder = made.folder.file("written")
    #expect(ClaimsReport(try study(made)).lostVerdicts(in: folder) == nil, "nothing is there yet")
    _ = try ClaimsReport(try study(made)).write(to: folder)
    #expect(ClaimsReport(try study(made)).lostVerdicts(in: folder) == nil)
    for run in try made.bound().grid.runs where run.row.loss == "CosFace" {
      try FileManager.default.removeItem(atPath: "\(made.results)/runs/\(run.identity.folderName)")
    }
    // One scope each of three claims; ‘faster’ is about the other loss.
    let loss = try #require(ClaimsReport(try study(made)).lostVerdicts(in: folder))
    #expect(loss.file == "\(folder)/claims.json" && loss.earlier == 7 && loss.lost == 3)
    #expect(loss.commands == ["likeness run \(made.file) --results \(made.results)"])
    let one = try study(made) { String($0[..<($0.range(of: "  - id: better")?.lowerBound ?? $0.endIndex)]) }
    #expect(one.results.count == 1 && ClaimsReport(one).lostVerdicts(in: folder) == nil)
    // Without its world nothing of the experiment is known but its name.
    try FileManager.default.removeItem(atPath: made.results)
    #expect(try #require(ClaimsReport(try study(made)).lostVerdicts(in: folder)).lost == 7)
    try AtomicFile.write("not ours", to: "\(folder)/claims.json")
    #expect(ClaimsReport(try study(made)).lostVerdicts(in: folder) == nil)
  }

  @Test(arguments: [
    ("mechanism: {name: multiface, groups: 2}", "mechanism: semi-siamese", "no two rows"),
    ("diagnostic: cost", "diagnostic: landscape", "no diagnostic"),
    ("quantity: inference-operations", "quantity: inference", "inference-operations"),
    ("statistic: {name: difference}", "statistic: {name: difference, protocol: lfw}", "tiny-lfw"),
  ])
  func `A claim that its experiment cannot decide is an error that names it`(
    old: String, new: String, named: String
  )
    async throws
  {
    let made = try await DiagnosedExperiment()
    let error = try #require(
      #expect(throws: HarnessError.self) {
        try study(made) { $0.replacingOccurrences(of: old, with: new) }
      })
    #expect("\(error)".contains(named) && "\(error)".contains("claims.yaml, line"), "\(error)")
  }

  @Test func `Ranges are said in words`() {
    #expect(ClaimsReport.words(ClaimedRange(lower: 2, upper: 3)) == "from 2 to 3")
    #expect(ClaimsReport.words(ClaimedRange(lower: 0, isLowerOpen: true)) == "above 0")
    #expect(ClaimsReport.words(ClaimedRange(upper: 1, isUpperOpen: true)) == "below 1")
    #expect(ClaimsReport.words(ClaimedRange(lower: 0, upper: 1, isUpperOpen: true)) == "from 0 and below 1")
    #expect(ClaimsReport.words(ClaimedRange(lower: 1, upper: 1)) == "1")
  }
}
