import ArgumentParser
import Evaluation
import Experiments
import FeatureStores
import Foundation
import LinearAlgebra
import TextTable

/// `likeness evaluate STORE --protocol P --lists DIR`: the features of a store, as they are, under a protocol; or, with `--scores FILE`, scores
/// that another program has made.
struct Evaluate: ParsableCommand {
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case table, json, csv, curves
  }

  static let configuration = CommandConfiguration(
    abstract: "Evaluate the features of a store under a protocol, or scores in a file.",
    discussion: """
      Pairs of images: accuracy over folds, AUC, EER, and TAR at FARs. Templates: AUC, EER and TAR at FARs; in galleries identification rates, and \
      FNIR at FPIRs. Distractors: identification rates and TPR at FARs for every number of them. Each with its counts, threshold and interval. A \
      target rate that the number of impostors cannot support is not attainable. Warnings go to standard error; JSON holds them, too, with every rule \
      used and the curves; ‘curves’ prints these as CSV with their counts.

      Scores that are there already, with --scores: a CSV file with the columns label (1 or 0), score and, if it has folds, fold; or a matrix of OpenBR \
      (.mtx) with its mask. They are judged by the default rules.

      Large protocols (distractors, templates, galleries, all pairs) in parts: --shard K/N does one of N parts and writes it to --output, on any machine that sees \
      the folder, and leaves one that is there already; --merge prints what the whole prints, byte by byte. --shards N --slurm submits N parts and their merging, \
      which writes result.json beside them.
      """)

  @Argument(help: "The store: path.h5, or path.h5#group.")
  var store: String?

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
  var similarity: String?

  @Flag(
    help:
      "Among distractors, let 8-bit codes exclude scores that certainly matter to no number: the same numbers, without the histogram of all scores. Faster where the CPU has AVX-512 VNNI."
  )
  var screen = false

  @Option(
    help: ArgumentHelp("Scores instead of a store: FILE.csv, or FILE.mtx with --mask.", valueName: "file"))
  var scores: String?

  @Option(
    help: ArgumentHelp(
      "The mask of a matrix of scores. Without it, the .mask beside the matrix.", valueName: "file"))
  var mask: String?

  @Option(
    name: .customLong("far"), parsing: .upToNextOption,
    help: "For scores: target false accept rates. 0.1, 0.01 and 0.001 unless given.")
  var targetFARs: [Double] = []

  @Option(help: "table (unless given), json, csv or curves.")
  var format: Format?

  @Option(help: "How many threads share the work; the bytes do not depend on it.")
  var threads: Int = ProcessInfo.processInfo.activeProcessorCount

  @OptionGroup var sharing: ShardOptions

  @OptionGroup var cluster: SlurmOptions

  func validate() throws {
    guard (store == nil) != (scores == nil) else {
      throw ValidationError("Give a store, or --scores, and not both.")
    }
    if store != nil && protocolName == nil { throw ValidationError("A store needs --protocol.") }
    if store != nil && (mask != nil || !targetFARs.isEmpty) {
      throw ValidationError("--mask and --far go with --scores; a protocol has its own rates.")
    }
    if scores != nil && (protocolName != nil || lists != nil || similarity != nil || screen) {
      throw ValidationError(
        "--scores are judged as they are: without --protocol, --lists, --similarity and --screen.")
    }
    if let scores, !scores.hasSuffix(".csv"), !scores.hasSuffix(".mtx") {
      throw ValidationError("--scores must end in .csv or .mtx; ‘\(scores)’ does not.")
    }
    guard targetFARs.allSatisfy({ $0 > 0 && $0 <= 1 }), Set(targetFARs).count == targetFARs.count else {
      throw ValidationError("--far takes different rates above 0, at most 1.")
    }
    guard threads >= 1 else { throw ValidationError("--threads must be at least 1.") }
    try validateSharing()
    if let similarity, Similarity(rawValue: similarity) == nil {
      let known = Similarity.allCases.map(\.rawValue)
      let nearest =
        NearestName.suggestion(for: similarity, among: known).map { " Did you mean ‘\($0)’?" } ?? ""
      throw ValidationError(
        "There is no similarity ‘\(similarity)’; there are \(known.joined(separator: ", ")).\(nearest)")
    }
  }

  func run() throws {
    if let scores {
      let file =
        scores.hasSuffix(".csv")
        ? try ScoreFile(csv: scores)
        : try ScoreFile(matrix: scores, mask: mask ?? ScoreExport.matrixFiles(scores).mask)
      return try show(file.result(targetFARs: targetFARs.isEmpty ? [1e-1, 1e-2, 1e-3] : targetFARs))
    }
    guard let store, let protocolName else { throw HarnessError(.usage, found: "neither a store nor scores") }
    var definition = try ProtocolDefinition.located(protocolName)
    if let similarity = similarity.flatMap(Similarity.init(rawValue:)) {
      definition = try definition.using(similarity)
    }
    if screen { definition = try definition.screened() }
    let location = StoreLocation(store)
    let folder =
      lists
      ?? URL(fileURLWithPath: location.path).deletingLastPathComponent().appendingPathComponent("lists").path
    // Features take long to read, lists do not. A store that is not there comes first, as its path says where lists are.
    if FileManager.default.fileExists(atPath: location.path) {
      _ = try definition.listDigests(folder: folder)
    }
    let embeddings = try StoreEmbeddings(FeatureStore(watching: location), workers: Workers(threads))
    switch try sharing.work {
    case .whole:
      let task = try definition.task(lists: folder, names: embeddings.names, source: embeddings.source)
      try show(task.watchedEvaluation(of: embeddings, workers: Workers(threads)))
    case .part(let shard, let output):
      try make(shard, definition, folder, embeddings, output)
    case .merging(let output):
      let merged = try sharded(definition, folder, embeddings, output).merged()
      try show(merged.result)
      warn(merged.warnings)
    case .submission(let parts, let output):
      // The lists and the store are looked at here, and not by each of the tasks first.
      let evaluation = try sharded(definition, folder, embeddings, output)
      try submit(parts, evaluation.folder, lists: folder, name: definition.name)
    }
  }

  private func show(_ result: some EvaluationResult) throws {
    let format = format ?? .table
    switch format {
    case .json: print(String(decoding: try result.json(), as: UTF8.self))
    case .csv: print(result.csv, terminator: "")
    case .curves: print(result.curvesCSV, terminator: "")
    case .table: print(result.tables.map(Self.text).joined(separator: "\n"), terminator: "")
    }
    if format != .json { warn(result.warnings) }
  }

  func warn(_ warnings: [String]) {
    for warning in warnings {
      FileHandle.standardError.write(Data("warning: \(warning)\n".utf8))
    }
  }

  /// A table for a terminal, under its title.
  static func text(_ table: ResultTable) -> String {
    let drawn = TextTable<[String]> { cells in
      zip(table.columns, cells).map { column, cell in
        Column(title: column.title, value: cell, align: column.isNumeric ? .right : .left)
      }
    }
    return table.title + "\n" + (drawn.string(for: table.rows) ?? "")
  }
}
