extension Spread {
  /// Of rounds that each had repetitions of their own: the medians over rounds of their medians and quartiles, and the range over all repetitions. There must be
  /// a round.
  public init(ofRounds rounds: [Spread]) {
    func middle(_ part: (Spread) -> Double) -> Double { Spread(of: rounds.map(part)).median }
    let least = rounds.map(\.least).min() ?? .nan
    let most = rounds.map(\.most).max() ?? .nan
    // The quartiles of five values are the second and the fourth of them.
    self.init(of: [least, middle(\.lower), middle(\.median), middle(\.upper), most])
  }

  /// The same in a unit of which there are `factor` (at least 0) in the old one.
  public func scaled(by factor: Double) -> Spread {
    Spread(of: [least, lower, median, upper, most].map { $0 * factor })
  }
}
