import LinearAlgebra
import Metrics

/// The product's own way from scores in memory to operating points.
enum OperatingPointReading {
  static let targets = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6]

  /// The points at `targets` by the default rule, and with them AUC, equal error rate and the curve at the genuine scores, which come of the same passes.
  static func points(genuine: [Float], impostor: [Float], workers: Workers) -> [PointsMeasurement.Point] {
    let curve = ScoreSummary(
      genuine: genuine, impostor: impostor, targetFARs: targets, pieces: workers.count,
      perform: workers.forEach)
    return targets.map { target in
      let point = curve.operatingPoint(at: target)
      return PointsMeasurement.Point(
        targetFAR: target, threshold: point.threshold ?? .infinity,
        acceptedGenuine: point.acceptedGenuine ?? 0, acceptedImpostor: point.acceptedImpostor ?? 0)
    }
  }
}
