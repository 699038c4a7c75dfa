import LinearAlgebra
import TestSupport

@testable import Learning

/// A variant of the golden losses: whose code ran, with which numbers.
struct GoldenPeer {
  let head: String
  let variant: String
  let repository: String
  let notes: String
  let values: [String: GoldenParameter]

  init(head: String, variant: GoldenGroup) throws {
    self.head = head
    self.variant = variant.name
    repository = try variant.string(attribute: "peer") ?? ""
    notes = try variant.string(attribute: "notes") ?? ""
    values = try variant.hyperParameters()
  }

  /// The first hyper-parameter there is of these names.
  func number(_ names: String...) -> Double? { names.lazy.compactMap { values[$0]?.number }.first }

  /// The first hyper-parameter there is of these names, as an option.
  func option(_ names: String...) -> OptionValue? {
    names.lazy.compactMap { values[$0]?.number }.first.map { .number($0) }
  }

  /// A hyper-parameter that is a word, as an option.
  func text(_ name: String) -> OptionValue? {
    if case .string(let value)? = values[name] { .text(value) } else { nil }
  }

  func flag(_ name: String) -> Bool { values[name]?.boolean ?? false }

  /// The scale of most heads.
  var scale: OptionValue { .number(number("s", "scale") ?? 1 / (number("temperature") ?? 1)) }
}

/// What is known about the peers of the golden losses: which of our losses is theirs, and how their numbers were taken.
///
/// Each family of losses has a file with an extension that finds its own variants.
struct GoldenLoss {
  let configuration: LossConfiguration
  /// The peer normalises with √(Σx² + this).
  var normEpsilon = 0.0
  /// The gradient at the weights is that at the unit weights, not projected through the normalisation.
  var weightsAreUnit = false
  /// A sample's loss is at most this.
  var largestLoss = Double.infinity
  /// How far doubles may be off.
  var tolerance = 1e-9
  /// What the loss keeps when a single case or a trace begins, where that is not how it starts.
  var initialState: LossState = [:]
  /// The names in `LossState` of what the file calls `NAME_before` and `NAME_after`; the same where missing, and not in the
  /// state where "".
  var stateNames: [String: String] = [:]
  /// Replaces the loss of a case, such as by one that takes recorded draws.
  var criterion: (_ loss: any Loss, _ group: GoldenGroup) throws -> any Loss = { loss, _ in loss }
  /// Checks what a case holds besides losses and gradients, from the outcome of its cosines.
  var checkExtras:
    (_ group: GoldenGroup, _ probe: LossProbe<Double>, _ outcome: LossOutcome<Double>) throws -> Void =
      { _, _, _ in }

  init(_ name: String, _ options: [String: OptionValue?], peer: GoldenPeer) throws {
    configuration = try LossConfiguration(name, options.compactMapValues { $0 })
    weightsAreUnit = peer.notes.contains("NOT projected") || peer.notes.contains("not projected")
  }

  /// The loss of a variant, nil where it is not known.
  static func find(head: String, variant: GoldenGroup) throws -> GoldenLoss? {
    let peer = try GoldenPeer(head: head, variant: variant)
    return try basic(peer) ?? margin(peer) ?? mining(peer)
  }

  /// Why a variant has no loss of ours yet.
  static func pendingReason(head: String, variant: GoldenGroup) throws -> String? {
    return (pendingMargins + pendingMining).contains(head) ? "arrives with the other losses" : nil
  }

  /// The loss of `classes` classes that a case meets.
  func makeLoss(classes: Int, group: GoldenGroup) throws -> any Loss {
    var loss = try criterion(configuration.makeLoss(classes: classes), group)
    if !initialState.isEmpty { loss.state = loss.state.merging(initialState) { $1 } }
    return loss
  }
}

/// Rows divided by √(Σx² + ε), with those divisors.
func unitRows(_ x: Matrix<Double>, epsilon: Double) -> (unit: Matrix<Double>, norms: [Double]) {
  var unit = x
  var norms: [Double] = []
  for row in 0..<x.rows {
    let norm = (x.row(row).reduce(epsilon) { $0 + $1 * $1 }).squareRoot()
    norms.append(norm)
    for column in 0..<x.columns { unit[row, column] = x[row, column] / norm }
  }
  return (unit, norms)
}

/// The gradient before the division of `unitRows`, from that after it.
func throughNormalisation(
  _ gradient: Matrix<Double>, unit: Matrix<Double>, norms: [Double]
) -> Matrix<Double> {
  var result = gradient
  for row in 0..<gradient.rows {
    let radial = zip(gradient.row(row), unit.row(row)).reduce(0) { $0 + $1.0 * $1.1 }
    for column in 0..<gradient.columns {
      result[row, column] = (gradient[row, column] - radial * unit[row, column]) / norms[row]
    }
  }
  return result
}
