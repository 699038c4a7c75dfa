import FeatureStores

extension ConfigurationNode {
  /// A list of rates in (0, 1], each once and at least one, descending. `what` names one in messages.
  func rates(of what: String) throws -> [Double] {
    var rates: [Double] = []
    for element in try list() {
      let rate = try element.number()
      guard rate > 0, rate <= 1 else {
        throw element.error(found: element.excerpt, expected: "\(what) above 0, at most 1")
      }
      guard !rates.contains(rate) else {
        throw element.error(found: "\(element.excerpt) a second time", expected: "each rate once")
      }
      rates.append(rate)
    }
    guard !rates.isEmpty else { throw error(found: "no rates", expected: "at least one") }
    return rates.sorted(by: >)
  }

  /// A list of integers from 1, each once and at least one, ascending.
  func counts(_ range: ClosedRange<Int>) throws -> [Int] {
    var counts: [Int] = []
    for element in try list() {
      let count = try element.integer(in: range)
      guard !counts.contains(count) else {
        throw element.error(found: "\(element.excerpt) a second time", expected: "each number once")
      }
      counts.append(count)
    }
    guard !counts.isEmpty else { throw error(found: "no numbers", expected: "at least one") }
    return counts.sorted()
  }
}
