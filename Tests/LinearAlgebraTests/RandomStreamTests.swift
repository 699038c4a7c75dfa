import Foundation
import Testing

@testable import LinearAlgebra

@Suite struct RandomStreamTests {
  /// χ² of observed counts against equal expectations.
  static func chiSquare(_ counts: [Int]) -> Double {
    let expected = Double(counts.reduce(0, +)) / Double(counts.count)
    return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
  }

  @Test func wordsOfANamedStreamAreFrozen() {
    // From an independent program: every stored result depends on these.
    func words(_ seed: UInt64, _ name: String) -> [UInt32] {
      var stream = RandomStream(seed: seed, name: name)
      return (0..<8).map { _ in stream.nextWord() }
    }
    #expect(
      words(2026, "weights") == [
        0x4942_E784, 0xD234_0BEF, 0x4FBC_AE70, 0xF0AB_2DEA, 0x2772_52E3, 0x9A1F_4BDE, 0x5EAC_450D,
        0x8CD7_DAE2,
      ])
    #expect(
      words(0, "") == [
        0x68F6_41D6, 0xEE37_0772, 0x9986_9230, 0x6C19_7B74, 0x7DA9_8AD8, 0xB276_C8B9, 0xB7D4_04A4,
        0x4919_ED6F,
      ])
    #expect(
      words(.max, "a name of more than twelve bytes: é") == [
        0x7D0A_772F, 0x5C5A_0266, 0x0D45_5B64, 0xD75A_8CDD, 0x5909_7F66, 0xAE21_7411, 0x20D7_AF7A,
        0xD4A6_D9E6,
      ])
  }

  @Test(arguments: [
    "", "a", "sampler", "eleven.byte", "twelve.bytes", "thirteen.byte", "sampler.identities.of",
  ])
  func aNameWithNumbersIsThatOfItsText(name: String) {
    for first in [0, 1, 9, 10, 99, 100, 12_345, 999_999_999_999, .max, -1, -10, .min] {
      #expect(RandomStream(seed: 8, name: name, first) == RandomStream(seed: 8, name: "\(name).\(first)"))
      for second in [0, 7, 1_000, .max] {
        #expect(
          RandomStream(seed: 8, name: name, first, second)
            == RandomStream(seed: 8, name: "\(name).\(first).\(second)"))
      }
    }
  }

  @Test func aPermutationIsTheSameInMemoryThatWasUsedBefore() {
    var order = Array(0..<1000)
    for count in [0, 1, 5, 300, 2, 1000, 1200] {
      var (one, other) = (
        RandomStream(seed: 1, name: "order", count), RandomStream(seed: 1, name: "order", count)
      )
      one.fillPermutation(&order, count)
      #expect(order == other.permutation(count))
      #expect(order.sorted() == Array(0..<count) && one.position == other.position)
    }
  }

  @Test func uniformAndNormalNumbersAreFrozen() {
    var stream = RandomStream(seed: 2026, name: "weights")
    #expect(stream.uniform() == 0.2861771296758918)
    #expect(stream.uniform() == 0.3114727998478598)
    stream.position = 0
    // AS 241 in the same operations by an independent program; the quantiles to 20 digits end in …7617922276 and …7074123003.
    #expect(stream.normal() == -0.5645876617922277)
    #expect(stream.normal() == -0.4916799707412298)
  }

  @Test func namesAndSeedsMakeDifferentStreams() {
    var firsts = Set<UInt64>()
    let names =
      ["", "a", "b", "ab", "ba", "a b", "weights", "weights ", "weights1", "weightsweights"]
      + ["weightsweightsweights", "weightsweightsweight", "abcdefghijkl", "abcdefghijkl\0", "abcdefghijklm"]
    for name in names {
      for seed in [0, 1, 1 << 32, UInt64.max] {
        var stream = RandomStream(seed: seed, name: name)
        firsts.insert(UInt64(stream.nextWord()) << 32 | UInt64(stream.nextWord()))
      }
    }
    #expect(firsts.count == names.count * 4)
  }

  @Test func streamsOfDifferentNamesAreUncorrelated() {
    var a = RandomStream(seed: 1, name: "a")
    var b = RandomStream(seed: 1, name: "b")
    let count = 100_000
    var sum = 0.0
    for _ in 0..<count { sum += (a.uniform() - 0.5) * (b.uniform() - 0.5) }
    // The correlation of independent streams has a standard deviation of 1/√n.
    #expect(abs(sum / Double(count) * 12) < 4 / Double(count).squareRoot())
  }

  @Test func positionRestoresAStream() {
    for start in 0..<9 as Range<UInt64> {
      var stream = RandomStream(seed: 3, name: "position")
      for _ in 0..<start { _ = stream.nextWord() }
      #expect(stream.position == start)
      let copy = stream
      let values = (0..<5).map { _ in stream.uniform() }
      var restored = RandomStream(seed: 3, name: "position")
      restored.position = start
      #expect(restored == copy)
      #expect((0..<5).map { _ in restored.uniform() } == values)
      #expect(restored == stream)
    }
  }

  @Test func aStreamGoesOnPastItsLastPosition() {
    var stream = RandomStream(seed: 3, name: "position")
    stream.position = .max
    _ = stream.uniform()
    #expect(stream.position == 1)
  }

  @Test(arguments: 0..<4 as Range<UInt64>, [0, 1, 2, 3, 511, 512, 513, 1030])
  func fillingIsDrawingOneByOne(start: UInt64, count: Int) {
    var filler = RandomStream(seed: 4, name: "fill")
    filler.position = start
    var drawer = filler
    var normals = Matrix<Double>(rows: 1, columns: count)
    filler.fillNormal(&normals, mean: 2, standardDeviation: 0.5)
    #expect(normals.elements == (0..<count).map { _ in 2 + 0.5 * drawer.normal() })
    #expect(filler == drawer)
    var uniforms = Matrix<Float>(rows: count, columns: 1)
    filler.fillUniform(&uniforms, in: -3..<5)
    #expect(uniforms.elements == (0..<count).map { _ in Float(drawer.uniform(in: -3..<5)) })
    #expect(filler == drawer)
  }

  @Test func uniformNumbersAreMultiplesOfTheSmallestStepInTheHalfOpenInterval() {
    var stream = RandomStream(seed: 5, name: "uniform")
    for _ in 0..<10_000 {
      let u = stream.uniform()
      #expect(u >= 0 && u < 1 && (u * 0x1p53).rounded() == u * 0x1p53)
    }
  }

  @Test func uniformNumbersHaveTheMomentsAndCountsOfTheirDistribution() {
    var stream = RandomStream(seed: 5, name: "uniform")
    let count = 200_000
    var counts = [Int](repeating: 0, count: 100)
    var sum = 0.0
    var squares = 0.0
    for _ in 0..<count {
      let u = stream.uniform()
      counts[Int(u * 100)] += 1
      sum += u - 0.5
      squares += (u - 0.5) * (u - 0.5)
    }
    // Four standard deviations; the 99.9 % point of χ² with 99 degrees of freedom.
    #expect(abs(sum / Double(count)) < 4 * (1.0 / 12 / Double(count)).squareRoot())
    #expect(abs(squares / Double(count) - 1.0 / 12) < 4 * (1.0 / 180 / Double(count)).squareRoot())
    #expect(Self.chiSquare(counts) < 148.2)
  }

  @Test func normalNumbersFollowTheDistributionFunction() {
    var stream = RandomStream(seed: 6, name: "normal")
    let count = 50_000
    let values = (0..<count).map { _ in stream.normal() }.sorted()
    var distance = 0.0
    for (index, z) in values.enumerated() {
      let probability = 0.5 * erfc(-z / 2.0.squareRoot())
      distance = max(distance, abs(probability - Double(index) / Double(count)))
      distance = max(distance, abs(probability - Double(index + 1) / Double(count)))
    }
    // Kolmogorov's 99.9 % point.
    #expect(distance * Double(count).squareRoot() < 1.95)
    for (power, expected, deviation) in [(1, 0.0, 1.0), (2, 1, 2), (3, 0, 15), (4, 3, 96)] {
      let moment = values.reduce(0) { $0 + pow($1, Double(power)) } / Double(count)
      #expect(abs(moment - expected) < 4 * (deviation / Double(count)).squareRoot())
    }
  }

  @Test func normalNumbersAreSymmetricAndFiniteAtTheEndsOfTheRange() {
    #expect(RandomStream.normal(0) == NormalDistribution.quantile(0x1p-54))
    #expect(RandomStream.normal(.max) == -RandomStream.normal(0))
    var stream = RandomStream(seed: 8, name: "bits")
    for _ in 0..<10_000 {
      let bits = UInt64(stream.nextWord()) << 32 | UInt64(stream.nextWord())
      #expect(RandomStream.normal(bits) == -RandomStream.normal(~bits))
    }
  }

  @Test func everyOrderOfFourIsEquallyLikely() {
    var stream = RandomStream(seed: 9, name: "permutation")
    var counts: [[Int]: Int] = [:]
    for _ in 0..<24_000 { counts[stream.permutation(4), default: 0] += 1 }
    #expect(counts.count == 24)
    // The 99.9 % point of χ² with 23 degrees of freedom.
    #expect(Self.chiSquare(Array(counts.values)) < 49.7)
  }

  @Test func aPermutationHoldsEachNumberOnce() {
    var stream = RandomStream(seed: 9, name: "permutation")
    for count in [0, 1, 2, 1000] { #expect(stream.permutation(count).sorted() == Array(0..<count)) }
    var letters = ["a", "b", "b", "c"]
    stream.shuffle(&letters)
    #expect(letters.sorted() == ["a", "b", "b", "c"])
  }

  @Test func integersBelowABoundAreUnbiased() {
    var stream = RandomStream(seed: 10, name: "integer")
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[stream.integer(below: 7)] += 1 }
    // The 99.9 % points of χ² with 6 and with 2 degrees of freedom.
    #expect(Self.chiSquare(counts) < 22.5)
    // A remainder alone would draw the lower two thirds of this range half as often again as the rest.
    let third = 1 << 61
    var thirds = [0, 0, 0]
    for _ in 0..<30_000 { thirds[stream.integer(below: 3 * third) / third] += 1 }
    #expect(Self.chiSquare(thirds) < 13.8)
    #expect((0..<100).allSatisfy { _ in stream.integer(below: 1) == 0 })
    #expect((0..<100).allSatisfy { _ in (0..<Int.max).contains(stream.integer(below: .max)) })
  }

  @Test func multinomialCountsAddUpAndFollowTheWeights() {
    var stream = RandomStream(seed: 11, name: "multinomial")
    let weights = [1.0, 0, 2, 4, 0, 3, 0]
    let counts = stream.multinomial(trials: 50_000, weights: weights)
    #expect(counts.reduce(0, +) == 50_000)
    #expect(counts[1] == 0 && counts[4] == 0 && counts[6] == 0)
    let statistic = zip(counts, weights).filter { $1 > 0 }.reduce(0.0) { sum, pair in
      let expected = 5000 * pair.1
      return sum + (Double(pair.0) - expected) * (Double(pair.0) - expected) / expected
    }
    // The 99.9 % point of χ² with 3 degrees of freedom.
    #expect(statistic < 16.3)
  }

  @Test func multinomialNeverDrawsAnOutcomeOfWeightZeroAtTheEdges() {
    var stream = RandomStream(seed: 12, name: "multinomial")
    // A total so small that u·total rounds to 0 or to the total itself.
    #expect(
      stream.multinomial(trials: 1000, weights: [0, .leastNonzeroMagnitude, 0]) == [0, 1000, 0])
    #expect(stream.multinomial(trials: 1000, weights: [0, 0, 7]) == [0, 0, 1000])
    #expect(stream.multinomial(trials: 0, weights: [1, 1]) == [0, 0])
  }
}
