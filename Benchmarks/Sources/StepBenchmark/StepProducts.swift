import LinearAlgebra

/// The matrix products of one conventional step and nothing else, each of the step's shape and in memory of its own.
struct StepProducts {
  /// A linear layer: its forward product, and those of the gradients at its weights and at its input.
  private struct Layer {
    var input = Matrix<Float>(rows: StepWorkload.batch, columns: StepWorkload.width, repeating: 0.5)
    var weight = Matrix<Float>(rows: StepWorkload.width, columns: StepWorkload.width, repeating: 0.01)
    var output = Matrix<Float>(rows: StepWorkload.batch, columns: StepWorkload.width)
    var outputGradient = Matrix<Float>(rows: StepWorkload.batch, columns: StepWorkload.width, repeating: 0.01)
    var inputGradient = Matrix<Float>(rows: StepWorkload.batch, columns: StepWorkload.width)
    var weightGradient = Matrix<Float>(rows: StepWorkload.width, columns: StepWorkload.width)
  }

  private var layers = Array(repeating: 0, count: StepWorkload.layers).map { _ in Layer() }
  private let embeddings = Matrix<Float>(
    rows: StepWorkload.batch, columns: StepWorkload.width, repeating: 0.04)
  private var embeddingGradient = Matrix<Float>(rows: StepWorkload.batch, columns: StepWorkload.width)
  private let prototypes: Matrix<Float>
  private var prototypeGradient: Matrix<Float>
  private var similarities: Matrix<Float>

  init(classes: Int) {
    prototypes = Matrix(rows: classes, columns: StepWorkload.width, repeating: 0.04)
    prototypeGradient = Matrix(rows: classes, columns: StepWorkload.width)
    similarities = Matrix(rows: StepWorkload.batch, columns: classes)
  }

  /// The billions of floating-point operations of `run`: two, a product and a sum, for each of a matrix product's rows × columns × terms.
  static func gigaflop(classes: Int) -> Double {
    let (batch, width) = (StepWorkload.batch, StepWorkload.width)
    // Three products a layer, but for the gradient at the features; and three with the prototypes.
    let layers = (3 * StepWorkload.layers - 1) * batch * width * width
    let head = 3 * batch * width * classes
    return 2e-9 * Double(layers + head)
  }

  mutating func run(workers: Workers) {
    for index in layers.indices {
      gemm(
        layers[index].input, .asIs, layers[index].weight, .transposed, beta: 1, into: &layers[index].output,
        workers: workers)
    }
    gemm(embeddings, .asIs, prototypes, .transposed, into: &similarities, workers: workers)
    gemm(similarities, .asIs, prototypes, into: &embeddingGradient, workers: workers)
    gemm(similarities, .transposed, embeddings, into: &prototypeGradient, workers: workers)
    for index in layers.indices.reversed() {
      gemm(
        layers[index].outputGradient, .transposed, layers[index].input, beta: 1,
        into: &layers[index].weightGradient, workers: workers)
      // Nobody asks for the gradient at the features.
      guard index > 0 else { continue }
      gemm(
        layers[index].outputGradient, .asIs, layers[index].weight, into: &layers[index].inputGradient,
        workers: workers)
    }
  }
}
