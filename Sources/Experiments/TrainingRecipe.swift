import FeatureStores
import Learning

/// What all runs of an experiment train with.
public struct TrainingRecipe: Sendable, Equatable {
  public var steps: Int
  /// Images a step.
  public var batch: Int
  public var optimizer: OptimizerConfiguration
  public var schedule: Schedule

  init(_ node: ConfigurationNode) throws {
    let mapping = try node.mapping(keys: ["steps", "batch", "optimiser", "schedule"])
    steps = try mapping.required("steps").integer(in: 1...1_000_000_000)
    batch = try mapping.required("batch").integer(in: 1...1_000_000)
    optimizer = try OptimizerConfiguration(mapping.required("optimiser"))
    schedule = try mapping.value("schedule", default: Schedule()) { try Schedule($0) }
  }
}
