import BenchmarkSupport
import Learning

/// What the command line asks for.
struct Arguments {
  static let help = """
    Times losses as ratios to plain NormFace: the loss alone, from similarities to their gradient, and the
    head, which adds the products with embeddings and prototypes.

    USAGE: LossBenchmark [OPTIONS]

      --classes N        columns of the similarities (10000)
      --batch N          rows (512)
      --dimension N      dimension of the embeddings (512)
      --repetitions N    repetitions that count, after two that do not (21)
      --threads N,N      numbers of threads (1,2)
      --losses NAME,NAME the losses, besides normface (every one of the softmax family)
      --record FILE      keep the tables in a section of this file
    """

  let classes: Int
  let batch: Int
  let dimension: Int
  let repetitions: Int
  let threads: [Int]
  let losses: [LossConfiguration]
  let record: String?
  let showsHelp: Bool

  init(_ words: [String]) throws {
    let options = try CommandOptions(
      words.map { $0 == "-h" ? "--help" : $0 },
      options: ["classes", "batch", "dimension", "repetitions", "threads", "losses", "record"],
      flags: ["help"], help: Self.help)
    classes = try options.count("classes", default: 10_000, atLeast: 2)
    batch = try options.count("batch", default: 512)
    dimension = try options.count("dimension", default: 512)
    repetitions = try options.count("repetitions", default: 21)
    threads = try options.counts("threads", default: [1, 2])
    losses =
      try options.list("losses").map { try $0.map { try LossConfiguration($0) } }
      ?? LossRegistry.descriptions.map { try LossConfiguration($0.name) }.filter(\.isSoftmaxFamily)
    record = options.text("record")
    showsHelp = options.has("help")
  }
}
