import Foundation

/// The vertical average of several curves: at each FAR of a grid, the mean and spread of their TARs.
///
/// The curves belong to different seeds, folds or models, whose scores have no common scale and are never pooled. Each
/// TAR is read by `atMost` on its own curve. Where some curve cannot support a FAR the band has no value, so that
/// nothing is drawn below the largest 1/N.
public struct ROCBand: Equatable, Sendable {
  public struct Point: Equatable, Sendable {
    public let far: Double
    public let tar: Spread
  }

  /// The grid's FARs that all curves support, ascending.
  public let points: [Point]

  /// The band of `curves` over `grid`, which is sorted first. No curves give no points.
  public init(_ curves: [ROCCurve], grid: [Double]) {
    let ascending = grid.sorted()
    let rates = curves.map { $0.tar(onGrid: ascending) }
    points = ascending.indices.compactMap { index in
      let values = rates.compactMap { $0[index] }
      guard values.count == curves.count, let spread = Spread(values) else { return nil }
      return Point(far: ascending[index], tar: spread)
    }
  }

  /// FARs in equal logarithmic steps, `perDecade` a decade, from 10^`lowest` to 1, ascending; powers of ten are exact.
  public static func logarithmicGrid(perDecade: Int = 20, from lowest: Int = -6) -> [Double] {
    precondition(perDecade > 0 && lowest <= 0, "no grid of \(perDecade) a decade from 10^\(lowest)")
    return (0...(-lowest * perDecade)).map { step in
      let (decades, rest) = step.quotientAndRemainder(dividingBy: perDecade)
      let power = pow(10, Double(-lowest - decades))
      return rest == 0 ? 1 / power : pow(10, Double(rest) / Double(perDecade)) / power
    }
  }
}
