import Testing

@testable import Experiments

@Suite("Selection of training rows by fold")
struct FoldSelectionTests {
  /// Identities 0…7 in folds of two, 8 and 9 in no list; three rows each, interleaved.
  private static let labels = (0..<30).map { $0 % 10 }
  private static let listed: [Set<Int>] = [[0, 1], [2, 3], [4, 5], [6, 7]]

  private func identities(_ rows: [[Int]]) -> [Set<Int>] {
    rows.map { Set($0.map { Self.labels[$0] }) }
  }

  @Test func `The test fold and the next one, cyclically, never train`() {
    #expect((0..<4).map { FoldSelection.validationFold(of: $0, folds: 4) } == [1, 2, 3, 0])
    let rows = FoldSelection.trainingRows(labels: Self.labels, listed: [Self.listed], unlisted: .exclude)
    #expect(identities(rows) == [[4, 5, 6, 7], [0, 1, 6, 7], [0, 1, 2, 3], [2, 3, 4, 5]])
    // All rows of those identities, in order, each once.
    #expect(rows[0] == [4, 5, 6, 7, 14, 15, 16, 17, 24, 25, 26, 27])
  }

  @Test func `Unlisted identities train only if the experiment says so`() {
    let rows = FoldSelection.trainingRows(labels: Self.labels, listed: [Self.listed], unlisted: .train)
    #expect(identities(rows)[0] == [4, 5, 6, 7, 8, 9])
    #expect(rows.allSatisfy { $0.count == 18 && $0 == $0.sorted() })
  }

  @Test(arguments: ExperimentData.UnlistedIdentities.allCases)
  func `No identity that any protocol has in fold k or k+1 trains for fold k`(
    unlisted: ExperimentData.UnlistedIdentities
  ) {
    // The second protocol has the same people in other folds, and 8 besides.
    let second: [Set<Int>] = [[2, 8], [4], [6, 0], [1]]
    let rows = FoldSelection.trainingRows(
      labels: Self.labels, listed: [Self.listed, second], unlisted: unlisted)
    for fold in 0..<4 {
      let next = (fold + 1) % 4
      let held = Self.listed[fold].union(Self.listed[next]).union(second[fold]).union(second[next])
      let named = Set(0...8)
      let allowed = (unlisted == .train ? Set(0...9) : named).subtracting(held)
      #expect(identities(rows)[fold] == allowed, "fold \(fold)")
    }
  }
}
