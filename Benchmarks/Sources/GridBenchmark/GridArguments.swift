import BenchmarkSupport
import Foundation

/// What the command line asks for.
struct GridArguments {
  static let help = """
    Runs an experiment's whole grid, training and accuracy on one protocol of pairs, with likeness and with PyTorch in turn.

    USAGE: GridBenchmark [OPTIONS]

      --experiment FILE  (experiments/quick.yaml)
      --protocol FILE    the one protocol that is kept (protocols/synthetic-lfw.yaml)
      --set NAME         the world's set that it is used on (test)
      --likeness FILE    the program (.build/release/likeness)
      --jobs N           runs at a time on either side, each on one thread (2)
      --rounds N         whole grids of either side, in turn (3)
      --steps N          steps a run instead of the experiment's own
      --python FILE      a Python with the packages of peers/requirements.txt (that of peers/setup.sh)
      --folder DIR       where runs are made, 100 MB (likeness-grid in the system's temporary folder)
      --record FILE      keep the table in a section of this file
      --keep             do not remove the folder afterwards
    """

  let experiment: String
  let protocolFile: String
  let set: String
  let likeness: String
  let jobs: Int
  let rounds: Int
  let steps: Int?
  let python: String?
  let folder: String
  let record: String?
  let keeps: Bool

  init(_ words: [String]) throws {
    if words.contains("--help") || words.contains("help") { throw Failure(Self.help) }
    let options = try CommandOptions(
      words,
      options: [
        "experiment", "protocol", "set", "likeness", "jobs", "rounds", "steps", "python", "folder", "record",
      ], flags: ["keep"], help: Self.help)
    experiment = options.text("experiment") ?? PeerFolder.inMainPackage("experiments/quick.yaml")
    protocolFile = options.text("protocol") ?? PeerFolder.inMainPackage("protocols/synthetic-lfw.yaml")
    set = options.text("set") ?? "test"
    likeness = options.text("likeness") ?? PeerFolder.inMainPackage(".build/release/likeness")
    jobs = try options.count("jobs", default: 2)
    rounds = try options.count("rounds", default: 3)
    steps = options.text("steps") == nil ? nil : try options.count("steps", default: 1)
    python = options.text("python")
    folder = options.text("folder") ?? NSTemporaryDirectory() + "likeness-grid"
    record = options.text("record")
    keeps = options.has("keep")
    guard FileManager.default.isExecutableFile(atPath: likeness) else {
      throw Failure("no program at \(likeness): make build, or name one with --likeness")
    }
  }

  /// What both sides change in the experiment.
  var settings: [String] {
    ["protocols=[{protocol: \(Self.absolute(protocolFile)), set: \(set)}]"]
      + (steps.map { ["training.steps=\($0)"] } ?? [])
  }

  private static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).path }
}
