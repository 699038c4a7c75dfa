import ArgumentParser
import Evaluation
import Experiments
import FeatureStores
import Foundation
import LinearAlgebra

/// `likeness compare A B --protocol P --lists DIR`: two stores of the same images under a protocol.
struct Compare: ParsableCommand {
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case table, json
  }

  static let configuration = CommandConfiguration(
    abstract: "Compare the features of two stores of the same images under a protocol.",
    discussion: """
      Shows each number of both, and the difference with the interval and the two-sided p of a paired bootstrap over people: in each resample both \
      stores are read on the same people. For pairs of images McNemar's exact test of the decisions, too, with its counts. Both tests are of two \
      fixed embeddings; for methods that are trained, ‘likeness report’ compares over seeds.
      """)

  @Argument(help: "The first store: path.h5, or path.h5#group.")
  var first: String

  @Argument(help: "The second store, with embeddings of the same images.")
  var second: String

  @Option(
    name: .customLong("protocol"),
    help: ArgumentHelp(
      "The protocol: a YAML file, or the name of one in the folder ‘protocols’.", valueName: "file-or-name"))
  var protocolName: String

  @Option(
    help: ArgumentHelp(
      "The folder of the protocol's list files. Without it, the folder ‘lists’ beside the first store.",
      valueName: "dir"))
  var lists: String?

  @Option(help: "table or json.")
  var format: Format = .table

  func run() throws {
    let definition = try ProtocolDefinition.located(protocolName)
    let stores = try [first, second].map {
      try StoreEmbeddings(FeatureStore(watching: StoreLocation($0)))
    }
    let folder =
      lists
      ?? URL(fileURLWithPath: StoreLocation(first).path).deletingLastPathComponent()
      .appendingPathComponent("lists").path
    let workers = Workers(max(1, ProcessInfo.processInfo.activeProcessorCount))
    let comparison = try RowProgress().during { progress in
      try EmbeddingComparison(
        definition, lists: folder, stores[0].watched(by: progress), stores[1].watched(by: progress),
        workers: workers, begin: { progress.expect($0) })
    }
    switch format {
    case .json: print(String(decoding: try comparison.json(), as: UTF8.self))
    case .table:
      print(comparison.tables.map(Evaluate.text).joined(separator: "\n"), terminator: "")
      for warning in comparison.warnings {
        FileHandle.standardError.write(Data("warning: \(warning)\n".utf8))
      }
    }
  }
}
