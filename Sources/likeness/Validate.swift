import ArgumentParser
import Evaluation
import Experiments
import FeatureStores
import Foundation

/// `likeness validate`: protocols, lists and stores against each other.
struct Validate: ParsableCommand {
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case table, json
  }

  static let configuration = CommandConfiguration(
    abstract: "Check protocols, lists and stores against each other.",
    discussion: """
      Finds unbalanced folds, duplicate pairs (swapped ones too), missing images, labels that contradict names or stores, people in more than \
      one fold or in the training store, operating points that the list cannot support, rows that are equal in every bit, and lists that are not \
      the ones whose SHA-256 the protocol gives. Each finding has a severity, a place and an advice. Exit status: 0 nothing but notes, 1 warnings, 65 \
      errors.

        likeness validate                                          every file in the folder ‘protocols’ can be read
        likeness validate --protocol lfw --lists ../lfw            a protocol and its lists
        likeness validate --protocol lfw --lists ../lfw --store test.h5 --train train.h5
      """)

  @Option(
    name: .customLong("protocol"),
    help: ArgumentHelp(
      "A protocol: a YAML file, or the name of one in the folder ‘protocols’. May be given several times.",
      valueName: "file-or-name"))
  var protocolNames: [String] = []

  @Option(
    name: [.customLong("lists"), .customLong("data")],
    help: ArgumentHelp(
      "The folder of the protocols' list files. Without it, the folder ‘lists’ beside the store.",
      valueName: "dir"))
  var lists: String?

  @Option(help: "The store that is tested: path.h5, or path.h5#group.")
  var store: String?

  @Option(help: ArgumentHelp("The store that trains.", valueName: "store"))
  var train: String?

  @Option(help: "table or json.")
  var format: Format = .table

  func validate() throws {
    if train != nil && store == nil { throw ValidationError("--train needs --store.") }
    if !protocolNames.isEmpty && lists == nil && store == nil {
      throw ValidationError("--protocol needs --lists, or --store with a folder ‘lists’ beside it.")
    }
  }

  /// The findings, with what they are about.
  private struct Report: Encodable {
    var protocols: [String] = []
    var stores: [String] = []
    var findings: [Finding] = []
  }

  func run() throws {
    var report = Report()
    let tested = try store.map { try FeatureStore(watching: StoreLocation($0)) }
    for name in protocolNames {
      let definition = try ProtocolDefinition.located(name)
      let file = ProtocolDefinition.path(of: name)
      report.protocols.append(file)
      report.findings += try ProtocolValidation(
        definition, file: file, lists: listFolder(tested), store: tested
      ).findings()
    }
    if protocolNames.isEmpty && store == nil { try readProtocols(&report) }
    if let tested {
      report.stores.append(tested.location.description)
      report.findings += try findings(of: tested)
      if let train {
        let training = try FeatureStore(watching: StoreLocation(train))
        report.stores.append(training.location.description)
        report.findings += try findings(of: training)
        report.findings += try RowProgress(total: training.rowCount + tested.rowCount).during { progress in
          try ProtocolValidation.findings(of: tested, against: training) { progress.add($0) }
        }
      }
    }
    try show(report)
  }

  private func findings(of store: FeatureStore) throws -> [Finding] {
    try RowProgress(total: store.rowCount).during { progress in
      try ProtocolValidation.findings(of: store) { progress.add($0) }
    }
  }

  private func listFolder(_ store: FeatureStore?) -> String {
    lists
      ?? URL(fileURLWithPath: store?.location.path ?? "").deletingLastPathComponent()
      .appendingPathComponent("lists").path
  }

  /// Reads every file of the folder ‘protocols’.
  private func readProtocols(_ report: inout Report) throws {
    let folder = "protocols"
    guard let files = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      throw HarnessError(
        .missingInput, file: folder, found: "no such folder, or it cannot be read",
        advice: "Name a protocol with --protocol.")
    }
    for file in files.filter({ $0.hasSuffix(".yaml") }).sorted() {
      report.protocols.append("\(folder)/\(file)")
      do {
        _ = try ProtocolDefinition(file: "\(folder)/\(file)")
      } catch let error as HarnessError {
        report.findings.append(Finding(error, check: .definition))
      }
    }
  }

  private func show(_ report: Report) throws {
    if format == .json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(report), as: UTF8.self))
    } else {
      for finding in report.findings {
        let place = finding.place.map { ", \($0)" } ?? ""
        print("\(finding.severity.rawValue): \(finding.file)\(place): \(finding.found)")
        if let advice = finding.advice { print("  \(advice)") }
      }
      let checked = (report.protocols + report.stores).joined(separator: ", ")
      let counts = Finding.Severity.allCases.reversed().map { severity in
        let count = report.findings.count { $0.severity == severity }
        return "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
      }
      print("\(checked): \(counts.joined(separator: ", "))")
    }
    let severities = Set(report.findings.map(\.severity))
    if severities.contains(.error) { throw ExitCode(HarnessError.Kind.badInput.exitStatus) }
    if severities.contains(.warning) { throw ExitCode(1) }
  }
}
