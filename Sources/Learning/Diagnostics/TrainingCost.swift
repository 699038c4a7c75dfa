/// What a step of training and the use of its network cost, counted from the configuration alone.
///
/// Operations are the multiplications and additions of matrix products; what is done element by element (normalisation, rectifiers,
/// the loss, the optimiser) is not counted. Numbers are elements, of 4 bytes in training.
public struct TrainingCost: Hashable, Sendable, Codable {
  /// The trained network's forward passes of a step.
  public let forwardOperations: Int
  /// Its backward passes.
  public let backwardOperations: Int
  /// The forward passes of gallery networks.
  public let galleryOperations: Int
  /// Embeddings against prototypes, and the gradients at both.
  public let headOperations: Int
  /// The forward pass of one image after training.
  public let inferenceOperations: Int
  /// The network's learned numbers: all that is kept for inference, besides running statistics.
  public let networkNumbers: Int
  /// The learned numbers of the prototypes.
  public let prototypeNumbers: Int
  /// What is kept besides without a gradient: gallery networks and queues.
  public let galleryNumbers: Int
  /// The similarities of a step that are in memory at a time.
  public let similarityNumbers: Int

  /// All operations of a step.
  public var stepOperations: Int {
    forwardOperations + backwardOperations + galleryOperations + headOperations
  }

  /// The cost of a supported configuration on features of `inputs` columns, of `classes` identities.
  public init(_ configuration: TrainingConfiguration, inputs: Int, classes: Int) {
    let network = NetworkCount(configuration.network, inputs: inputs)
    let width = configuration.network.outputs(inputs: inputs)
    let source = configuration.mechanism.cost(
      loss: configuration.loss.traits, batch: configuration.batch, classes: classes)
    let images = configuration.batch * source.embeddedViews
    forwardOperations = images * network.forward
    backwardOperations = images * network.backward
    galleryOperations = configuration.batch * source.galleryViews * network.forward
    // Each group compares its own columns, so that groups change nothing.
    let product = 2 * source.rows * source.prototypes * width
    headOperations = source.comparisons * product * (source.learnsPrototypes ? 3 : 2)
    inferenceOperations = network.forward
    networkNumbers = network.numbers
    prototypeNumbers = source.weights * width
    galleryNumbers = source.galleryNetworks * network.numbers + source.queued * width
    similarityNumbers = source.rows * source.prototypes
  }
}

/// What a prototype source computes and keeps in a step; see `TrainingCost`.
struct SourceCost {
  /// Images of a sample that the trained network embeds.
  var embeddedViews = 1
  /// Images of a sample that a gallery network embeds.
  var galleryViews = 0
  /// How often rows are compared with prototypes.
  var comparisons = 1
  /// The rows of a comparison.
  var rows: Int
  /// The prototypes of a comparison.
  var prototypes: Int
  /// Whether a gradient at the prototypes is computed.
  var learnsPrototypes = true
  /// The prototypes that are learned weights.
  var weights = 0
  var galleryNetworks = 0
  /// The rows of all queues.
  var queued = 0
}

/// The matrix products of one row's passes through a network, and its learned numbers.
private struct NetworkCount {
  var forward = 0
  var backward = 0
  var numbers = 0

  init(_ configuration: NetworkConfiguration, inputs: Int, needsInputGradient: Bool = false) {
    var width = inputs
    for (index, layer) in configuration.layers.enumerated() {
      // Nobody asks for the gradient at the features.
      let reachesInput = needsInputGradient || index > 0
      switch layer {
      case .linear(let outputs, let bias, _):
        let product = 2 * width * outputs
        forward += product
        backward += reachesInput ? 2 * product : product
        numbers += width * outputs + (bias ? outputs : 0)
        width = outputs
      case .batchNorm(_, _, let affine): numbers += affine ? 2 * width : 0
      case .prelu: numbers += width
      case .dropout: break
      case .residual(let inner):
        let count = NetworkCount(NetworkConfiguration(inner), inputs: width, needsInputGradient: true)
        forward += count.forward
        backward += count.backward
        numbers += count.numbers
      }
    }
  }
}
