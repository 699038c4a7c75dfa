import ArgumentParser
import FeatureStores
import Foundation

/// The command `likeness`.
///
/// Exit status: 0 done; 1 some run failed; 2 a verified run differs; 64 wrong usage; 65 bad input data; 66 input missing; 69 another program is missing or refuses;
/// 70 a fault of ours; 73 cannot write; 130 interrupted. Errors go to standard error as `likeness: error: …`, results to standard output.
@main
struct Likeness: AsyncParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "likeness",
    abstract: "A reproducible benchmark harness for face-recognition losses and training mechanisms.",
    version: version,
    subcommands: [
      Run.self, Submit.self, Status.self, Report.self, Claims.self, Runs.self, Verify.self, Evaluate.self,
      Compare.self,
      Export.self, Curve.self, Embed.self, Generate.self, Import.self, Inspect.self, Validate.self, List.self,
      Doctor.self,
    ])

  static func main() async {
    var command: any ParsableCommand
    // Wrong usage, and the requests for help or the version, are the parser's to answer.
    do {
      try requireKnownCommand(CommandLine.arguments.dropFirst().first)
      command = try parseAsRoot()
    } catch {
      if exitCode(for: error) == .validationFailure, !message(for: error).hasPrefix("Unknown option") {
        UnknownOption(in: Array(CommandLine.arguments.dropFirst()))?.exit()
      }
      exit(withError: error)
    }
    do {
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      finish(error)
    }
  }

  /// Wrong usage where the first argument names no command: the parser would call it an unexpected argument, without the nearest one.
  private static func requireKnownCommand(_ name: String?) throws {
    guard let name, !name.hasPrefix("-") else { return }
    let known =
      configuration.subcommands.flatMap { [$0._commandName] + $0.configuration.aliases } + ["help"]
    guard !known.contains(name) else { return }
    let nearest = NearestName.suggestion(for: name, among: known).map { "; did you mean ‘\($0)’?" } ?? ""
    throw ValidationError("unknown command ‘\(name)’\(nearest)")
  }

  /// Ends the process as `error`, thrown by a command, asks for.
  private static func finish(_ error: any Error) -> Never {
    switch error {
    case is CancellationError:
      report("interrupted")
      Foundation.exit(130)
    case is HarnessError, is CocoaError: break
    case is ExitCode: exit(withError: error)
    default:
      // Help and wrong usage come through here too, as the parser's own errors.
      if [.success, .validationFailure].contains(exitCode(for: error)) { exit(withError: error) }
    }
    let error = error as? HarnessError ?? HarnessError(unforeseen: error)
    report("error: \(error)")
    Foundation.exit(error.kind.exitStatus)
  }

  private static func report(_ message: String) {
    FileHandle.standardError.write(Data("likeness: \(message)\n".utf8))
  }
}

extension HarnessError {
  /// The harness's view of an error that no room foresaw: of the file system where Foundation says so, else a fault.
  fileprivate init(unforeseen error: any Error) {
    guard let system = error as? CocoaError else {
      self.init(.fault, found: "\(error)", advice: "This is a fault of Likeness; please report it.")
      return
    }
    let kind: Kind =
      switch system.code {
      case .fileNoSuchFile, .fileReadNoSuchFile: .missingInput
      case .fileWriteUnknown, .fileWriteNoPermission, .fileWriteOutOfSpace, .fileWriteVolumeReadOnly,
        .fileWriteFileExists, .fileWriteInvalidFileName:
        .cannotWrite
      case .fileReadUnknown, .fileReadNoPermission, .fileReadCorruptFile, .fileReadInapplicableStringEncoding,
        .fileReadUnknownStringEncoding, .fileReadTooLarge, .propertyListReadCorrupt:
        .badInput
      default: .fault
      }
    self.init(kind, file: system.filePath ?? "", found: system.localizedDescription)
  }
}
