import Evaluation
import Experiments
import FeatureStores
import Foundation

/// What a convention is called in captions: its name, and for one with fields of its own what it differs in from the preset that is nearest to it.
struct ConventionName {
  /// "likeness"; "custom (likeness but noise keep)".
  let words: String

  /// - Parameter presets: with their names, at least one; of equally near ones the first counts.
  init<Convention: Encodable>(_ convention: Convention, _ name: String, presets: [(name: String, Convention)])
    throws
  {
    guard !presets.contains(where: { $0.name == name }) else {
      words = name
      return
    }
    let own = try Self.fields(convention)
    let differences = try presets.map { preset in
      let fields = try Self.fields(preset.1)
      let keys = Set(own.keys).union(fields.keys).filter { own[$0] != fields[$0] }
      return (name: preset.name, words: keys.sorted().map { "\($0) \(own[$0] ?? "none")" })
    }
    guard let nearest = differences.min(by: { $0.words.count < $1.words.count }) else {
      words = name
      return
    }
    words = "\(name) (\(nearest.name) but \(nearest.words.joined(separator: ", ")))"
  }

  /// Every field but the name, as protocols call it: `far-rule`, `detector-score`, `threshold.selection`.
  private static func fields(_ convention: some Encodable) throws -> [String: String] {
    var fields: [String: String] = [:]
    func add(_ value: Value, _ path: [String]) {
      switch value {
      // Protocols write how templates are pooled beside the rest.
      case .parts(let parts):
        for (key, part) in parts { add(part, path + (key == "pooling" ? [] : [kebab(key)])) }
      case .text(let text): if path != ["name"] { fields[path.joined(separator: ".")] = text }
      }
    }
    add(try JSONDecoder().decode(Value.self, from: CanonicalJSON.encode(convention)), [])
    return fields
  }

  /// A value of JSON, in words.
  private enum Value: Decodable {
    case parts([String: Value])
    case text(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let parts = try? container.decode([String: Value].self) {
        self = .parts(parts)
      } else if let list = try? container.decode([Value].self) {
        self = .text(list.map { if case .text(let text) = $0 { text } else { "…" } }.joined(separator: " "))
      } else if let truth = try? container.decode(Bool.self) {
        self = .text("\(truth)")
      } else if let number = try? container.decode(Double.self) {
        self = .text(NumberText.exact(number))
      } else {
        self = .text(try container.decode(String.self))
      }
    }
  }

  private static func kebab(_ key: String) -> String {
    key.reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) }
  }
}
