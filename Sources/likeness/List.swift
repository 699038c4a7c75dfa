import ArgumentParser
import Evaluation
import FeatureStores
import Foundation
import Learning
import TextTable

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "List the losses, mechanisms, protocols and presets there are, with their parameters and defaults.")

  enum Subject: String, CaseIterable, ExpressibleByArgument {
    case losses, mechanisms, protocols, presets
  }

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case table, json
  }

  @Argument(help: "What to list: losses, mechanisms, protocols or presets.")
  var subject: Subject

  @Option(help: "How to print it.")
  var format: Format = .table

  @Option(help: "The folder of protocols.")
  var protocols: String = "protocols"

  /// One line: a parameter of a method, or a protocol, or a preset.
  private struct Line: Encodable {
    var name: String
    var parameter: String
    var `default`: String
    var summary: String
  }

  func run() throws {
    let lines = try self.lines()
    if format == .json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(lines), as: UTF8.self))
      return
    }
    let hasParameters = subject == .losses || subject == .mechanisms
    let table = TextTable<Line> { line in
      [Column(title: "name", value: line.name)]
        + (hasParameters
          ? [
            Column(title: "parameter", value: line.parameter), Column(title: "default", value: line.default),
          ] : [])
        + [Column(title: "", value: line.summary)]
    }
    print(table.string(for: lines) ?? "")
  }

  private func lines() throws -> [Line] {
    switch subject {
    case .losses: Self.lines(LossRegistry.descriptions)
    case .mechanisms: Self.lines(MechanismRegistry.descriptions)
    case .presets: Self.presetLines()
    case .protocols: try protocolLines()
    }
  }

  private static func presetLines() -> [Line] {
    func line(_ name: String, _ summary: String) -> Line {
      Line(name: name, parameter: "", default: "", summary: summary)
    }
    var lines = VerificationConvention.presets.map {
      line(
        $0.name,
        "\($0.similarity.measure), FAR rule \($0.farRule.rawValue), EER \($0.equalErrorRate.rawValue)")
    }
    lines += TemplateConvention.presets.map {
      line(
        "\(TemplateVerification.name)/\($0.name)",
        "\($0.similarity.measure), \($0.pooling.summary), FAR rule \($0.farRule.rawValue)")
    }
    lines += IdentificationConvention.presets.map {
      line(
        "\(TemplateIdentification.name)/\($0.name)",
        "\($0.pooling.summary), FPIR rule \($0.fpirRule.rawValue), threshold \($0.threshold.rawValue)")
    }
    lines += DistractorConvention.presets.map {
      line(
        "\(DistractorIdentification.name)/\($0.name)",
        "ties \($0.ties.rawValue), noise \($0.noise.rawValue), FAR rule \($0.farRule.rawValue)")
    }
    for loss in LossRegistry.descriptions {
      lines += loss.presets.map { line("\(loss.name)/\($0.name)", $0.summary) }
    }
    return lines
  }

  private static func lines(_ methods: [MethodDescription]) -> [Line] {
    methods.flatMap { method in
      [Line(name: method.name, parameter: "", default: "", summary: method.summary)]
        + method.options.map {
          Line(name: "", parameter: $0.name, default: $0.defaultValue.description, summary: $0.summary)
        }
    }
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
      return Line(name: definition.name, parameter: "", default: "", summary: definition.title)
    }
  }
}
