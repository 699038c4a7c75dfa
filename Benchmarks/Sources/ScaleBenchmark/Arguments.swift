import Foundation

/// What the command line asks for.
struct Arguments {
  /// What is wrong with the command line.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// What one process does; each is measured in a process of its own, because a process's peak memory never falls.
  enum Task: String, CaseIterable {
    case ijbc, megaface
    case makeIJBC = "make-ijbc"
    case evaluateIJBC = "evaluate-ijbc"
    case makeMegaFace = "make-megaface"
    case evaluateMegaFace = "evaluate-megaface"
    case screenMegaFace = "screen-megaface"
    case productMegaFace = "product-megaface"
  }

  static let help = """
    Evaluates stores of the full size of IJB-C or MegaFace with the product's own code, and compares time and memory.

    USAGE: ScaleBenchmark ijbc|megaface [--folder DIR] [--fraction F] [--threads N] [--python FILE] [--keep]

      --folder DIR   where stores and lists are made (likeness-scale in the system's temporary folder): 1 GB for IJB-C, 2 GB for MegaFace
      --fraction F   of the full size (1)
      --threads N    threads of the evaluation and of the bare product (2)
      --python FILE  a Python with numpy, h5py and scikit-learn, for IJB-C's peer; without it that ratio is left out
      --keep         do not remove the folder afterwards
    """

  var task: Task
  var folder = NSTemporaryDirectory() + "likeness-scale"
  var fraction = 1.0
  var threads = 2
  var python: String?
  var keeps = false

  init(_ words: [String]) throws {
    var rest = words[...]
    guard let first = rest.popFirst(), let task = Task(rawValue: first) else {
      throw Failure(description: Self.help)
    }
    self.task = task
    while let word = rest.popFirst() {
      if word == "--keep" {
        keeps = true
        continue
      }
      guard let value = rest.popFirst() else { throw Failure(description: "no value for \(word)") }
      switch word {
      case "--folder": folder = value
      case "--python": python = value
      case "--fraction":
        guard let number = Double(value), number > 0, number <= 1 else {
          throw Failure(description: "--fraction: ‘\(value)’ is no number above 0 and at most 1")
        }
        fraction = number
      case "--threads":
        guard let number = Int(value), number >= 1 else {
          throw Failure(description: "--threads: ‘\(value)’ is no whole number of at least 1")
        }
        threads = number
      default: throw Failure(description: "the unknown option \(word)\n\n\(Self.help)")
      }
    }
  }
}
