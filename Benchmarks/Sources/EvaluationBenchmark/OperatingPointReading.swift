import LinearAlgebra
import Metrics

/// The product's own way from scores in memory to operating points.
enum OperatingPointReading {
  static let targets = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6]

  /// The points at `targets` by the default rule. The scores are needed again, so what sorts in place works on copies, as a peer's `np.sort` does.
  static func points(genuine: [Float], impostor: [Float], workers: Workers) -> [PointsMeasurement.Point] {
    var (genuine, impostor) = (genuine, impostor)
    let curve = ROCCurve(genuine: &genuine, impostor: &impostor)
    return targets.map { target in
      let point = curve.operatingPoint(at: target)
      return PointsMeasurement.Point(
        targetFAR: target, threshold: point.threshold ?? .infinity,
        acceptedGenuine: point.acceptedGenuine ?? 0, acceptedImpostor: point.acceptedImpostor ?? 0)
    }
  }
}
