import ArgumentParser

@main
struct Likeness: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "A reproducible benchmark harness for face-recognition losses and training mechanisms.",
    subcommands: [Generate.self, Inspect.self])
}
