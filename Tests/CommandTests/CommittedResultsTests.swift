import FeatureStores
import Foundation
import TestSupport
import Testing

@Suite struct CommittedResultsTests {
  @Test func aFreshRunOfTheQuickExperimentGivesTheCommittedTables() throws {
    let folder = try TemporaryFolder()
    let root = SharedData.repositoryRoot
    let arguments = ["\(root)/experiments/quick.yaml", "--results", folder.file("results")]
    func likeness(_ command: String, _ options: [String] = []) throws -> ProcessResult {
      var environment = ProcessInfo.processInfo.environment
      environment["OPENBLAS_CORETYPE"] = nil
      return try ProcessResult(
        LikenessProgram.path, [command] + arguments + options, environment: environment, folder: folder.path)
    }
    let run = try likeness("run")
    #expect(run.status == 0, "\(run.errors)")
    let report = try likeness("report", ["--only", "tables", "--figures", folder.file("figures")])
    #expect(report.status == 0, "\(report.errors)")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.file("results/quick")).filter {
      $0.hasSuffix(".json")
    }
    #expect(files.count == 4)
    for file in files {
      let tables = try CommittedResults(file, in: folder.file("results/quick"))
      #expect(try tables.difference() == nil, "\(file), one CPU family: \(tables.isOneFamily)")
    }
  }
}
