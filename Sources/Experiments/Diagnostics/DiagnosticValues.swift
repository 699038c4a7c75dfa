import Learning

/// One number of a diagnostic, as tables hold it.
public struct DiagnosticValue: Sendable, Equatable {
  /// The steps done before; nil for what describes the finished model or the configuration.
  public var step: Int?
  public var quantity: String
  /// Nil where it is not defined.
  public var value: Double?
}

extension DiagnosticRecord {
  /// The numbers that a table holds, in a fixed order. Histograms, spectra, coordinates and planes are in the record alone.
  public var values: [DiagnosticValue] {
    var values: [DiagnosticValue] = []
    for point in curve ?? [] { values += Self.values(point) }
    if let compactness { values += Self.values(compactness) }
    if let spectrum { values += Self.values(spectrum) }
    if let groups { values += Self.values(groups) }
    if let clusters { values += Self.values(clusters) }
    for point in headGradients ?? [] { values += Self.values(point) }
    for point in smoothness ?? [] { values += Self.values(point) }
    if let landscape { values += Self.values(landscape) }
    if let cost { values += Self.values(cost) }
    return values
  }

  private static func values(_ point: CurvePoint) -> [DiagnosticValue] {
    at(
      point.step,
      [
        ("loss", point.loss), ("accuracy", point.validation.accuracy), ("auc", point.validation.auc),
        ("eer", point.validation.eer),
      ])
  }

  private static func at(_ step: Int?, _ values: [(String, Double?)]) -> [DiagnosticValue] {
    values.map { DiagnosticValue(step: step, quantity: $0.0, value: $0.1) }
  }

  private static func final(_ values: [(String, Double?)]) -> [DiagnosticValue] { at(nil, values) }

  private static func values(_ compactness: Compactness) -> [DiagnosticValue] {
    let parts: [(String, AngleStatistics)] = [
      ("genuine", compactness.genuine), ("impostor", compactness.impostor),
      ("to-centre", compactness.toCentre), ("between-centres", compactness.betweenCentres),
    ]
    var values: [(String, Double?)] = []
    for (name, angles) in parts {
      values.append(("\(name)-angles", Double(angles.count)))
      values.append(("\(name)-mean", angles.mean))
      values.append(("\(name)-sd", angles.standardDeviation))
    }
    return final(values)
  }

  private static func values(_ spectrum: EmbeddingSpectrum) -> [DiagnosticValue] {
    final([
      ("effective-dimension", spectrum.effectiveDimension), ("entropy-dimension", spectrum.entropyDimension),
      ("dimensions-for-90%", spectrum.dimensions(holding: 0.9).map { Double($0) }),
      ("dimensions-for-99%", spectrum.dimensions(holding: 0.99).map { Double($0) }),
      ("total-variance", spectrum.totalVariance),
    ])
  }

  private static func values(_ groups: GroupMeasurement) -> [DiagnosticValue] {
    let count = groups.alone.count
    var values: [(String, Double?)] = [("accuracy-whole", groups.whole.accuracy)]
    values += (0..<count).map { ("accuracy-\($0)", groups.alone[$0].accuracy) }
    values += (0..<count).map { ("neighbour-accuracy-\($0)", groups.comparison.neighbourAccuracy[$0]) }
    for second in 0..<count {
      for first in 0..<second {
        values.append(("alignment-\(first)-\(second)", groups.comparison.alignment[first][second]))
        values.append(
          ("neighbour-agreement-\(first)-\(second)", groups.comparison.neighbourAgreement[first][second]))
      }
    }
    return final(values)
  }

  private static func values(_ clusters: ClusterMeasurement) -> [DiagnosticValue] {
    let parts =
      [("whole", clusters.whole)] + clusters.alone.enumerated().map { ("\($0.offset)", $0.element) }
    return final(
      parts.flatMap { name, part in
        [
          ("between-within-\(name)", part.betweenToWithin), ("silhouette-\(name)", part.silhouette),
          ("variance-share-\(name)", part.shares.map { $0.reduce(0, +) }),
        ]
      })
  }

  private static func values(_ point: HeadGradientPoint) -> [DiagnosticValue] {
    point.heads.flatMap { head in
      at(
        point.step,
        [
          ("\(head.name)-all", head.all), ("\(head.name)-present", head.present),
          ("\(head.name)-absent", head.absent),
        ])
    }
  }

  private static func values(_ point: SmoothnessPoint) -> [DiagnosticValue] {
    let line = point.line
    return at(
      point.step,
      [
        ("loss", line.loss), ("gradient-norm", line.gradientNorm),
        ("loss-minimum", line.lossRange.lowerBound), ("loss-maximum", line.lossRange.upperBound),
        ("gradient-change", line.places.map(\.gradientChange).max()), ("smoothness", line.smoothness),
        ("lipschitz", line.lipschitz),
      ])
  }

  private static func values(_ slice: LossSlice) -> [DiagnosticValue] {
    let losses = slice.losses.joined()
    // An even number of points leaves out the weights themselves.
    let middle = slice.steps.firstIndex(of: 0).map { slice.losses[$0][$0] }
    return final([
      ("loss", middle), ("loss-minimum", losses.min()), ("loss-maximum", losses.max()),
    ])
  }

  private static func values(_ cost: TrainingCost) -> [DiagnosticValue] {
    final([
      ("step-operations", Double(cost.stepOperations)),
      ("forward-operations", Double(cost.forwardOperations)),
      ("backward-operations", Double(cost.backwardOperations)),
      ("gallery-operations", Double(cost.galleryOperations)),
      ("head-operations", Double(cost.headOperations)),
      ("inference-operations", Double(cost.inferenceOperations)),
      ("network-numbers", Double(cost.networkNumbers)), ("prototype-numbers", Double(cost.prototypeNumbers)),
      ("gallery-numbers", Double(cost.galleryNumbers)),
      ("similarity-numbers", Double(cost.similarityNumbers)),
    ])
  }
}
