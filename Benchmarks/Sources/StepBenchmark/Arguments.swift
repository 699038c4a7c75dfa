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
      --rounds N      compare: processes of each contender (5)
      --peers NAME,NAME
                      compare: any of eager, compile, jax (eager,compile)
      --python FILE   compare: a Python with the packages of peers/requirements.txt (that of peers/setup.sh)
      --folder DIR    where the export goes, up to 350 MB a number of classes (likeness-step in the system's temporary folder)
      --keep          do not remove the folder afterwards; late always keeps the world and the state in it
      --bound X       leave gradients out up to this relative error (late: 1e-7; step: none)
      --from-late     step, export: from the late state instead of step 0
      --late-steps N  steps of the training that makes the late state (1000)
    """

  var task: Task
  var classes: [Int]
  var threads = 2
  var steps = 30
  var rounds = 5
  var peers = [Peer.eager, .compile]
  var python = PeerFolder.python
  var folder = NSTemporaryDirectory() + "likeness-step"
  var keeps = false
  /// The error of gradients that one of our own steps allows; nil for none.
  var bound: Double?
  var startsLate = false
  var lateSteps = 1000

  init(_ words: [String]) throws {
    var rest = words[...]
    guard let first = rest.popFirst(), let task = Task(rawValue: first == "--help" ? "help" : first) else {
      throw Failure(Self.help)
    }
    self.task = task
    classes = task == .compare ? [1_000, 10_000, 50_000] : task == .late ? [50_000] : [10_000]
    if task == .late { (bound, startsLate) = (1e-7, true) }
    while let word = rest.popFirst() {
      if word == "--help" { self.task = .help }
      if word == "--keep" { keeps = true }
      if word == "--from-late" { startsLate = true }
      if ["--help", "--keep", "--from-late"].contains(word) { continue }
      guard let value = rest.popFirst() else { throw Failure("no value for \(word)") }
      switch word {
      case "--classes":
        classes = try value.split(separator: ",").map { try Self.number(String($0), word, atLeast: 2) }
      case "--threads": threads = try Self.number(value, word, atLeast: 1)
      case "--steps": steps = try Self.number(value, word, atLeast: 1)
      case "--rounds": rounds = try Self.number(value, word, atLeast: 1)
      case "--peers": peers = try value.split(separator: ",").map { try Self.peer(String($0)) }
      case "--python": python = value
      case "--folder": folder = value
      case "--late-steps": lateSteps = try Self.number(value, word, atLeast: 1)
      case "--bound":
        guard let number = Double(value), number > 0, number < 1 else {
          throw Failure("--bound: ‘\(value)’ is no number above 0 and below 1")
        }
        bound = number
      default: throw Failure("the unknown option \(word)\n\n\(Self.help)")
      }
    }
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

  private static func number(_ text: String, _ word: String, atLeast least: Int) throws -> Int {
    guard let number = Int(text), number >= least else {
      throw Failure("\(word): ‘\(text)’ is no whole number of at least \(least)")
    }
    return number
  }
}
