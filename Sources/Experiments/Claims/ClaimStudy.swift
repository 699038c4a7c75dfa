import Evaluation
import FeatureStores
import Learning
import LinearAlgebra
import Metrics

/// All claims of a file, decided by what is finished in a results folder. Trains, evaluates and generates nothing.
public struct ClaimStudy: Sendable {
  public let file: ClaimFile
  /// In the order of the claims, then of their experiments, then of the grids' rows and protocols.
  public let results: [ClaimResult]
  /// Of the runs that were read.
  public let commits: [String]
  public let lastDate: String?
  public let cores: [String]

  /// A study of results that are known.
  public init(
    _ file: ClaimFile, results: [ClaimResult], commits: [String], lastDate: String?, cores: [String]
  ) {
    self.file = file
    self.results = results
    self.commits = commits
    self.lastDate = lastDate
    self.cores = cores
  }

  /// - Parameters:
  ///   - data: the folder of real stores and lists; experiments that need it are not run without.
  ///   - results: the folder that holds `runs/`.
  public init(_ file: ClaimFile, data: String?, results folder: String, workers: Workers = .one) throws {
    self.file = file
    // An experiment is read once, for all claims; each claim has its experiments in its own order.
    var found = file.claims.map { _ in [String: [ClaimResult]]() }
    var commits: Set<String> = []
    var cores: Set<String> = []
    var dates: [String] = []
    for path in file.experiments {
      let experiment = try ClaimExperiment(
        path, data: data, results: folder, level: file.level, workers: workers)
      for (place, claim) in file.claims.enumerated() where claim.experiments.contains(path) {
        found[place][path] = try experiment.results(of: claim)
      }
      guard let known = experiment.results?.provenance else { continue }
      commits.formUnion(known.commits)
      cores.formUnion(known.cores)
      if let date = known.lastDate { dates.append(date) }
    }
    results = zip(file.claims, found).flatMap { claim, found in claim.experiments.flatMap { found[$0] ?? [] }
    }
    self.commits = commits.sorted()
    self.cores = cores.sorted()
    lastDate = dates.max()
  }
}

/// One experiment that claims are read from.
private struct ClaimExperiment {
  let definition: ExperimentDefinition
  /// Nil where its data are not there.
  let results: ExperimentResults?
  let level: Double
  let command: String
  private let curves: [DiagnosticEntry]

  init(_ path: String, data: String?, results folder: String, level: Double, workers: Workers) throws {
    definition = try ExperimentDefinition(file: path)
    self.level = level
    var needsData = true
    if case .worlds = definition.data { needsData = false }
    command =
      RunCommand(definition, data: needsData ? data ?? "DIR" : nil, results: folder).description
    guard try DataBinder(definition: definition, data: data, results: folder, workers: workers).isPresent()
    else {
      (results, curves) = (nil, [])
      return
    }
    let bound = try BoundExperiment(definition, data: data, results: folder, workers: workers)
    let results = try ExperimentResults(bound, results: folder, intervals: false, workers: workers)
    curves = try results.validationCurves()
    self.results = results
  }

  /// What is found of a claim, a result a scope.
  func results(of claim: ClaimDefinition) throws -> [ClaimResult] {
    guard let results else {
      return [
        ClaimResult(
          claim, ClaimResult.Scope(experiment: definition.name), missing: "its data are not there",
          command: command)
      ]
    }
    var found: [ClaimResult] = []
    for block in results.experiment.grid.mechanismBlocks {
      guard let loss = block.rows.first?.method?.loss,
        claim.losses.isEmpty || claim.losses.contains(where: { $0.matches(loss) })
      else { continue }
      let other = claim.against.map { against in block.rows.first { against.matches($0) } } ?? block.baseline
      for row in block.rows where claim.mechanism.matches(row) && row != other {
        if claim.statistic.needsOther && other == nil { continue }
        found += try decide(claim, row, claim.statistic.needsOther ? other : nil, in: results)
      }
    }
    if found.isEmpty {
      throw claim.error(
        found: "no two rows of \(definition.file) that differ as the claim says",
        expected:
          "the mechanism ‘\(claim.mechanism.name)’ with one of the losses, and what it is compared with")
    }
    return found
  }

  /// The claim of two rows: a result, or one a protocol.
  private func decide(
    _ claim: ClaimDefinition, _ row: GridRow, _ other: GridRow?, in results: ExperimentResults
  ) throws -> [ClaimResult] {
    var scope = ClaimResult.Scope(experiment: definition.name)
    scope.data = data(row)
    (scope.network, scope.sampler, scope.training) = (row.network, row.sampler, row.recipe)
    (scope.loss, scope.mechanism, scope.against) = (row.loss, row.mechanism, other?.mechanism)
    let known = results.rows.filter { $0.row == row || $0.row == other }
    let gaps = known.compactMap { row in row.gap.map { "\(row.row.label): \($0)" } }
    var scopes = [scope]
    let tests = results.experiment.datasets.first { $0.name == row.dataset }?.tests ?? []
    if case .difference(let name, _) = claim.statistic {
      let wanted = tests.filter { name == nil || $0.name == name }
      guard !wanted.isEmpty else {
        throw claim.error(
          found: "no protocol ‘\(name ?? "")’ in \(definition.file)",
          expected: "one of \(tests.map(\.name).joined(separator: ", "))")
      }
      scopes = wanted.map { test in
        var own = scope
        own.protocolName = test.name
        return own
      }
    }
    if !gaps.isEmpty {
      let hasFailed = known.contains { ![.finished, .pending, .running].contains($0.state) }
      return scopes.map {
        ClaimResult(
          claim, $0, missing: gaps.joined(separator: "; "), command: command, hasFailed: hasFailed)
      }
    }
    return try scopes.map { scope in
      ClaimResult(claim, scope, try measurement(claim, row, other, scope, known, in: results))
    }
  }

  private func data(_ row: GridRow) -> String {
    let derived = definition.derivation == nil ? "" : ", a part of its images"
    switch definition.data {
    case .worlds(let sets):
      let set = sets.first { $0.name == row.dataset }
      return "world \(set?.definition.name ?? row.dataset) (\(set?.train ?? ""))\(derived)"
    case .stores, .folds: return "features \(row.dataset)\(derived)"
    }
  }

  private func measurement(
    _ claim: ClaimDefinition, _ row: GridRow, _ other: GridRow?, _ scope: ClaimResult.Scope,
    _ known: [ExperimentResults.Row], in results: ExperimentResults
  ) throws -> ClaimMeasurement {
    switch claim.statistic {
    case .speedUp(let share):
      guard !curves.isEmpty else {
        throw claim.error(
          found: "no diagnostic ‘\(Diagnostic.curve.rawValue)’ in \(definition.file)",
          expected: "it under ‘diagnostics’")
      }
      return ClaimMeasurement(
        other.flatMap { ExperimentResults.speedUp(of: row, over: $0, share: share, level: level, curves) })
    case .difference(_, let number):
      let dataset = results.experiment.datasets.first { $0.name == row.dataset }
      guard let own = known.first(where: { $0.row == row }),
        let base = known.first(where: { $0.row == other })
      else {
        preconditionFailure("a claim that compares has two rows")
      }
      return ClaimMeasurement(
        of: number, own, minus: base, protocolName: scope.protocolName ?? "",
        testToTraining: definition.data.isFoldwise
          ? dataset?.testToTraining(scope.protocolName ?? "") ?? 0 : nil,
        level: level)
    case .diagnostic(let name, let quantity, let compare):
      guard let configuration = definition.diagnostics.first(where: { $0.name == name }) else {
        throw claim.error(
          found: "no diagnostic ‘\(name)’ in \(definition.file)", expected: "it under ‘diagnostics’")
      }
      let entries = try results.diagnostics(configuration)
      let own = try numbers(claim, row, entries, quantity, compare)
      let others = try other.map { try numbers(claim, $0, entries, quantity, compare) }
      return ClaimMeasurement(own, against: others, compare, level: level)
    }
  }

  /// The quantity of a row's runs, one number a seed: the mean over folds.
  private func numbers(
    _ claim: ClaimDefinition, _ row: GridRow, _ entries: [DiagnosticEntry], _ quantity: String,
    _ compare: ClaimStatistic.Comparison
  ) throws -> [Double?] {
    try definition.seeds.map { seed in
      let runs = entries.filter { $0.run.row == row && $0.run.seed == seed }
      let numbers = try runs.map { entry -> Double? in
        guard let values = entry.record.claimValues(quantity) else {
          let known = entry.record.values.map(\.quantity).reduce(into: [String]()) {
            if !$0.contains($1) { $0.append($1) }
          }
          throw claim.error(
            found: "no quantity ‘\(quantity)’ of the diagnostic \(entry.record.diagnostic.name)",
            expected: "one of \(known.joined(separator: ", "))")
        }
        return DiagnosticRecord.claimMean(values, compare)
      }
      let known = numbers.compactMap(\.self)
      return known.count == numbers.count ? Spread(known)?.mean : nil
    }
  }
}

extension MethodSelector<MechanismRegistry> {
  fileprivate func matches(_ row: GridRow) -> Bool { row.method.map { matches($0.mechanism) } ?? false }
}
