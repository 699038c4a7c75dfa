/// Suggestions for mistyped names.
public enum NearestName {
  /// The candidate nearest to `name`, where one is near enough to be meant: an edit distance (insertion, deletion,
  /// substitution, swap of neighbours) of at most a third of the longer word, letter case and `-`/`_` apart. Ties go to the
  /// candidate named first.
  public static func suggestion(for name: String, among candidates: [String]) -> String? {
    let word = folded(name)
    var best: (distance: Int, candidate: String)?
    for candidate in candidates {
      let other = folded(candidate)
      let distance = editDistance(word, other)
      guard distance <= max(1, max(word.count, other.count) / 3) else { continue }
      if best.map({ distance < $0.distance }) ?? true { best = (distance, candidate) }
    }
    return best?.candidate
  }

  private static func folded(_ name: String) -> [Character] {
    name.lowercased().map { $0 == "-" ? "_" : $0 }
  }

  /// The optimal string alignment distance.
  static func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    guard !a.isEmpty && !b.isEmpty else { return max(a.count, b.count) }
    var beforePrevious = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    for i in 1...a.count {
      var current = [Int](repeating: 0, count: b.count + 1)
      current[0] = i
      for j in 1...b.count {
        let cost = a[i - 1] == b[j - 1] ? 0 : 1
        current[j] = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost)
        if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
          current[j] = min(current[j], beforePrevious[j - 2] + 1)
        }
      }
      beforePrevious = previous
      previous = current
    }
    return previous[b.count]
  }
}
