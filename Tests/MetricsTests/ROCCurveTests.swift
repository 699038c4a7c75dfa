import Foundation
import Metrics
import Testing

/// Score sets on which every property must hold: continuous, tie-heavy, all equal, and of one score.
let propertySets: [(genuine: [Double], impostor: [Double])] = {
  var generator = TestGenerator(state: 7)
  var sets: [(genuine: [Double], impostor: [Double])] = []
  for (g, n) in [(1, 1), (2, 1), (1, 3), (17, 40), (60, 25)] {
    for step in [0, 0.05, 0.25, 10] {
      sets.append(
        (
          generator.scores(g, mean: 0.3, step: step), generator.scores(n, mean: 0, step: step)
        ))
    }
  }
  return sets
}()

@Suite("The exact ROC curve")
struct ROCCurveTests {
  @Test func `Counts at every threshold equal a count over all scores`() {
    for (genuine, impostor) in propertySets {
      let roc = ROCCurve(ScoreCounts(genuine: genuine, impostor: impostor))
      let tried = genuine + impostor + [-.infinity, .infinity, 0.123] + (genuine + impostor).map(\.nextUp)
      for threshold in tried {
        let point = roc.accepted(at: threshold)
        #expect(point.acceptedGenuine == genuine.count { $0 >= threshold })
        #expect(point.acceptedImpostor == impostor.count { $0 >= threshold })
      }
      #expect(roc.count == Set(genuine + impostor).count)
      #expect(zip(roc.thresholds, roc.thresholds.dropFirst()).allSatisfy { $0 > $1 })
    }
  }

  @Test func `AUC equals the Mann–Whitney count over all pairs`() throws {
    for (genuine, impostor) in propertySets {
      var doubled = 0
      for g in genuine { for i in impostor { doubled += g > i ? 2 : g == i ? 1 : 0 } }
      let expected = Double(doubled) / 2 / Double(genuine.count * impostor.count)
      #expect(try #require(ROCCurve(ScoreCounts(genuine: genuine, impostor: impostor)).auc) == expected)
    }
  }

  @Test func `TAR at FAR is the best over all thresholds that keep to the budget`() throws {
    for (genuine, impostor) in propertySets {
      let roc = ROCCurve(ScoreCounts(genuine: genuine, impostor: impostor))
      for target in [0, 1e-3, 0.04, 0.1, 0.5, 0.999, 1] {
        let allowed = Int((target * Double(impostor.count) + 1e-9).rounded(.down))
        let best = ([.infinity] + genuine + impostor)
          .filter { t in impostor.count { $0 >= t } <= allowed }
          .map { t in genuine.count { $0 >= t } }.max()
        let reading = try #require(roc.reading(at: target))
        #expect(reading.point?.acceptedGenuine == best)
        #expect(try #require(reading.point).acceptedImpostor <= allowed)
      }
    }
  }

  @Test func `The EER lies between the error rates on both sides of the crossing`() throws {
    for (genuine, impostor) in propertySets {
      let roc = ROCCurve(ScoreCounts(genuine: genuine, impostor: impostor))
      for interpolation in EqualErrorRate.Interpolation.allCases {
        let eer = try #require(roc.equalErrorRate(interpolation: interpolation))
        let before = roc.accepted(at: eer.upperThreshold)
        let after = roc.accepted(at: eer.lowerThreshold)
        func frr(_ point: ROCCurve.Point) -> Double { 1 - (roc.tar(point) ?? 0) }
        let (farBefore, farAfter) = (roc.far(before) ?? -1, roc.far(after) ?? -1)
        #expect(farBefore <= frr(before) + 1e-15 && farAfter >= frr(after) - 1e-15)
        #expect(eer.interpolation == interpolation)
        if interpolation == .linear {
          #expect(eer.value >= farBefore - 1e-15 && eer.value <= farAfter + 1e-15)
          #expect(eer.value <= frr(before) + 1e-15 && eer.value >= frr(after) - 1e-15)
        }
      }
    }
  }

  @Test func `Swapping and negating the classes leaves AUC and EER`() throws {
    for (genuine, impostor) in propertySets {
      let roc = ROCCurve(ScoreCounts(genuine: genuine, impostor: impostor))
      let mirrored = ROCCurve(ScoreCounts(genuine: impostor.map { -$0 }, impostor: genuine.map { -$0 }))
      #expect(agree(try #require(roc.auc), try #require(mirrored.auc), 1e-15))
      #expect(
        agree(
          try #require(roc.equalErrorRate()).value, try #require(mirrored.equalErrorRate()).value, 1e-14))
    }
  }

  @Test func `A monotone map of the scores changes no rate`() throws {
    for (genuine, impostor) in propertySets {
      let roc = ROCCurve(ScoreCounts(genuine: genuine, impostor: impostor))
      let mapped = ROCCurve(
        ScoreCounts(genuine: genuine.map { exp($0) }, impostor: impostor.map { exp($0) }))
      #expect(mapped.acceptedGenuine == roc.acceptedGenuine)
      #expect(mapped.acceptedImpostor == roc.acceptedImpostor)
      for rule in [FARRule.atMost, .nearest, .next, .linear] {
        #expect(mapped.tar(onGrid: [1, 0.5, 0.1], rule: rule) == roc.tar(onGrid: [1, 0.5, 0.1], rule: rule))
      }
    }
  }

  @Test func `Without one of the classes every rate is nil`() {
    let one = ROCCurve(ScoreCounts(genuine: [0.5, 0.25], impostor: [Double]()))
    let other = ROCCurve(ScoreCounts(genuine: [Double](), impostor: [0.5, 0.25]))
    let none = ROCCurve(ScoreCounts())
    for roc in [one, other, none] {
      #expect(roc.auc == nil)
      #expect(roc.equalErrorRate() == nil)
      #expect(roc.det.isEmpty)
      for rule in FARRule.allCases { #expect(roc.reading(at: 0.5, rule: rule) == nil) }
      #expect(roc.operatingPoint(at: 0.5).tar == nil)
    }
    #expect(one.operatingPoint(at: 1).minimumAttainableFAR == nil)
    #expect(other.operatingPoint(at: 1).attainable)
    #expect(none.points == [ROCCurve.origin])
  }

  @Test func `The DET curve runs from all rejected to all accepted`() {
    let det = ROCCurve(ScoreCounts(genuine: [0.9, 0.5], impostor: [0.5, 0.1])).det
    #expect(det.map(\.far) == [0, 0, 0.5, 1])
    #expect(det.map(\.frr) == [1, 0.5, 0, 0])
    #expect(det.map(\.threshold) == [.infinity, 0.9, 0.5, 0.1])
  }

  @Test func `A score of −∞ is accepted by no finite threshold`() throws {
    let roc = ROCCurve(ScoreCounts(genuine: [0.9, -.infinity], impostor: [-.infinity, 0.1]))
    #expect(roc.accepted(at: -1e300).acceptedGenuine == 1)
    #expect(roc.accepted(at: -.infinity).acceptedGenuine == 2)
    #expect(try #require(roc.auc) == 0.625)
  }

  @Test func `A curve survives JSON, with its infinities`() throws {
    let roc = ROCCurve(ScoreCounts(genuine: [0.9, -.infinity], impostor: [0.1, 0.9]))
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let data = try encoder.encode(roc)
    #expect(
      String(decoding: data, as: UTF8.self)
        == #"{"acceptedGenuine":[1,1,2],"acceptedImpostor":[1,2,2],"genuineCount":2,"impostorCount":2,"thresholds":[0.9,0.1,"-Infinity"]}"#
    )
    #expect(try JSONDecoder().decode(ROCCurve.self, from: data) == roc)
    let thinned = roc.thinned(.logFAR(perDecade: 4))
    #expect(try JSONDecoder().decode(ROCCurve.self, from: encoder.encode(thinned)) == thinned)
  }

  @Test(arguments: [
    #"{"acceptedGenuine":[1],"acceptedImpostor":[0,1],"genuineCount":1,"impostorCount":1,"thresholds":[1,0]}"#,
    #"{"acceptedGenuine":[1,1],"acceptedImpostor":[0,1],"genuineCount":1,"impostorCount":1,"thresholds":[0,1]}"#,
    #"{"acceptedGenuine":[1,0],"acceptedImpostor":[0,1],"genuineCount":0,"impostorCount":1,"thresholds":[1,0]}"#,
    #"{"acceptedGenuine":[1,1],"acceptedImpostor":[0,1],"genuineCount":2,"impostorCount":1,"thresholds":[1,0]}"#,
    #"{"acceptedGenuine":[1],"acceptedImpostor":[0],"genuineCount":1,"impostorCount":0,"thresholds":["NaN"]}"#,
  ])
  func `A damaged curve is refused`(text: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(ROCCurve.self, from: Data(text.utf8))
    }
  }

  @Test func `Thinning for drawing keeps the ends and both points of a bin`() {
    let impostor = (0..<1000).map { Double($0) / 1000 }
    let genuine = (0..<1000).map { Double($0) / 1000 + 0.3 }
    let roc = ROCCurve(ScoreCounts(genuine: genuine, impostor: impostor))
    let thinned = roc.thinned(.logFAR(perDecade: 10))
    #expect(thinned.count < 70)
    #expect(thinned.thinning == .logFAR(perDecade: 10))
    #expect(thinned.thresholds.first == roc.thresholds.first)
    #expect(thinned.thresholds.last == roc.thresholds.last)
    let points = Set(thinned.thresholds)
    #expect(points.isSubset(of: roc.thresholds))
    // The point of highest TAR at zero FAR stands before the first false accept.
    let firstFalse = roc.acceptedImpostor.firstIndex { $0 > 0 } ?? 0
    #expect(points.contains(roc.thresholds[firstFalse - 1]))
  }
}
