/// Decisions at thresholds that are given, with the people who are compared: rates of any resample of people without a score being looked at again.
///
/// Decisions come in groups, such as folds, each of which has a rate of its own.
public struct SubjectDecisions: Sendable {
  public let subjects: Int
  public let groups: Int
  private var first: [Int32] = []
  private var second: [Int32] = []
  private var group: [Int32] = []
  private var isRight: [Bool] = []

  /// No decisions yet.
  public init(subjects: Int, groups: Int) {
    precondition(subjects > 0 && groups > 0, "\(groups) groups of decisions on \(subjects) people")
    self.subjects = subjects
    self.groups = groups
  }

  /// Adds a decision on a comparison of two people, or of one where they are the same.
  public mutating func add(_ first: Int32, _ second: Int32, group: Int, isRight: Bool) {
    precondition(
      first >= 0 && first < subjects && second >= 0 && second < subjects && group >= 0 && group < groups,
      "a decision on people or of a group that there is not")
    self.first.append(first)
    self.second.append(second)
    self.group.append(Int32(group))
    self.isRight.append(isRight)
  }

  /// The mean over groups of the share of right decisions in the resample in which person s stands `multiplicities[s]` times; nil where a
  /// group has no decision left. O(n).
  public func meanRate(_ multiplicities: [Int32]) -> Double? {
    precondition(multiplicities.count == subjects, "\(multiplicities.count) people of \(subjects)")
    var right = [Int](repeating: 0, count: groups)
    var all = [Int](repeating: 0, count: groups)
    for index in first.indices {
      let weight = comparisonWeight(first[index], second[index], multiplicities)
      all[Int(group[index])] += weight
      if isRight[index] { right[Int(group[index])] += weight }
    }
    guard !all.contains(0) else { return nil }
    return zip(right, all).reduce(0) { $0 + Double($1.0) / Double($1.1) } / Double(groups)
  }
}

/// Decisions on comparisons of one person each, counted by person: a rate of any resample in O(people), whatever the number of comparisons.
public struct SubjectTally: Equatable, Sendable {
  /// Of each person.
  public private(set) var right: [Int]
  public private(set) var all: [Int]

  /// No decisions yet.
  public init(subjects: Int) {
    right = [Int](repeating: 0, count: subjects)
    all = right
  }

  public mutating func add(_ subject: Int, isRight: Bool) { add(subject, right: isRight ? 1 : 0, of: 1) }

  /// Adds `count` decisions on comparisons of one person, of which `number` are right.
  public mutating func add(_ subject: Int, right number: Int, of count: Int) {
    precondition(number >= 0 && number <= count, "\(number) right decisions of \(count)")
    right[subject] += number
    all[subject] += count
  }

  /// The share of right decisions in the resample in which person s stands `multiplicities[s]` times; nil where none is left.
  public func rate(_ multiplicities: [Int32]) -> Double? {
    precondition(multiplicities.count == all.count, "\(multiplicities.count) people of \(all.count)")
    var (rightly, total) = (0, 0)
    for subject in all.indices {
      let weight = Int(multiplicities[subject])
      rightly += weight * right[subject]
      total += weight * all[subject]
    }
    return total == 0 ? nil : Double(rightly) / Double(total)
  }
}

extension ThresholdConvention {
  /// Whether a comparison is decided rightly at `threshold`.
  public func isRight(_ score: Double, isGenuine: Bool, at threshold: Double) -> Bool {
    let score = rounding == .scores ? Double(Float(score)) : score
    return switch acceptance {
    case .atLeast: (score >= threshold) == isGenuine
    case .above: (score > threshold) == isGenuine
    case .strictForBoth: isGenuine ? score > threshold : score < threshold
    }
  }
}
