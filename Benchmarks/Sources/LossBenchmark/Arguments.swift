import Learning

/// What the command line asks for.
struct Arguments {
  /// What is wrong with the command line.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  static let help = """
    Times losses as ratios to plain NormFace: the loss alone, from similarities to their gradient, and the
    head, which adds the products with embeddings and prototypes.

    USAGE: LossBenchmark [--classes N] [--batch N] [--dimension N] [--repetitions N] [--threads N,N] [--losses NAME,NAME]

      --classes N        columns of the similarities (10000)
      --batch N          rows (512)
      --dimension N      dimension of the embeddings (512)
      --repetitions N    repetitions that count, after two that do not (21)
      --threads N,N      numbers of threads (1,2)
      --losses NAME,NAME the losses, besides normface (every one of the softmax family)
    """

  var classes = 10_000
  var batch = 512
  var dimension = 512
  var repetitions = 21
  var threads = [1, 2]
  var losses: [LossConfiguration]
  var showsHelp = false

  init(_ words: [String]) throws {
    losses = try LossRegistry.descriptions.map { try LossConfiguration($0.name) }.filter(\.isSoftmaxFamily)
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--help" || word == "-h" {
        showsHelp = true
        continue
      }
      guard let value = rest.popFirst() else { throw Failure(description: "no value for \(word)") }
      switch word {
      case "--classes": classes = try Self.number(value, word, atLeast: 2)
      case "--batch": batch = try Self.number(value, word, atLeast: 1)
      case "--dimension": dimension = try Self.number(value, word, atLeast: 1)
      case "--repetitions": repetitions = try Self.number(value, word, atLeast: 1)
      case "--threads":
        threads = try value.split(separator: ",").map { try Self.number(String($0), word, atLeast: 1) }
      case "--losses": losses = try value.split(separator: ",").map { try LossConfiguration(String($0)) }
      default: throw Failure(description: "the unknown option \(word)\n\n\(Self.help)")
      }
    }
  }

  private static func number(_ text: String, _ word: String, atLeast least: Int) throws -> Int {
    guard let number = Int(text), number >= least else {
      throw Failure(description: "\(word): ‘\(text)’ is no whole number of at least \(least)")
    }
    return number
  }
}
