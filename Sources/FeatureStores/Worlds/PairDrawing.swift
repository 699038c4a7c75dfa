import LinearAlgebra

/// Draws the pairs of a verification list: in each fold so many genuine and as many impostor pairs.
///
/// The folds' identities are disjoint: fold k owns the k-th block of consecutive identities. No pair occurs twice.
struct PairDrawing {
  /// Two rows of the store.
  struct Pair: Equatable {
    var first: Int
    var second: Int
  }

  /// The pairs of one fold.
  struct Fold: Equatable {
    var genuine: [Pair] = []
    var impostor: [Pair] = []
  }

  let plan: SetPlan
  let pairs: WorldSet.Pairs
  /// For messages.
  let file: String

  /// Draws the folds from `stream`: pairs that `accept` takes, in ascending order of rows or, for a pair of a frontal and
  /// a profile image, the frontal image first.
  func folds(
    _ stream: inout RandomStream, accept: (ImageAttributes, ImageAttributes) -> Bool = { _, _ in true }
  ) throws -> [Fold] {
    let people = plan.identities / pairs.folds
    return try (0..<pairs.folds).map { fold in
      let first = fold * people
      var result = Fold()
      result.genuine = try distinct(fold, accept) {
        let person = first + stream.integer(below: people)
        let i = stream.integer(below: plan.counts[person])
        let j = stream.integer(below: plan.counts[person])
        return i == j
          ? nil
          : Pair(
            first: plan.firstRows[person] + min(i, j), second: plan.firstRows[person] + max(i, j))
      }
      result.impostor = try distinct(fold, accept) {
        let a = first + stream.integer(below: people)
        let b = first + stream.integer(below: people)
        guard a != b else { return nil }
        let (p, q) = (
          plan.firstRows[a] + stream.integer(below: plan.counts[a]),
          plan.firstRows[b] + stream.integer(below: plan.counts[b])
        )
        return Pair(first: min(p, q), second: max(p, q))
      }
      return result
    }
  }

  private func distinct(
    _ fold: Int, _ accept: (ImageAttributes, ImageAttributes) -> Bool, _ draw: () -> Pair?
  ) throws -> [Pair] {
    var taken: Set<[Int]> = []
    var result: [Pair] = []
    var attempts = 0
    while result.count < pairs.pairsPerFold {
      attempts += 1
      guard attempts <= 10_000 + 1000 * pairs.pairsPerFold else {
        throw HarnessError(
          .badInput, file: file, place: "set \(plan.name)",
          found: "\(result.count) pairs of fold \(fold + 1) after \(attempts - 1) draws",
          expected: "\(pairs.pairsPerFold) different ones with the pose or age that the set asks for",
          advice: "Raise identities or images-per-identity, or widen the images' attributes.")
      }
      guard let drawn = draw() else { continue }
      let (a, b) = (plan.attributes(of: drawn.first), plan.attributes(of: drawn.second))
      guard accept(a, b), taken.insert([drawn.first, drawn.second]).inserted else { continue }
      result.append(
        a.pose == 1 && b.pose == 0 ? Pair(first: drawn.second, second: drawn.first) : drawn)
    }
    return result
  }
}
