/// Who takes steps of training.
enum Contender: Hashable {
  /// Ours, dense or with a bound on the error of gradients.
  case ours(bound: Double?)
  case peer(Peer)

  static let dense = Self.ours(bound: nil)
}
