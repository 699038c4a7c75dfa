/// What one diagnostic found of one finished run.
public struct DiagnosticEntry: Sendable {
  public var run: GridRun
  public var record: DiagnosticRecord
}

extension ExperimentResults {
  /// What a diagnostic of the experiment found, in the order of the grid's finished runs. Runs that it does not measure are left out.
  public func diagnostics(_ configuration: DiagnosticConfiguration) throws -> [DiagnosticEntry] {
    try rows.flatMap(\.runs).filter { $0.state == .finished }.compactMap { run, _ in
      let wanted = experiment.diagnostics(of: run).first { $0.configuration == configuration }
      guard let wanted else { return nil }
      let file = try wanted.file(in: RunFolder(results: folder, identity: run.identity))
      return DiagnosticEntry(run: run, record: try CanonicalJSON.decode(DiagnosticRecord.self, from: file))
    }
  }
}
