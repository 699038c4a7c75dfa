import FeatureStores
import Learning

/// Figures that a publication states for methods, shown beside the measured ones and never mixed with them.
///
/// A YAML file: `label` (the column group's name), `source` (where the figures stand), `setting` (what was trained and tested
/// there), `columns`, and `rows`, each with the `loss`, the `mechanism` (a name, or a mapping with the options that must
/// agree) and one value a column, in the publication's own unit; `~` where it states none.
public struct PublishedFigures: Sendable {
  /// What one method reached.
  public struct Row: Sendable {
    public var loss: String
    public var mechanism: String
    /// The options of the mechanism that the publication fixes.
    public var mechanismOptions: [String: OptionValue]
    /// One value a column; nil where the publication states none.
    public var values: [Double?]
  }

  public var label: String
  public var source: String
  public var setting: String
  public var columns: [String]
  public var rows: [Row]

  /// Reads and checks the YAML file at `path`.
  public init(file path: String) throws {
    try self.init(ConfigurationNode(file: path))
  }

  public init(_ root: ConfigurationNode) throws {
    let top = try root.mapping(keys: ["label", "source", "setting", "columns", "rows"])
    label = try top.required("label").string()
    source = try top.required("source").string()
    setting = try top.required("setting").string()
    columns = try top.required("columns").list().map { try $0.string() }
    guard !columns.isEmpty else { throw try top.required("columns").error(found: "no column") }
    let count = columns.count
    rows = try top.required("rows").list().map { node in
      let row = try node.mapping(keys: ["loss", "mechanism", "values"])
      let mechanism = try row.required("mechanism")
      let configuration = try MechanismConfiguration(mechanism)
      let fixed = mechanism.isScalar ? [] : try mechanism.entries().map(\.key).filter { $0 != "name" }
      let values = try row.required("values").list()
      guard values.count == count else {
        throw try row.required("values").error(
          found: "\(values.count) values", expected: "\(count), one a column")
      }
      return Row(
        loss: try row.required("loss").choice(of: LossRegistry.descriptions.map(\.name)),
        mechanism: configuration.name,
        mechanismOptions: configuration.options.values.filter { fixed.contains($0.key) },
        values: try values.map { try $0.isNull ? nil : $0.number() })
    }
  }

  /// The figures of a method; nil where the publication has none. The first row that agrees counts.
  public func values(loss: LossConfiguration, mechanism: MechanismConfiguration) -> [Double?]? {
    rows.first { row in
      row.loss == loss.name && row.mechanism == mechanism.name
        && row.mechanismOptions.allSatisfy { mechanism.options.values[$0.key] == $0.value }
    }?.values
  }
}
