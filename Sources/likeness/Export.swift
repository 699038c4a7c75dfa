import ArgumentParser
import Evaluation
import FeatureStores
import Foundation
import LinearAlgebra

/// `likeness export STORE --protocol P --lists DIR --output FILE`: the scores of a protocol's comparisons.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the scores of a protocol's comparisons, as CSV or as OpenBR's matrix and mask.",
    discussion: """
      The ending of the output chooses the form. .csv: first, second, fold, label and score of each comparison. .mtx: a matrix of similarities \
      with queries as rows and targets as columns, beside it its .mask and the signature sets .targets.xml and .queries.xml. Scores are higher for the more \
      alike: distances are negated. Both are read back by ‘likeness evaluate --scores’, and the matrix by ‘br -eval’.

        likeness export store.h5 --protocol lfw --lists ../lfw --output scores.csv
        likeness evaluate --scores scores.csv
      """)

  @Argument(help: "The store: path.h5, or path.h5#group.")
  var store: String

  @Option(
    name: .customLong("protocol"),
    help: ArgumentHelp(
      "The protocol: a YAML file, or the name of one in the folder ‘protocols’.", valueName: "file-or-name"))
  var protocolName: String

  @Option(
    help: ArgumentHelp(
      "The folder of the protocol's list files. Without it, the folder ‘lists’ beside the store.",
      valueName: "dir"))
  var lists: String?

  @Option(
    help: ArgumentHelp(
      "Use another similarity than the protocol's: \(Similarity.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "name"))
  var similarity: Similarity?

  @Option(help: "The file to write: its ending, .csv or .mtx, is the format.")
  var output: String

  func validate() throws {
    guard output.hasSuffix(".csv") || output.hasSuffix(".mtx") else {
      throw ValidationError("--output must end in .csv or .mtx; ‘\(output)’ does not.")
    }
  }

  func run() throws {
    var definition = try ProtocolDefinition.located(protocolName)
    if let similarity { definition = try definition.using(similarity) }
    let location = StoreLocation(store)
    let folder =
      lists
      ?? URL(fileURLWithPath: location.path).deletingLastPathComponent().appendingPathComponent("lists").path
    let scores = try ScoreExport(
      definition, StoreEmbeddings(FeatureStore(opening: location)), lists: folder,
      workers: Workers(max(1, ProcessInfo.processInfo.activeProcessorCount)))
    if output.hasSuffix(".csv") {
      print("\(output): \(try scores.writeCSV(to: output)) scores")
    } else {
      let shape = try scores.writeMatrix(to: output)
      let files = ScoreExport.matrixFiles(output)
      print("\(output): \(shape.rows) queries × \(shape.columns) targets")
      for file in [files.mask, files.targets, files.queries] { print(file) }
    }
    for warning in scores.warnings { FileHandle.standardError.write(Data("warning: \(warning)\n".utf8)) }
  }
}

extension Similarity: ExpressibleByArgument {}
