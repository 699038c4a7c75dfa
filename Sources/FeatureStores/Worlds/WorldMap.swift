import LinearAlgebra

/// The invertible map from latent to stored feature: x = R₀·l(R₁·l(… R_L·u)), with R orthogonal and l the leaky rectifier.
///
/// All in `Double` and in a fixed order, so that a world has the same bytes on every machine. Reading a random draw needs
/// `dimension` squared numbers a rotation.
struct WorldMap: Sendable {
  /// Rotations in the order in which they are applied.
  let rotations: [Matrix<Double>]
  let slope: Double

  /// Draws the map of a world.
  init(_ definition: WorldDefinition) {
    slope = definition.map.slope
    rotations = (0...definition.map.layers).map { layer in
      var stream = RandomStream(seed: definition.seed, name: "map/\(layer)")
      return Self.rotation(dimension: definition.dimension, &stream)
    }
  }

  /// An orthogonal matrix, uniform over the orthogonal group: Gram and Schmidt on normal rows, done twice because once
  /// loses orthogonality in proportion to the condition of the draw.
  static func rotation(dimension: Int, _ stream: inout RandomStream) -> Matrix<Double> {
    var rows: [[Double]] = []
    while rows.count < dimension {
      var candidate = (0..<dimension).map { _ in stream.normal() }
      for _ in 0..<2 {
        for row in rows {
          let along = dot(row, candidate)
          for index in candidate.indices { candidate[index] -= along * row[index] }
        }
      }
      let length = dot(candidate, candidate).squareRoot()
      // A draw that nearly lies in the span of the others would be all rounding; it has probability about 1e-8.
      guard length > 1e-8 else { continue }
      rows.append(candidate.map { $0 / length })
    }
    return Matrix(rows)
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double { VectorKernels.dot(a.span, b.span) }

  /// f(u) of each row of `latents`, in place.
  func apply(to latents: inout Matrix<Double>, workers: Workers = .one) {
    for (index, rotation) in rotations.enumerated() {
      if index > 0 {
        latents.withMutableElements { elements in
          for place in elements.indices where elements[place] < 0 { elements[place] *= slope }
        }
      }
      latents = RowProduct.multiply(latents, byTransposeOf: rotation, workers: workers)
    }
  }

  /// The latents of stored features: the inverse of `apply`.
  func invert(_ features: inout Matrix<Double>) {
    for (index, rotation) in rotations.enumerated().reversed() {
      features = RowProduct.multiply(features, byTransposeOf: rotation.transposed())
      if index > 0 {
        features.withMutableElements { elements in
          for place in elements.indices where elements[place] < 0 { elements[place] /= slope }
        }
      }
    }
  }
}
