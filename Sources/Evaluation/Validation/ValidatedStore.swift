import FeatureStores

/// A store as validations look at it: which row an image is, and who is on it.
struct ValidatedStore {
  let store: FeatureStore
  let index: ImageIndex
  let names: [String]

  init(_ store: FeatureStore) throws {
    self.store = store
    names = try store.imageNames()
    index = try ImageIndex(names, source: store.location.description)
  }

  var source: String { store.location.description }

  /// The label of a row; nil where the store has none.
  func label(_ row: Int) -> Int32? { store.labels?[row] }

  /// What the person of a row is called.
  func person(_ row: Int) -> String {
    guard let label = label(row) else { return "row \(row)" }
    return store.identities?[Int(label)] ?? "label \(label)"
  }

  /// Entries for `contradictions(_:)` of a list that numbers its people: each is called after the first image.
  func entries(rows: [Int], people: [Int]) -> [(person: String, row: Int)] {
    var first: [Int: Int] = [:]
    return zip(rows, people).map { row, person in
      if first[person] == nil { first[person] = row }
      return ("who is on `\(names[first[person] ?? row])`", row)
    }
  }

  /// Contradictions between who is on images by a list and by the labels of the store: listed people with rows of several labels, and labels
  /// under several listed people. Entries are in the order of the list.
  func contradictions(_ entries: [(person: String, row: Int)]) -> [String] {
    guard store.labels != nil else { return [] }
    var labelOf: [String: (label: Int32, row: Int)] = [:]
    var personOf: [Int32: (person: String, row: Int)] = [:]
    var found: [String] = []
    for (person, row) in entries {
      guard let label = label(row) else { continue }
      if let other = labelOf[person], other.label != label {
        found.append(
          "\(person) is \(self.person(row)) on `\(names[row])` (row \(row)) and \(self.person(other.row)) on `\(names[other.row])` (row \(other.row))"
        )
      } else if let other = personOf[label], other.person != person {
        found.append(
          "\(self.person(row)) is \(person) on `\(names[row])` (row \(row)) and \(other.person) on `\(names[other.row])` (row \(other.row))"
        )
      }
      if labelOf[person] == nil { labelOf[person] = (label, row) }
      if personOf[label] == nil { personOf[label] = (person, row) }
    }
    return found
  }
}
