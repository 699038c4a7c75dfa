import ArgumentParser
import Evaluation
import Experiments
import FeatureStores
import Foundation
import Learning
import TextTable

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "List the losses, mechanisms, diagnostics, protocols and presets there are, with their parameters and defaults."
  )

  enum Subject: String, CaseIterable, ExpressibleByArgument {
    case losses, mechanisms, diagnostics, protocols, presets
  }

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case table, json
  }

  @Argument(help: "What to list: losses, mechanisms, diagnostics, protocols or presets.")
  var subject: Subject

  @Argument(help: "List these only, by name.")
  var names: [String] = []

  @Option(help: "How to print it.")
  var format: Format = .table

  @Option(help: "The folder of protocols.")
  var protocols: String = "protocols"

  /// One line of the table: a method or one of its parameters, a protocol, or a preset.
  private struct Line {
    /// Empty for a parameter.
    var name: String
    var parameter = ""
    var `default` = ""
    var kind = ""
    var summary: String
  }

  /// A loss or a mechanism as JSON.
  private struct Method: Encodable {
    struct Parameter: Encodable {
      var name: String
      var `default`: OptionValue
      var summary: String
    }

    struct Preset: Encodable {
      var name: String
      var values: [String: OptionValue]
      var source: String
    }

    var name: String
    var title: String
    var summary: String
    var parameters: [Parameter]
    var presets: [Preset]

    init(_ method: MethodDescription) {
      name = method.name
      title = method.title
      summary = method.summary
      parameters = method.options.map {
        Parameter(name: $0.name, default: $0.defaultValue, summary: $0.summary)
      }
      presets = method.presets.map { Preset(name: $0.name, values: $0.values, source: $0.summary) }
    }
  }

  /// A protocol or a preset as JSON.
  private struct Entry: Encodable {
    var name: String
    var kind: String
    var summary: String
  }

  func run() throws {
    switch subject {
    case .losses: try show(LossRegistry.descriptions)
    case .mechanisms: try show(MechanismRegistry.descriptions)
    case .diagnostics: try show(DiagnosticRegistry.descriptions)
    case .presets: try show(Self.presetLines())
    case .protocols: try show(try protocolLines())
    }
  }

  private func show(_ methods: [MethodDescription]) throws {
    let chosen = try chosen(methods, name: \.name)
    if format == .json { return try printJSON(chosen.map(Method.init)) }
    let lines = chosen.flatMap { method in
      [Line(name: method.name, summary: method.summary)]
        + method.options.map {
          Line(name: "", parameter: $0.name, default: $0.defaultValue.description, summary: $0.summary)
        }
    }
    let table = TextTable<Line> { line in
      [
        Column(title: "name", value: line.name), Column(title: "parameter", value: line.parameter),
        Column(title: "default", value: line.default), Column(title: "meaning", value: line.summary),
      ]
    }
    print(table.string(for: lines) ?? "")
  }

  private func show(_ lines: [Line]) throws {
    let chosen = try chosen(lines, name: \.name)
    if format == .json {
      return try printJSON(chosen.map { Entry(name: $0.name, kind: $0.kind, summary: $0.summary) })
    }
    let table = TextTable<Line> { line in
      [
        Column(title: "name", value: line.name), Column(title: "kind", value: line.kind),
        Column(title: "meaning", value: line.summary),
      ]
    }
    print(table.string(for: chosen) ?? "")
  }

  /// Those that were named, in the order of the list; all where none was.
  private func chosen<Item>(_ items: [Item], name: KeyPath<Item, String>) throws -> [Item] {
    let known = items.map { $0[keyPath: name] }
    for name in names where !known.contains(name) {
      let near = NearestName.suggestion(for: name, among: known)
      throw HarnessError(
        .badInput, place: "\(subject.rawValue)", found: "‘\(name)’",
        expected: "a name of the list",
        advice: (near.map { "Did you mean ‘\($0)’? " } ?? "") + "likeness list \(subject.rawValue) shows all."
      )
    }
    return names.isEmpty ? items : items.filter { names.contains($0[keyPath: name]) }
  }

  private func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  private static func presetLines() -> [Line] {
    var lines = VerificationConvention.presets.map {
      Line(
        name: $0.name, kind: PairVerification.name,
        summary:
          "\($0.similarity.measure), FAR rule \($0.farRule.rawValue), EER \($0.equalErrorRate.rawValue)")
    }
    lines += TemplateConvention.presets.map {
      Line(
        name: $0.name, kind: TemplateVerification.name,
        summary: "\($0.similarity.measure), \($0.pooling.summary), FAR rule \($0.farRule.rawValue)")
    }
    lines += IdentificationConvention.presets.map {
      Line(
        name: $0.name, kind: TemplateIdentification.name,
        summary:
          "\($0.pooling.summary), FPIR rule \($0.fpirRule.rawValue), threshold \($0.threshold.rawValue)")
    }
    lines += DistractorConvention.presets.map {
      Line(
        name: $0.name, kind: DistractorIdentification.name,
        summary: "ties \($0.ties.rawValue), noise \($0.noise.rawValue), FAR rule \($0.farRule.rawValue)")
    }
    for loss in LossRegistry.descriptions {
      lines += loss.presets.map { Line(name: $0.name, kind: "loss \(loss.name)", summary: $0.summary) }
    }
    return lines
  }

  private func protocolLines() throws -> [Line] {
    let files: [String]
    do {
      files = try FileManager.default.contentsOfDirectory(atPath: protocols).filter { $0.hasSuffix(".yaml") }
        .sorted()
    } catch {
      throw HarnessError(
        .missingInput, file: protocols, found: "no such folder, or it cannot be read",
        advice: "Give the folder of protocols with --protocols.")
    }
    return try files.map { file in
      let definition = try ProtocolDefinition(file: "\(protocols)/\(file)")
      return Line(name: definition.name, kind: type(of: definition.kind).name, summary: definition.title)
    }
  }
}
