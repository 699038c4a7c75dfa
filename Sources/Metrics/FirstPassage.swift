/// Where a curve over the steps of training passes a level to stay: the first step from which the smoothed curve is at or above it for three
/// evaluations on end.
///
/// The smoothed value of an evaluation is the mean of it and its neighbours, one on either side, fewer at the ends. A value that is not known counts as
/// below every level, and so do its neighbours. A curve that is above the level only in its last two evaluations has not been seen to stay there: it is
/// right-censored, like one that never gets there.
public struct FirstPassage: Equatable, Sendable {
  /// Nil where the curve did not arrive by `lastStep`.
  public let step: Int?
  /// The last evaluation.
  public let lastStep: Int

  /// How many evaluations are averaged.
  public static let window = 3
  /// For how many evaluations on end the curve must stay.
  public static let stay = 3

  public init(step: Int?, lastStep: Int) {
    self.step = step
    self.lastStep = lastStep
  }

  /// The passage of the curve with `values[i]` after `steps[i]` steps, which ascend; nil for a curve without evaluations.
  public init?(steps: [Int], values: [Double?], level: Double) {
    precondition(steps.count == values.count, "\(steps.count) steps of \(values.count) values")
    precondition(zip(steps, steps.dropFirst()).allSatisfy { $0 < $1 }, "steps that do not ascend")
    guard let last = steps.last else { return nil }
    let isAbove = Self.smoothed(values).map { $0.map { $0 >= level } ?? false }
    step = isAbove.indices.first { start in
      start + Self.stay <= isAbove.count && isAbove[start..<start + Self.stay].allSatisfy(\.self)
    }.map { steps[$0] }
    lastStep = last
  }

  /// The centred moving mean of three; nil where a value in the window is.
  public static func smoothed(_ values: [Double?]) -> [Double?] {
    let reach = window / 2
    return values.indices.map { place in
      let around = values[max(0, place - reach)...min(values.count - 1, place + reach)]
      let known = around.compactMap(\.self)
      return known.count == around.count ? known.reduce(0, +) / Double(known.count) : nil
    }
  }
}
