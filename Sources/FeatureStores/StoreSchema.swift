/// The feature store schema `likeness/1`: the names of its datasets and attributes.
///
/// | dataset | type, shape | meaning |
/// |---|---|---|
/// | `features` | float32 or float16 [N, D] | required: one row an image or a frame |
/// | `labels` | int32 or int64 [N] | identity of each row, 0 … C−1 without gaps |
/// | `names` | UTF-8 strings [N] | image ids that list files refer to, unique |
/// | `media`, `templates` | int64 [N] | IJB-style media and template ids |
/// | `quality` | float32 [N] | detector score or another quality weight |
/// | `identities` | UTF-8 strings [C] | name of each label |
/// | `pose` | int8 [N] | 0 frontal, 1 profile |
/// | `features_flipped` | like `features` | features of the mirrored image |
///
/// On reading, any byte order, layout and registered compression is accepted, and any type that widens without loss to the one
/// above (so integers of any width where they fit, and halves). Other datasets of the group are kept, never read. Features that have another name are
/// read where a location names them: `file.h5#embeddings`.
public enum StoreSchema {
  /// The value of the attribute `schema`.
  public static let version = "likeness/1"

  static let features = "features"
  static let flippedFeatures = "features_flipped"
  static let labels = "labels"
  static let names = "names"
  static let media = "media"
  static let templates = "templates"
  static let quality = "quality"
  static let identities = "identities"
  static let pose = "pose"

  /// The datasets of the schema, in the order in which they are written and digested.
  static let datasets = [
    features, flippedFeatures, labels, names, media, templates, quality, identities, pose,
  ]
}

/// How much of a store is checked when it is opened.
public enum StoreValidation: Sendable, Hashable {
  /// Shapes, types, labels, names, quality and pose: everything but the features, which are not read.
  case structure
  /// The features, too: they are read once, and rows with a NaN, an infinity or no direction are refused.
  case full
}

/// Where a store says that it comes from: the string attributes of its group.
public struct StoreAttributes: Sendable, Hashable, Codable {
  /// The schema, `likeness/1`; nil in a store written without one.
  public var schema: String? = StoreSchema.version
  /// Where the images come from.
  public var source: String?
  /// The terms under which the features may be used.
  public var licence: String?
  /// The network and preprocessing that made the features.
  public var extractor: String?
  /// When the store was made.
  public var created: String?
  /// All other string attributes.
  public var other: [String: String] = [:]

  public init(
    source: String? = nil, licence: String? = nil, extractor: String? = nil, created: String? = nil,
    other: [String: String] = [:]
  ) {
    self.source = source
    self.licence = licence
    self.extractor = extractor
    self.created = created
    self.other = other
  }

  init(named attributes: [(name: String, value: HDF5Attribute)]) {
    schema = nil
    for case (let name, .string(let value)) in attributes {
      if let field = Self.fields[name] { self[keyPath: field] = value } else { other[name] = value }
    }
  }

  /// All attributes that have a value, in the order of their names.
  public var named: [(name: String, value: String)] {
    let known = Self.fields.compactMap { name, field in self[keyPath: field].map { (name: name, value: $0) } }
    let unknown = other.filter { Self.fields[$0.key] == nil }.map { (name: $0.key, value: $0.value) }
    return (known + unknown).sorted { $0.name < $1.name }
  }

  private static var fields: [String: WritableKeyPath<StoreAttributes, String?>] {
    [
      "schema": \.schema, "source": \.source, "licence": \.licence, "extractor": \.extractor,
      "created": \.created,
    ]
  }
}
