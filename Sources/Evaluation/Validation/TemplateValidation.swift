import FeatureStores

extension TemplateVerification {
  public var pinnedLists: Set<String> { Set(expectedDigests.digests.keys) }

  public func validate(_ validation: ProtocolValidation, into findings: inout Findings) throws {
    var settings = self
    // Without a store every image is missing, and the lists are read all the same.
    if validation.store == nil { settings.missing = .scoreMinimum }
    let task = try TemplateVerificationTask(
      validation.definition, settings, lists: validation.lists, names: validation.store?.names ?? [],
      source: validation.store?.source ?? "")
    if validation.store != nil { validation.add(task, to: &findings) }
    for (number, split) in task.splits.enumerated() {
      let files =
        switch lists {
        case .ijb(let media, _, let pairs): (media, pairs)
        case .ijbA(let metadata, let comparisons, _, _):
          (IJBASplit.file(metadata, split: number + 1), IJBASplit.file(comparisons, split: number + 1))
        }
      let file = "\(validation.lists)/\(files.1)"
      duplicates(split.pairs, split.templates, file: file, &findings)
      if let store = validation.store {
        labels(split, store, templates: "\(validation.lists)/\(files.0)", pairs: file, &findings)
      }
      findings.add(
        unattainable: targetFARs, impostors: split.pairs.isGenuine.count { !$0 },
        of: task.splits.count > 1 ? "impostor pairs of split \(number + 1)" : "impostor pairs",
        file: validation.file, place: "far")
    }
  }

  /// The same two templates twice, in either order. A list has no header, so the line of a pair is its number.
  private func duplicates(
    _ pairs: TemplatePairs, _ templates: TemplateSet, file: String, _ findings: inout Findings
  ) {
    // Sorted, since tens of millions of pairs are many for a set.
    var keys: [(pair: UInt64, line: Int32)] = []
    keys.reserveCapacity(pairs.count)
    for index in 0..<pairs.count {
      let (a, b) = (pairs.first[index], pairs.second[index])
      keys.append((UInt64(min(a, b)) << 32 | UInt64(max(a, b)), Int32(index + 1)))
    }
    keys.sort { ($0.pair, $0.line) < ($1.pair, $1.line) }
    var twice: [(line: Int, earlier: Int, pair: UInt64)] = []
    var first = 0
    for index in keys.indices.dropFirst() {
      if keys[index].pair != keys[first].pair {
        first = index
      } else {
        twice.append((Int(keys[index].line), Int(keys[first].line), keys[index].pair))
      }
    }
    findings.add(
      .warning, .duplicatePairs, file: file,
      twice.sorted { $0.line < $1.line }.map { entry in
        let ids = (templates.ids[Int(entry.pair >> 32)], templates.ids[Int(entry.pair & 0xffff_ffff)])
        return (
          ListPlace(file: file, line: entry.line),
          "the templates \(ids.0) and \(ids.1) again, first on line \(entry.earlier)"
        )
      }, advice: "A pair that counts twice narrows no interval.")
  }

  /// Templates of several people, and pairs whose label contradicts the people of their templates.
  private func labels(
    _ split: TemplateVerificationTask.Split, _ store: ValidatedStore, templates list: String,
    pairs file: String,
    _ findings: inout Findings
  ) {
    guard store.store.labels != nil else { return }
    var people = [Int32?](repeating: nil, count: split.templates.count)
    var mixed: [(place: ListPlace?, found: String)] = []
    for template in 0..<split.templates.count {
      let images = split.templates.images[
        split.templates.starts[template]..<split.templates.starts[template + 1]]
      guard let first = images.first else { continue }
      people[template] = store.label(Int(first.row))
      if let other = images.first(where: { store.label(Int($0.row)) != people[template] }) {
        mixed.append(
          (
            nil,
            "template \(split.templates.ids[template]) has images of \(store.person(Int(first.row))) and \(store.person(Int(other.row)))"
          ))
        people[template] = nil
      }
    }
    findings.add(
      .error, .labelErrors, file: list, mixed,
      advice: "A template is one person: either the list or the labels of the store are wrong.")
    var wrong: [(place: ListPlace?, found: String)] = []
    for index in 0..<split.pairs.count {
      let (a, b) = (Int(split.pairs.first[index]), Int(split.pairs.second[index]))
      guard let first = people[a], let second = people[b], (first == second) != split.pairs.isGenuine[index]
      else { continue }
      wrong.append(
        (
          ListPlace(file: file, line: index + 1),
          "\(split.pairs.isGenuine[index] ? "a genuine" : "an impostor") pair of the templates \(split.templates.ids[a]) and \(split.templates.ids[b]), \(first == second ? "both of one person" : "of two people") by the labels of \(store.source)"
        ))
    }
    findings.add(
      .error, .labelErrors, file: file, wrong, advice: "Either the list or the labels of the store are wrong."
    )
  }
}

extension TemplateIdentification {
  public var pinnedLists: Set<String> { Set(expectedDigests.digests.keys) }

  public func validate(_ validation: ProtocolValidation, into findings: inout Findings) throws {
    var settings = self
    if validation.store == nil { settings.missing = .scoreMinimum }
    let task = try IdentificationTask(
      validation.definition, settings, lists: validation.lists, names: validation.store?.names ?? [],
      source: validation.store?.source ?? "")
    if validation.store != nil { validation.add(task, to: &findings) }
    let content = task.content
    for (file, gallery) in zip(lists.galleryFiles, content.galleries) {
      let enrolled = Set(gallery.compactMap(\.subject))
      let nonMated = content.probes.count { !enrolled.contains($0.subject ?? "") }
      findings.add(
        unattainable: targetFPIRs, impostors: nonMated, of: "non-mated searches of \(file)", rate: "FPIR",
        file: validation.file, place: "fpir")
    }
    guard let store = validation.store else { return }
    let members = content.galleries.flatMap(\.self) + content.probes
    let entries = members.flatMap { member -> [(person: String, row: Int)] in
      guard let subject = member.subject else { return [] }
      let template = Int(member.template)
      let range = content.templates.starts[template]..<content.templates.starts[template + 1]
      return content.templates.images[range].map { ("subject \(subject)", Int($0.row)) }
    }
    findings.add(contradictions: store.contradictions(entries), file: "\(validation.lists)/\(lists.files[0])")
  }
}

extension DistractorIdentification {
  public var pinnedLists: Set<String> { Set(expectedDigests.digests.keys) }

  public func validate(_ validation: ProtocolValidation, into findings: inout Findings) throws {
    guard let store = validation.store else {
      let photos = try lists.readProbes(folder: validation.lists)
      _ = try lists.readDistractors(folder: validation.lists, sizes: sizes)
      add(unattainable: photos.count, counts: sizes, validation, &findings)
      return
    }
    let task = try DistractorTask(
      validation.definition, self, lists: validation.lists, names: store.names, source: store.source)
    validation.add(task, to: &findings)
    add(unattainable: task.probes.count, counts: task.counts, validation, &findings)
    findings.add(
      contradictions: store.contradictions(
        store.entries(rows: task.probes.map { $0.row }, people: task.probes.map { $0.identity })),
      file: "\(validation.lists)/\(lists.probes)")
  }

  /// A target that only the smaller sizes miss is no fault of the protocol.
  private func add(
    unattainable probes: Int, counts: [Int], _ validation: ProtocolValidation, _ findings: inout Findings
  ) {
    for (index, count) in counts.enumerated() {
      findings.add(
        unattainable: targetFARs, impostors: probes * count, of: "comparisons with \(count) distractors",
        file: validation.file, place: "far", severity: index == counts.count - 1 ? .warning : .note)
    }
  }
}

extension AllPairs {
  public var pinnedLists: Set<String> { Set(expectedDigests.digests.keys) }

  public func validate(_ validation: ProtocolValidation, into findings: inout Findings) throws {
    guard let store = validation.store else {
      validation.needsStore(&findings)
      return
    }
    let task = try AllPairsTask(
      validation.definition, self, lists: validation.lists, names: store.names, source: store.source)
    for (number, trial) in task.trials.enumerated() {
      findings.add(
        unattainable: targetFARs, impostors: trial.impostorCount, of: "impostor pairs of trial \(number + 1)",
        file: validation.file, place: "far")
      findings.add(
        contradictions: store.contradictions(
          store.entries(rows: trial.rows, people: trial.personEnds)),
        file: "\(validation.lists)/\(lists.file(trial: number + 1))")
    }
  }
}

extension Findings {
  mutating func add(contradictions: [String], file: String) {
    add(
      .error, .labelErrors, file: file, contradictions.map { (nil, $0) },
      advice: "Either the list or the labels of the store are wrong.")
  }
}
