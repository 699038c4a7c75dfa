import ArgumentParser
import Experiments
import Foundation
import TextTable

struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show how far an experiment is.",
    discussion:
      "Trains nothing. One line a row of the experiment's tables; below, reasons of failures and of unsupported rows, the time left of runs at work, and the steps that are done of interrupted ones."
  )

  @OptionGroup var options: ExperimentOptions

  private struct Line {
    var dataset: String
    var label: String
    var counts: [String: Int]
    var unsupported: Bool
    /// How many of the pending runs go on from a checkpoint.
    var interrupted: Int

    var note: String {
      if unsupported { return "unsupported" }
      return interrupted == 0 ? "" : "\(interrupted) pending with a checkpoint"
    }
  }

  func run() throws {
    let experiment = try options.bind(because: ExperimentOptions.identitiesNeedData)
    let status = ExperimentStatus(experiment, results: options.results)
    let states = try status.states()
    let checkpoints = states.map { $0.state == .pending ? status.checkpointSteps(of: $0.run) : nil }
    let lines = experiment.grid.rows.map { row in
      let own = states.filter { $0.run.row == row }
      return Line(
        dataset: row.dataset, label: row.label,
        counts: Dictionary(grouping: own, by: { $0.state.word }).mapValues(\.count),
        unsupported: row.unsupportedReason != nil,
        interrupted: zip(states, checkpoints).count { $0.run.row == row && $1 != nil })
    }
    let table = TextTable<Line> { line in
      [
        Column("data" <- line.dataset), Column("row" <- line.label),
        Column("finished" <- line.counts["finished"] ?? 0, align: .right),
        Column("running" <- line.counts["running"] ?? 0, align: .right),
        Column("pending" <- line.counts["pending"] ?? 0, align: .right),
        Column("failed" <- line.counts["failed"] ?? 0, align: .right),
        Column("" <- line.note),
      ]
    }
    print(table.string(for: lines, style: Style.simple) ?? "")
    for row in experiment.grid.rows {
      if let reason = row.unsupportedReason { print("unsupported: \(row.label): \(reason)") }
    }
    for ((run, state), checkpoint) in zip(states, checkpoints) {
      if let checkpoint, let steps = run.specification.training?.steps {
        print("pending: \(run.identity.folderName): a checkpoint is there, at step \(checkpoint) of \(steps)")
      }
      if case .failed(let reason) = state { print("failed: \(run.identity.folderName): \(reason)") }
      if state == .running, let step = RunFolder(results: options.results, identity: run.identity).lastStep()
      {
        print("running: \(run.identity.folderName): \(step.inWords)")
      }
    }
  }
}

extension RunEvent {
  /// How far training is, with the time that is left for it.
  var inWords: String {
    let loss = loss.map { String(format: ", loss %.4f", $0) } ?? ""
    let left = secondsLeft().map { ", ETA \(ProgressDisplay.duration($0))" } ?? ""
    return "step \(step ?? 0) of \(steps ?? 0)\(loss)\(left)"
  }
}
