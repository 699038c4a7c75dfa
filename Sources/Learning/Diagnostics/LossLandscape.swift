import LinearAlgebra

/// The loss and its gradient along the gradient of a batch: how smooth training is there.
///
/// From the present weights θ with gradient g, at θ − ηg for several η. Only the trained network and the source's own parameters
/// move; the batch, gallery networks and queue are those of the next step. Source: Santurkar et al., "How does batch normalization
/// help optimization?", 2018.
public struct GradientLine: Hashable, Sendable, Codable {
  /// One place on the line.
  public struct Place: Hashable, Sendable, Codable {
    /// η.
    public let rate: Double
    public let loss: Double
    /// ‖g(θ − ηg) − g(θ)‖.
    public let gradientChange: Double
    /// ‖ηg‖.
    public let distance: Double
  }

  /// The loss at θ.
  public let loss: Double
  /// ‖g‖.
  public let gradientNorm: Double
  public let places: [Place]

  /// The least and the largest loss on the line, θ among its places.
  public var lossRange: ClosedRange<Double> {
    let losses = places.map(\.loss) + [loss]
    return (losses.min() ?? loss)...(losses.max() ?? loss)
  }

  /// The largest ‖Δg‖/‖Δθ‖, a lower bound on the β of β-smoothness; nil where nothing moved.
  public var smoothness: Double? {
    places.filter { $0.distance > 0 }.map { $0.gradientChange / $0.distance }.max()
  }

  /// The largest |ΔL|/‖Δθ‖, a lower bound on the loss's Lipschitz constant; nil where nothing moved.
  public var lipschitz: Double? {
    places.filter { $0.distance > 0 }.map { abs($0.loss - loss) / $0.distance }.max()
  }
}

/// The loss on a plane through the present weights.
///
/// The two directions are normal noise, each row of a weight matrix (each filter) scaled to the length of that row of the weights; biases,
/// normalisation parameters and slopes stay. Source: Li et al., "Visualizing the loss landscape of neural nets", 2018.
public struct LossSlice: Hashable, Sendable, Codable {
  /// The steps along each direction, in units of the scaled directions.
  public let steps: [Double]
  /// `losses[i][j]` at θ + steps[i]·δ₁ + steps[j]·δ₂.
  public let losses: [[Double]]
}

extension Trainer {
  /// The batch that the next step will draw.
  private func nextRows() -> [[Int]] {
    var sampler = sampler
    var rows = Array(
      repeating: Array(repeating: 0, count: configuration.batch), count: source.viewsPerSample)
    sampler.fill(&rows)
    return rows
  }

  private mutating func gradients() -> [Matrix<Element>] {
    var result: [Matrix<Element>] = []
    forEachParameter { result.append($0.gradient) }
    return result
  }

  /// Moves every parameter by `factor` times its direction.
  private mutating func move(_ directions: [Matrix<Element>], by factor: Double) {
    var place = 0
    forEachParameter { parameter in
      axpy(alpha: Element(factor), directions[place], into: &parameter.value)
      place += 1
    }
  }

  /// The line of the next batch's gradient at these step sizes. The trainer itself does not change.
  public func gradientLine(rates: [Double]) -> GradientLine {
    let rows = nextRows()
    var start = self
    let loss = start.lossAndGradients(rows: rows)
    let gradients = start.gradients()
    let norm = gradients.reduce(0) { $0 + ElementwiseKernels.sumOfSquares($1) }.squareRoot()
    let places = rates.map { rate in
      var moved = self
      moved.move(gradients, by: -rate)
      let loss = moved.lossAndGradients(rows: rows)
      var change = 0.0
      for (new, old) in zip(moved.gradients(), gradients) {
        var difference = new
        axpy(alpha: -1, old, into: &difference)
        change += ElementwiseKernels.sumOfSquares(difference)
      }
      return GradientLine.Place(
        rate: rate, loss: loss, gradientChange: change.squareRoot(), distance: rate.magnitude * norm)
    }
    return GradientLine(loss: loss, gradientNorm: norm, places: places)
  }

  /// The slice of the next batch's loss, with directions from streams of the run's seed. The trainer itself does not change.
  public func lossSlice(steps: [Double]) -> LossSlice {
    let rows = nextRows()
    var copy = self
    let directions = (0..<2).map { axis in
      var result: [Matrix<Element>] = []
      copy.forEachParameter { parameter in
        result.append(Self.filterDirection(parameter, seed: configuration.seed, axis: axis))
      }
      return result
    }
    let losses = steps.map { first in
      steps.map { second in
        var moved = self
        moved.move(directions[0], by: first)
        moved.move(directions[1], by: second)
        return moved.lossAndGradients(rows: rows)
      }
    }
    return LossSlice(steps: steps, losses: losses)
  }

  static func filterDirection(
    _ parameter: Parameter<Element>, seed: UInt64, axis: Int
  ) -> Matrix<Element> {
    var direction = Matrix<Element>(rows: parameter.value.rows, columns: parameter.value.columns)
    guard parameter.kind == .weight || parameter.kind == .prototype else { return direction }
    var noise = direction
    var stream = RandomStream(seed: seed, name: "slice.\(axis).\(parameter.name)")
    stream.fillNormal(&noise)
    var norms = [Element](repeating: 0, count: noise.rows)
    RowNormalization.forward(noise, into: &direction, norms: &norms)
    for row in 0..<direction.rows {
      let length = parameter.value.withRow(row) { VectorKernels.dot($0, $0) }.squareRoot()
      direction.withMutableRow(row) { VectorKernels.scale(&$0, by: length) }
    }
    return direction
  }
}
