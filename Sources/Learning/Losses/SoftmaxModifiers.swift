import LinearAlgebra

/// What changes any loss of the softmax family, whatever its margins: focal weights, hard-sample mining, inter-class filtering.
///
/// With ℓ the cross-entropy of a row and p = e^−ℓ the probability of its target:
/// - focal loss (Lin, Goyal, Girshick, He and Dollár 2017): (1 − p)^γ·ℓ instead of ℓ, differentiated whole;
/// - hard-sample mining: the mean over the ⌊rate·B⌋ rows (at least one) of largest loss instead of over all B; of equal
///   losses the earlier row is kept. The other rows have no gradient;
/// - inter-class filtering (insightface): another class with a similarity above the threshold gets the logit 0 and no gradient.
///
/// Terms that a loss adds to the cross-entropy (a norm's or a margin's regulariser) are not changed.
struct SoftmaxModifiers: Hashable, Sendable {
  /// γ of the focal loss; 0 for none.
  var focalGamma = 0.0
  /// The share of rows that hard-sample mining keeps; 1 for all.
  var keepRate = 1.0
  /// The threshold of inter-class filtering; 0 for none.
  var filter = 0.0

  static let options = [
    OptionDescription(
      "focal-gamma", .number(0...10), default: .number(0),
      "γ of the focal loss (1 − p)^γ·ℓ on top of this loss; 0: off, SV-X: 2"),
    OptionDescription(
      "keep-rate", .number(0.01...1), default: .number(1),
      "hard-sample mining: the mean over this share of the batch, the samples of largest loss; 1: all, SV-X: 0.9"
    ),
    OptionDescription(
      "filter", .number(0...1), default: .number(0),
      "inter-class filtering (insightface): other classes above this similarity get logit 0 and no gradient; 0: off"
    ),
  ]

  /// The description of a loss with the options of its modifiers.
  static func describe(_ loss: (some Loss).Type) -> MethodDescription {
    let own = loss.description
    return MethodDescription(
      name: own.name, title: own.title, summary: own.summary, options: own.options + options,
      presets: own.presets)
  }

  init() {}

  init(_ options: Options) {
    focalGamma = options.number("focal-gamma")
    keepRate = options.number("keep-rate")
    filter = options.number("filter")
  }

  var isNeutral: Bool { self == SoftmaxModifiers() }

  /// The loss with these modifiers.
  func applied(to loss: some Loss) -> any Loss { ModifiedLoss(loss, modifiers: self) }

  /// How many of `rows` rows count.
  func keptRows(of rows: Int) -> Int { keepRate >= 1 ? rows : max(1, Int(keepRate * Double(rows))) }

  /// The factors of a row's loss and of its gradient, from the cross-entropy ℓ and 1 − p.
  ///
  /// d/dℓ (1 − p)^γ·ℓ = (1 − p)^γ·(1 + γ·p·ℓ/(1 − p)), where ℓ/(1 − p) → 1 as p → 1.
  func factors<Element: Scalar>(loss: Element, complement: Element) -> (loss: Element, gradient: Element) {
    guard focalGamma > 0 else { return (1, 1) }
    let gamma = Element(focalGamma)
    let weight = complement > 0 ? Element.pow(complement, gamma) : 0
    let ratio = complement > 0 ? loss / complement : 1
    return (weight, weight * (1 + gamma * (1 - complement) * ratio))
  }

  /// Takes the columns above the threshold out, by −∞. Returns whether there were any.
  func takeOut<Element: Scalar>(_ values: inout MutableSpan<Element>) -> Bool {
    let threshold = Element(filter)
    var found = false
    for index in values.indices where values[index] > threshold {
      values[index] = -Element.infinity
      found = true
    }
    return found
  }

  /// Puts the columns that `takeOut` took out, all that hold −∞ but the target's, back as constants.
  func putBack<Element: Scalar>(
    _ values: inout MutableSpan<Element>, _ slopes: inout MutableSpan<Element>, target: Int,
    into row: inout PreparedRow<Element>
  ) {
    if !row.hasSlopes {
      for index in slopes.indices { slopes[index] = 1 }
      row.hasSlopes = true
    }
    for index in values.indices where values[index] == -Element.infinity && index != target {
      values[index] = 0
      slopes[index] = 0
    }
    row.largest = row.largest.map { max($0, 0) }
  }

  /// Leaves the rows of largest loss, as many as count, and takes loss and gradient from the others.
  func dropEasyRows<Element: Scalar>(_ batch: inout LossBatch<Element>) {
    let losses = batch.rows
    let order = losses.indices.sorted {
      losses[$0].loss != losses[$1].loss ? losses[$0].loss > losses[$1].loss : $0 < $1
    }
    for row in order[keptRows(of: order.count)...] {
      batch.rows[row] = SoftmaxRow(loss: 0, targetGradient: 0)
      batch.similarities.withMutableRow(row) { values in
        for index in values.indices { values[index] = 0 }
      }
    }
  }
}

/// A loss of the softmax family with modifiers.
struct ModifiedLoss<Base: Loss>: Loss {
  static var description: MethodDescription { SoftmaxModifiers.describe(Base.self) }

  private var base: Base
  private let modifiers: SoftmaxModifiers

  init(options: Options, classes: Int, stream: RandomStream) {
    self.init(
      Base(options: options, classes: classes, stream: stream), modifiers: SoftmaxModifiers(options))
  }

  init(_ base: Base, modifiers: SoftmaxModifiers) {
    self.base = base
    self.modifiers = modifiers
  }

  var traits: LossTraits { base.traits }

  var state: LossState {
    get { base.state }
    set { base.state = newValue }
  }

  mutating func evaluate<Element: Scalar>(_ batch: inout LossBatch<Element>, workers: Workers) -> Element {
    batch.modifiers = modifiers
    defer { batch.modifiers = SoftmaxModifiers() }
    return base.evaluate(&batch, workers: workers)
  }
}
