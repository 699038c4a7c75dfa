import LinearAlgebra

/// The last gallery features, the prototypes of semi-siamese training: a ring of a fixed number of rows.
///
/// Each group of the embedding has a matrix of its own; rows of one index belong together. A batch's features are written at the
/// pointer as often as wanted, and stay when the pointer moves past them. Batches divide the queue, so they never wrap around.
struct FeatureQueue<Element: Scalar>: Sendable {
  /// The row at which the next batch is written.
  var pointer = 0
  /// One matrix a group, a prototype a row.
  var features: [Matrix<Element>]
  /// The class of each row; −1 where it still is the random start.
  var classes: [Int]

  /// The number of rows.
  var count: Int { classes.count }

  /// A queue that starts uniform on (−1, 1) with rows of unit length, from streams named after it.
  init(count: Int, groups: Int, columns: Int, name: String, seed: UInt64) {
    classes = Array(repeating: -1, count: count)
    features = (0..<groups).map { group in
      var stream = RandomStream(seed: seed, name: "\(name).\(group)")
      var raw = Matrix<Element>(rows: count, columns: columns)
      stream.fillUniform(&raw, in: -1..<1)
      var norms = [Element](repeating: 0, count: count)
      var unit = Matrix<Element>(rows: count, columns: columns)
      RowNormalization.forward(raw, into: &unit, norms: &norms)
      return unit
    }
  }

  /// Writes a batch's features, a matrix a group, over the rows from the pointer on.
  mutating func write(_ parts: [Matrix<Element>]) {
    for (group, part) in parts.enumerated() {
      features[group].replaceRows(from: pointer, with: part, rows: 0..<part.rows)
    }
  }

  /// Moves the pointer past the rows of a batch of these classes.
  mutating func advance(past batch: [Int]) {
    precondition(count % batch.count == 0, "batches must divide the queue")
    classes.replaceSubrange(pointer..<pointer + batch.count, with: batch)
    pointer = (pointer + batch.count) % count
  }

  /// Adds everything to a checkpoint.
  func save(to archive: inout TensorArchive, name: String) throws {
    for (group, matrix) in features.enumerated() { archive.add("\(name).\(group)", matrix) }
    try archive.add("\(name).pointer", pointer)
    try archive.add("\(name).classes", classes)
  }

  /// Takes back what `save` wrote for a queue of the same size.
  mutating func restore(from archive: TensorArchive, name: String) throws {
    let pointer = try archive.value("\(name).pointer", as: Int.self)
    let classes = try archive.value("\(name).classes", as: [Int].self)
    guard classes.count == count, (0..<max(count, 1)).contains(pointer) else {
      throw archive.error(
        found: "a queue of \(classes.count) rows with its pointer at \(pointer)", expected: "\(count) rows")
    }
    for (group, old) in features.enumerated() {
      features[group] = try archive.matrix("\(name).\(group)", rows: old.rows, columns: old.columns)
    }
    self.pointer = pointer
    self.classes = classes
  }
}
