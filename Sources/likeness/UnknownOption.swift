import ArgumentParser
import FeatureStores
import Foundation

/// An option that a command does not have.
///
/// The parser looks for such only after a command has checked its arguments: where a required option is mistyped, that one would be called missing, and the
/// mistyped one not be named at all.
struct UnknownOption {
  /// The command as it was called, such as `likeness runs show`.
  let command: String
  let message: String

  /// The first option in `arguments` (without the program's name) that the command they call does not have; nil where there is none.
  init?(in arguments: [String]) {
    guard let root = try? JSONDecoder().decode(Tool.self, from: Data(Likeness._dumpHelp().utf8)).command
    else {
      return nil
    }
    var (called, names) = (root, [root.commandName])
    var rest = arguments[...]
    while let next = rest.first, let found = called.subcommands?.first(where: { $0.commandName == next }) {
      called = found
      names.append(next)
      rest = rest.dropFirst()
    }
    let known =
      ["help", "help-hidden", "version"]
      + (called.arguments ?? []).flatMap { $0.names ?? [] }.filter { $0.kind == "long" }.map(\.name)
    // What stands behind a lone -- is no option.
    let options = rest.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }.map { option in
      String(option.dropFirst(2).prefix { $0 != "=" })
    }
    guard let unknown = options.first(where: { !known.contains($0) }) else { return nil }
    let nearest = NearestName.suggestion(for: unknown, among: known).map { " Did you mean '--\($0)'?" } ?? ""
    command = names.joined(separator: " ")
    message = "Unknown option '--\(unknown)'.\(nearest)"
  }

  /// Ends the process as the parser does for wrong usage.
  func exit() -> Never {
    let text = "Error: \(message)\n  See '\(command) --help' for more information.\n"
    FileHandle.standardError.write(Data(text.utf8))
    Foundation.exit(HarnessError.Kind.usage.exitStatus)
  }
}

extension UnknownOption {
  /// What of the parser's description of the commands is needed.
  private struct Tool: Decodable {
    struct Command: Decodable {
      var commandName: String
      var subcommands: [Command]?
      var arguments: [Argument]?
    }

    struct Argument: Decodable {
      struct Name: Decodable {
        var kind: String
        var name: String
      }

      var names: [Name]?
    }

    var command: Command
  }
}
