import Experiments
import FeatureStores
import Foundation
import TextTable

/// The plan of an experiment as a terminal shows it.
struct PlanText {
  let text: String

  /// With `failedOnly` only the runs whose last attempt failed. `rate` measures the operations a second of this machine's products; it is asked where no
  /// finished run tells how long others take.
  init(_ plan: ExperimentPlan, jobs: Int, failedOnly: Bool, rate: () -> Double) {
    let cells = plan.cells.filter { cell in
      guard failedOnly else { return true }
      return if case .failed = cell.state { true } else { false }
    }
    let table = TextTable<ExperimentPlan.Cell> { cell in
      [
        Column("state" <- cell.state.word), Column("run" <- cell.run.identity.folderName),
        Column("row" <- cell.run.row.label),
        Column("operations" <- cell.operations.map(Self.operations) ?? "", align: .right),
        Column(
          "time"
            <- cell.seconds.map {
              (cell.state == .finished ? "" : "≈ ") + ProgressDisplay.duration($0)
            } ?? "", align: .right),
      ]
    }
    var lines = [table.string(for: cells, style: Style.simple) ?? ""]
    for cell in cells {
      if case .failed(let reason) = cell.state {
        lines.append("failed: \(cell.run.identity.folderName): \(reason)")
      }
    }
    if !failedOnly {
      for row in plan.unsupported {
        lines.append("unsupported: \(row.label): \(row.unsupportedReason ?? "")")
      }
    }
    let words = ["finished", "running", "pending", "failed"]
    let counts = words.map { word in (word, cells.count { $0.state.word == word }) }.filter { $0.1 > 0 }
    lines.append(
      "\(CountedNoun(cells.count, "run"))" + (counts.isEmpty ? "" : ": ")
        + counts.map { "\($0.1) \($0.0)" }.joined(separator: ", "))
    if !failedOnly, !plan.missing.isEmpty {
      let time =
        plan.missingSeconds(jobs: jobs).map {
          "about \(ProgressDisplay.duration($0)) with \(CountedNoun(jobs, "run")) at a time, as long as finished ones took"
        } ?? Self.leastTime(plan, rate)
      lines.append("to do: \(Self.operations(plan.missingOperations)) in products of training; \(time)")
    }
    text = lines.joined(separator: "\n")
  }

  private static func leastTime(_ plan: ExperimentPlan, _ rate: () -> Double) -> String {
    guard plan.missingOperations > 0 else { return "the time is unknown until a run is finished" }
    let rate = rate()
    guard let seconds = plan.leastSeconds(rate: rate) else {
      return "the time is unknown until a run is finished"
    }
    return "at least \(ProgressDisplay.duration(seconds)), by this machine's matrix products alone "
      + "(\(operations(rate))/s); known better once a run is finished"
  }

  /// Multiplications and additions, with a unit: `1.25 TFLOP`.
  static func operations(_ count: Double) -> String {
    let units = ["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP", "EFLOP"]
    var (value, unit) = (count, 0)
    while value >= 1000, unit + 1 < units.count { (value, unit) = (value / 1000, unit + 1) }
    return String(format: "%.3g ", value) + units[unit]
  }
}
