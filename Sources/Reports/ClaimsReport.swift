import Experiments
import FeatureStores
import Metrics

/// What claims come to: `claims.md` for readers, `claims.csv` with a verdict a row, `claims.json` with everything.
///
/// Verdicts are those of `ClaimStudy`; nothing is decided here. The same results give the same bytes.
public struct ClaimsReport: Sendable {
  public let study: ClaimStudy

  public init(_ study: ClaimStudy) { self.study = study }

  /// Writes the three files to `folder`, which is made where missing. Returns them.
  public func write(to folder: String) throws -> [String] {
    let contents = [("md", markdown), ("csv", csv), ("json", try json())]
    return try contents.map { suffix, text in
      let file = "\(folder)/claims.\(suffix)"
      try OutputFile.write(Array(text.utf8), to: file)
      return file
    }
  }

  // MARK: Words

  static let scopeNote =
    "Every verdict holds on what its row names and nowhere else. All of it is trained on stored features; none says that a paper's experiment on images was reproduced."

  var rule: String {
    "Rule: reproduced where the \(NumberText.percent(study.file.level, decimals: 0)) % interval lies in the claimed range widened by the tolerance; not reproduced where it has nothing in "
      + "common with it; else inconclusive, as where there is no interval. Not run where runs are missing. Verdicts are computed from the results by this rule alone."
  }

  /// "2 to 3", "above 0", "1 (exactly)".
  static func words(_ range: ClaimedRange) -> String {
    if let lower = range.lower, lower == range.upper { return NumberText.exact(lower) }
    let lower = range.lower.map { (range.isLowerOpen ? "above " : "from ") + NumberText.exact($0) }
    let upper = range.upper.map { (range.isUpperOpen ? "below " : "to ") + NumberText.exact($0) }
    return [lower, upper].compactMap(\.self).joined(separator: range.isUpperOpen ? " and " : " ")
  }

  /// A number in four significant digits where it is small, in three decimals else.
  private static func number(_ value: Double) -> String {
    if value == .infinity { return "∞" }
    return value == 0 || abs(value) >= 0.01
      ? NumberText.fixed(value, decimals: 3) : NumberText.scientific(value, digits: 2)
  }

  private static func estimate(_ result: ClaimResult) -> String {
    guard let estimate = result.estimate else { return "" }
    switch result.certainty {
    case .exact: return number(estimate)
    case .atMost: return "≤ \(number(estimate))"
    case .atLeast: return "≥ \(number(estimate))"
    case .unknown: return "?"
    }
  }

  private static func interval(_ result: ClaimResult) -> String {
    result.interval.map { "\(number($0.lowerBound)) to \(number($0.upperBound))" } ?? ""
  }

  // MARK: Markdown

  private var markdown: String {
    var text = "# What the papers' claims come to\n\n\(Self.scopeNote)\n\n\(rule)\n\n"
    text += summary
    for claim in study.file.claims {
      let results = study.results.filter { $0.claim.id == claim.id }
      text += "\n## \(ReportTable.escaped(claim.id))\n\n"
      let lines = [
        "Claim: \(claim.statement) (\(claim.paper))", "Read as: \(claim.reading)",
        "Statistic: \(claim.statistic.words). Claimed: \(Self.words(claim.claimed)); tolerance \(NumberText.exact(claim.tolerance)).",
      ]
      text += lines.map(ReportTable.escaped).joined(separator: "  \n") + "\n\n" + table(results)
    }
    if let kept { text += "\n\(ReportTable.escaped(kept))\n" }
    let known = [
      study.commits.isEmpty ? "" : "commit \(study.commits.joined(separator: ", "))",
      study.lastDate.map { "last run \($0)" } ?? "",
      study.cores.isEmpty ? "" : "BLAS core \(study.cores.joined(separator: ", "))",
    ].filter { !$0.isEmpty }
    if !known.isEmpty {
      text += "\n\(ReportTable.escaped(known.joined(separator: ", ").capitalisedFirst)).\n"
    }
    return text
  }

  /// Which experiments' verdicts were decided by runs that are not here; nil where there is none.
  public var kept: String? {
    let kept = study.results.filter(\.isKept).map(\.scope.experiment)
    let experiments = kept.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    let words = experiments.map { name in
      "\(name) (\(CountedNoun(kept.count { $0 == name }, "verdict")))"
    }
    return words.isEmpty
      ? nil : "Kept as they were decided before, by runs that are not here: \(words.joined(separator: ", "))."
  }

  /// How many scopes of each claim have which verdict.
  private var summary: String {
    let rows = study.file.claims.map { claim -> [String] in
      let results = study.results.filter { $0.claim.id == claim.id }
      return [claim.id]
        + ClaimVerdict.allCases.map { verdict in "\(results.count { $0.verdict == verdict })" }
    }
    return Self.grid(["claim"] + ClaimVerdict.allCases.map(\.rawValue), rows)
  }

  private func table(_ results: [ClaimResult]) -> String {
    let level = "\(NumberText.percent(study.file.level, decimals: 0)) % interval"
    var notes: [String] = []
    func noted(_ result: ClaimResult) -> String {
      let words = [result.note, result.command.map { "make them with: \($0)" }].compactMap(\.self).joined(
        separator: "; ")
      guard !words.isEmpty else { return result.verdict.rawValue }
      if !notes.contains(words) { notes.append(words) }
      return "\(result.verdict.rawValue) (\((notes.firstIndex(of: words) ?? 0) + 1))"
    }
    let rows = results.map { result in
      [
        result.scope.words, result.scope.experiment, result.scope.methods, Self.estimate(result),
        Self.interval(result),
        result.seeds.map { "\($0)" } ?? "", noted(result),
      ]
    }
    var text = Self.grid(["scope", "experiment", "methods", "estimate", level, "seeds", "verdict"], rows)
    let tests = results.map(\.test).reduce(into: [String]()) {
      if !$0.contains($1) && !$1.isEmpty { $0.append($1) }
    }
    let lines =
      notes.enumerated().map { "(\($0.offset + 1)) \($0.element)" } + tests.map { "Interval: \($0)." }
    if !lines.isEmpty { text += "\n" + lines.map(ReportTable.escaped).joined(separator: "  \n") + "\n" }
    return text
  }

  private static func grid(_ header: [String], _ rows: [[String]]) -> String {
    let cells = ([header] + rows).map { $0.map(ReportTable.escaped) }
    let widths = header.indices.map { column in max(3, cells.map { $0[column].count }.max() ?? 3) }
    func line(_ cells: [String]) -> String {
      "| "
        + zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(
          separator: " | ") + " |\n"
    }
    return line(cells[0]) + "| "
      + widths.map { ":" + String(repeating: "-", count: $0 - 1) }.joined(separator: " | ") + " |\n"
      + cells.dropFirst().map(line).joined()
  }

  // MARK: Files for machines

  private var csv: String {
    let header = [
      "claim", "paper", "experiment", "data", "protocol", "network", "sampler", "training", "loss",
      "mechanism",
      "against", "statistic",
      "estimate", "certainty", "lower", "upper", "level", "seeds", "claimed", "tolerance", "verdict", "note",
      "command", "kept",
    ]
    func end(_ value: Double?) -> String { value.map { $0.isFinite ? NumberText.exact($0) : "inf" } ?? "" }
    let rows = study.results.map { result -> [String] in
      let (claim, scope) = (result.claim, result.scope)
      return [
        claim.id, claim.paper, scope.experiment, scope.data, scope.protocolName ?? "", scope.network,
        scope.sampler, scope.training,
        scope.loss, scope.mechanism, scope.against ?? "", claim.statistic.words,
        result.estimate.map(NumberText.exact) ?? "", result.estimate == nil ? "" : result.certainty.rawValue,
        end(result.interval?.lowerBound), end(result.interval?.upperBound),
        NumberText.exact(study.file.level),
        result.seeds.map { "\($0)" } ?? "", Self.words(claim.claimed), NumberText.exact(claim.tolerance),
        result.verdict.rawValue, result.note ?? "", result.command ?? "",
        result.isKept ? "true" : "",
      ]
    }
    return CSV.text([header] + rows)
  }

  private func json() throws -> String {
    String(decoding: try CanonicalJSON.encodeIndented(ClaimsDocument(self)), as: UTF8.self)
  }
}
