import LinearAlgebra
import Metrics

extension PairedBootstrap {
  /// The difference of the number called `name` between two methods that were tested on the same people, each with one element a seed, seeds of equal place being
  /// the same. Seeds are drawn from a stream of their own.
  ///
  /// Nil without seeds, where an element lacks the number or its resamples, and where the two were resampled otherwise.
  public init?(
    of name: String, _ first: [SubjectIntervals?], minus second: [SubjectIntervals?], level: Double
  ) {
    guard !first.isEmpty, first.count == second.count, let common = first[0] else { return nil }
    func samples(_ seeds: [SubjectIntervals?]) -> [Sample]? {
      let known = seeds.compactMap { intervals -> Sample? in
        guard let intervals, intervals.isResampled(as: common), let number = intervals[name],
          let estimate = number.estimate
        else { return nil }
        return Sample(estimate: estimate, replicates: number.replicates.values)
      }
      return known.count == seeds.count ? known : nil
    }
    guard let a = samples(first), let b = samples(second) else { return nil }
    let count = a.count
    self.init(a, minus: b, level: level) { replicate in
      var stream = RandomStream(seed: 0, name: "bootstrap.seeds.\(replicate)")
      return (0..<count).map { _ in stream.integer(below: count) }
    }
  }
}

extension SubjectIntervals {
  /// Whether replicates of the same number are of the same people and made by the same rule.
  fileprivate func isResampled(as other: SubjectIntervals) -> Bool {
    subjects == other.subjects && replicates == other.replicates && thresholds == other.thresholds
      && subjectsFrom == other.subjectsFrom
  }
}
