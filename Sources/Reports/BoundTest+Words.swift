import Evaluation
import Experiments

extension BoundTest {
  /// The protocol and the rules of its convention, for captions; of a convention with fields of its own what they differ in from a preset.
  var rulesInWords: String {
    let definition = task.definition
    let start = "Protocol \(definition.name) version \(definition.version), convention "
    switch task {
    case let task as VerificationTask:
      let rules = task.settings.convention
      let name = words(rules, rules.name, VerificationConvention.presets.map { ($0.name, $0) })
      return start
        + "\(name): \(rules.similarity.measure), FAR rule \(rules.farRule.rawValue), accept if score ≥ threshold"
    case let task as TemplateVerificationTask:
      let rules = task.settings.convention
      let name = words(rules, rules.name, TemplateConvention.presets.map { ($0.name, $0) })
      return start
        + "\(name): \(rules.similarity.measure) of templates (\(rules.pooling.summary)), FAR rule \(rules.farRule.rawValue)"
    case let task as IdentificationTask:
      let rules = task.settings.convention
      let name = words(rules, rules.name, IdentificationConvention.presets.map { ($0.name, $0) })
      return start
        + "\(name): \(rules.similarity.measure) of templates (\(rules.pooling.summary)), FPIR rule \(rules.fpirRule.rawValue), "
        + "ties \(rules.ties.rawValue), means over galleries"
    case let task as DistractorTask:
      let rules = task.settings.convention
      let name = words(rules, rules.name, DistractorConvention.presets.map { ($0.name, $0) })
      return start
        + "\(name): \(rules.similarity.measure), ties \(rules.ties.rawValue), noise \(rules.noise.rawValue), FAR rule "
        + "\(rules.farRule.rawValue). TPR at FAR as in MegaFace's papers: what other tables call TAR, over the searches' mates"
    default: return start + "of its kind"
    }
  }

  private func words<Convention: Encodable>(
    _ rules: Convention, _ name: String, _ presets: [(name: String, Convention)]
  ) -> String {
    // A convention that could not be encoded would have no results.
    (try? ConventionName(rules, name, presets: presets).words) ?? name
  }
}

extension EvaluationTask {
  /// What is compared and how rates are read, in a few words for a figure.
  var comparisonInWords: String? {
    switch self {
    case let task as VerificationTask:
      "FAR rule \(task.settings.convention.farRule.rawValue), \(task.settings.convention.similarity.measure)"
    case let task as TemplateVerificationTask:
      "FAR rule \(task.settings.convention.farRule.rawValue), \(task.settings.convention.similarity.measure) of templates"
    case let task as IdentificationTask:
      "FPIR rule \(task.settings.convention.fpirRule.rawValue), ties \(task.settings.convention.ties.rawValue), "
        + "\(task.settings.convention.similarity.measure) of templates"
    case let task as DistractorTask:
      "ties \(task.settings.convention.ties.rawValue), noise \(task.settings.convention.noise.rawValue), "
        + task.settings.convention.similarity.measure
    case let task as AllPairsTask:
      "FAR rule \(task.settings.convention.farRule.rawValue), \(task.settings.convention.similarity.measure)"
    case let task as GroupTask:
      "FAR rule \(task.settings.convention.farRule.rawValue), \(task.settings.convention.similarity.measure)"
    default: nil
    }
  }
}
