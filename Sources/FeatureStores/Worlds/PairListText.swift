/// Drawn pairs as the text of the data sets' own list files.
struct PairListText {
  let plan: SetPlan
  let folds: [PairDrawing.Fold]

  /// The identity of each row.
  private let identities: [Int]

  init(_ plan: SetPlan, _ folds: [PairDrawing.Fold]) {
    self.plan = plan
    self.folds = folds
    identities = plan.counts.enumerated().flatMap { [Int](repeating: $0.offset, count: $0.element) }
  }

  private func index(_ row: Int) -> Int { row - plan.firstRows[identities[row]] }
  private func name(_ row: Int) -> String { plan.imageName(identities[row], index(row)) }

  /// LFW's `pairs.txt` (view 2): the number of folds and of pairs a class, then in each fold the genuine lines `name i j` and the
  /// impostor lines `name₁ i name₂ j`, with images numbered from 1 and columns separated by tabs.
  func lfw() -> String {
    var lines = ["\(folds.count)\t\(folds.first?.genuine.count ?? 0)"]
    for fold in folds {
      for pair in fold.genuine {
        lines.append(
          "\(plan.identityName(identities[pair.first]))\t\(index(pair.first) + 1)\t\(index(pair.second) + 1)")
      }
      for pair in fold.impostor {
        let (a, b) = (
          plan.identityName(identities[pair.first]), plan.identityName(identities[pair.second])
        )
        lines.append("\(a)\t\(index(pair.first) + 1)\t\(b)\t\(index(pair.second) + 1)")
      }
    }
    return Self.text(lines)
  }

  /// AgeDB-30's splits as text: `split image₁ image₂ label`, label 1 or −1, splits from 1.
  func splitPairs() -> String {
    var lines = ["# split image image label (1: one person, -1: two)"]
    for (number, fold) in folds.enumerated() {
      for (pairs, label) in [(fold.genuine, "1"), (fold.impostor, "-1")] {
        lines += pairs.map { "\(number + 1) \(name($0.first)) \(name($0.second)) \(label)" }
      }
    }
    return Self.text(lines)
  }

  /// CALFW's and CPLFW's list: two lines a pair, `image.jpg label`, all genuine pairs before all impostors. The label of a genuine pair is 1,
  /// or where `numbersFolds` its fold from 1, as CALFW has it; that of an impostor pair 0.
  func twoLines(numbersFolds: Bool) -> String {
    var lines: [String] = []
    func add(_ pair: PairDrawing.Pair, _ label: Int) {
      lines.append("\(name(pair.first)).jpg \(label)")
      lines.append("\(name(pair.second)).jpg \(label)")
    }
    for (number, fold) in folds.enumerated() {
      for pair in fold.genuine { add(pair, numbersFolds ? number + 1 : 1) }
    }
    for fold in folds { for pair in fold.impostor { add(pair, 0) } }
    return Self.text(lines)
  }

  /// CFP's `same.txt` or `diff.txt`: `a,b`, image numbers from 1 in the lists of frontal images and, with `profiles`, of profile images.
  func cfp(_ pairs: [PairDrawing.Pair], frontal: Int, profiles: Bool) -> String {
    func number(_ row: Int, profile: Bool) -> Int {
      let (identity, image) = (identities[row], index(row))
      return profile
        ? identity * (plan.counts[identity] - frontal) + image - frontal + 1 : identity * frontal + image + 1
    }
    return Self.text(
      pairs.map {
        "\(number($0.first, profile: false)),\(number($0.second, profile: profiles))"
      })
  }

  /// CFP's `Pair_list_F.txt` or `Pair_list_P.txt`: `number ../Data/Images/001/frontal/01.jpg`.
  func cfpImages(profile: Bool) -> String {
    let rows = identities.indices.filter { (plan.attributes(of: $0).pose == 1) == profile }
    return Self.text(
      rows.enumerated().map { "\($0.offset + 1) ../Data/Images/\(name($0.element)).jpg" })
  }

  static func text(_ lines: [String]) -> String { lines.joined(separator: "\n") + "\n" }
}
