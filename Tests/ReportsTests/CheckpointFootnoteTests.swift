import Testing

@testable import Reports

/// What tables say of the rule by which models were chosen.
struct CheckpointFootnoteTests {
  private func footnotes(_ lines: [String] = []) async throws -> [String] {
    let experiment = try await DiagnosedExperiment(lines)
    return try VerificationTable(experiment.report(), protocolName: "tiny-lfw").table.footnotes
  }

  @Test func theLastModelIsNamed() async throws {
    #expect(
      try await footnotes().contains("Checkpoint rule: last. Nothing was chosen on test data."))
  }

  @Test func aRuleThatChoosesSaysOnWhomAndHowOften() async throws {
    let notes = try await footnotes([
      "validation: {set: validation}\ncheckpoint: {name: best-validation, every: 4}"
    ])
    #expect(
      notes.contains(
        "Checkpoint rule: the step with the best validation accuracy, every 4 steps; chosen on identities that neither train "
          + "nor are tested. Nothing was chosen on test data."), "\(notes)")
  }
}
