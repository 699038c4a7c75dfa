import FeatureStores

/// One thing that a validation found: what, where, how bad, and what to do.
public struct Finding: Sendable, Equatable, Encodable {
  public enum Severity: String, Sendable, Encodable, CaseIterable {
    /// Worth knowing.
    case note
    /// Results mean something else than they seem to.
    case warning
    /// The evaluation is refused, or its result is wrong.
    case error
  }

  /// What was checked.
  public enum Check: String, Sendable, Encodable, CaseIterable {
    case definition, lists, digests
    case foldBalance = "fold-balance"
    case duplicatePairs = "duplicate-pairs"
    case missingImages = "missing-images"
    case labelErrors = "label-errors"
    case sharedIdentities = "shared-identities"
    case unattainable
    case duplicateRows = "duplicate-rows"
    case trainingOverlap = "training-overlap"
  }

  public let severity: Severity
  public let check: Check
  /// The protocol, the list or the store.
  public let file: String
  /// The line of a list, the key of a protocol, or the row of a store.
  public let place: String?
  public let found: String
  public let advice: String?
}

extension Finding {
  /// What an error says, as a finding.
  public init(_ error: HarnessError, check: Check) {
    var findings = Findings()
    findings.add(error, check)
    self = findings.all[0]
  }
}

/// Findings as they come, of which each check shows the first of a kind and counts the others.
public struct Findings {
  public private(set) var all: [Finding] = []
  /// How many of one kind are shown one by one.
  static let shown = 10

  public mutating func add(
    _ severity: Finding.Severity, _ check: Finding.Check, file: String, place: String? = nil, _ found: String,
    advice: String? = nil
  ) {
    all.append(
      Finding(severity: severity, check: check, file: file, place: place, found: found, advice: advice))
  }

  /// Adds what an error says.
  public mutating func add(_ error: HarnessError, _ check: Finding.Check, severity: Finding.Severity = .error)
  {
    let expected = error.expected.map { "; expected \($0)" } ?? ""
    add(severity, check, file: error.file, place: error.place, error.found + expected, advice: error.advice)
  }

  /// Adds entries of one kind, the first few one by one and the others as a number. Entries without a place are of `file`.
  public mutating func add(
    _ severity: Finding.Severity, _ check: Finding.Check, file: String,
    _ entries: [(place: ListPlace?, found: String)], advice: String
  ) {
    for entry in entries.prefix(Self.shown) {
      add(
        severity, check, file: entry.place?.file ?? file, place: entry.place.map { "line \($0.line)" },
        entry.found,
        advice: advice)
    }
    if entries.count > Self.shown {
      add(severity, check, file: file, "\(entries.count - Self.shown) more of this kind", advice: advice)
    }
  }
}
