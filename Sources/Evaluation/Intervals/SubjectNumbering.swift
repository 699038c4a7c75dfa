/// The people of a test set as numbers from 0, or why they are not known.
struct SubjectNumbering: Sendable {
  /// How many people there are.
  let count: Int
  /// Where they are known from, for results: `the list's names`.
  let source: String
}

/// Whether it is known who is compared; else why not.
enum KnownSubjects<Value: Sendable>: Sendable {
  case known(SubjectNumbering, Value)
  case unknown(reason: String)

  /// Known people, of whom there must be two: resamples of one person are all the same.
  static func checked(_ numbering: SubjectNumbering, _ value: Value) -> KnownSubjects {
    numbering.count >= 2
      ? .known(numbering, value) : .unknown(reason: "there are fewer than two people")
  }
}

/// The two people of each pair.
struct PairSubjects: Sendable {
  private(set) var first: [Int32] = []
  private(set) var second: [Int32] = []

  /// The people of some of the pairs.
  func part(_ range: Range<Int>) -> PairSubjects {
    PairSubjects(first: Array(first[range]), second: Array(second[range]))
  }

  /// The people whom `pairs` name, numbered as they first appear.
  static func of(_ pairs: [ListedPair]) -> KnownSubjects<PairSubjects> {
    var numbers: [String: Int32] = [:]
    var result = PairSubjects()
    func number(_ identity: String) -> Int32 {
      let next = Int32(numbers.count)
      let number = numbers[identity] ?? next
      if number == next { numbers[identity] = number }
      return number
    }
    for pair in pairs {
      guard let first = pair.firstIdentity, let second = pair.secondIdentity else {
        return .unknown(reason: "the list does not tell who is compared")
      }
      result.first.append(number(first))
      result.second.append(number(second))
    }
    return .checked(SubjectNumbering(count: numbers.count, source: "the list's names"), result)
  }
}

extension KnownSubjects where Value == PairSubjects {
  /// The people of parts of the pairs, each with as many pairs as `counts` says, one after the other.
  func split(_ counts: [Int]) -> KnownSubjects<[PairSubjects]> {
    switch self {
    case .unknown(let reason): return .unknown(reason: reason)
    case .known(let numbering, let people):
      var start = 0
      return .known(
        numbering,
        counts.map { count in
          defer { start += count }
          return people.part(start..<start + count)
        })
    }
  }
}

/// The person of each template of each split.
struct TemplateSubjects: Sendable {
  let ofTemplates: [[Int32]]

  /// The people of one split, of whom the list says only which templates are of one person: templates that genuine pairs join, directly or
  /// through others, are one person, and a template without a genuine pair is a person of its own.
  static func joined(by pairs: TemplatePairs, templates: Int) -> KnownSubjects<TemplateSubjects> {
    var parent = Array(0..<templates)
    func root(_ template: Int) -> Int {
      var template = template
      while parent[template] != template {
        parent[template] = parent[parent[template]]
        template = parent[template]
      }
      return template
    }
    for index in 0..<pairs.count where pairs.isGenuine[index] {
      let (a, b) = (root(Int(pairs.first[index])), root(Int(pairs.second[index])))
      // The lower one stays, so that people are numbered as their first templates are.
      parent[max(a, b)] = min(a, b)
    }
    var numbers = [Int32](repeating: -1, count: templates)
    var count: Int32 = 0
    for template in 0..<templates {
      let root = root(template)
      if numbers[root] < 0 {
        numbers[root] = count
        count += 1
      }
      numbers[template] = numbers[root]
    }
    return .checked(
      SubjectNumbering(count: Int(count), source: "the templates that genuine pairs join"),
      TemplateSubjects(ofTemplates: [numbers]))
  }

  /// The people of splits whose lists name the subject of each template, who are the same in all splits.
  static func named(_ splits: [[Int]]) -> KnownSubjects<TemplateSubjects> {
    var numbers: [Int: Int32] = [:]
    let templates = splits.map { subjects in
      subjects.map { subject -> Int32 in
        let number = numbers[subject] ?? Int32(numbers.count)
        numbers[subject] = number
        return number
      }
    }
    return .checked(
      SubjectNumbering(count: numbers.count, source: "the list's subject ids"),
      TemplateSubjects(ofTemplates: templates))
  }
}
