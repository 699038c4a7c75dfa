import FeatureStores
import Learning

/// How long, on how large batches and how fast runs train.
public struct TrainingRecipe: Sendable, Hashable {
  public var steps: Int
  /// Images a step.
  public var batch: Int
  public var optimizer: OptimizerConfiguration
  public var schedule: Schedule
  /// The bound on the error of leaving small gradients out; nil where all take part (`TrainingConfiguration.gradientSkipping`).
  public var gradientSkipping: Double?

  init(_ node: ConfigurationNode) throws {
    let mapping = try node.mapping(keys: ["steps", "batch", "optimiser", "schedule", "gradient-skipping"])
    steps = try mapping.required("steps").integer(in: 1...1_000_000_000)
    batch = try mapping.required("batch").integer(in: 1...1_000_000)
    optimizer = try OptimizerConfiguration(mapping.required("optimiser"))
    schedule = try mapping.value("schedule", default: Schedule()) { try Schedule($0) }
    gradientSkipping = try mapping.value("gradient-skipping", default: nil) {
      try TrainingConfiguration.skipping($0)
    }
  }

  /// The recipes that `node` stands for: a mapping or a list of such, in which a list in place of one value stands for its elements in turn.
  static func all(_ node: ConfigurationNode) throws -> [TrainingRecipe] {
    try node.sweep(listKeys: ["milestones"]).map { try TrainingRecipe($0) }
  }

  /// What tells the recipe from the others of `all`, by the names of the YAML file: `batch 64, learning-rate 0.1`; empty for a single one.
  func label(among all: [TrainingRecipe]) -> String {
    settings.filter { setting in
      all.contains { $0.settings.first { $0.name == setting.name }?.value != setting.value }
    }.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
  }

  /// Every setting by its name, as text.
  private var settings: [(name: String, value: String)] {
    func text(_ value: Double) -> String { OptionValue.number(value).description }
    var settings = [
      ("steps", "\(steps)"), ("batch", "\(batch)"), ("learning-rate", text(optimizer.learningRate)),
      ("momentum", text(optimizer.momentum)), ("nesterov", "\(optimizer.nesterov)"),
    ]
    let decay = optimizer.weightDecay
    if decay == WeightDecay(decay[.weight]) {
      settings.append(("weight-decay", text(decay[.weight])))
    } else {
      let parts = ParameterKind.allCases.map { "\($0.rawValue) \(text(decay[$0]))" }
      settings.append(("weight-decay", "(\(parts.joined(separator: ", ")))"))
    }
    settings.append(("clip-norm", optimizer.clipNorm.map(text) ?? "none"))
    func numbers(_ values: [Double]) -> String { values.map(text).joined(separator: " ") }
    switch schedule.shape {
    case .constant: settings.append(("schedule", "constant"))
    case .step(let milestones, let factor):
      settings += [("schedule", "step"), ("milestones", numbers(milestones)), ("factor", text(factor))]
    case .cosine(let final): settings += [("schedule", "cosine"), ("final", text(final))]
    case .polynomial(let power, let final):
      settings += [("schedule", "polynomial"), ("power", text(power)), ("final", text(final))]
    }
    settings.append(("warm-up", "\(schedule.warmUp)"))
    settings.append(("gradient-skipping", gradientSkipping.map(text) ?? "none"))
    return settings
  }
}
