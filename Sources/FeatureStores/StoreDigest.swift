import LinearAlgebra

extension FeatureStore {
  /// The SHA-256 digest, in hexadecimal, of what the schema gives meaning to: the same for the same content however it is
  /// laid out, compressed, ordered in bytes or widened in the file. Attributes and unknown datasets do not count, since no
  /// result depends on them. The features are streamed.
  ///
  /// The bytes hashed are `likeness-store-digest/1`, a NUL, and, for each dataset that is there, in the order of
  /// `StoreSchema` (`features`, `features_flipped`, `labels`, `names`, `media`, `templates`, `quality`, `identities`, `pose`): its
  /// name, a NUL, its type (`float32`, `int64`, `int8` or `utf8`), a NUL, the number of its dimensions and each length, and its values in
  /// row-major order. Numbers are little-endian, counts of 64 bits; labels count as int64; a string is the count of its UTF-8
  /// bytes and the bytes. Halves count as the float32 numbers that they are.
  ///
  /// `progress` hears how many more of the `featureRows` are read.
  public func digest(progress: (_ rows: Int) -> Void = { _ in }) throws -> String {
    var hasher = Digest()
    hasher.update("likeness-store-digest/1\0")
    hasher.begin(StoreSchema.features, "float32", [rowCount, dimension])
    try forEachBlock { rows, block in
      hasher.update(littleEndian: block)
      progress(rows.count)
    }
    if hasFlippedFeatures {
      hasher.begin(StoreSchema.flippedFeatures, "float32", [rowCount, dimension])
      try forEachFlippedBlock { rows, block in
        hasher.update(littleEndian: block)
        progress(rows.count)
      }
    }
    hasher.add(StoreSchema.labels, labels?.map(Int64.init))
    hasher.add(StoreSchema.names, names)
    hasher.add(StoreSchema.media, media)
    hasher.add(StoreSchema.templates, templates)
    if let quality {
      hasher.begin(StoreSchema.quality, "float32", [quality.count])
      hasher.update(littleEndian: Matrix(rows: 1, columns: quality.count, elements: quality))
    }
    hasher.add(StoreSchema.identities, identities)
    if let pose {
      hasher.begin(StoreSchema.pose, "int8", [pose.count])
      hasher.update(pose)
    }
    return hasher.hexadecimal()
  }
}

extension Digest {
  /// Begins a dataset: its name, its type, its shape.
  fileprivate mutating func begin(_ name: String, _ type: String, _ shape: [Int]) {
    update("\(name)\0\(type)\0")
    update(count: shape.count)
    for length in shape { update(count: length) }
  }

  /// Adds a dataset of integers, where it is there.
  fileprivate mutating func add(_ name: String, _ values: [Int64]?) {
    guard let values else { return }
    begin(name, "int64", [values.count])
    update(littleEndian: values)
  }

  /// Adds a dataset of strings, where it is there.
  fileprivate mutating func add(_ name: String, _ strings: [String]?) {
    guard let strings else { return }
    begin(name, "utf8", [strings.count])
    for string in strings {
      update(count: string.utf8.count)
      update(string)
    }
  }

  /// Adds numbers in row-major order, each as its four bytes, least significant first.
  fileprivate mutating func update(littleEndian block: Matrix<Float>) {
    block.withElements { elements in
      #if _endian(little)
        elements.withUnsafeBytes { update($0) }
      #else
        for index in elements.indices {
          withUnsafeBytes(of: elements[index].bitPattern.littleEndian) { update($0) }
        }
      #endif
    }
  }

  /// Adds integers, each as its eight bytes, least significant first.
  fileprivate mutating func update(littleEndian values: [Int64]) {
    update(values.map(\.littleEndian))
  }
}
