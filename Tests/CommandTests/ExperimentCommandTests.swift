import FeatureStores
import Foundation
import TestSupport
import Testing

/// The commands that run an experiment in part, change it, or only look at it.
struct ExperimentCommandTests {
  @Test func whatIsSetIsReportedUnderANameOfItsOwn() throws {
    let small = try SmallExperiment()
    let changes = ["--set", "training.batch=[4, 8]", "--set", "losses=[normface]"]
    let run = try small.run("run", "small.yaml", changes[0], changes[1], changes[2], changes[3])
    #expect(run.status == 0 && run.output == "small: 6 runs, 6 made now\n", "\(run.errors)")
    let refused = try small.run("report", "small.yaml", changes[0], changes[1], changes[2], changes[3])
    #expect(
      refused.status == 64 && refused.errors.contains("--set under the name ‘small’"), "\(refused.errors)")
    #expect(!FileManager.default.fileExists(atPath: small.folder.file("results/small")))
    let report = try small.run(
      "report", "small.yaml", changes[0], changes[1], changes[2], changes[3], "--set", "name=small-batches")
    #expect(report.status == 0, "\(report.errors)")
    let table = try small.text("results/small-batches/pairs.md")
    #expect(table.contains("| Training "), "\(table)")
    #expect(table.contains("| batch 4 ") && table.contains("| batch 8 "))
    let curve = try small.run(
      "curve", "small.yaml", changes[0], changes[1], changes[2], changes[3], "--kind", "loss", "--output",
      "loss.csv")
    #expect(curve.status == 0, "\(curve.errors)")
    let curves = try small.text("loss.csv")
    #expect(curves.contains("NormFace, batch 4") && curves.contains("NormFace, batch 8"), "\(curves)")
    let mistake = try small.run("status", "small.yaml", "--set", "training.bach=4")
    #expect(
      mistake.status == 65
        && mistake.errors.contains(
          "--set training.bach=4, training: the unknown key ‘bach’; expected one of steps, batch, optimiser, schedule, gradient-skipping. Did you mean ‘batch’?"
        ), "\(mistake.errors)")
  }

  @Test func aPlanListsEveryRunAndMakesNone() throws {
    let small = try SmallExperiment(
      SmallExperiment.text + "mechanisms: [conventional, {name: multiface, groups: 3}]\n")
    let before = try small.run("run", "small.yaml", "--dry-run")
    #expect(before.status == 0)
    // The data are made, because identities cover them, and it is said.
    #expect(before.errors.contains("the identity of a run covers the content of its data"))
    #expect(!FileManager.default.fileExists(atPath: small.folder.file("results/runs")))
    #expect(before.output.contains("\n6 runs: 6 pending\n"), "\(before.output)")
    // Nothing tells how long a run takes but what its products take at least.
    #expect(
      before.output.contains("products of training; at least ")
        && before.output.contains("by this machine's matrix products alone (")
        && before.output.hasSuffix("FLOP/s); known better once a run is finished\n"), "\(before.output)")
    #expect(before.output.components(separatedBy: "unsupported: ").count == 3)

    let part = try small.run("run", "small.yaml", "--only", "loss=CosFace", "--only", "seed=2")
    #expect(part.status == 0 && part.output.hasPrefix("small: 1 run, 1 made now"), "\(part.errors)")
    let made = try #require(small.runs().first)
    #expect(made.hasPrefix("little-narrow-cosface-conventional-seed2-"))
    let after = try small.run("run", "small.yaml", "--dry-run")
    let lines = after.output.split(separator: "\n")
    // Its identity is the one that the plan named.
    #expect(before.output.contains(made))
    #expect(lines.contains { $0.hasPrefix("finished") && $0.contains(made) && !$0.contains("≈") })
    #expect(lines.count { $0.hasPrefix("pending") && $0.contains("≈") } == 3, "\(after.output)")
    #expect(after.output.contains("\n6 runs: 1 finished, 5 pending\n") && after.errors == "")
    #expect(!after.output.contains("at least"), "\(after.output)")
    #expect(after.output.contains("with 2 runs at a time") || after.output.contains("runs at a time"))
    let chosen = try small.run("run", "small.yaml", "--dry-run", "--only", "loss=untrained")
    #expect(chosen.output.contains("\n1 run: 1 pending\n") && !chosen.output.contains("unsupported"))

    let mistake = try small.run("run", "small.yaml", "--only", "loss=cosfase")
    #expect(
      mistake.status == 64 && mistake.errors.contains("no row with the loss ‘cosfase’")
        && mistake.errors.contains("Did you mean ‘cosface’?"), "\(mistake.errors)")
    #expect(
      try small.run("run", "small.yaml", "--only", "los=cosface").errors.contains("Did you mean ‘loss’?"))
  }

  @Test func aFailedRunIsSeenEverywhereAndTriedAgainAlone() throws {
    let small = try SmallExperiment(
      SmallExperiment.text.replacing("[normface, ", with: "[softmax, ").replacing(
        "optimiser: {learning-rate: 0.05}", with: "optimiser: {learning-rate: 1000, momentum: 0}"
      ).replacing("[{linear: 6}, batch-norm, prelu, {linear: 4}]", with: "[{linear: 4}]").replacing(
        "steps: 4", with: "steps: 200"))
    let run = try small.run("run", "small.yaml")
    #expect(run.status == 1 && run.output == "small: 6 runs, 4 made now, 2 failed\n", "\(run.output)")
    let status = try small.run("status", "small.yaml")
    #expect(status.output.components(separatedBy: "failed: little-narrow-softmax").count == 3)
    #expect(status.output.contains(": diverged at step "), "\(status.output)")
    let plan = try small.run("run", "small.yaml", "--dry-run", "--retry-failed")
    #expect(plan.output.contains("\n2 runs: 2 failed"), "\(plan.output)")
    #expect(plan.output.contains(": diverged at step "))
    #expect(try small.run("report", "small.yaml").status == 0)
    for form in ["md", "csv", "tex", "json"] {
      let table = try small.text("results/small/pairs.\(form)")
      #expect(table.contains("failed") && table.contains("diverged at step "), "\(form): \(table)")
    }
    // What failed is tried again, and nothing else: the other runs' folders may be gone meanwhile.
    let gone = try #require(small.runs().first { $0.hasPrefix("little-narrow-cosface") })
    try FileManager.default.removeItem(atPath: small.folder.file("results/runs/\(gone)"))
    let again = try small.run("run", "small.yaml", "--retry-failed")
    #expect(again.status == 1 && again.output == "small: 2 runs, 0 made now, 2 failed\n", "\(again.output)")
    #expect(try !small.runs().contains(gone))
    #expect(try small.run("run", "small.yaml").output == "small: 6 runs, 1 made now, 2 failed\n")
  }

  @Test func whatHasNotRunIsNoReasonToGenerateAWorld() throws {
    let small = try SmallExperiment()
    for arguments in [["report", "small.yaml"], ["curve", "small.yaml", "--output", "roc.csv"]] {
      let result = try ProcessResult(
        LikenessProgram.path, arguments, environment: ProcessInfo.processInfo.environment,
        folder: small.folder.path)
      #expect(result.status == 66, "\(arguments)")
      #expect(
        result.errors.contains("no finished run in results/runs: the world ‘little’ is not generated there"),
        "\(result.errors)")
      #expect(!FileManager.default.fileExists(atPath: small.folder.file("results")))
    }
    let status = try small.run("status", "small.yaml")
    #expect(status.status == 0)
    #expect(
      status.errors.contains("generating the world little in ")
        && status.errors.contains("the identity of a run covers the content of its data"))
  }

  @Test func tablesOfMoreRunsAreKeptUnlessTheUserSaysSo() throws {
    let small = try SmallExperiment()
    #expect(try small.run("run", "small.yaml").status == 0)
    #expect(try small.run("report", "small.yaml").status == 0)
    let table = small.folder.file("results/small/pairs.md")
    let before = try String(contentsOfFile: table, encoding: .utf8)
    let gone = try #require(small.runs().first { $0.hasPrefix("little-narrow-cosface") })
    try FileManager.default.removeItem(atPath: small.folder.file("results/runs/\(gone)"))
    let refused = try small.run("report", "small.yaml")
    #expect(refused.status == 66 && refused.errors.contains("--incomplete"), "\(refused.errors)")
    #expect(refused.errors.contains("results/small/pairs.json: 6 finished results have gone into it"))
    #expect(try String(contentsOfFile: table, encoding: .utf8) == before)
    let allowed = try small.run("report", "small.yaml", "--incomplete")
    #expect(
      allowed.status == 0
        && allowed.output.hasSuffix("\n1 run is not finished; likeness run small.yaml makes the rest\n"),
      "\(allowed.output)")
    #expect(try String(contentsOfFile: table, encoding: .utf8) != before)
  }

  @Test func verdictsOfMoreRunsAreKeptUnlessTheUserSaysSo() throws {
    let small = try SmallExperiment(
      SmallExperiment.text + "mechanisms: [conventional, {name: multiface, groups: 2}]\n")
    try AtomicFile.write(
      """
      claims:
        - id: better
          paper: a paper
          statement: It is better.
          reading: Higher accuracy.
          experiments: [small.yaml]
          mechanism: multiface
          statistic: {name: difference}
          claimed: {above: 0}
          tolerance: 0
      """, to: small.folder.file("claims.yaml"))
    #expect(try small.run("run", "small.yaml").status == 0)
    let decided = try small.run("claims", "claims.yaml")
    #expect(decided.status == 0 && decided.output.hasSuffix("not run: 0\n"), "\(decided.errors)")
    let before = try small.text("results/claims.md")
    let gone = try #require(small.runs().first { $0.hasPrefix("little-narrow-normface") })
    try FileManager.default.removeItem(atPath: small.folder.file("results/runs/\(gone)"))
    let refused = try small.run("claims", "claims.yaml")
    #expect(refused.status == 66 && refused.output == "", "\(refused.output)")
    #expect(
      refused.errors.contains(
        "results/claims.json: 2 decided verdicts, of which 1 would become ‘not run’: their runs are not in results/runs; "
      ) && refused.errors.contains("likeness run ./small.yaml makes the missing runs; --incomplete "),
      "\(refused.errors)")
    #expect(refused.errors.contains("--keep-decided keeps these as they stand"), "\(refused.errors)")
    #expect(try small.text("results/claims.md") == before)
    let both = try small.run("claims", "claims.yaml", "--incomplete", "--keep-decided")
    #expect(both.status == 64 && both.errors.contains("give one of them"), "\(both.errors)")
    let kept = try small.run("claims", "claims.yaml", "--keep-decided")
    let line = "Kept as they were decided before, by runs that are not here: small (1 verdict).\n"
    #expect(
      kept.status == 0 && kept.output.hasSuffix("not run: 0\n\(line)") && kept.errors == "", "\(kept.output)")
    #expect(try small.text("results/claims.md").replacingOccurrences(of: "\n\(line)", with: "") == before)
    // Of a claim that is another now nothing can be kept.
    let claims = try small.text("claims.yaml")
    try AtomicFile.write(
      claims.replacingOccurrences(of: "tolerance: 0", with: "tolerance: 0.5"),
      to: small.folder.file("claims.yaml"))
    let changed = try small.run("claims", "claims.yaml", "--keep-decided")
    #expect(changed.status == 0 && changed.output.hasSuffix("not run: 1\n"), "\(changed.output)")
    #expect(
      changed.errors
        == "warning: 1 verdict on better by small not kept: tolerance of the claim changed since they were decided\n",
      "\(changed.errors)")
    try AtomicFile.write(claims, to: small.folder.file("claims.yaml"))
    let allowed = try small.run("claims", "claims.yaml", "--incomplete")
    #expect(allowed.status == 0 && allowed.output.hasSuffix("not run: 1\n"), "\(allowed.output)")
  }

  @Test func theHintKeepsWhatWasSetAndWhichFolders() throws {
    let small = try SmallExperiment()
    let changes = ["--results", "my results", "--set", "losses=[normface]", "--set", "name=other"]
    let options = ["small.yaml"] + changes
    let part = try small.run(["run"] + options + ["--only", "seed=1"])
    #expect(part.status == 0, "\(part.errors)")
    let report = try small.run(["report"] + options)
    let command =
      "likeness run small.yaml --results 'my results' --set 'losses=[normface]' --set name=other"
    #expect(report.output.contains("not finished; \(command) makes the rest\n"), "\(report.output)")
    let nowhere = try small.run(["report", "small.yaml", "--results", "none", "--set", "name=other"])
    #expect(
      nowhere.status == 66
        && nowhere.errors.contains("likeness run small.yaml --results none --set name=other generates it"),
      "\(nowhere.errors)")
  }

  @Test func figuresLieWithResultsThatAreElsewhere() throws {
    let small = try SmallExperiment()
    #expect(try small.run("run", "small.yaml", "--results", "other").status == 0)
    func figures(_ options: String...) throws -> Set<String> {
      let report = try small.run(["report", "small.yaml", "--only", "figures"] + options)
      #expect(report.status == 0, "\(report.errors)")
      return Set(
        report.output.split(separator: "\n").map { (String($0) as NSString).deletingLastPathComponent })
    }
    #expect(try figures("--results", "other") == ["other/paper-figures/small"])
    #expect(!FileManager.default.fileExists(atPath: small.folder.file("paper-figures")))
    #expect(try figures("--results", "other", "--figures", "drawn") == ["drawn/small"])
    try FileManager.default.moveItem(
      atPath: small.folder.file("other"), toPath: small.folder.file("results"))
    #expect(try figures() == ["paper-figures/small"])
    #expect(try figures("--results", "./results/") == ["paper-figures/small"])
  }

  @Test func aBatchLargerThanTheDataIsWarnedOf() throws {
    let small = try SmallExperiment()
    // 8 identities with 4 images each.
    for (batch, isLarge) in [(32, false), (33, true)] {
      for option in [[], ["--dry-run"]] {
        let run = try small.run(
          [
            "run", "small.yaml", "--set", "training.batch=\(batch)", "--only", "seed=1", "--log-level",
            "error",
          ]
            + option)
        #expect(run.status == 0, "\(run.errors)")
        let warning = "small.yaml: batches of 33 are larger than the 32 images of ‘little’ that train"
        #expect(run.errors.contains(warning) == isLarge, "\(run.errors)")
      }
    }
  }

  @Test func referencesAloneAreNotDrawnForAnExperimentThatTrains() throws {
    let small = try SmallExperiment()
    #expect(try small.run("run", "small.yaml", "--only", "loss=untrained").status == 0)
    let refused = try small.run("curve", "small.yaml", "--output", "roc.csv")
    #expect(refused.status == 66 && refused.errors.contains("no finished training"), "\(refused.errors)")
    #expect(!FileManager.default.fileExists(atPath: small.folder.file("roc.csv")))
  }
}
