import FeatureStores
import Foundation
import Learning

/// What a call of `run` would do: the runs with their states, and what is left of their cost.
///
/// Operations are those that `TrainingCost` counts, so matrix products only. Seconds of finished runs are measured: of training and
/// evaluation, in the number of threads that they had. Seconds of others are estimated: as their row's finished runs on average, or
/// from the operations a second of all finished runs of the experiment; unknown where nothing is finished. Steps that a checkpoint has done, and
/// the training of a run that lacks evaluations alone, are taken off what is left.
public struct ExperimentPlan: Sendable {
  public struct Cell: Sendable {
    public var run: GridRun
    public var state: RunState
    /// Multiplications and additions of the whole training; nil where nothing is trained.
    public var operations: Double?
    /// What share of the training is left.
    public var leftShare: Double
    /// Measured where the run is finished, else an estimate of what is left; nil where nothing is known.
    public var seconds: Double?
  }

  public let cells: [Cell]
  /// Rows that cannot be trained, with the reason.
  public let unsupported: [GridRow]

  /// The plan of the runs that `selection` chooses.
  public init(_ experiment: BoundExperiment, results: String, selection: RunSelection) throws {
    let status = ExperimentStatus(experiment, results: results)
    var measured: [Int: RunEnvironment] = [:]
    let all = try experiment.grid.runs.enumerated().map { index, run in
      let state = try status.state(of: run)
      if state == .finished {
        measured[index] = try CanonicalJSON.decode(
          RunEnvironment.self, from: RunFolder(results: results, identity: run.identity).environmentFile)
      }
      return Cell(
        run: run, state: state, operations: Self.operations(run, experiment),
        leftShare: state == .finished ? 0 : Self.leftShare(run, status))
    }
    let speed = Self.speed(all, measured)
    cells = all.enumerated().filter { selection.contains($1.run) }.map { index, cell in
      var cell = cell
      if let environment = measured[index] {
        cell.seconds = Self.trainingSeconds(cell.run, environment) + environment.evaluationSeconds
      } else {
        let row = all.indices.filter { all[$0].run.row == cell.run.row }
        let times = row.compactMap { place in
          measured[place].map {
            cell.leftShare * Self.trainingSeconds(all[place].run, $0) + $0.evaluationSeconds
          }
        }
        cell.seconds =
          times.isEmpty
          ? speed.flatMap { speed in
            cell.operations.map { cell.leftShare * $0 / speed.rate + speed.evaluation }
          }
          : times.reduce(0, +) / Double(times.count)
      }
      return cell
    }
    unsupported = experiment.grid.rows.filter { $0.unsupportedReason != nil && selection.mayContain($0) }
  }

  /// What is not finished.
  public var missing: [Cell] { cells.filter { $0.state != .finished } }

  /// The operations that are left.
  public var missingOperations: Double {
    missing.reduce(0) { $0 + $1.leftShare * ($1.operations ?? 0) }
  }

  /// The seconds that are left with `jobs` runs at a time, each as fast as those that were measured; nil where the time of a run that trains is
  /// unknown, or nothing is left.
  public func missingSeconds(jobs: Int) -> Double? {
    let left = missing
    guard !left.isEmpty, left.allSatisfy({ $0.seconds != nil || $0.operations == nil }) else { return nil }
    let seconds = left.compactMap(\.seconds)
    return seconds.isEmpty ? nil : seconds.reduce(0, +) / Double(max(1, min(jobs, left.count)))
  }

  /// The seconds that the products that are left take at `rate` operations a second, and so the least that they can take in all: a step computes more than
  /// products, evaluations come to it, and small products are slower than those that a rate is measured by. Nil where no training is left.
  public func leastSeconds(rate: Double) -> Double? {
    missingOperations > 0 && rate > 0 ? missingOperations / rate : nil
  }

  private static func operations(_ run: GridRun, _ experiment: BoundExperiment) -> Double? {
    guard let training = run.specification.training else { return nil }
    let dataset = experiment.datasets[run.dataset]
    let cost = TrainingCost(
      training, inputs: dataset.features.columns, classes: dataset.identities(fold: run.fold))
    return Double(cost.stepOperations) * Double(training.steps)
  }

  /// What share of an unfinished run's training is left: nothing where only evaluations are, else what its checkpoint lacks. A damaged
  /// checkpoint counts as none, as it does for the run.
  private static func leftShare(_ run: GridRun, _ status: ExperimentStatus) -> Double {
    let folder = RunFolder(results: status.results, identity: run.identity)
    guard let steps = run.specification.training?.steps, !folder.exists(folder.resultFile) else { return 0 }
    return 1 - Double(status.checkpointSteps(of: run) ?? 0) / Double(steps)
  }

  /// A finished run's seconds of training: all its steps count, because the attempt that finished it may have begun late.
  private static func trainingSeconds(_ run: GridRun, _ environment: RunEnvironment) -> Double {
    let steps = Double(run.specification.training?.steps ?? 0)
    return environment.secondsPerStep.map { $0 * steps } ?? environment.trainingSeconds
  }

  /// Operations a second of all finished trainings, and the mean time of their evaluations.
  private static func speed(_ cells: [Cell], _ measured: [Int: RunEnvironment]) -> (
    rate: Double, evaluation: Double
  )? {
    var (operations, training, evaluation, count) = (0.0, 0.0, 0.0, 0)
    for (index, cell) in cells.enumerated() {
      guard let environment = measured[index], let own = cell.operations,
        let step = environment.secondsPerStep
      else { continue }
      operations += own
      training += step * Double(cell.run.specification.training?.steps ?? 0)
      evaluation += environment.evaluationSeconds
      count += 1
    }
    return training > 0 ? (operations / training, evaluation / Double(count)) : nil
  }
}
