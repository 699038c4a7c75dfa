import FeatureStores

/// Which identities train for a fold.
///
/// Fold k is the test; fold k+1 (cyclically) chooses the threshold. No identity that any protocol has in one of the two trains.
/// Identities that no list names train only if the experiment says so.
enum FoldSelection {
  /// The validation fold of `fold`.
  static func validationFold(of fold: Int, folds: Int) -> Int { (fold + 1) % folds }

  /// The rows that train for each fold.
  ///
  /// - Parameters:
  ///   - labels: the identity of each row.
  ///   - listed: for each protocol and fold, the identities in its list.
  static func trainingRows(
    labels: [Int], listed: [[Set<Int>]], unlisted: ExperimentData.UnlistedIdentities
  ) -> [[Int]] {
    let folds = listed.first?.count ?? 0
    let named = listed.reduce(into: Set<Int>()) { $0.formUnion($1.joined()) }
    return (0..<folds).map { fold in
      var held = Set<Int>()
      for protocolFolds in listed {
        held.formUnion(protocolFolds[fold])
        held.formUnion(protocolFolds[validationFold(of: fold, folds: folds)])
      }
      return labels.indices.filter { row in
        !held.contains(labels[row]) && (unlisted == .train || named.contains(labels[row]))
      }
    }
  }
}
