/// How semi-siamese training with one or several gallery agents goes about it; see `SemiSiamese` and `MultiAgent`.
struct GallerySettings: Sendable {
  /// How the two directions of a pair (probe of the first image against gallery of the second, and the reverse) make one loss.
  enum Symmetry: String, CaseIterable, Sendable {
    case mean
    case sum
    /// The first image is the probe, the second the gallery, and there is no other direction.
    case off
  }

  /// Whose gallery features stay in the queue.
  enum Enqueued: String, CaseIterable, Sendable {
    /// The first images' or the second images', with equal chances, for a batch together.
    case random
    case first
    case second
  }

  /// Which identities may follow each other; see `IdentityRule`.
  enum Bookkeeping: String, CaseIterable, Sendable {
    case exclude
    case order
    case free
  }

  /// Which agents move after a step.
  enum Updated: String, CaseIterable, Sendable {
    /// The one whose turn it was.
    case active
    case all
  }

  /// How the agents start.
  enum Start: String, CaseIterable, Sendable {
    /// As the probe network.
    case equal
    /// All but the first with noise.
    case perturbed
  }

  enum Queues: String, CaseIterable, Sendable {
    /// One queue for all agents.
    case shared
    /// One for each agent, which it alone fills and is compared with.
    case own
  }

  /// K, the rows of a queue.
  var queue: Int
  var symmetry: Symmetry
  var enqueued: Enqueued
  var statistics: GalleryStatistics
  var bookkeeping: Bookkeeping
  var agents = 1
  /// α of each agent; a single number is that of all.
  var ema: [Double]
  var updated = Updated.active
  var start = Start.equal
  /// The relative size of the noise.
  var perturbation = 0.0
  var queues = Queues.shared

  /// The rule for identities; with queues of their own, agents take turns, so that a queue reaches back `agents` times as far.
  var identityRule: IdentityRule {
    let reach = queues == .own ? queue * agents : queue
    switch bookkeeping {
    case .exclude: return .exclude(queue: reach)
    case .order: return .order(queue: reach)
    case .free: return .free
    }
  }

  /// What a step on `batch` pairs computes and keeps besides the trained network.
  func cost(batch: Int) -> SourceCost {
    let views = symmetry == .off ? 1 : 2
    return SourceCost(
      embeddedViews: views, galleryViews: views, comparisons: views, rows: batch, prototypes: queue,
      learnsPrototypes: false, galleryNetworks: agents, queued: queues == .own ? queue * agents : queue)
  }

  /// Why batches of `batch` pairs drawn by `sampler` cannot be trained on so; nil where they can.
  func unsupportedReason(batch: Int, sampler: SamplerConfiguration) -> String? {
    if queue % batch != 0 {
      let nearest = max(batch, queue / batch * batch)
      return "batches of \(batch) pairs do not divide a queue of \(queue); \(nearest) would do"
    }
    if bookkeeping != .free && sampler != .perIdentity(images: 2) {
      return
        "identities: \(bookkeeping.rawValue) keeps identities from being twice in the queue, which needs the sampler "
        + "two-per-identity, not \(sampler.rawValue); identities: free allows any"
    }
    if ema.count != 1 && ema.count != agents {
      return "\(ema.count) values of ema for \(agents) agents"
    }
    return nil
  }

  /// Why prototypes without learned numbers of their own cannot serve a loss with these traits; nil where they can.
  static func unsupportedReason(loss: LossTraits) -> String? {
    if loss.needs.contains(.pairs) {
      return "the loss compares samples of a batch with each other, not with a queue of gallery features"
    }
    if loss.needs.contains(.prototypes) {
      return "the loss moves the prototypes themselves; gallery features are not learned"
    }
    if loss.columnsPerClass > 1 {
      return "the loss needs \(loss.columnsPerClass) prototypes a class; a queue holds one of a pair"
    }
    if let parameter = loss.parameters.first(where: { $0.shape == .perClass }) {
      return "the loss learns a number a class (\(parameter.name)); the places of a queue are no classes"
    }
    return nil
  }
}
