import FeatureStores
public import LinearAlgebra

/// Trains a network on labelled features by any loss × prototype source × subspaces.
///
/// The caller drives it: `step()` until `isFinished`, with a `checkpoint()` whenever it wants one. Everything that happens
/// depends on the configuration, the data and the steps done alone: the bytes of all results are the same for any
/// number of workers, and for a run that was stopped and resumed from a checkpoint.
public struct Trainer<Element: Scalar>: Sendable {
  /// Judges a model; larger is better. Called after the steps that the configuration's `validateEvery` names.
  public typealias Validation = @Sendable (TrainedModel<Element>) throws -> Double

  public let configuration: TrainingConfiguration
  /// The number of identities.
  public let classes: Int
  /// Steps done.
  public internal(set) var completedSteps = 0
  public internal(set) var history = TrainingHistory()

  var network: Network<Element>
  var source: any PrototypeSource<Element>
  var optimizer: Optimizer<Element>
  var sampler: Sampler
  /// The weights of the best validation so far, where the checkpoint rule asks for them.
  var best: TrainedModel<Element>?

  private let features: Matrix<Element>
  private let labels: [Int]
  private let workers: Workers
  private let validation: Validation?
  private let dropoutKey: SIMD2<UInt32>
  var rows: [[Int]]
  var batch: SourceBatch<Element>
  private var tapes: [NetworkTape<Element>]
  /// Working memory of the norm of the gradients.
  private var squares: [Double] = []

  /// A trainer at step 0, for features with a sample a row and a label each.
  ///
  /// Labels may be any numbers; each distinct one is an identity. `validation` is needed where the configuration asks for
  /// validations. Throws `HarnessError` for data that do not fit and for a combination that makes no sense.
  public init(
    configuration: TrainingConfiguration, features: Matrix<Float>, labels: [Int], workers: Workers = .one,
    validation: Validation? = nil
  ) throws {
    guard labels.count == features.rows else {
      throw HarnessError(
        .badInput, place: "labels", found: "\(labels.count) labels", expected: "\(features.rows), one a row")
    }
    let identities = Set(labels).sorted()
    guard identities.count >= 2 else {
      throw HarnessError(
        .badInput, place: "labels", found: "\(identities.count) identities",
        expected: "at least 2 to train on")
    }
    if let reason = configuration.unsupportedReason(
      inputs: features.columns, classes: identities.count)
    {
      throw HarnessError(.badInput, place: "training", found: "an unsupported combination: \(reason)")
    }
    guard configuration.validateEvery == nil || validation != nil else {
      throw HarnessError(.badInput, place: "validate-every", found: "no validation to run")
    }
    let places = Dictionary(uniqueKeysWithValues: identities.enumerated().map { ($1, $0) })
    self.configuration = configuration
    self.labels = labels.map { places[$0] ?? 0 }
    self.features = features.elements(as: Element.self)
    self.workers = workers
    self.validation = validation
    classes = identities.count
    network = try Network(configuration.network, inputs: features.columns, seed: configuration.seed)
    source = configuration.mechanism.makeSource(
      loss: configuration.loss, width: network.outputs, classes: classes, seed: configuration.seed,
      skipping: configuration.gradientSkipping, Element.self)
    source.start(network: network)
    sampler = Sampler(
      configuration.sampler, classes: self.labels, seed: configuration.seed, batch: configuration.batch,
      views: source.viewsPerSample, rule: configuration.mechanism.identityRule)
    var stream = RandomStream(seed: configuration.seed, name: "dropout")
    dropoutKey = SIMD2(stream.nextWord(), stream.nextWord())
    let views = source.viewsPerSample
    rows = Array(repeating: Array(repeating: 0, count: configuration.batch), count: views)
    batch = SourceBatch(views: views, embedded: source.embeddedViews)
    tapes = (0..<source.embeddedViews).map { [network] _ in network.makeTape() }
    var optimizer = Optimizer<Element>(configuration.optimizer)
    for parameter in network.parameters { optimizer.add(parameter) }
    source.forEachParameter { optimizer.add($0) }
    self.optimizer = optimizer
  }

  /// The number of samples.
  var rowCount: Int { features.rows }

  public var isFinished: Bool { completedSteps >= configuration.steps }

  /// One step of training: draw, embed, compare, descend.
  ///
  /// Throws `TrainingFailure.diverged`, with all weights as they were before the step, and what the validation throws. The
  /// trainer must not be used for further steps after an error, nor once it is finished.
  public mutating func step() throws -> TrainingProgress {
    sampler.fill(&rows)
    return try step(on: rows)
  }

  /// One step of training on these rows (one array a view).
  mutating func step(on rows: [[Int]]) throws -> TrainingProgress {
    precondition(!isFinished, "the run is finished")
    let rate =
      configuration.optimizer.learningRate
      * configuration.schedule.factor(step: completedSteps, of: configuration.steps)
    let loss = lossAndGradients(rows: rows)
    let gradientNorm = gradientNorm()
    guard loss.isFinite && gradientNorm.isFinite else {
      throw TrainingFailure.diverged(step: completedSteps + 1)
    }
    descend(rate: rate, factor: optimizer.clippingFactor(gradientNorm: gradientNorm))
    source.finishStep(network: network)
    completedSteps += 1
    history.append(loss: loss, gradientNorm: gradientNorm, of: configuration.steps)
    return TrainingProgress(
      step: completedSteps, steps: configuration.steps, loss: loss, learningRate: rate,
      gradientNorm: gradientNorm, validation: try validateIfDue())
  }

  /// The model that the run hands over, by the checkpoint rule; before the first validation the present weights.
  public var model: TrainedModel<Element> {
    switch configuration.checkpoint {
    case .last: currentModel
    case .bestValidation: best ?? currentModel
    }
  }

  /// The model with the present weights.
  public var currentModel: TrainedModel<Element> { TrainedModel(network: network, steps: completedSteps) }

  /// The loss of the batch of these rows (one array a view), with its gradients left in all parameters.
  ///
  /// Moves what a forward pass in training moves: running statistics and the state of losses.
  mutating func lossAndGradients(rows: [[Int]]) -> Double {
    source.clearGradients()
    batch.step = completedSteps
    batch.classes.removeAll(keepingCapacity: true)
    for row in rows[0] { batch.classes.append(labels[row]) }
    for view in rows.indices {
      batch.features[view].reshape(rows[view].count, features.columns)
      features.gather(rows: rows[view], into: &batch.features[view], workers: workers)
    }
    for view in tapes.indices {
      network.forward(
        batch.features[view], tape: &tapes[view], dropoutKey: dropoutKey(view: view), workers: workers)
      batch.embeddings[view] = tapes[view].output
      batch.gradients[view].reshape(rows[view].count, network.outputs)
    }
    let loss = source.evaluate(&batch, workers: workers)
    for view in tapes.indices {
      batch.embeddings[view] = Matrix(rows: 0, columns: 0)
      // The first view's pass writes the gradients that the others add to.
      network.backward(batch.gradients[view], tape: &tapes[view], adding: view > 0, workers: workers)
      tapes[view].releaseInput()
    }
    return Double(loss)
  }

  /// Calls `body` with everything that is learned: the network's parameters, then the source's.
  mutating func forEachParameter(_ body: (inout Parameter<Element>) throws -> Void) rethrows {
    for index in 0..<network.parameters.count { try body(&network.parameters[index]) }
    try source.forEachParameter(body)
  }

  private mutating func gradientNorm() -> Double {
    var sum = 0.0
    // Taken out of self, which the visit changes.
    var parts: [Double] = []
    swap(&parts, &squares)
    forEachParameter { [workers] in
      sum += ElementwiseKernels.sumOfSquares($0.gradient, parts: &parts, workers: workers)
    }
    swap(&parts, &squares)
    return sum.squareRoot()
  }

  private mutating func descend(rate: Double, factor: Double) {
    // Taken out of self, which the visit changes.
    var moving = Optimizer<Element>(configuration.optimizer)
    swap(&moving, &optimizer)
    moving.begin()
    forEachParameter { [workers] in
      moving.update(&$0, rate: rate, factor: factor, workers: workers)
    }
    swap(&moving, &optimizer)
  }

  private mutating func validateIfDue() throws -> Double? {
    guard let every = configuration.validateEvery, let validation,
      completedSteps % every == 0 || isFinished
    else { return nil }
    let value = try validation(currentModel)
    guard value.isFinite else {
      throw HarnessError(
        .fault, place: "validation after step \(completedSteps)", found: "a value that is not finite")
    }
    let isBest = history.validations.allSatisfy { value > $0.value }
    history.validations.append(TrainingHistory.Validation(step: completedSteps, value: value))
    if isBest && configuration.checkpoint == .bestValidation { best = currentModel }
    return value
  }

  /// The key of the dropout masks of one view in the present step.
  private func dropoutKey(view: Int) -> SIMD2<UInt32> {
    let step = UInt64(completedSteps)
    let words = Philox.block(
      counter: SIMD4(
        UInt32(truncatingIfNeeded: step), UInt32(truncatingIfNeeded: step >> 32), UInt32(view), 0),
      key: dropoutKey)
    return SIMD2(words.x, words.y)
  }
}
