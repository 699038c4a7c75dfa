import BenchmarkSupport
import Learning
import LinearAlgebra

/// The forward and backward passes that a step of semi-siamese training needs, and nothing else.
///
/// Of a batch of pairs the trained network passes both images forward and back, a gallery network both forward; each side is
/// compared with the queue, and the gradient comes back to its embeddings. How many gallery networks there are changes nothing: one
/// works a step.
struct GalleryPasses {
  private let workers: Workers
  private var probe: Network<Float>
  private var gallery: Network<Float>
  private var tapes: [NetworkTape<Float>]
  private var galleryTape: NetworkTape<Float>
  private let images: [Matrix<Float>]
  private let queue: Matrix<Float>
  private let embeddings: Matrix<Float>
  private var gradient: Matrix<Float>
  private var loss: any Loss
  private var batch = LossBatch<Float>()

  /// Seconds of the networks' passes and of the comparisons.
  struct Times {
    let networks: Double
    let comparisons: Double
    var sum: Double { networks + comparisons }
  }

  /// Of a queue with `queue` rows.
  init(queue count: Int, workers: Workers) throws {
    self.workers = workers
    let (rows, width) = (StepWorkload.batch, StepWorkload.width)
    probe = try Network(StepWorkload.network, inputs: width, seed: StepWorkload.seed)
    gallery = probe
    tapes = [probe.makeTape(), probe.makeTape()]
    galleryTape = probe.makeTape()
    var stream = RandomStream(seed: StepWorkload.seed, name: "step.passes")
    images = (0..<2).map { _ in
      var features = Matrix<Float>(rows: rows, columns: width)
      stream.fillNormal(&features)
      return features
    }
    func directions(_ rows: Int) -> Matrix<Float> {
      var raw = Matrix<Float>(rows: rows, columns: width)
      stream.fillNormal(&raw)
      var unit = raw
      var norms = [Float](repeating: 0, count: rows)
      RowNormalization.forward(raw, into: &unit, norms: &norms)
      return unit
    }
    queue = directions(count)
    embeddings = directions(rows)
    gradient = Matrix(rows: rows, columns: width)
    loss = try StepWorkload.loss.makeLoss(classes: count, seed: StepWorkload.seed)
    batch.similarities = Matrix(rows: rows, columns: count)
    batch.targets = Array(0..<rows)
  }

  mutating func run() -> Times {
    let forward = seconds {
      for view in images.indices {
        probe.forward(images[view], tape: &tapes[view], dropoutKey: .zero, workers: workers)
        gallery.forward(images[view], tape: &galleryTape, dropoutKey: .zero, workers: workers)
      }
    }
    let comparisons = seconds {
      for _ in images {
        gemm(embeddings, .asIs, queue, .transposed, into: &batch.similarities, workers: workers)
        _ = loss.evaluate(&batch, workers: workers)
        gemm(batch.similarities, .asIs, queue, into: &gradient, workers: workers)
      }
    }
    let backward = seconds {
      for view in images.indices { probe.backward(gradient, tape: &tapes[view], workers: workers) }
    }
    return Times(networks: forward + backward, comparisons: comparisons)
  }
}
