/// The indices of a set's templates by their ids, for millions of look-ups: a table where the ids are as dense as published lists have them.
struct TemplateNumbering {
  private let set: TemplateSet
  /// By id: the index, −1 for none. Empty where ids are too large for a table.
  private let table: [Int32]

  init(_ set: TemplateSet) {
    self.set = set
    guard let first = set.ids.first, let last = set.ids.last, first >= 0, last < 16 * set.count + (1 << 16)
    else {
      table = []
      return
    }
    var table = [Int32](repeating: -1, count: last + 1)
    for (index, id) in set.ids.enumerated() { table[id] = Int32(index) }
    self.table = table
  }

  /// The index of template `id`, which is not negative; nil where there is none.
  subscript(id: Int) -> Int32? {
    guard !table.isEmpty else { return set.index(of: id) }
    return id < table.count && table[id] >= 0 ? table[id] : nil
  }
}
