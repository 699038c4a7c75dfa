/// The templates of a set that a shard needs, as a set of their own.
struct TemplateShare {
  let templates: TemplateSet
  /// For each template of the whole set its index in `templates`; −1 for one that is not in it.
  let places: [Int32]

  /// Those that are `needed`, and of those that nobody needs the shard's share: so that all shards together read what the whole does, and find the
  /// same faults. `used` are those that some shard needs; both have an entry a template.
  init(_ set: TemplateSet, needed: [Bool], used: [Bool], shard: Shard) {
    let unused = used.indices.filter { !used[$0] }
    var isKept = needed
    for template in unused[shard.range(of: unused.count)] { isKept[template] = true }
    let kept = isKept.indices.filter { isKept[$0] }
    var places = [Int32](repeating: -1, count: set.count)
    for (place, template) in kept.enumerated() { places[template] = Int32(place) }
    templates = TemplateSet(set, keeping: kept)
    self.places = places
  }

  /// Which of `count` templates are among `members`.
  static func marks(_ count: Int, _ members: some Sequence<Int32>) -> [Bool] {
    var marks = [Bool](repeating: false, count: count)
    for member in members { marks[Int(member)] = true }
    return marks
  }
}
