public import Foundation
public import LinearAlgebra

extension Trainer {
  /// What a checkpoint says about the run besides its numbers.
  private struct Header: Codable, Hashable {
    var configuration: TrainingConfiguration
    var rows: Int
    var classes: Int
    var completedSteps: Int
    var sampler: Sampler.State
    var bestSteps: Int?
  }

  /// Everything that the rest of the run depends on, besides the data: the same bytes for equal states.
  ///
  /// It holds the configuration, parameters, velocities, running statistics, the state of the losses and of the prototype
  /// source, the places of the random streams, the history, and the best weights so far where the checkpoint rule
  /// needs them.
  public func checkpoint() throws -> Data {
    var archive = TensorArchive(noun: "checkpoint")
    try archive.add(
      "header",
      Header(
        configuration: configuration, rows: rowCount, classes: classes, completedSteps: completedSteps,
        sampler: sampler.state, bestSteps: best?.steps))
    try archive.add("history", history)
    try network.save(to: &archive, prefix: "")
    var source = source
    source.forEachParameter { parameter in
      archive.add(parameter.name, parameter.value)
    }
    for (index, velocity) in optimizer.velocities.enumerated() { archive.add("velocity.\(index)", velocity) }
    try source.save(to: &archive)
    if let best { try best.network.save(to: &archive, prefix: "best.") }
    return archive.data
  }

  /// The configuration of the run that wrote a checkpoint.
  public static func configuration(ofCheckpoint data: Data) throws -> TrainingConfiguration {
    try TensorArchive(data, noun: "checkpoint").value("header", as: Header.self).configuration
  }

  /// How many steps are done in a checkpoint, and what was recorded on the way.
  public static func progress(ofCheckpoint data: Data) throws -> (steps: Int, history: TrainingHistory) {
    let archive = try TensorArchive(data, noun: "checkpoint")
    return (
      try archive.value("header", as: Header.self).completedSteps,
      try archive.value("history", as: TrainingHistory.self)
    )
  }

  /// Goes on from a checkpoint, with the data of the run that wrote it.
  ///
  /// Throws `HarnessError` for a damaged checkpoint and for data of another shape. What `adapting` changes in the configuration holds for the steps from here
  /// on, as if another run had come to this state: for measurements of a state, never for results.
  public init(
    resuming checkpoint: Data, features: Matrix<Float>, labels: [Int], workers: Workers = .one,
    validation: Validation? = nil, adapting: (inout TrainingConfiguration) -> Void = { _ in }
  ) throws {
    let archive = try TensorArchive(checkpoint, noun: "checkpoint")
    let header = try archive.value("header", as: Header.self)
    var configuration = header.configuration
    adapting(&configuration)
    try self.init(
      configuration: configuration, features: features, labels: labels, workers: workers,
      validation: validation)
    guard header.rows == features.rows && header.classes == classes else {
      throw archive.error(
        found: "a run on \(header.rows) rows of \(header.classes) identities",
        expected: "\(features.rows) rows of \(classes)")
    }
    network = try Network(from: archive, prefix: "")
    guard network.configuration == configuration.network && network.inputs == features.columns else {
      throw archive.error(found: "a network for other features")
    }
    try source.forEachParameter { parameter in
      parameter.value = try archive.matrix(
        parameter.name, rows: parameter.value.rows, columns: parameter.value.columns)
    }
    for (index, old) in optimizer.velocities.enumerated() {
      optimizer.restore(
        index, try archive.matrix("velocity.\(index)", rows: old.rows, columns: old.columns))
    }
    try source.restore(from: archive)
    if let steps = header.bestSteps {
      best = TrainedModel(network: try Network(from: archive, prefix: "best."), steps: steps)
    }
    history = try archive.value("history", as: TrainingHistory.self)
    completedSteps = header.completedSteps
    guard sampler.restore(header.sampler) else {
      throw archive.error(found: "an impossible state of the sampler")
    }
  }
}
