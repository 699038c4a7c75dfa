import Experiments
import FeatureStores
import Foundation

extension ClaimsReport {
  /// Verdicts that were decided before and could not be kept.
  public struct UnkeptVerdicts: Equatable, Sendable, CustomStringConvertible {
    public var claim: String
    public var experiment: String
    public var count: Int
    public var reason: String

    public var description: String {
      "\(CountedNoun(count, "verdict")) on \(claim) by \(experiment) not kept: \(reason)"
    }
  }

  /// This report with the verdicts of the `claims.json` in `folder` in place of what is not run here, each exactly as it was written, and what of them could
  /// not be kept.
  ///
  /// A verdict is kept where the claim is the same as then (paper, statement, reading, statistic, claimed range, tolerance, level and rule) and its own runs
  /// are missing; not where they failed. Where an experiment's data are not there, so that nothing is known of it but its name, all is kept that the file says
  /// of it. Whether the experiment is still the same the file does not tell: that its rows are called the same is all that is asked. Commits, cores and the
  /// last date are then those of both. Keeping twice gives the same report. Without the file nothing is kept.
  ///
  /// Throws where the file is none of ours, or holds a verdict that is not what the rule makes of its interval.
  public func keepingDecided(in folder: String) throws -> (report: ClaimsReport, unkept: [UnkeptVerdicts]) {
    let file = "\(folder)/claims.json"
    guard FileManager.default.fileExists(atPath: file) else { return (self, []) }
    let earlier = try EarlierVerdicts(file)
    var results: [ClaimResult] = []
    var unkept: [UnkeptVerdicts] = []
    for claim in study.file.claims {
      let own = study.results.filter { $0.claim.id == claim.id }
      let experiments = own.map(\.scope.experiment).reduce(into: [String]()) {
        if !$0.contains($1) { $0.append($1) }
      }
      for experiment in experiments {
        let merged = try earlier.merged(
          own.filter { $0.scope.experiment == experiment }, of: claim, experiment: experiment, in: self)
        results += merged.results
        unkept += merged.unkept
      }
    }
    guard results.contains(where: \.isKept) else { return (self, unkept) }
    let document = earlier.document
    let both = ClaimStudy(
      study.file, results: results, commits: Set(study.commits + document.commits).sorted(),
      lastDate: [study.lastDate, document.lastDate].compactMap(\.self).max(),
      cores: Set(study.cores + document.cores).sorted())
    return (ClaimsReport(both), unkept)
  }
}

/// A `claims.json` that verdicts are kept from.
private struct EarlierVerdicts {
  let file: String
  let document: ClaimsDocument

  init(_ file: String) throws {
    self.file = file
    do {
      document = try CanonicalJSON.decode(ClaimsDocument.self, from: file)
    } catch var error as HarnessError {
      // Unlike other JSON of ours it cannot be made again from what is there.
      error.advice =
        "Take the file from where it was decided, such as the repository's; without --keep-decided nothing of it is kept."
      throw error
    }
  }

  /// What an experiment gives of a claim, with what was decided before in place of what is not run.
  func merged(
    _ own: [ClaimResult], of claim: ClaimDefinition, experiment: String, in report: ClaimsReport
  ) throws -> (results: [ClaimResult], unkept: [ClaimsReport.UnkeptVerdicts]) {
    guard let written = document.claims.first(where: { $0.id == claim.id }) else { return (own, []) }
    let theirs = written.results.filter { $0.scope.experiment == experiment }
    // Of an experiment whose data are not there only the name is known.
    let isUnread = own.map(\.scope) == [ClaimResult.Scope(experiment: experiment)]
    let decidedHere = Set(own.filter { $0.verdict != .notRun }.map(\.scope))
    let open = theirs.filter { $0.verdict != .notRun && !decidedHere.contains($0.scope) }
    guard !open.isEmpty, own.contains(where: { $0.verdict == .notRun }) else { return (own, []) }

    func unkept(_ count: Int, _ reason: String) -> [ClaimsReport.UnkeptVerdicts] {
      count == 0
        ? []
        : [.init(claim: claim.id, experiment: experiment, count: count, reason: reason)]
    }
    if let change = change(written, claim, report) { return (own, unkept(open.count, change)) }
    if isUnread { return (try theirs.map { try result($0, claim) }, []) }
    let byScope = Dictionary(open.map { ($0.scope, $0) }) { first, _ in first }
    let results = try own.map { result -> ClaimResult in
      guard result.verdict == .notRun, !result.hasFailed, let kept = byScope[result.scope] else {
        return result
      }
      return try self.result(kept, claim)
    }
    let failed = own.count { $0.hasFailed && byScope[$0.scope] != nil }
    let known = Set(own.map(\.scope))
    return (
      results,
      unkept(failed, "its runs are here and failed")
        + unkept(open.count { !known.contains($0.scope) }, "the experiment has no such rows now")
    )
  }

  /// What of a claim is not as it was; nil where all is.
  private func change(
    _ written: ClaimsDocument.Claim, _ claim: ClaimDefinition, _ report: ClaimsReport
  ) -> String? {
    let now = ClaimsDocument.Claim(claim, [])
    let parts = [
      ("paper", written.paper == now.paper), ("statement", written.statement == now.statement),
      ("reading", written.reading == now.reading), ("statistic", written.statistic == now.statistic),
      ("claimed range", written.claimed == now.claimed), ("tolerance", written.tolerance == now.tolerance),
      ("level", document.level == report.study.file.level), ("rule", document.rule == report.rule),
    ]
    let changed = parts.filter { !$0.1 }.map(\.0)
    return changed.isEmpty
      ? nil : "\(changed.joined(separator: ", ")) of the claim changed since they were decided"
  }

  /// A result as it was written, after asking whether its verdict is what the rule makes of its interval.
  private func result(_ written: ClaimsDocument.Result, _ claim: ClaimDefinition) throws -> ClaimResult {
    let result = written.result(of: claim)
    let verdict = result.map {
      $0.isKept ? ClaimVerdict($0.interval, claimed: claim.claimed, tolerance: claim.tolerance) : $0.verdict
    }
    guard let result, result.verdict == verdict else {
      throw HarnessError(
        .badInput, file: file, place: "claim \(claim.id), \(written.scope.words), \(written.scope.methods)",
        found: verdict.map { "‘\(written.verdict.rawValue)’, where the rule makes it ‘\($0.rawValue)’" }
          ?? "an interval without a lower end, or upside down",
        expected: "the file as likeness claims wrote it",
        advice: "Verdicts are computed, never written: take the file from where it was decided.")
    }
    return result
  }
}
