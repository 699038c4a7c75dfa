import FeatureStores
import Metrics

/// The checks of lists of pairs of images.
struct PairValidation {
  let pairs: [ListedPair]
  /// The first list file, for what has no line.
  let file: String
  let folds: Int
  let storeName: (String) -> String
  let store: ValidatedStore?

  /// All checks but those of targets. With `requiresBalance` a fold of unequal classes is an error; `toleratesMissing` makes missing images a
  /// warning.
  func run(into findings: inout Findings, requiresBalance: Bool, toleratesMissing: Bool) {
    foldBalance(&findings, isRequired: requiresBalance)
    duplicates(&findings)
    listedLabels(&findings)
    if let store { images(store, &findings, toleratesMissing: toleratesMissing) }
    sharedIdentities(&findings)
  }

  private func foldBalance(_ findings: inout Findings, isRequired: Bool) {
    var counts = [(genuine: Int, impostor: Int)](repeating: (0, 0), count: folds)
    for pair in pairs {
      if pair.isGenuine { counts[pair.fold].genuine += 1 } else { counts[pair.fold].impostor += 1 }
    }
    for (fold, count) in counts.enumerated() {
      if count.genuine + count.impostor == 0 {
        findings.add(
          .error, .foldBalance, file: file, place: "fold \(fold + 1)", "no pairs",
          advice: "The list is not complete, or the protocol's `folds` are not its own.")
      } else if count.genuine != count.impostor {
        findings.add(
          isRequired ? .error : .note, .foldBalance, file: file, place: "fold \(fold + 1)",
          "\(count.genuine) genuine and \(count.impostor) impostor pairs",
          advice: isRequired
            ? "Interleave a list that is sorted by class, or set `balanced: false` if it is meant."
            : "Accuracy over such folds depends on how often a class occurs.")
      }
    }
  }

  /// The same two images twice, in either order, and images compared with themselves.
  private func duplicates(_ findings: inout Findings) {
    struct Images: Hashable {
      let low: String
      let high: String
    }
    var seen: [Images: Int] = [:]
    var twice: [(place: ListPlace?, found: String)] = []
    var selves: [(place: ListPlace?, found: String)] = []
    for (index, pair) in pairs.enumerated() {
      if pair.first == pair.second {
        selves.append((pair.place, "`\(pair.first)` compared with itself"))
        continue
      }
      let key = Images(low: min(pair.first, pair.second), high: max(pair.first, pair.second))
      guard let other = seen[key] else {
        seen[key] = index
        continue
      }
      let earlier = pairs[other]
      let isSwapped = earlier.first != pair.first
      let onLine = earlier.place.map { " on line \($0.line)" } ?? ""
      let labels = earlier.isGenuine == pair.isGenuine ? "" : ", there with the other label"
      twice.append(
        (
          pair.place,
          "the pair `\(pair.first)`, `\(pair.second)` again, first\(onLine)\(isSwapped ? ", swapped" : "")\(labels)"
        ))
    }
    findings.add(
      .warning, .duplicatePairs, file: file, twice,
      advice: "A pair that counts twice narrows no interval; across folds it also leaks a threshold.")
    findings.add(
      .warning, .duplicatePairs, file: file, selves, advice: "Its score is always the highest there is.")
  }

  /// Labels that contradict the names of the people.
  private func listedLabels(_ findings: inout Findings) {
    let wrong = pairs.compactMap { pair -> (place: ListPlace?, found: String)? in
      guard let first = pair.firstIdentity, let second = pair.secondIdentity,
        pair.isGenuine != (first == second)
      else { return nil }
      return (
        pair.place,
        pair.isGenuine ? "a genuine pair of \(first) and \(second)" : "an impostor pair of \(first) alone"
      )
    }
    findings.add(
      .error, .labelErrors, file: file, wrong,
      advice: "Correct the label, or the protocol's rule for `identities`.")
  }

  /// Images that the store lacks, and labels that contradict it.
  private func images(_ store: ValidatedStore, _ findings: inout Findings, toleratesMissing: Bool) {
    var missing: [(place: ListPlace?, found: String)] = []
    var seen: Set<String> = []
    var wrong: [(place: ListPlace?, found: String)] = []
    for pair in pairs {
      let names = [storeName(pair.first), storeName(pair.second)]
      for name in names where store.index[name] == nil && seen.insert(name).inserted {
        missing.append((pair.place, "`\(name)` is not in \(store.source)"))
      }
      if let first = store.index[names[0]], let second = store.index[names[1]],
        let label = store.label(first), let other = store.label(second), pair.isGenuine != (label == other)
      {
        wrong.append(
          (
            pair.place,
            pair.isGenuine
              ? "a genuine pair of \(store.person(first)) and \(store.person(second)), by the labels of \(store.source)"
              : "an impostor pair of \(store.person(first)) alone, by the labels of \(store.source)"
          ))
      }
    }
    let example = store.index.example.map { " Names there look like ‘\($0)’." } ?? ""
    findings.add(
      toleratesMissing ? .warning : .error, .missingImages, file: file, missing,
      advice: "Check that list and store belong together, or the protocol's `names`.\(example)")
    findings.add(
      .error, .labelErrors, file: file, wrong, advice: "Either the list or the labels of the store are wrong."
    )
  }

  /// People in more than one fold, by the list's names or else by the labels of the store.
  private func sharedIdentities(_ findings: inout Findings) {
    guard folds > 1 else { return }
    var foldOf: [String: Int] = [:]
    var shared: [(place: ListPlace?, found: String)] = []
    var seen: Set<String> = []
    var isKnown = false
    for pair in pairs {
      for (image, listed) in [(pair.first, pair.firstIdentity), (pair.second, pair.secondIdentity)] {
        let row = store?.index[storeName(image)]
        guard
          let person = listed
            ?? row.flatMap({ row in store?.label(row).map { _ in store?.person(row) ?? "" } })
        else { continue }
        isKnown = true
        guard let fold = foldOf[person] else {
          foldOf[person] = pair.fold
          continue
        }
        if fold != pair.fold, seen.insert(person).inserted {
          shared.append((pair.place, "\(person) is in fold \(fold + 1) and fold \(pair.fold + 1)"))
        }
      }
    }
    findings.add(
      .warning, .sharedIdentities, file: file, shared,
      advice: "Accuracy over folds is optimistic for methods that learn from the other folds.")
    if !isKnown {
      findings.add(
        .note, .sharedIdentities, file: file, "the list does not tell who is on its images",
        advice: "Give a store with labels (--store), or a rule for `identities`.")
    }
  }
}

extension Findings {
  /// Targets that `impostors` cannot support. `place` is the key of the protocol.
  mutating func add(
    unattainable targets: [Double], impostors: Int, of what: String, rate: String = "FAR", file: String,
    place: String, severity: Finding.Severity = .warning
  ) {
    for target in targets where allowedFalseAccepts(targetFAR: target, impostors: impostors) < 1 {
      let least = impostors > 0 ? "; the smallest \(rate) is \(Cell.short(1 / Double(impostors)))" : ""
      add(
        severity, .unattainable, file: file, place: place,
        "\(rate) \(Cell.short(target)) needs more than the \(impostors) \(what)\(least)",
        advice: "It is reported as not attainable: leave the target out.")
    }
  }
}
