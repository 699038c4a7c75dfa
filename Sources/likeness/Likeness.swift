import ArgumentParser

@main
struct Likeness: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "A reproducible benchmark harness for face-recognition losses and training mechanisms.",
    subcommands: [
      Run.self, Status.self, Report.self, Evaluate.self, Curve.self, Generate.self, Inspect.self,
      List.self,
    ])
}
