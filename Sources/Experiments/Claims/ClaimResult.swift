import Metrics

/// What results say of a claim in one scope.
public struct ClaimResult: Sendable {
  /// Where a verdict holds, and nowhere else.
  public struct Scope: Codable, Hashable, Sendable {
    /// The experiment's name.
    public var experiment: String
    /// "world default" or "features cfp_dlib"; with the rows that train, where they are a part. Empty where the data are not there to be read.
    public var data = ""
    public var protocolName: String?
    public var network = ""
    public var sampler = ""
    public var training = ""
    public var loss = ""
    public var mechanism = ""
    public var against: String?

    public init(experiment: String) { self.experiment = experiment }

    /// "on world default, protocol synthetic-lfw, network mlp".
    public var words: String {
      let parts = [
        data, protocolName.map { "protocol \($0)" } ?? "", network.isEmpty ? "" : "network \(network)",
        sampler, training,
      ]
      let known = parts.filter { !$0.isEmpty }
      return known.isEmpty ? "experiment \(experiment)" : "on \(known.joined(separator: ", "))"
    }

    /// "NormFace: MultiFace (groups 4) against Conventional".
    public var methods: String {
      let pair = mechanism + (against.map { " against \($0)" } ?? "")
      return loss.isEmpty ? pair : "\(loss): \(pair)"
    }
  }

  public var claim: ClaimDefinition
  public var scope: Scope
  public var verdict: ClaimVerdict
  public var estimate: Double?
  public var certainty: SpeedUp.Certainty
  /// Nil where there is no interval; ends may be infinite.
  public var interval: ClosedRange<Double>?
  public var seeds: Int?
  /// How the interval is made; empty where nothing was measured.
  public var test: String
  public var note: String?
  /// What makes the runs that are missing.
  public var command: String?
  /// Whether it is not run because a run failed or cannot be: then an earlier verdict does not stand for it.
  public var hasFailed: Bool
  /// Whether it was decided before, by runs that are not here, and stands as it was written then.
  public var isKept: Bool

  public init(
    claim: ClaimDefinition, scope: Scope, verdict: ClaimVerdict, estimate: Double? = nil,
    certainty: SpeedUp.Certainty, interval: ClosedRange<Double>? = nil, seeds: Int? = nil, test: String,
    note: String? = nil, command: String? = nil, hasFailed: Bool = false, isKept: Bool = false
  ) {
    self.claim = claim
    self.scope = scope
    self.verdict = verdict
    self.estimate = estimate
    self.certainty = certainty
    self.interval = interval
    self.seeds = seeds
    self.test = test
    self.note = note
    self.command = command
    self.hasFailed = hasFailed
    self.isKept = isKept
  }
}

extension ClaimResult {
  init(_ claim: ClaimDefinition, _ scope: Scope, _ measured: ClaimMeasurement) {
    self.init(
      claim: claim, scope: scope,
      verdict: ClaimVerdict(measured.interval, claimed: claim.claimed, tolerance: claim.tolerance),
      estimate: measured.estimate, certainty: measured.certainty, interval: measured.interval,
      seeds: measured.seeds, test: measured.test, note: measured.note)
  }

  init(
    _ claim: ClaimDefinition, _ scope: Scope, missing: String, command: String, hasFailed: Bool = false
  ) {
    self.init(
      claim: claim, scope: scope, verdict: .notRun, certainty: .unknown, test: "", note: missing,
      command: command, hasFailed: hasFailed)
  }
}
