import FeatureStores
import Learning

/// Which model of its training a run hands over. It is the same for every row of an experiment.
public enum CheckpointChoice: Hashable, Sendable {
  /// The one after the last step.
  case last
  /// Of those after each so many steps, and after the last one, that with the highest accuracy on the validation pairs; of equal ones the earliest.
  case bestValidation(every: Int)

  /// Reads `last`, or `{name: best-validation, every: STEPS}`, for trainings of at least `steps` steps: beyond these there would be one model to choose from.
  init(_ node: ConfigurationNode, steps: Int) throws {
    if node.isScalar {
      guard try node.choice(CheckpointRule.self) == .last else {
        throw node.error(
          found: node.excerpt, expected: "the steps between validations",
          advice: "Write ‘{name: best-validation, every: 25}’.")
      }
      self = .last
      return
    }
    let names = CheckpointRule.allCases.map(\.rawValue).joined(separator: ", ")
    guard let name = try node.entries().first(where: { $0.key == "name" })?.value else {
      throw node.error(found: "no ‘name’", expected: "one of \(names)")
    }
    switch try name.choice(CheckpointRule.self) {
    case .last:
      _ = try node.mapping(keys: ["name"])
      self = .last
    case .bestValidation:
      let mapping = try node.mapping(keys: ["name", "every"])
      let everyNode = try mapping.required("every")
      let every = try everyNode.integer(in: 1...1_000_000_000)
      guard every <= steps else {
        throw everyNode.error(
          found: "\(every) steps between validations, and a training of \(CountedNoun(steps, "step"))",
          expected: "at most \(steps)", advice: "With no validation on the way, write ‘checkpoint: last’.")
      }
      self = .bestValidation(every: every)
    }
  }

  /// What the trainer goes by.
  public var rule: CheckpointRule {
    switch self {
    case .last: .last
    case .bestValidation: .bestValidation
    }
  }

  /// The steps between validations; nil where nothing is validated.
  public var every: Int? {
    switch self {
    case .last: nil
    case .bestValidation(let every): every
    }
  }

  /// The rule as tables state it.
  public var inWords: String {
    switch self {
    case .last: "last"
    case .bestValidation(let every):
      "the step with the best validation accuracy, every \(every) steps; chosen on identities that neither train nor are tested"
    }
  }
}
