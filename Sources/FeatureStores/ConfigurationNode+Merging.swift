extension ConfigurationNode {
  /// This value with another laid over it: mappings merge key by key, to any depth; every other value is replaced.
  ///
  /// A key whose value is null in `overlay` is taken away. Keys keep their order, and new ones follow. Parts keep the file, line and
  /// folder that they were written in; a merged mapping has those of `overlay`.
  public func overlaid(by overlay: ConfigurationNode) throws -> ConfigurationNode {
    guard case .mapping(let below) = content, case .mapping(let above) = overlay.content else {
      return overlay
    }
    var entries = below
    for entry in above {
      let name = try entry.key.string()
      let place = try entries.firstIndex { try $0.key.string() == name }
      if entry.value.isNull {
        if let place { entries.remove(at: place) }
      } else if let place {
        entries[place] = Entry(key: entry.key, value: try entries[place].value.overlaid(by: entry.value))
      } else {
        entries.append(entry)
      }
    }
    return overlay.with(.mapping(entries))
  }

  /// A mapping without `key`.
  public func removing(_ key: String) throws -> ConfigurationNode {
    guard case .mapping(let entries) = content else { return self }
    return with(.mapping(try entries.filter { try $0.key.string() != key }))
  }

  /// The same place with other content.
  func with(_ content: Content) -> ConfigurationNode {
    ConfigurationNode(file: file, path: path, folder: folder, line: line, content: content)
  }
}

extension ConfigurationNode {
  /// The values that a sweep stands for: where a list is written in place of one value, a value for each element; for several lists their
  /// cross product, the list that is written first varying slowest.
  ///
  /// - Parameter listKeys: the keys whose value is a list itself. Under these only a list of lists is a sweep.
  ///
  /// Every value keeps its place. An empty list is an error, as is a sweep of more than 10,000 values.
  public func sweep(listKeys: Set<String> = []) throws -> [ConfigurationNode] {
    switch content {
    case .scalar: return [self]
    case .list(let elements):
      guard !elements.isEmpty else { throw error(found: "an empty list", expected: "at least one value") }
      // A list in a list is no value of a sweep; whoever reads it says what is expected.
      return try elements.flatMap { $0.isList ? [$0] : try $0.sweep(listKeys: listKeys) }
    case .mapping(let entries):
      var products: [[Entry]] = [[]]
      for entry in entries {
        let values: [ConfigurationNode]
        if case .list(let elements) = entry.value.content, listKeys.contains(try entry.key.string()) {
          values = !elements.isEmpty && elements.allSatisfy(\.isList) ? elements : [entry.value]
        } else {
          values = try entry.value.sweep(listKeys: listKeys)
        }
        guard products.count * values.count <= 10_000 else {
          throw error(found: "lists whose cross product has more than 10,000 elements")
        }
        products = products.flatMap { product in
          values.map { product + [Entry(key: entry.key, value: $0)] }
        }
      }
      return products.map { with(.mapping($0)) }
    }
  }
}
