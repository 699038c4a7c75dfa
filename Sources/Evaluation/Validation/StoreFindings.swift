import FeatureStores

extension ProtocolValidation {
  /// What there is to say of a store by itself: rows that are equal in every bit, which are worse where they cross identities. `progress` hears how many
  /// more rows are read.
  public static func findings(of store: FeatureStore, progress: (_ rows: Int) -> Void = { _ in }) throws
    -> [Finding]
  {
    var findings = Findings()
    let source = store.location.description
    func name(_ row: Int) -> String { store.names.map { "`\($0[row])`" } ?? "row \(row)" }
    let groups = try store.duplicateRows(progress: progress)
    func isAcross(_ group: [Int]) -> Bool {
      guard let labels = store.labels else { return false }
      return group.contains { labels[$0] != labels[group[0]] }
    }
    for (severity, kind, advice) in [
      (
        Finding.Severity.warning, true,
        "One image under two identities: an error of the labels, or of the extraction."
      ), (.note, false, "The same image twice, or a failed extraction that gave the same row."),
    ] {
      let found = groups.filter { isAcross($0) == kind }
      for group in found.prefix(Findings.shown) {
        findings.add(
          severity, .duplicateRows, file: source, place: "features, row \(group[1])",
          "equal in every bit to row \(group[0]): \(group.prefix(5).map(name).joined(separator: " = "))"
            + (kind ? ", of different identities" : ""), advice: advice)
      }
      if found.count > Findings.shown {
        findings.add(
          severity, .duplicateRows, file: source, "\(found.count - Findings.shown) more sets of equal rows",
          advice: advice)
      }
    }
    return findings.all
  }

  /// What a training store shares with a test store: people by their names, images by theirs, and rows that are equal in every bit.
  ///
  /// Names of people are compared as letters and digits, without case: data sets spell them differently. `progress` hears how many more rows of either
  /// are read.
  public static func findings(
    of test: FeatureStore, against training: FeatureStore, progress: (_ rows: Int) -> Void = { _ in }
  ) throws -> [Finding] {
    var findings = Findings()
    let (testSource, source) = (test.location.description, training.location.description)
    func add(_ entries: [String], _ what: String) {
      for entry in entries.prefix(Findings.shown) {
        findings.add(
          .error, .trainingOverlap, file: testSource, entry,
          advice: "Take what is tested out of the training store.")
      }
      if entries.count > Findings.shown {
        findings.add(
          .error, .trainingOverlap, file: testSource,
          "\(entries.count - Findings.shown) more \(what) that train in \(source)",
          advice: "Take what is tested out of the training store.")
      }
    }
    if let people = test.identities, let others = training.identities {
      let known = Dictionary(others.map { (normalised($0), $0) }, uniquingKeysWith: { first, _ in first })
      add(
        people.compactMap { person in
          known[normalised(person)].map { "\(person) trains in \(source), as \($0)" }
        }, "people")
    } else {
      let lacking = test.identities == nil ? testSource : source
      findings.add(
        .note, .trainingOverlap, file: lacking, place: "identities", "no names of people",
        advice: "Shared people are found by the dataset `identities` of both stores.")
    }
    if let names = test.names, let others = training.names {
      let known = Set(others)
      add(names.filter(known.contains).map { "the image `\($0)` trains in \(source)" }, "images")
    }
    add(
      try test.rows(equalToThoseOf: training, progress: progress).map {
        "row \($0.row) is equal in every bit to row \($0.other) of \(source)"
      },
      "rows")
    return findings.all
  }

  /// Letters and digits in lower case.
  private static func normalised(_ name: String) -> String {
    String(name.lowercased().filter { $0.isLetter || $0.isNumber })
  }
}
