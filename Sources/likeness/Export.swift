import ArgumentParser
import Evaluation
import Experiments
import FeatureStores
import Foundation
import LinearAlgebra

/// `likeness export STORE --protocol P --lists DIR --output FILE`: the scores of a protocol's comparisons; `likeness export RUN --weights FILE`: the
/// weights of a run's network.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Write the scores of a protocol's comparisons, as CSV or as OpenBR's matrix and mask, or the weights of a run.",
    discussion: """
      The ending of the output chooses the form. .csv: first, second, fold, label and score of each comparison. .mtx: a matrix of similarities \
      with queries as rows and targets as columns, beside it its .mask and the signature sets .targets.xml and .queries.xml. Scores are higher for the more \
      alike: distances are negated. Both are read back by ‘likeness evaluate --scores’, and the matrix by ‘br -eval’.

        likeness export store.h5 --protocol lfw --lists ../lfw --output scores.csv
        likeness evaluate --scores scores.csv

      With --weights the source is a run: the beginning of its hash, or its folder. The arrays of its network go to a NumPy archive (.npz) or an HDF5 file (.h5), \
      and with them network.json, which says how the layers follow each other.

        likeness export 3f2a --weights network.npz
      """)

  @Argument(help: "The store: path.h5, or path.h5#group. With --weights the run.")
  var source: String

  @Option(help: "Write the weights of a run: the file, whose ending .npz or .h5 is the format.")
  var weights: String?

  @Option(help: "With --weights: the folder that holds runs/.")
  var results: String = "results"

  @Option(
    name: .customLong("protocol"),
    help: ArgumentHelp(
      "The protocol: a YAML file, or the name of one in the folder ‘protocols’.", valueName: "file-or-name"))
  var protocolName: String?

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
  var output: String?

  func validate() throws {
    if let weights {
      guard output == nil, protocolName == nil, lists == nil, similarity == nil else {
        throw ValidationError("--weights needs a run and no other option than --results.")
      }
      guard weightsFormat != nil else {
        throw ValidationError("--weights must end in .npz or .h5; ‘\(weights)’ does not.")
      }
      return
    }
    guard let output, protocolName != nil else {
      throw ValidationError("A store needs --protocol and --output, a run --weights.")
    }
    guard output.hasSuffix(".csv") || output.hasSuffix(".mtx") else {
      throw ValidationError("--output must end in .csv or .mtx; ‘\(output)’ does not.")
    }
  }

  private var weightsFormat: ArrayFile.Format? {
    weights.flatMap { ArrayFile.Format(rawValue: ($0 as NSString).pathExtension.lowercased()) }
  }

  func run() throws {
    if let weights, let weightsFormat {
      let run = try StoredRun.find(source, in: results)
      try run.weights().write(to: weights, as: weightsFormat)
      print("\(weights): the network of \(run.name)")
      return
    }
    guard let protocolName, let output else { return }
    var definition = try ProtocolDefinition.located(protocolName)
    if let similarity { definition = try definition.using(similarity) }
    let location = StoreLocation(source)
    let folder =
      lists
      ?? URL(fileURLWithPath: location.path).deletingLastPathComponent().appendingPathComponent("lists").path
    let reading = RowProgress()
    let scores = try ScoreExport(
      definition, StoreEmbeddings(FeatureStore(watching: location)).watched(by: reading), lists: folder,
      workers: Workers(max(1, ProcessInfo.processInfo.activeProcessorCount)))
    reading.expect(scores.rowsRead)
    // Of several splits each is read and then written, in turn.
    let writing = RowProgress(total: scores.count, of: "scores")
    func watched<Value>(_ work: (_ told: (Int) -> Void) throws -> Value) rethrows -> Value {
      try reading.during { _ in
        defer { writing.finish() }
        return try work { writing.add($0) }
      }
    }
    if output.hasSuffix(".csv") {
      print("\(output): \(try watched { try scores.writeCSV(to: output, progress: $0) }) scores")
    } else {
      let shape = try watched { try scores.writeMatrix(to: output, progress: $0) }
      let files = ScoreExport.matrixFiles(output)
      print("\(output): \(shape.rows) queries × \(shape.columns) targets")
      for file in [files.mask, files.targets, files.queries] { print(file) }
    }
    for warning in scores.warnings { FileHandle.standardError.write(Data("warning: \(warning)\n".utf8)) }
  }
}

extension Similarity: ExpressibleByArgument {}
