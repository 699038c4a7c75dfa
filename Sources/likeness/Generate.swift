import ArgumentParser
import Experiments
import FeatureStores
import Foundation
import LinearAlgebra

struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the stores and lists of a synthetic world.",
    discussion: """
      A world is a synthetic population whose best attainable verification accuracy is known. Its stores and lists have the \
      formats of real data, so every other command takes them: NAME.h5 for each set, lists/NAME/ for test sets (LFW, CFP, \
      AgeDB, CALFW, CPLFW, IJB or MegaFace, as the set's kind says), and world.json, written last. The same definition gives the same bytes on every machine. A folder that holds \
      the world already is left as it is.
      """)

  @Argument(help: ArgumentHelp("The definition, such as worlds/default.yaml.", valueName: "world.yaml"))
  var world: String

  @Option(help: "The folder to write into; made where it is missing.")
  var output: String

  @Option(help: "How many threads share the work; the bytes do not depend on it.")
  var jobs: Int = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    guard jobs >= 1 else { throw ValidationError("--jobs must be at least 1.") }
  }

  func run() throws {
    let definition = try WorldDefinition(file: world)
    let generator = WorldGenerator(definition, folder: output)
    if try generator.isComplete() {
      print("\(output) holds the world \(definition.name) already.")
      return
    }
    // Its stores and lists would mix with those of this one.
    guard !FileManager.default.fileExists(atPath: "\(output)/world.json") else {
      throw HarnessError(
        .badInput, file: output, place: "world.json", found: "another world, or another version of this one",
        expected: "a new or empty folder", advice: "Give another folder with --output, or remove this one.")
    }
    let interruption = Interruption()
    let listener = interruption.listen()
    let progress = RowProgress(of: "images")
    let result = Result {
      try generator.generate(
        workers: Workers(jobs),
        report: { set in
          progress.finish()
          print("\(set.name): \(Self.description(of: set)), \(definition.dimension) dimensions")
        },
        progress: { images, total in
          progress.expect(total)
          progress.show(images)
          if interruption.isRequested { throw CancellationError() }
        })
    }
    progress.finish()
    withExtendedLifetime(listener) {}
    try result.get()
    let ceiling = (BayesCeiling(definition).accuracy * 100).formatted(.number.precision(.fractionLength(2)))
    let images = definition.identityNoiseVaries ? " of frontal images of middle age and best quality" : ""
    print("Best attainable verification accuracy\(images): \(ceiling) %")
  }

  /// How many people and images a set has.
  private static func description(of set: WorldSet) -> String {
    switch set.kind {
    case .ijb(let shape): return "\(set.identities) identities × \(shape.templates) templates"
    case .megaFace(let distractors):
      return "\(images(of: set)), and \(distractors) distractors"
    default: return images(of: set)
    }
  }

  private static func images(of set: WorldSet) -> String {
    if case .equal(let count) = set.images { return "\(set.identities) identities × \(count) images" }
    let counts = set.images.counts(identities: set.identities)
    return "\(set.identities) identities of \(counts.max() ?? 0) to \(counts.min() ?? 0) images, "
      + "\(counts.reduce(0, +)) in all"
  }
}
