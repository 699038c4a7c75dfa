import ArgumentParser
import Experiments
import FeatureStores
import Foundation
import LinearAlgebra

/// `likeness embed RUN STORE --output OUT.h5`: the network of a run on any store.
struct Embed: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the embeddings of a store by a run's network as a store.",
    discussion: """
      Names, labels and everything else of the store are kept, mirrored images are embedded too. The embeddings are the network's raw outputs; cosines need no more.

        likeness embed 3f2a my-test.h5 --output embedded.h5
        likeness evaluate embedded.h5 --protocol lfw --lists ../lfw
      """)

  @Argument(help: ArgumentHelp("The beginning of the run's hash, or its folder.", valueName: "run"))
  var runName: String

  @Argument(help: "The store of features as the run trained on: FILE.h5 or FILE.h5#GROUP.")
  var store: String

  @Option(help: "The store to write: FILE.h5 or FILE.h5#GROUP.")
  var output: String

  @Option(help: "The folder that holds runs/.")
  var results: String = "results"

  @Flag(help: "Replace a store that is there.")
  var replace = false

  func run() throws {
    let location = StoreLocation(output)
    try location.refuseReplacing(replace)
    let run = try StoredRun.find(runName, in: results)
    let source = try FeatureStore(watching: StoreLocation(store))
    let interruption = Interruption()
    let listener = interruption.listen()
    let progress = RowProgress(total: source.rowCount)
    let result = Result {
      try run.embed(
        source, to: location, workers: Workers(max(1, ProcessInfo.processInfo.activeProcessorCount))
      ) { rows in
        progress.show(rows)
        if interruption.isRequested { throw CancellationError() }
      }
    }
    progress.finish()
    withExtendedLifetime(listener) {}
    try result.get()
    print("\(output): \(CountedNoun(source.rowCount, "row")) embedded by \(run.name)")
  }
}

extension StoreLocation {
  /// Refuses to write where a store, or in a file without groups anything, is already.
  func refuseReplacing(_ replace: Bool) throws {
    guard !replace, FileManager.default.fileExists(atPath: path),
      group == "/" || (try? FeatureStore(opening: self, validation: .structure)) != nil
    else { return }
    throw HarnessError(
      .cannotWrite, file: description, found: "something is there already", expected: "a new store",
      advice: "Give another name, or --replace.")
  }
}
