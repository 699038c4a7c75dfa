import FeatureStores

/// What a list of pairs must hold to, and what a reader of its results should know.
struct ListCheck {
  let pairs: [ListedPair]
  let settings: PairVerification
  /// The list file, for messages.
  let file: String

  init(_ pairs: [ListedPair], settings: PairVerification, file: String) {
    self.pairs = pairs
    self.settings = settings
    self.file = file
  }

  /// Throws for a list with another number of pairs than the protocol says, an empty fold, or, where folds must be balanced, one
  /// with unequal classes: accuracy over such folds measures how often a class occurs.
  func run() throws {
    if let expected = settings.pairs, pairs.count != expected {
      throw HarnessError(
        .badInput, file: file, found: "\(pairs.count) pairs", expected: "\(expected)",
        advice: "The list is not complete, or not the protocol's.")
    }
    var counts = [(genuine: Int, impostor: Int)](repeating: (0, 0), count: settings.folds)
    for pair in pairs {
      if pair.isGenuine { counts[pair.fold].genuine += 1 } else { counts[pair.fold].impostor += 1 }
    }
    for (fold, count) in counts.enumerated() {
      guard count.genuine + count.impostor > 0 else {
        throw HarnessError(
          .badInput, file: file, place: "fold \(fold + 1)", found: "no pairs", expected: "pairs")
      }
      guard !settings.balanced || count.genuine == count.impostor else {
        throw HarnessError(
          .badInput, file: file, place: "fold \(fold + 1)",
          found: "\(count.genuine) genuine and \(count.impostor) impostor pairs",
          expected: "as many of one as of the other",
          advice:
            "A list sorted by class needs a format that interleaves it; set `balanced: false` if it is meant."
        )
      }
    }
  }

  /// People in more than one fold, pairs that contradict their names, images compared with themselves.
  static func warnings(_ pairs: [ListedPair], settings: PairVerification) -> [String] {
    var warnings: [String] = []
    let shared = identitiesInSeveralFolds(pairs)
    if let shared, shared > 0 {
      warnings.append(
        "\(shared) \(shared == 1 ? "person is" : "people are") in more than one fold: "
          + "accuracy over folds is optimistic for methods that learn from the other folds")
    }
    let contradictions = pairs.count {
      guard let first = $0.firstIdentity, let second = $0.secondIdentity else { return false }
      return $0.isGenuine != (first == second)
    }
    if contradictions > 0 {
      warnings.append(
        "\(contradictions) \(contradictions == 1 ? "pair's label contradicts" : "pairs' labels contradict") "
          + "the names of the people")
    }
    let same = pairs.count { $0.first == $0.second }
    if same > 0 {
      warnings.append("\(same) \(same == 1 ? "pair compares" : "pairs compare") an image with itself")
    }
    return warnings
  }

  /// How many people occur in more than one fold; nil where no pair names people.
  static func identitiesInSeveralFolds(_ pairs: [ListedPair]) -> Int? {
    var folds: [String: Int] = [:]
    var several: Set<String> = []
    for pair in pairs {
      for identity in [pair.firstIdentity, pair.secondIdentity].compactMap(\.self) {
        if let fold = folds.updateValue(pair.fold, forKey: identity), fold != pair.fold {
          several.insert(identity)
        }
      }
    }
    return folds.isEmpty ? nil : several.count
  }
}
