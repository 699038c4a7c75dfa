import FeatureStores

/// The number that a claim is about.
///
/// | in YAML | is |
/// |---|---|
/// | `{name: speed-up}`, with `share` | S of `MethodSpeedUp`, at 99 % of the baseline's final accuracy or another share |
/// | `{name: difference}`, with `protocol`, `number` | a number of a protocol's results, the method's less the other's; without `protocol` under each one. `number` is called as in `NumberName` |
/// | `{name: diagnostic, diagnostic: NAME, quantity: QUANTITY, compare: …}` | a number of a diagnostic: `difference` or `ratio` of the method's to the other's, or the method's `value` alone |
///
/// Quantities are those of a diagnostic's CSV file; besides them `ensemble-gain` (the accuracy of the whole embedding less that of its best group),
/// `alignment-mean` and `neighbour-agreement-mean` (over all pairs of groups).
public enum ClaimStatistic: Hashable, Sendable {
  case speedUp(share: Double)
  case difference(protocolName: String?, number: String)
  case diagnostic(name: String, quantity: String, compare: Comparison)

  public enum Comparison: String, CaseIterable, Sendable {
    case difference, ratio, value
  }

  private enum Name: String, CaseIterable {
    case speedUp = "speed-up"
    case difference, diagnostic
  }

  init(_ node: ConfigurationNode) throws {
    let name = try node.entries().first { $0.key == "name" }?.value
    guard let name else {
      throw node.error(
        found: "no ‘name’", expected: "one of \(Name.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    switch try name.choice(Name.self) {
    case .speedUp:
      let mapping = try node.mapping(keys: ["name", "share"])
      self = .speedUp(
        share: try mapping.value("share", default: MethodSpeedUp.primaryShare) { try $0.number(in: 0.01...1) }
      )
    case .difference:
      let mapping = try node.mapping(keys: ["name", "protocol", "number"])
      self = .difference(
        protocolName: try mapping["protocol"]?.string(),
        number: try mapping.value("number", default: "accuracy") { try $0.string() })
    case .diagnostic:
      let mapping = try node.mapping(keys: ["name", "diagnostic", "quantity", "compare"])
      self = .diagnostic(
        name: try mapping.required("diagnostic").choice(Diagnostic.self).rawValue,
        quantity: try mapping.required("quantity").string(),
        compare: try mapping.required("compare").choice(Comparison.self))
    }
  }

  /// Whether it compares two rows.
  public var needsOther: Bool {
    if case .diagnostic(_, _, .value) = self { false } else { true }
  }

  /// What is measured, in words.
  public var words: String {
    switch self {
    case .speedUp(let share):
      "speed-up S at τ = \(Self.percent(share)) % of the baseline's final validation accuracy"
    case .difference(_, let number): "difference of \(number)"
    case .diagnostic(let name, let quantity, .difference): "difference of \(quantity) (\(name))"
    case .diagnostic(let name, let quantity, .ratio): "ratio of \(quantity) (\(name))"
    case .diagnostic(let name, let quantity, .value): "\(quantity) (\(name))"
    }
  }

  private static func percent(_ share: Double) -> String {
    let value = share * 100
    return value == value.rounded() ? String(Int(value)) : "\(value)"
  }
}
