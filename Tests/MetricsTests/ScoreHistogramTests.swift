import CKernels
import Foundation
import Metrics
import Testing

/// Histograms of scores: bins, their widening, merging and coding.
struct ScoreHistogramTests {
  /// Scores of one scale, some of them equal, some on edges of bins, some of either sign.
  private static func scores(_ scale: Float, count: Int = 2000) -> [Float] {
    (0..<count).map { index in
      let value = Float((index * 7919) % 2003) / 1001 - 1
      return scale * (index % 5 == 0 ? (value * 64).rounded() / 64 : value)
    }
  }

  /// The count of each bin by comparing every score with every edge, in double.
  private static func naive(_ scores: [Float], width: Double) -> [Int] {
    (-128..<128).map { bin in
      scores.count { score in
        let isLast = bin == 127
        let inside = Double(score) >= Double(bin) * width && Double(score) < Double(bin + 1) * width
        return inside || isLast && Double(score) >= 128 * width
      }
    }
  }

  @Test(arguments: [(Float(0.3), -7), (0.99, -7), (1, -7), (1.01, -6), (3.9, -5), (4, -5), (1000, 3)])
  func `Bins hold the scores between their edges, as wide as the largest score makes them`(
    _ scale: Float, _ exponent: Int
  ) {
    let scores: [Float] = Self.scores(scale) + [scale, -scale, 0, -0.0]
    let histogram = ScoreHistogram(scores)
    #expect(histogram.exponent == exponent)
    #expect(histogram.width == pow(2, Double(exponent)))
    #expect(histogram.counts == Self.naive(scores, width: histogram.width))
    #expect(histogram.total == scores.count && histogram.missing == 0)
    let area = (0..<256).map { (histogram.density($0) ?? .nan) * histogram.width }.reduce(0, +)
    #expect(abs(area - 1) < 1e-12)
  }

  @Test func `Neither the order of scores nor their split among accumulators matters`() {
    let scores = Self.scores(0.9) + Self.scores(2.5) + Self.scores(0.1)
    let whole = ScoreHistogram(scores)
    #expect(ScoreHistogram(scores.reversed()) == whole)
    for parts in [2, 3, 7] {
      var merged = ScoreHistogram()
      for part in (0..<parts).reversed() {
        merged.merge(ScoreHistogram(scores.indices.filter { $0 % parts == part }.map { scores[$0] }))
      }
      #expect(merged == whole)
    }
  }

  @Test(arguments: [0, 1, 15, 16, 17, 255, 256, 272, 500, 1024]) func `Every vector level counts the same`(
    _ count: Int
  ) {
    for stop in [Float.nan, 1, -1.01, .infinity] {
      for place in [0, count / 2, count] {
        var scores = Self.scores(0.99, count: count)
        scores.insert(stop, at: place)
        for level in 0...ck_vector_level() {
          var counters = [Int64](repeating: 0, count: 256 * 4)
          #expect(ck_count_bins_f32_at(level, scores, scores.count, 128, &counters) == place)
          let counts = (0..<256).map { bin in (0..<4).reduce(0) { $0 + Int(counters[bin + 256 * $1]) } }
          #expect(counts == Self.naive(Array(scores[..<place]), width: 1.0 / 128))
        }
      }
    }
  }

  @Test func `A tile at once gives what its scores one by one give, from any place on`() {
    var scores: [Float] =
      Self.scores(0.9) + Self.scores(2.5) + [-.infinity, .infinity, .nan, 1e30, -0.25]
    for start in [0, 1, 1999, scores.count - 3, scores.count] {
      var histogram = ScoreHistogram()
      histogram.insert(scores.mutableSpan, from: start)
      #expect(histogram == ScoreHistogram(scores[start...]))
    }
  }

  @Test func `Rounding does not widen the bins of cosines, and what cannot be compared stands apart`() {
    let histogram = ScoreHistogram([1.0000001, 1, -1, -.infinity, -.infinity] as [Float])
    #expect(histogram.exponent == -7 && histogram.counts[255] == 2 && histogram.counts[0] == 1)
    #expect(histogram.total == 3 && histogram.missing == 2)
    #expect(histogram.occupied == 0..<256)
    #expect(histogram.edge(0) == -1 && histogram.edge(256) == 1)
    #expect(ScoreHistogram().occupied == nil && ScoreHistogram().density(3) == nil)
  }

  @Test func `A wider histogram is that of wider bins from the start`() {
    let scores = Self.scores(0.9)
    var histogram = ScoreHistogram(scores)
    histogram.widen(to: -4)
    #expect(histogram.counts == Self.naive(scores, width: 1.0 / 16))
    let narrow = histogram
    histogram.widen(to: -6)
    #expect(histogram == narrow, "bins never become narrower")
  }

  @Test func `Histograms read back as they were, and damaged ones are refused`() throws {
    for scores: [Float] in [[], Self.scores(0.9), Self.scores(70), [-.infinity], [1], [-1]] {
      let histogram = ScoreHistogram(scores)
      let data = try JSONEncoder().encode(histogram)
      #expect(try JSONDecoder().decode(ScoreHistogram.self, from: data) == histogram)
    }
    for text in [
      #"{"exponent":-7,"first":127,"counts":[1,2],"missing":0}"#,
      #"{"exponent":-7,"first":-129,"counts":[],"missing":0}"#,
      #"{"exponent":-8,"first":0,"counts":[1],"missing":0}"#,
      #"{"exponent":-7,"first":0,"counts":[-1],"missing":0}"#,
      #"{"exponent":-7,"first":0,"counts":[1],"missing":-1}"#,
    ] {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(ScoreHistogram.self, from: Data(text.utf8))
      }
    }
  }

  @Test func `The distributions behind an exact curve are those of its scores`() {
    let genuine = Self.scores(0.9, count: 300)
    let impostor = Self.scores(0.5, count: 1100) + [-.infinity]
    let curve = ROCCurve(ScoreCounts(genuine: genuine, impostor: impostor))
    #expect(
      ScoreHistograms(curve)
        == ScoreHistograms(genuine: ScoreHistogram(genuine), impostor: ScoreHistogram(impostor)))
    let aligned = ScoreHistograms(
      genuine: ScoreHistogram([3] as [Float]), impostor: ScoreHistogram([0.1] as [Float])
    ).aligned()
    #expect(aligned.genuine.exponent == -5 && aligned.impostor.exponent == -5)
    #expect(aligned.impostor.counts[128 + 3] == 1)
  }
}
