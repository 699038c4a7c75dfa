import FeatureStores

/// How the pass over the distractors finds the scores that matter.
///
/// Ranks and operating points need the best scores of each search and the highest of all; what is certainly below both may be left out. Results are the same
/// to the last count either way, but for the histogram of all impostor scores, which needs them all: a screened result has none.
public enum DistractorScreening: String, Codable, CaseIterable, Sendable {
  /// By the products of 8-bit codes and their error bound (`ScreenedTiles`): several times faster where the CPU has AVX-512 VNNI, slower than without
  /// screening where it has not. What the codes cannot exclude is computed in float.
  case eightBit = "8-bit"
}

extension ProtocolDefinition {
  /// The same protocol with screening. One of another kind is an error.
  public func screened(by screening: DistractorScreening = .eightBit) throws -> ProtocolDefinition {
    guard var kind = kind as? DistractorIdentification else {
      throw HarnessError(
        .badInput, place: "protocol \(name)", found: "the kind \(type(of: kind).name)",
        expected: "a protocol of kind \(DistractorIdentification.name)",
        advice: "Screening leaves out scores of distractors; evaluate without it.")
    }
    kind.screening = screening
    var result = self
    result.kind = kind
    return result
  }
}
