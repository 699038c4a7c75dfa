import FeatureStores
import Foundation
import TestSupport
import Testing

/// `likeness export` and `likeness evaluate --scores` as a user runs them.
struct ExportTests {
  private let small: SmallProtocol

  init() throws { small = try SmallProtocol() }

  private func run(_ arguments: String...) throws -> ProcessResult { try small.run(arguments) }

  @Test func scoresGoOutAndComeInAsEitherForm() throws {
    for (file, printed) in [("s.csv", "s.csv: 4 scores\n"), ("s.mtx", "s.mtx: 3 queries × 4 targets\n")] {
      let out = try run("export", "store.h5", "--protocol", "list.yaml", "--output", file)
      #expect(out.status == 0 && out.output.hasPrefix(printed), "\(out.errors)\(out.output)")
      let back = try run("evaluate", "--scores", file, "--far", "0.5", "--format", "csv")
      #expect(back.status == 0 && back.errors == "", "\(back.errors)")
      let direct = try run("evaluate", "store.h5", "--protocol", "list.yaml", "--format", "csv")
      func value(_ text: String, _ metric: String) -> Substring? {
        text.split(separator: "\n").first { $0.contains(",\(metric),") }?.split(
          separator: ",", omittingEmptySubsequences: false)[3]
      }
      for metric in ["auc", "eer", "tar"] {
        #expect(
          value(back.output, metric) != nil && value(back.output, metric) == value(direct.output, metric),
          "\(file) \(metric)")
      }
    }
    for arguments in [
      ["evaluate"], ["evaluate", "store.h5"], ["evaluate", "store.h5", "--scores", "s.csv"],
      ["evaluate", "--scores", "s.csv", "--protocol", "list.yaml"], ["evaluate", "--scores", "s.dat"],
      ["evaluate", "--scores", "s.csv", "--far", "2"],
      ["export", "store.h5", "--protocol", "list.yaml", "--output", "s.txt"],
    ] {
      let result = try small.run(arguments)
      #expect(result.status == 64, "\(arguments)")
    }
    #expect(try run("evaluate", "--scores", "nothing.csv").status == 66)
  }
}
