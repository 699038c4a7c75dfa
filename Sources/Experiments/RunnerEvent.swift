/// What happens while an experiment runs, for whoever shows it.
public enum RunnerEvent: Sendable, Equatable {
  /// The grid has been compared with what is there. Of the runs that are missing `training` must be trained and the others only evaluated;
  /// `steps` is the training work of all of them.
  case planned(runs: Int, missing: Int, training: Int, steps: Int)
  /// A run starts, or goes on from a checkpoint at `step`.
  case started(run: String, step: Int, steps: Int)
  /// A run has done `step` of its steps; `samples` is the number of images a step.
  case stepped(run: String, step: Int, loss: Double, samples: Int)
  /// A run is being evaluated.
  case evaluating(run: String, what: String)
  case finished(run: String)
  /// Of `total` fold-wise results, `done` have their intervals.
  case resampled(done: Int, total: Int)
  case failed(run: String, reason: String)
  /// Another process is at work on the run.
  case heldElsewhere(run: String)
  /// A line about a run's course that only those want who look for something.
  case detail(run: String, text: String)
  /// Something the user should read.
  case note(String)
}
