import ArgumentParser
import Experiments
import FeatureStores
import Foundation
import TextTable

/// `likeness inspect STORE`: what is in a feature store.
struct Inspect: ParsableCommand {
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case table, json
  }

  static let configuration = CommandConfiguration(
    abstract: "Show what is in a feature store.",
    discussion: """
      Shows its datasets, the images of its identities, the norms and duplicates of its rows, where it comes from and \
      its digest. The store is checked on the way.
      """)

  @Argument(help: "The store: path.h5, or path.h5#group.")
  var store: String

  @Option(help: "table or json.")
  var format: Format = .table

  func run() throws {
    let store = try FeatureStore(opening: StoreLocation(store), validation: .structure)
    let summary = try RowProgress(total: 2 * store.featureRows).during { progress in
      try StoreSummary(of: store) { progress.add($0) }
    }
    switch format {
    case .table: print(Self.text(summary), terminator: "")
    case .json:
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(summary), as: UTF8.self))
    }
  }

  /// The summary as tables for a terminal.
  static func text(_ summary: StoreSummary) -> String {
    var sections = ["\(summary.store): \(summary.rows) rows × \(summary.dimension)\n"]
    sections.append(datasets(summary))
    if let identities = summary.identities { sections.append(Self.identities(identities)) }
    sections.append(norms(summary.norms))
    sections.append(duplicates(summary.duplicates))
    let provenance =
      summary.attributes.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
      + ["digest: \(summary.digest)"]
    sections.append(provenance.map { $0 + "\n" }.joined())
    return sections.joined(separator: "\n")
  }

  private static func datasets(_ summary: StoreSummary) -> String {
    let table = TextTable<StoreSummary.Dataset> {
      [
        Column(title: "dataset", value: $0.isKnown ? $0.name : $0.name + " (unknown)"),
        Column(title: "shape", value: $0.shape.map(String.init).joined(separator: " × ")),
        Column(title: "type", value: $0.type),
        Column(title: "layout", value: $0.layout),
        Column(title: "bytes", value: $0.storedBytes, align: .right),
      ]
    }
    return table.string(for: summary.datasets) ?? ""
  }

  private static func identities(_ identities: StoreSummary.Identities) -> String {
    let table = TextTable<StoreSummary.Bin> {
      [
        Column(title: "images", value: $0.label, align: .right),
        Column(title: "identities", value: $0.identities, align: .right),
        Column(title: "images in all", value: $0.images, align: .right),
      ]
    }
    let mean = String(format: "%.2f", identities.meanImages)
    return """
      \(identities.count) identities of \(identities.fewestImages) to \(identities.mostImages) images, \(mean) on average
      \(table.string(for: identities.histogram) ?? "")
      """
  }

  private static func norms(_ norms: StoreSummary.Norms) -> String {
    let rows =
      [("minimum", norms.minimum)]
      + norms.quantiles.map { ("\(Int(($0.probability * 100).rounded())) %", $0.value) }
      + [("maximum", norms.maximum), ("mean", norms.mean)]
    let table = TextTable<(String, Double)> {
      [
        Column(title: "norm", value: $0.0, align: .right),
        Column(title: "L2", value: String(format: "%#.6g", $0.1), align: .right),
      ]
    }
    return table.string(for: rows) ?? ""
  }

  private static func duplicates(_ duplicates: StoreSummary.Duplicates) -> String {
    guard duplicates.groups > 0 else { return "no duplicate rows\n" }
    var text =
      "\(CountedNoun(duplicates.repeatedRows, "row repeats", plural: "rows repeat")) an earlier one bit by bit (\(CountedNoun(duplicates.groups, "set")) of equal rows"
    if let within = duplicates.groupsWithinIdentity, let across = duplicates.groupsAcrossIdentities {
      text += ", \(within) within an identity, \(across) across identities"
    }
    text += ")\n"
    for example in duplicates.examples { text += "  \(example.joined(separator: " = "))\n" }
    if duplicates.groups > duplicates.examples.count { text += "  …\n" }
    return text
  }
}
