import Testing

@testable import Learning

@Suite struct IdentityOrderTests {
  /// The last `queue` identities drawn never hold one twice.
  private func expectNoIdentityTwice(_ rule: IdentityRule, identities: Int, perBatch: Int, draws: Int) {
    var order = IdentityOrder(identities: identities, perBatch: perBatch, rule: rule, seed: 8)
    var all: [Int] = []
    for _ in 0..<draws { all.append(order.next()) }
    for end in 1...draws {
      let queue = all[max(0, end - rule.queue)..<end]
      #expect(Set(queue).count == queue.count, "\(rule) after \(end)")
    }
    #expect(Set(all) == Set(0..<identities))
  }

  @Test func noIdentityIsTwiceInTheQueueByEitherRule() {
    expectNoIdentityTwice(.exclude(queue: 12), identities: 16, perBatch: 4, draws: 400)
    expectNoIdentityTwice(.exclude(queue: 12), identities: 31, perBatch: 4, draws: 400)
    expectNoIdentityTwice(.order(queue: 12), identities: 24, perBatch: 4, draws: 400)
    expectNoIdentityTwice(.order(queue: 12), identities: 31, perBatch: 4, draws: 400)
  }

  @Test func exclusionLeavesOutTheQueueOfTheEpochBeforeAndOrderingDoesNot() {
    // 20 identities, a queue of 8: epochs of 20, then of 12.
    var exclude = IdentityOrder(identities: 20, perBatch: 4, rule: .exclude(queue: 8), seed: 8)
    let all = (0..<20 + 12 + 12).map { _ in exclude.next() }
    #expect(Set(all[..<20]).count == 20)
    #expect(Set(all[20..<32]).isDisjoint(with: all[12..<20]))
    #expect(Set(all[20..<32]).union(all[12..<20]).count == 20)
    #expect(Set(all[32..<44]).isDisjoint(with: all[24..<32]))
    var order = IdentityOrder(identities: 20, perBatch: 4, rule: .order(queue: 8), seed: 8)
    let ordered = (0..<60).map { _ in order.next() }
    for epoch in 0..<3 { #expect(Set(ordered[epoch * 20..<(epoch + 1) * 20]).count == 20) }
    for epoch in 1..<3 {
      #expect(
        Set(ordered[epoch * 20 - 8..<epoch * 20]).isDisjoint(with: ordered[epoch * 20..<epoch * 20 + 8]))
    }
  }

  @Test func withoutARuleAnIdentityComesBackSooner() {
    var order = IdentityOrder(identities: 24, perBatch: 4, rule: .free, seed: 8)
    let all = (0..<240).map { _ in order.next() }
    #expect((12...240).contains { Set(all[$0 - 12..<$0]).count < 12 })
  }

  @Test func epochsDiffer() {
    for rule in [IdentityRule.free, .exclude(queue: 4), .order(queue: 4)] {
      var order = IdentityOrder(identities: 12, perBatch: 4, rule: rule, seed: 8)
      let all = (0..<64).map { _ in order.next() }
      #expect(all[..<12] != all[12..<24])
      #expect(all[24..<32] != all[32..<40])
    }
  }

  @Test func tooFewIdentitiesHaveAReasonWithTheLongestQueue() {
    #expect(IdentityRule.exclude(queue: 12).unsupportedReason(identities: 16, perBatch: 4) == nil)
    #expect(
      IdentityRule.exclude(queue: 12).unsupportedReason(identities: 15, perBatch: 4)
        == "a queue of 12 identities and batches of 4 need 16 identities, so that none is twice in the queue; there are 15. "
        + "The longest queue for them is 8")
    #expect(IdentityRule.order(queue: 12).unsupportedReason(identities: 24, perBatch: 4) == nil)
    #expect(
      IdentityRule.order(queue: 12).unsupportedReason(identities: 23, perBatch: 4)
        == "a queue of 12 identities and batches of 4 need 24 identities, so that none is twice in the queue; there are 23. "
        + "The longest queue for them is 8")
    #expect(
      IdentityRule.exclude(queue: 4).unsupportedReason(identities: 7, perBatch: 4)
        == "a queue of 4 identities and batches of 4 need 8 identities, so that none is twice in the queue; there are 7. "
        + "A smaller batch is needed")
    #expect(
      IdentityRule.free.unsupportedReason(identities: 3, perBatch: 4)
        == "a batch of 4 identities from 3: it would hold one twice")
    #expect(IdentityRule.free.unsupportedReason(identities: 4, perBatch: 4) == nil)
  }
}
