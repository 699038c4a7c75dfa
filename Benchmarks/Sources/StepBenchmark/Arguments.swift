import BenchmarkSupport
import Foundation

/// What the command line asks for.
struct Arguments {
  /// What one process does; what is compared is measured in processes of their own.
  enum Task: String {
    case compare, late, step, export, mechanisms, help
  }

  static let help = """
    Times one step of training: 512 samples, the network 512→512→512→512 with batch normalisation and PReLU, SGD with
    momentum, ArcFace, all classes, in single precision.

    USAGE: StepBenchmark compare|late|step|export|mechanisms [OPTIONS]

      compare       ours and the peers in turn, and the ratio of their times; refuses where their losses differ
      late          the same from the weights of a training that is well under way, 50,000 identities × 4 images of a synthetic
                    world, with our step that leaves small gradients out beside our dense one
      step          ours alone, as one line of JSON
      export        writes the initial weights, the features and the batches that a peer starts from (safetensors)
      mechanisms    ours alone: MultiFace beside the conventional step, SST and MASST beside the passes that they need

      --classes N,N   identities (compare: 1000,10000,50000; otherwise one number, 10000, late: 50000)
      --threads N     (2)
      --steps N       steps that count, after 20 whose losses are compared (30)
      --rounds N      compare, late: processes of each contender (5)
      --peers NAME,NAME
                      compare, late: any of eager, compile, jax (eager,compile)
      --python FILE   compare, late: a Python with the packages of peers/requirements.txt (that of peers/setup.sh)
      --record FILE   compare, late, mechanisms: keep the tables in a section of this file
      --folder DIR    where the export goes, up to 350 MB a number of classes (likeness-step in the system's temporary folder)
      --keep          do not remove the folder afterwards; late always keeps the world and the state in it
      --bound X       leave gradients out up to this relative error (late: 1e-7; step: none)
      --from-late     step, export: from the late state instead of step 0
      --late-steps N  steps of the training that makes the late state (1000)
    """

  let task: Task
  let classes: [Int]
  let threads: Int
  let steps: Int
  let rounds: Int
  let peers: [Peer]
  let python: String?
  let record: String?
  let folder: String
  let keeps: Bool
  /// The error of gradients that one of our own steps allows; nil for none.
  let bound: Double?
  let startsLate: Bool
  let lateSteps: Int

  init(_ words: [String]) throws {
    guard let first = words.first, let task = Task(rawValue: first == "--help" ? "help" : first) else {
      throw Failure(Self.help)
    }
    let options = try CommandOptions(
      words.dropFirst(),
      options: [
        "classes", "threads", "steps", "rounds", "peers", "python", "record", "folder", "bound", "late-steps",
      ],
      flags: ["help", "keep", "from-late"], help: Self.help)
    self.task = options.has("help") ? .help : task
    classes = try options.counts(
      "classes", default: task == .compare ? [1_000, 10_000, 50_000] : task == .late ? [50_000] : [10_000],
      atLeast: 2)
    threads = try options.count("threads", default: 2)
    steps = try options.count("steps", default: 30)
    rounds = try options.count("rounds", default: 5)
    peers = try options.list("peers").map { try $0.map(Self.peer) } ?? [.eager, .compile]
    python = options.text("python")
    record = options.text("record")
    folder = options.text("folder") ?? NSTemporaryDirectory() + "likeness-step"
    keeps = options.has("keep")
    bound = try options.text("bound").map(Self.bound) ?? (task == .late ? 1e-7 : nil)
    startsLate = task == .late || options.has("from-late")
    lateSteps = try options.count("late-steps", default: 1000)
    guard !classes.isEmpty, task == .compare || classes.count == 1 else {
      throw Failure("--classes: \(classes.count) numbers, where \(task.rawValue) takes one")
    }
  }

  /// What is trained before anything is timed; nil for nothing.
  var lateState: LateState? {
    startsLate ? LateState(classes: classes[0], steps: lateSteps, folder: folder) : nil
  }

  /// The export of the first number of classes.
  var file: String { file(classes: classes[0]) }

  func file(classes: Int) -> String { "\(folder)/step-\(classes).safetensors" }

  private static func peer(_ name: String) throws -> Peer {
    guard let peer = Peer(rawValue: name) else {
      let names = Peer.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure("--peers: ‘\(name)’ is none of \(names)")
    }
    return peer
  }

  private static func bound(_ text: String) throws -> Double {
    guard let number = Double(text), number > 0, number < 1 else {
      throw Failure("--bound: ‘\(text)’ is no number above 0 and below 1")
    }
    return number
  }
}
