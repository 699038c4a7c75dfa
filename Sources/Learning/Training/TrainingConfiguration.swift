public import FeatureStores

/// Which weights a finished run hands over.
public enum CheckpointRule: String, CaseIterable, Hashable, Sendable, Codable {
  /// Those after the last step.
  case last
  /// Those of the validation with the largest value, the earliest of equals.
  case bestValidation = "best-validation"
}

/// Everything that decides the numbers of a training run, besides its data.
///
/// Resolved: every default is filled in, so equal runs have equal configurations and equal encodings.
public struct TrainingConfiguration: Hashable, Sendable, Codable {
  public var network: NetworkConfiguration
  public var loss: LossConfiguration
  public var mechanism: MechanismConfiguration
  public var optimizer: OptimizerConfiguration
  public var schedule: Schedule
  public var sampler: SamplerConfiguration
  /// Samples a step; a sample is as many images of an identity as the mechanism asks for.
  public var batch: Int
  public var steps: Int
  /// The seed of all random streams of the run.
  public var seed: UInt64
  public var checkpoint: CheckpointRule
  /// Steps between validations; nil for none. The last step always ends with one.
  public var validateEvery: Int?
  /// The largest relative error of the gradients at embeddings and at prototypes, below which small elements of the gradient at the similarities
  /// are left out of both; nil where all take part. Above 0 and below 1.
  public var gradientSkipping: Double?

  /// Without a sampler it is the mechanism's own.
  public init(
    network: NetworkConfiguration, loss: LossConfiguration, mechanism: MechanismConfiguration,
    optimizer: OptimizerConfiguration = OptimizerConfiguration(), schedule: Schedule = Schedule(),
    sampler: SamplerConfiguration? = nil, batch: Int = 256, steps: Int, seed: UInt64 = 0,
    checkpoint: CheckpointRule = .last, validateEvery: Int? = nil, gradientSkipping: Double? = nil
  ) {
    self.network = network
    self.loss = loss
    self.mechanism = mechanism
    self.optimizer = optimizer
    self.schedule = schedule
    self.sampler = sampler ?? mechanism.defaultSampler
    self.batch = batch
    self.steps = steps
    self.seed = seed
    self.checkpoint = checkpoint
    self.validateEvery = validateEvery
    self.gradientSkipping = gradientSkipping
  }

  /// The keys of the mapping that `init(_:)` reads.
  public static let keys = [
    "network", "loss", "mechanism", "optimiser", "schedule", "sampler", "batch", "steps", "seed",
    "checkpoint",
    "validate-every", "gradient-skipping",
  ]

  /// Reads a mapping strictly. `network`, `loss` and `steps` are required.
  public init(_ node: ConfigurationNode) throws {
    let mapping = try node.mapping(keys: Self.keys)
    self.init(
      network: try NetworkConfiguration(mapping.required("network")),
      loss: try LossConfiguration(mapping.required("loss")),
      mechanism: try mapping.value("mechanism", default: MechanismConfiguration("conventional")) {
        try MechanismConfiguration($0)
      },
      optimizer: try mapping.value("optimiser", default: OptimizerConfiguration()) {
        try OptimizerConfiguration($0)
      },
      schedule: try mapping.value("schedule", default: Schedule()) { try Schedule($0) },
      sampler: try mapping.value("sampler", default: nil) { try SamplerConfiguration($0) },
      batch: try mapping.value("batch", default: 256) { try $0.integer(in: 1...1_000_000) },
      steps: try mapping.required("steps").integer(in: 1...Int.max),
      seed: try mapping.value("seed", default: 0) { UInt64(try $0.integer(in: 0...Int.max)) },
      checkpoint: try mapping.value("checkpoint", default: .last) { try $0.choice(CheckpointRule.self) },
      validateEvery: try mapping.value("validate-every", default: nil) { try $0.integer(in: 1...Int.max) },
      gradientSkipping: try mapping.value("gradient-skipping", default: nil) { try Self.skipping($0) })
    if checkpoint == .bestValidation && validateEvery == nil {
      throw node.error(
        found: "checkpoint: best-validation without validate-every", expected: "the steps between validations"
      )
    }
  }

  /// Reads the value of `gradient-skipping`: a number from 0 to below 1, of which 0 stands for nil, so that equal runs have equal configurations.
  public static func skipping(_ node: ConfigurationNode) throws -> Double? {
    let bound = try node.number()
    guard bound >= 0 && bound < 1 else {
      throw node.error(
        found: node.excerpt, expected: "a number from 0, for nothing left out, to below 1",
        advice: "Write ‘gradient-skipping: 1e-7’.")
    }
    return bound == 0 ? nil : bound
  }

  /// Why features of `inputs` columns, of `classes` identities where that is known, cannot be trained so; nil where they can.
  ///
  /// A combination of network, loss, mechanism, sampler and batch that makes no sense is found here, before anything runs.
  public func unsupportedReason(inputs: Int, classes: Int? = nil) -> String? {
    network.unsupportedReason(inputs: inputs)
      ?? mechanism.unsupportedReason(loss: loss, width: network.outputs(inputs: inputs))
      ?? mechanism.unsupportedReason(batch: batch, sampler: sampler, classes: classes)
      ?? (gradientSkipping == nil ? nil : mechanism.unskippableReason)
  }
}
