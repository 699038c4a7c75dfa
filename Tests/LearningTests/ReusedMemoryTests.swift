import FeatureStores
import LinearAlgebra
import Testing

@testable import Learning

/// Memory that is kept from batch to batch holds nothing that a later batch could see.
@Suite struct ReusedMemoryTests {
  private static let classes = 7
  private static let width = 8

  private static let losses = LossRegistry.descriptions.map(\.name).filter {
    !["contrastive", "triplet", "n-pair"].contains($0)
  }

  private func features(_ rows: Int) -> Matrix<Double> {
    var stream = RandomStream(seed: 3, name: "features", rows)
    var matrix = Matrix<Double>(rows: rows, columns: Self.width)
    stream.fillNormal(&matrix)
    return matrix
  }

  private func runner(_ loss: LossConfiguration, groups: Int) throws -> HeadRunner<Float> {
    let columns = Self.width / groups
    let weights = (0..<groups).map { group in
      var stream = RandomStream(seed: 4, name: "weights", group)
      var matrix = Matrix<Double>(rows: Self.classes * loss.traits.columnsPerClass, columns: columns)
      stream.fillNormal(&matrix)
      return matrix
    }
    let mechanism = try MechanismConfiguration("multiface", ["groups": .number(Double(groups))])
    return HeadRunner<Float>(mechanism, traits: loss.traits, width: Self.width, weights: weights) {
      loss.makeLoss(classes: $0, seed: 5, group: $1)
    }
  }

  private func labels(_ rows: Int) -> [Int] { (0..<rows).map { $0 * 5 % Self.classes } }

  @Test(arguments: losses) func `Batches of other sizes before leave no trace`(loss: String) throws {
    let loss = try LossConfiguration(loss)
    for groups in loss.traits.parameters.isEmpty && loss.traits.needs.isEmpty ? [1, 2] : [1] {
      var used = try runner(loss, groups: groups)
      for rows in [9, 5, 12, 4] { _ = used.run(features: features(rows), labels: labels(rows)) }
      for rows in [3, 11, 20] {
        var fresh = try runner(loss, groups: groups)
        try fresh.restore(used.states())
        let expected = fresh.run(features: features(rows), labels: labels(rows))
        let result = used.run(features: features(rows), labels: labels(rows))
        #expect(result.loss.bitPattern == expected.loss.bitPattern)
        #expect(result.features == expected.features)
        #expect(result.weights == expected.weights)
        #expect(result.extras == expected.extras)
        #expect(result.loss.isFinite && result.features.elements.contains { $0 != 0 })
      }
    }
  }

  @Test func `A network's tape fits batches of any size`() throws {
    let configuration = try smallConfiguration(loss: LossConfiguration("normface"), dropout: true).network
    var network = try Network<Float>(configuration, inputs: Self.width, seed: 9)
    var used = network.makeTape()
    for rows in [6, 3, 10, 2] {
      let features = features(rows).converted(to: Float.self)
      let gradient = Matrix<Float>(rows: rows, columns: network.outputs, repeating: 0.5)
      var (copy, fresh) = (network, network.makeTape())
      network.forward(features, tape: &used, dropoutKey: SIMD2(1, 2))
      copy.forward(features, tape: &fresh, dropoutKey: SIMD2(1, 2))
      #expect(used.output == fresh.output && used.output.rows == rows)
      network.backward(gradient, tape: &used)
      copy.backward(gradient, tape: &fresh)
      for (one, other) in zip(network.parameters, copy.parameters) { #expect(one.gradient == other.gradient) }
    }
  }

  @Test(arguments: [
    IdentityRule.free, .exclude(queue: 6), .exclude(queue: 15), .order(queue: 6), .order(queue: 9),
  ])
  func `Epochs follow the rule as if each were laid out anew`(rule: IdentityRule) {
    let (identities, perBatch) = (19, 3)
    var order = IdentityOrder(identities: identities, perBatch: perBatch, rule: rule, seed: 2)
    let drawn = (0..<120).map { _ in order.next() }
    // The same by lists and sets.
    var (expected, queue, epoch): ([Int], [Int], Int) = ([], [], 0)
    while expected.count < drawn.count {
      var stream = RandomStream(seed: 2, name: "sampler.identities.\(epoch)")
      var next = Array(0..<identities)
      if case .exclude = rule { next.removeAll { queue.contains($0) } }
      stream.shuffle(&next)
      if case .order(let count) = rule {
        let first = next.filter { !queue.contains($0) }.prefix(count)
        next = first + next.filter { !first.contains($0) }
      }
      next.removeLast(next.count % perBatch)
      expected += next
      queue = Array((queue + next).suffix(rule.queue))
      epoch += 1
    }
    #expect(drawn == Array(expected.prefix(drawn.count)))
  }

  @Test func `A run keeps its record however long it is`() {
    var history = TrainingHistory()
    for step in 0..<40 { history.append(loss: Double(step), gradientNorm: Double(2 * step), of: 30) }
    #expect(history.losses == (0..<40).map { Double($0) })
    #expect(history.gradientNorms == (0..<40).map { Double(2 * $0) })
  }

  @Test(arguments: [1, 2, 7, 50, 128], [[0.5], [0.25, -1, 0.25, 0.75], [3, 1, 2]])
  func `The number of a rank is that of the sorted list`(count: Int, pattern: [Double]) {
    var stream = RandomStream(seed: 6, name: "ranks", count, pattern.count)
    let values = (0..<count).map { pattern[$0 % pattern.count] + ($0 % 3 == 0 ? stream.uniform() : 0) }
    var kept = values
    for place in 0..<count {
      #expect(Selection.moveToPlace(place, of: &kept) == values.sorted(by: >)[place])
    }
    #expect(kept.sorted() == values.sorted())
  }
}
