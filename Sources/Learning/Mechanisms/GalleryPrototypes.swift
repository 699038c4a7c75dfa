import LinearAlgebra

/// Prototypes that are gallery features: those of the batch's other images and those that a queue kept.
///
/// A sample is a pair of images (x₁, x₂) of one identity. The trained network is the probe network φ_p; a gallery network φ_g, one
/// of the agents in rotation, follows it by a moving average. With the queue Q and the batch's places in it,
/// p₁ = φ_p(x₁) is compared with Q holding g₂ = φ_g(x₂) at these places, and p₂ with Q holding g₁; each pair's own place is its
/// target. No gradient reaches the gallery features. Then g₁ or g₂ stays and the pointer moves on.
/// For cosines a gallery feature has unit length, in each group by itself. Sources: Du et al., "Semi-siamese training for shallow
/// face learning", 2020, with FaceX-Zoo's code; Shi et al., "Multi-agent semi-siamese training for long-tail and shallow face
/// learning", 2021, of which the abstract alone was read.
public struct GalleryPrototypes<Element: Scalar>: PrototypeSource {
  var head: SubspaceHead<Element>
  var settings: GallerySettings
  var agents: [GalleryNetwork<Element>] = []
  var queues: [FeatureQueue<Element>]

  private let seed: UInt64
  /// The agent of the present step.
  private var active = 0
  /// The gallery features of each view, a matrix a group.
  private var gallery: [[Matrix<Element>]]
  private var part = Matrix<Element>(rows: 0, columns: 0)
  private var norms: [Element] = []
  private var targets: [Int] = []

  init(head: SubspaceHead<Element>, settings: GallerySettings, seed: UInt64) {
    self.head = head
    self.settings = settings
    self.seed = seed
    let groups = head.subspaces.count
    queues = (0..<(settings.queues == .own ? settings.agents : 1)).map {
      FeatureQueue(
        count: settings.queue, groups: groups, columns: head.width / groups, name: "queue.\($0)", seed: seed)
    }
    let empty = Matrix<Element>(rows: 0, columns: 0)
    gallery = Array(repeating: Array(repeating: empty, count: groups), count: 2)
  }

  public var viewsPerSample: Int { 2 }
  public var embeddedViews: Int { settings.symmetry == .off ? 1 : 2 }

  public mutating func start(network: Network<Element>) {
    agents = (0..<settings.agents).map { index in
      var agent = GalleryNetwork(
        following: network, ema: settings.ema[settings.ema.count == 1 ? 0 : index],
        statistics: settings.statistics)
      if settings.start == .perturbed && index > 0 {
        agent.perturb(by: settings.perturbation, seed: seed, name: "agents.\(index)")
      }
      return agent
    }
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate(_ batch: inout SourceBatch<Element>, workers: Workers) -> Element {
    active = batch.step % agents.count
    let queue = queues.count == 1 ? 0 : active
    let first = queues[queue].pointer
    targets.removeAll(keepingCapacity: true)
    targets.append(contentsOf: first..<first + batch.classes.count)
    embed(view: 1, batch, workers: workers)
    let isSymmetric = settings.symmetry != .off
    if isSymmetric { embed(view: 0, batch, workers: workers) }
    let weight: Element = settings.symmetry == .mean ? 0.5 : 1
    var total = compare(view: 0, queue: queue, weight: weight, &batch, workers: workers)
    if isSymmetric { total += compare(view: 1, queue: queue, weight: weight, &batch, workers: workers) }
    queues[queue].write(gallery[isSymmetric ? enqueuedView(step: batch.step) : 1])
    queues[queue].advance(past: batch.classes)
    return total
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func finishStep(network: Network<Element>) {
    for index in agents.indices where settings.updated == .all || index == active {
      agents[index].follow(network)
    }
  }

  public mutating func forEachParameter(_ body: (inout Parameter<Element>) throws -> Void) rethrows {
    for group in head.parameters.indices {
      for index in head.parameters[group].indices { try body(&head.parameters[group][index]) }
    }
  }

  public var measuresSkipping: Bool {
    get { head.measuresSkipping }
    set { head.measuresSkipping = newValue }
  }

  public var skippingErrors: [SkippingError] { head.skippingErrors }

  public func save(to archive: inout TensorArchive) throws {
    try archive.add("loss-state", head.losses.map { $0.state })
    for (index, agent) in agents.enumerated() {
      try agent.network.save(to: &archive, prefix: "agents.\(index).")
    }
    for (index, queue) in queues.enumerated() { try queue.save(to: &archive, name: "queue.\(index)") }
  }

  public mutating func restore(from archive: TensorArchive) throws {
    let states = try archive.value("loss-state", as: [LossState].self)
    guard states.count == head.losses.count else {
      throw archive.error(found: "\(states.count) loss states", expected: "\(head.losses.count)")
    }
    for (index, state) in states.enumerated() { head.losses[index].state = state }
    for index in agents.indices { try agents[index].restore(from: archive, prefix: "agents.\(index).") }
    for index in queues.indices { try queues[index].restore(from: archive, name: "queue.\(index)") }
  }

  /// The gallery features of one view, by the active agent.
  private mutating func embed(view: Int, _ batch: SourceBatch<Element>, workers: Workers) {
    agents[active].forward(batch.features[view], workers: workers)
    defer { agents[active].releaseInput() }
    let output = agents[active].output
    let subspaces = head.subspaces
    if norms.count != output.rows { norms = Array(repeating: 0, count: output.rows) }
    for group in 0..<subspaces.count {
      let columns = subspaces.columns(of: group, width: head.width)
      gallery[view][group].reshape(output.rows, columns.count)
      guard head.traits.similarity == .cosine else {
        output.copyColumns(columns, into: &gallery[view][group])
        continue
      }
      if subspaces.count == 1 {
        RowNormalization.forward(output, into: &gallery[view][0], norms: &norms, workers: workers)
      } else {
        part.reshape(output.rows, columns.count)
        output.copyColumns(columns, into: &part)
        RowNormalization.forward(part, into: &gallery[view][group], norms: &norms, workers: workers)
      }
    }
  }

  /// The loss of one view's probe features against the queue with the other view's gallery features at the pointer.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  private mutating func compare(
    view: Int, queue: Int, weight: Element, _ batch: inout SourceBatch<Element>, workers: Workers
  ) -> Element {
    queues[queue].write(gallery[1 - view])
    head.begin(batch.embeddings[view], workers: workers)
    var total: Element = 0
    for group in 0..<head.subspaces.count {
      total += head.evaluate(
        group: group, prototypes: queues[queue].features[group], targets: targets, weight: weight,
        workers: workers)
    }
    head.finish(gradient: &batch.gradients[view], workers: workers)
    return total
  }

  /// The view whose gallery features stay.
  private func enqueuedView(step: Int) -> Int {
    switch settings.enqueued {
    case .first: return 0
    case .second: return 1
    case .random:
      var stream = RandomStream(seed: seed, name: "enqueue")
      stream.position = UInt64(step)
      return Int(stream.nextWord() & 1)
    }
  }
}
