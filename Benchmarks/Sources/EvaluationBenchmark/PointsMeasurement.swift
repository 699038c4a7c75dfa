import BenchmarkSupport

/// What reading operating points took in one process: printed as one line of JSON, by the Python peers too.
struct PointsMeasurement: Codable {
  /// What one target gave: accept ⇔ score ≥ threshold.
  struct Point: Codable, Equatable {
    let targetFAR: Double
    let threshold: Double
    let acceptedGenuine: Int
    let acceptedImpostor: Int
  }

  /// What computed it, with its version.
  let engine: String
  /// Of each repetition.
  let seconds: [Double]
  let points: [Point]
}
