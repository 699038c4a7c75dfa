import LinearAlgebra

/// What the batch normalisation of a gallery network uses.
enum GalleryStatistics: String, CaseIterable, Sendable {
  /// The statistics of the batch; its running ones move by themselves (FaceX-Zoo).
  case batch
  /// Its running statistics, which follow the probe network's by the moving average.
  case running
}

/// A network that follows the trained one by a moving average, θ_g ← α·θ_g + (1 − α)·θ_p, and learns nothing itself.
///
/// Its forward pass has no dropout. The average covers parameters; running statistics only where they are used.
struct GalleryNetwork<Element: Scalar>: Sendable {
  var network: Network<Element>
  /// α.
  let ema: Double
  let statistics: GalleryStatistics
  private var tape: NetworkTape<Element>

  /// Starts equal to `probe`.
  init(following probe: Network<Element>, ema: Double, statistics: GalleryStatistics) {
    self.ema = ema
    self.statistics = statistics
    network = probe
    tape = probe.makeTape()
    dropGradients()
  }

  /// The embeddings of the last forward pass.
  var output: Matrix<Element> { tape.output }

  /// Lets go of the features of the last forward pass, whose memory can then be written again without a copy.
  mutating func releaseInput() { tape.releaseInput() }

  /// Embeds a batch.
  mutating func forward(_ features: Matrix<Element>, workers: Workers) {
    network.forward(
      features, tape: &tape, mode: statistics == .batch ? .batchStatistics : .inference, workers: workers)
  }

  /// One step of the moving average.
  mutating func follow(_ probe: Network<Element>, workers: Workers = .one) {
    let kept = Element(ema)
    let taken = Element(1 - ema)
    for index in network.parameters.indices {
      Self.average(&network.parameters[index].value, probe.parameters[index].value, kept, taken)
    }
    guard statistics == .running else { return }
    for index in network.buffers.indices {
      Self.average(&network.buffers[index].value, probe.buffers[index].value, kept, taken)
    }
  }

  private static func average(
    _ value: inout Matrix<Element>, _ new: Matrix<Element>, _ kept: Element, _ taken: Element
  ) {
    ElementwiseKernels.scale(&value, by: kept)
    axpy(alpha: taken, new, into: &value)
  }

  /// Adds normal noise to every parameter, with `scale` times its root mean square as the standard deviation.
  mutating func perturb(by scale: Double, seed: UInt64, name: String) {
    for index in network.parameters.indices {
      let parameter = network.parameters[index]
      guard parameter.value.count > 0 else { continue }
      let deviation =
        scale
        * (ElementwiseKernels.sumOfSquares(parameter.value) / Double(parameter.value.count)).squareRoot()
      var noise = Matrix<Element>(rows: parameter.value.rows, columns: parameter.value.columns)
      var stream = RandomStream(seed: seed, name: "\(name).\(parameter.name)")
      stream.fillNormal(&noise, standardDeviation: deviation)
      ElementwiseKernels.add(noise, to: &network.parameters[index].value)
    }
  }

  /// Takes the weights and statistics of a checkpoint, which must be of a network of the same kind.
  mutating func restore(from archive: TensorArchive, prefix: String) throws {
    let saved = try Network<Element>(from: archive, prefix: prefix)
    guard saved.configuration == network.configuration && saved.inputs == network.inputs else {
      throw archive.error(found: "a gallery network of another kind")
    }
    network = saved
    dropGradients()
  }

  /// Lets go of the gradients, which nobody writes.
  private mutating func dropGradients() {
    for index in network.parameters.indices {
      network.parameters[index].gradient = Matrix(rows: 0, columns: 0)
    }
  }
}
