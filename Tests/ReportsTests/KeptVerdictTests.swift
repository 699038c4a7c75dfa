import FeatureStores
import Foundation
import Metrics
import TestSupport
import Testing

@testable import Experiments
@testable import Reports

@Suite("Verdicts that are kept")
struct KeptVerdictTests {
  private static let text = """
    level: 0.95
    claims:
      - id: faster
        paper: a paper
        statement: It is faster.
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
    """

  /// A made experiment whose verdicts stand in `folder`: five, one of them with an interval that has no upper end.
  private struct Decided {
    let made: DiagnosedExperiment
    let folder: String
    let results: [ClaimResult]

    init() async throws {
      made = try await DiagnosedExperiment()
      // The baseline never arrives.
      let late = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.9]
      try made.setCurve(loss: "NormFace", mechanism: "Conventional", [1: late, 2: late])
      let early = [0.5, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]
      try made.setCurve(loss: "NormFace", mechanism: "MultiFace", [1: early, 2: early])
      folder = made.folder.file("written")
      let report = try Self.report(made)
      results = report.study.results
      _ = try report.write(to: folder)
    }

    static func report(_ made: DiagnosedExperiment, _ edit: (String) -> String = { $0 }) throws
      -> ClaimsReport
    {
      let file = made.folder.file("claims.yaml")
      try AtomicFile.write(edit(KeptVerdictTests.text), to: file)
      return ClaimsReport(try ClaimStudy(ClaimFile(file: file), data: nil, results: made.results))
    }

    /// What is found now, with what was decided.
    func kept(_ edit: (String) -> String = { $0 }) throws -> (
      report: ClaimsReport, unkept: [ClaimsReport.UnkeptVerdicts]
    ) {
      try Self.report(made, edit).keepingDecided(in: folder)
    }

    func removeRuns(loss: String) throws {
      for run in try made.bound().grid.runs where run.row.loss == loss {
        try FileManager.default.removeItem(atPath: "\(made.results)/runs/\(run.identity.folderName)")
      }
    }

    func text(_ suffix: String) throws -> String {
      try String(contentsOfFile: "\(folder)/claims.\(suffix)", encoding: .utf8)
    }

    func edit(_ old: String, _ new: String) throws {
      let text = try text("json")
      try #require(text.contains(old), "\(old)")
      try AtomicFile.write(text.replacingOccurrences(of: old, with: new), to: "\(folder)/claims.json")
    }
  }

  /// All that files say of results but whether they are kept.
  private func written(_ results: [ClaimResult]) throws -> [String] {
    try results.map { result in
      var entry = ClaimsDocument.Result(result)
      entry.kept = nil
      return result.claim.id + String(decoding: try CanonicalJSON.encode(entry), as: UTF8.self)
    }
  }

  @Test(arguments: ["runs", "results"])
  func `Without any run the files say what they said, mark it, and are the same however often`(gone: String)
    async throws
  {
    let decided = try await Decided()
    let faster = try #require(decided.results.first)
    try #require(faster.certainty == .atLeast && faster.interval?.upperBound == .infinity)
    let before = try (markdown: decided.text("md"), csv: decided.text("csv"), json: decided.text("json"))
    // Without its world nothing of the experiment is known but its name.
    try FileManager.default.removeItem(
      atPath: gone == "runs" ? "\(decided.made.results)/runs" : decided.made.results)
    let (report, unkept) = try decided.kept()
    #expect(unkept.isEmpty && report.study.results.count == 5)
    #expect(report.study.results.allSatisfy { $0.isKept })
    #expect(try written(report.study.results) == written(decided.results))
    #expect(report.study.results[0].interval == faster.interval)
    _ = try report.write(to: decided.folder)
    let line = "\nKept as they were decided before, by runs that are not here: tiny (5 verdicts).\n"
    #expect(report.kept == line.trimmingCharacters(in: .newlines))
    let markdown = try decided.text("md")
    #expect(markdown != before.markdown)
    #expect(markdown.replacingOccurrences(of: line, with: "") == before.markdown)
    let json = try decided.text("json")
    let mark = "          \"kept\" : true,\n"
    #expect(json.components(separatedBy: mark).count == 6 && !before.json.contains("\"kept\""))
    #expect(json.replacingOccurrences(of: mark, with: "") == before.json)
    #expect(try decided.text("csv") == before.csv.replacingOccurrences(of: ",\r\n", with: ",true\r\n"))
    let again = try decided.kept()
    #expect(again.unkept.isEmpty)
    _ = try again.report.write(to: decided.folder)
    #expect(try decided.text("json") == json && decided.text("md") == markdown)
  }

  @Test func `What is decided here stands beside what is kept, with the provenance of both`() async throws {
    let decided = try await Decided()
    let commit = try #require(try Decided.report(decided.made).study.commits.first)
    let date = try #require(try Decided.report(decided.made).study.lastDate)
    try decided.edit("\"\(commit)\"", "\"0ther\"")
    try decided.edit("\"\(date)\"", "\"2099-01-01T00:00:00Z\"")
    // Nothing is missing: nothing is kept, and where it comes from is what is here.
    let whole = try decided.kept()
    #expect(!whole.report.study.results.contains { $0.isKept } && whole.report.kept == nil)
    #expect(whole.report.study.commits == [commit] && whole.report.study.lastDate == date)
    try decided.removeRuns(loss: "CosFace")
    let (report, unkept) = try decided.kept()
    #expect(unkept.isEmpty)
    #expect(report.study.results.map(\.isKept) == [false, false, true, false, true])
    #expect(report.study.results.filter(\.isKept).allSatisfy { $0.scope.loss == "CosFace" })
    #expect(try written(report.study.results) == written(decided.results))
    #expect(report.study.commits == ["0ther", commit].sorted())
    #expect(report.study.lastDate == "2099-01-01T00:00:00Z")
    // What was decided later here is the later one.
    try decided.edit("\"2099-01-01T00:00:00Z\"", "\"2001-01-01T00:00:00Z\"")
    let here = try #require(try Decided.report(decided.made).study.lastDate)
    #expect(try decided.kept().report.study.lastDate == here)
    // Kept verdicts are decided ones: they are not replaced either.
    _ = try report.write(to: decided.folder)
    let loss = try #require(try Decided.report(decided.made).lostVerdicts(in: decided.folder))
    #expect(loss.earlier == 5 && loss.lost == 2)
  }

  @Test(arguments: [
    ("paper: a paper\n    statement: It is better", "paper: another\n    statement: It is better", "paper"),
    ("statement: It is better.", "statement: It is best.", "statement"),
    ("reading: Higher accuracy.", "reading: Higher AUC.", "reading"),
    ("{name: difference}", "{name: difference, number: AUC}", "statistic"),
    ("claimed: {above: 0}", "claimed: {from: 0}", "claimed range"),
    ("{above: 0}\n    tolerance: 0", "{above: 0}\n    tolerance: 0.1", "tolerance"),
  ])
  func `Verdicts on a claim that is another now are not kept`(old: String, new: String, part: String)
    async throws
  {
    let decided = try await Decided()
    try FileManager.default.removeItem(atPath: decided.made.results)
    try #require(Self.text.contains(old))
    let (report, unkept) = try decided.kept { $0.replacingOccurrences(of: old, with: new) }
    #expect(
      unkept == [
        .init(
          claim: "better", experiment: "tiny", count: 2,
          reason: "\(part) of the claim changed since they were decided")
      ])
    #expect(report.study.results.map(\.isKept) == [true, false, true, true])
    #expect(report.study.results[1].verdict == .notRun)
  }

  @Test func `At another level nothing is kept, nor of claims, rows and runs that are no more`() async throws
  {
    let decided = try await Decided()
    try decided.removeRuns(loss: "CosFace")
    let level = try decided.kept { $0.replacingOccurrences(of: "0.95", with: "0.9") }
    #expect(!level.report.study.results.contains { $0.isKept })
    #expect(level.unkept.map(\.claim) == ["better", "as-small"])
    #expect(
      level.unkept.allSatisfy { $0.count == 1 && $0.reason.hasPrefix("level, rule of the claim changed") })
    // A claim that was taken out, and one that is new.
    let renamed = try decided.kept { $0.replacingOccurrences(of: "id: better", with: "id: finer") }
    #expect(renamed.unkept.isEmpty)
    #expect(renamed.report.study.results.filter(\.isKept).map(\.claim.id) == ["as-small"])
    // A run that is here and failed says more than a verdict of one that is not.
    let run = try #require(try decided.made.bound().grid.runs.first { $0.row.loss == "CosFace" })
    let folder = RunFolder(results: decided.made.results, identity: run.identity)
    try folder.create()
    try AtomicFile.write(CanonicalJSON.encode(RunFailure(reason: "no room")), to: folder.failureFile)
    let failed = try decided.kept()
    #expect(!failed.report.study.results.contains { $0.isKept })
    #expect(failed.unkept.map(\.count) == [1, 1] && failed.report.kept == nil)
    #expect(failed.unkept.allSatisfy { $0.reason == "its runs are here and failed" })
    // Rows that the experiment does not have any more.
    let file = decided.made.file
    let text = try String(contentsOfFile: file, encoding: .utf8)
    try AtomicFile.write(
      text.replacingOccurrences(of: "cosface]", with: "arcface]"), to: file)
    let other = try decided.kept()
    #expect(!other.report.study.results.contains { $0.isKept })
    #expect(other.unkept.map(\.claim) == ["better", "as-small"])
    #expect(
      other.unkept.allSatisfy { $0.count == 1 && $0.reason == "the experiment has no such rows now" })
  }

  @Test func `What was not run then and is not known now stays as it was written`() async throws {
    let decided = try await Decided()
    try decided.removeRuns(loss: "CosFace")
    _ = try Decided.report(decided.made).write(to: decided.folder)
    let before = try decided.text("md")
    try FileManager.default.removeItem(atPath: decided.made.results)
    let (report, unkept) = try decided.kept()
    #expect(unkept.isEmpty && report.study.results.map(\.isKept) == [true, true, false, true, false])
    _ = try report.write(to: decided.folder)
    let line = try #require(report.kept)
    #expect(try decided.text("md").replacingOccurrences(of: "\n\(line)\n", with: "") == before)
  }

  @Test func `Verdicts that no rule gave, and files that are none of ours, are refused`() async throws {
    let decided = try await Decided()
    try FileManager.default.removeItem(atPath: decided.made.results)
    let written = try decided.text("json")
    let verdict = try #require(decided.results.last?.verdict)
    try #require(verdict == .reproduced)
    for (old, new, found) in [
      ("\"reproduced\"", "\"not reproduced\"", "‘not reproduced’, where the rule makes it ‘reproduced’"),
      ("\"lower\" : 1,", "\"lower\" : 2,", "upside down"),
    ] {
      try decided.edit(old, new)
      let error = try #require(#expect(throws: HarnessError.self) { try decided.kept() })
      #expect("\(error)".contains(found) && error.kind == .badInput, "\(error)")
      #expect(error.place?.contains("on world tiny (train)") == true)
      try AtomicFile.write(written, to: "\(decided.folder)/claims.json")
    }
    try AtomicFile.write("not ours", to: "\(decided.folder)/claims.json")
    let error = try #require(#expect(throws: HarnessError.self) { try decided.kept() })
    #expect("\(error)".contains("claims.json") && !"\(error)".contains("made again"), "\(error)")
    try FileManager.default.removeItem(atPath: "\(decided.folder)/claims.json")
    let none = try decided.kept()
    #expect(none.unkept.isEmpty && none.report.kept == nil)
  }

  @Test func `Numbers are read back to the last bit`() throws {
    var values = [
      0, -0.0, 0.1, 2.0 / 3, .leastNormalMagnitude / 3, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
      1e22, 1.0.nextUp,
    ]
    var bits: UInt64 = 1
    while values.count < 2_000 {
      bits = bits &* 0x5851_F42D_4C95_7F2D &+ 0x1405_7B7E_F767_814F
      let value = Double(bitPattern: bits)
      if value.isFinite { values.append(value) }
    }
    for value in values {
      let entry = ClaimsDocument.Result(
        scope: ClaimResult.Scope(experiment: "tiny"), verdict: .inconclusive, estimate: value, lower: value)
      let data = try CanonicalJSON.encodeIndented(entry)
      let read = try JSONDecoder().decode(ClaimsDocument.Result.self, from: data)
      #expect(read.estimate?.bitPattern == value.bitPattern, "\(value)")
      #expect(read.interval == .some(value...(.infinity)))
    }
  }
}
