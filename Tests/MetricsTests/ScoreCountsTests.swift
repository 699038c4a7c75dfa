import Metrics
import Testing

@Suite("Score counts")
struct ScoreCountsTests {
  @Test func `Merging is associative, commutative and blind to the split`() {
    for (genuine, impostor) in propertySets {
      let whole = ScoreCounts(genuine: genuine, impostor: impostor)
      let a = ScoreCounts(genuine: genuine.prefix(3), impostor: impostor.suffix(2))
      let b = ScoreCounts(genuine: genuine.dropFirst(3), impostor: [Double]())
      let c = ScoreCounts(genuine: [Double](), impostor: impostor.dropLast(2))
      var left = a
      left.merge(b)
      left.merge(c)
      var right = b
      right.merge(c)
      var turned = right
      right = a
      right.merge(turned)
      turned.merge(a)
      #expect(left == whole)
      #expect(right == whole)
      #expect(turned == whole)
    }
  }

  @Test func `Single-precision scores keep their value and their ties`() {
    let counts = ScoreCounts(genuine: [Float(0.1), 0.1], impostor: [Float(0.1).nextUp])
    #expect(counts.scores == [Double(Float(0.1).nextUp), Double(Float(0.1))])
    #expect(counts.genuine == [0, 2])
    #expect(counts.impostor == [1, 0])
  }

  @Test func `Both zeros are one score`() {
    let counts = ScoreCounts(genuine: [-0.0], impostor: [0.0])
    #expect(counts.scores == [0])
    #expect(counts.scores[0].sign == .plus)
    #expect(ScoreCounts(genuine: [0.0, -0.0], impostor: [-0.0]).scores[0].sign == .plus)
  }

  @Test func `Labelled scores count as their classes do apart`() {
    let counts = ScoreCounts(scores: [0.3, 0.1, 0.3], isGenuine: [true, false, false])
    #expect(counts == ScoreCounts(genuine: [0.3], impostor: [0.1, 0.3]))
    #expect(counts.genuineCount == 1 && counts.impostorCount == 2)
  }
}
