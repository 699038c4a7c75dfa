/// `likeness run` for an experiment as a user types it: with what was set in it, and with the folders that are not the usual ones.
public struct RunCommand: Sendable, CustomStringConvertible {
  public let description: String

  /// The folder of results where none is named.
  public static let usualResults = "results"

  public init(_ definition: ExperimentDefinition, data: String? = nil, results: String = usualResults) {
    var words = ["likeness", "run", definition.file]
    if let data { words += ["--data", data] }
    if results != Self.usualResults { words += ["--results", results] }
    for setting in definition.settings { words += ["--set", setting] }
    description = ShellWords.quoted(words)
  }
}
