import Experiments
import Metrics

/// `claims.json`: everything that a claims report says, as it is written and read back.
///
/// Numbers are written in the fewest digits that read back as the same double, so that a verdict that is kept is the one that was written.
struct ClaimsDocument: Codable {
  struct Claim: Codable {
    var id: String
    var paper: String
    var statement: String
    var reading: String
    var statistic: String
    var claimed: String
    var tolerance: Double
    var results: [Result]
  }

  struct Result: Codable {
    var scope: ClaimResult.Scope
    var verdict: ClaimVerdict
    var estimate: Double?
    var certainty: SpeedUp.Certainty?
    var lower: Double?
    /// Nil, beside a lower end, where it is infinite.
    var upper: Double?
    var seeds: Int?
    var test: String?
    var note: String?
    var command: String?
    /// True where it was decided before, by runs that are not here; nil else.
    var kept: Bool?
  }

  var rule: String
  var scope: String
  var level: Double
  var commits: [String]
  var lastDate: String?
  var cores: [String]
  var claims: [Claim]
}

extension ClaimsDocument {
  init(_ report: ClaimsReport) {
    let study = report.study
    self.init(
      rule: report.rule, scope: ClaimsReport.scopeNote, level: study.file.level, commits: study.commits,
      lastDate: study.lastDate, cores: study.cores,
      claims: study.file.claims.map { claim in
        Claim(claim, study.results.filter { $0.claim.id == claim.id })
      })
  }
}

extension ClaimsDocument.Claim {
  init(_ claim: ClaimDefinition, _ results: [ClaimResult]) {
    self.init(
      id: claim.id, paper: claim.paper, statement: claim.statement, reading: claim.reading,
      statistic: claim.statistic.words, claimed: ClaimsReport.words(claim.claimed),
      tolerance: claim.tolerance, results: results.map(ClaimsDocument.Result.init))
  }
}

extension ClaimsDocument.Result {
  init(_ result: ClaimResult) {
    self.init(
      scope: result.scope, verdict: result.verdict, estimate: result.estimate,
      certainty: result.estimate == nil ? nil : result.certainty, lower: result.interval?.lowerBound,
      upper: result.interval.flatMap { $0.upperBound.isFinite ? $0.upperBound : nil }, seeds: result.seeds,
      test: result.test.isEmpty ? nil : result.test, note: result.note, command: result.command,
      kept: result.isKept ? true : nil)
  }

  /// The interval that was written; the outer nil where no report writes such ends.
  var interval: ClosedRange<Double>?? {
    switch (lower, upper) {
    case (nil, nil): .some(nil)
    case (nil, _?): nil
    case (let lower?, let upper):
      lower <= upper ?? .infinity ? .some(lower...(upper ?? .infinity)) : nil
    }
  }

  /// The result as it stands here, of a claim that is the same as then; nil where no report writes such an interval.
  func result(of claim: ClaimDefinition) -> ClaimResult? {
    interval.map { interval in
      ClaimResult(
        claim: claim, scope: scope, verdict: verdict, estimate: estimate, certainty: certainty ?? .unknown,
        interval: interval, seeds: seeds, test: test ?? "", note: note, command: command,
        isKept: verdict != .notRun)
    }
  }
}
