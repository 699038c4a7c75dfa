import FeatureStores
import Foundation
import LinearAlgebra
import Testing

@testable import Learning

@Suite struct ConfigurationTests {
  static let text = """
    network:
      - linear: 256
      - batch-norm
      - prelu: 0.1
      - residual: [{linear: {outputs: 256, bias: false, initialise: xavier}}, {batch-norm: {momentum: 0.2}}, prelu]
      - dropout: 0.4
      - linear: 128
    loss: {name: arcface, preset: facexzoo, margin: 0.4}
    mechanism: {name: multiface, groups: 2}
    optimiser: {learning-rate: 0.05, nesterov: true, weight-decay: {weight: 1e-4, bias: 1e-5}, clip-norm: 5}
    schedule: {name: step, milestones: [0.5, 900], warm-up: 20}
    sampler: class-balanced
    batch: 128
    steps: 1000
    seed: 7
    checkpoint: best-validation
    validate-every: 50
    """

  @Test func aFullConfigurationIsReadWithItsDefaultsResolved() throws {
    let configuration = try TrainingConfiguration(yaml(Self.text))
    #expect(
      configuration.network
        == NetworkConfiguration([
          .linear(outputs: 256), .batchNorm(), .prelu(slope: 0.1),
          .residual([
            .linear(outputs: 256, bias: false, initialisation: .xavier), .batchNorm(momentum: 0.2), .prelu(),
          ]), .dropout(rate: 0.4), .linear(outputs: 128),
        ]))
    #expect(configuration.loss.name == "arcface")
    #expect(configuration.loss.options.number("scale") == 32)
    #expect(configuration.loss.options.number("margin") == 0.4)
    #expect(configuration.loss.options.text("wrap") == "penalty")
    #expect(configuration.loss.options.text("gradient") == "true")
    #expect(configuration.mechanism.subspaces == Subspaces(count: 2))
    #expect(configuration.optimizer.weightDecay[.weight] == 1e-4)
    #expect(configuration.optimizer.weightDecay[.bias] == 1e-5)
    #expect(configuration.optimizer.weightDecay[.prototype] == 5e-4)
    #expect(configuration.optimizer.weightDecay[.slope] == 0)
    #expect(configuration.schedule == Schedule(.step(milestones: [0.5, 900], factor: 0.1), warmUp: 20))
    #expect(configuration.sampler == .classBalanced)
    #expect(configuration.batch == 128)
    #expect(configuration.validateEvery == 50)
    #expect(configuration.unsupportedReason(inputs: 99) == nil)
  }

  @Test func theLeastConfigurationHasTheDocumentedDefaults() throws {
    let configuration = try TrainingConfiguration(yaml("{network: [], loss: normface, steps: 5}"))
    #expect(
      configuration
        == TrainingConfiguration(
          network: NetworkConfiguration([]), loss: try LossConfiguration("normface", ["scale": .number(64)]),
          mechanism: try MechanismConfiguration("conventional"), steps: 5))
    #expect(configuration.batch == 256)
    #expect(configuration.optimizer == OptimizerConfiguration(learningRate: 0.1, momentum: 0.9))
  }

  @Test func equalSettingsWrittenDifferentlyAreEqualAndEncodeEqually() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let spellings = [
      "cosface", "{name: cosface}", "{name: cosface, margin: 0.35, scale: 64.0}",
      "{name: cosface, preset: multiface}",
    ]
    let configurations = try spellings.map {
      try LossConfiguration(yaml("x: \($0)").mapping(keys: ["x"]).required("x"))
    }
    #expect(Set(configurations).count == 1)
    #expect(Set(try configurations.map { try encoder.encode($0) }).count == 1)
    #expect(
      String(decoding: try encoder.encode(configurations[0]), as: UTF8.self)
        == #"{"name":"cosface","options":{"cosine-limit":0,"easy":false,"filter":0,"focal-gamma":0,"keep-rate":1,"limited":"all","margin":0.35,"scale":64}}"#
    )
  }

  @Test func configurationsSurviveTheirEncoding() throws {
    let configuration = try TrainingConfiguration(yaml(Self.text))
    let data = try JSONEncoder().encode(configuration)
    #expect(try JSONDecoder().decode(TrainingConfiguration.self, from: data) == configuration)
  }

  @Test(
    arguments: [
      ("{network: [], loss: arcfase, steps: 5}", "line 1, loss", "‘arcfase’", "Did you mean ‘arcface’?"),
      (
        "{network: [], loss: {name: arcface, margn: 1}, steps: 5}", "line 1, loss", "the unknown key ‘margn’",
        "Did you mean ‘margin’?"
      ),
      (
        "{network: [], loss: {name: arcface, preset: facexzo}, steps: 5}", "line 1, loss.preset", "‘facexzo’",
        "Did you mean ‘facexzoo’?"
      ),
      ("{network: [], loss: {margin: 1}, steps: 5}", "line 1, loss", "no ‘name’", nil),
      ("{network: [], loss: {name: arcface, scale: 0}, steps: 5}", "line 1, loss.scale", "‘0’", nil),
      ("{network: [], loss: {name: arcface, margin: -1}, steps: 5}", "line 1, loss.margin", "‘-1’", nil),
      ("{network: [], loss: {name: arcface, wrap: maybe}, steps: 5}", "line 1, loss.wrap", "‘maybe’", nil),
      ("{network: [], loss: {name: cosface, easy: 3}, steps: 5}", "line 1, loss.easy", "‘3’", nil),
      ("{network: [{linear: 0}], loss: arcface, steps: 5}", "line 1, network[0].linear", "‘0’", nil),
      (
        "{network: [linear], loss: arcface, steps: 5}", "line 1, network[0]", "‘linear’",
        "Write ‘linear: 256’."
      ),
      ("{network: [{linear: 3, prelu: 0.1}], loss: arcface, steps: 5}", "line 1, network[0]", "2 keys", nil),
      (
        "{network: [batchnorm], loss: arcface, steps: 5}", "line 1, network[0]", "‘batchnorm’",
        "Did you mean ‘batch-norm’?"
      ),
      ("{network: [], loss: arcface}", "line 1", "no ‘steps’", nil),
      (
        "{network: [], loss: arcface, steps: 5, mechanism: {name: multiface, groups: 0}}",
        "line 1, mechanism.groups", "‘0’", nil
      ),
      (
        "{network: [], loss: arcface, steps: 5, optimiser: {nesterov: true, momentum: 0}}",
        "line 1, optimiser", "nesterov: true with momentum: 0", nil
      ),
      (
        "{network: [], loss: arcface, steps: 5, optimiser: {weight-decay: {wieght: 1}}}",
        "line 1, optimiser.weight-decay", "the unknown key ‘wieght’", "Did you mean ‘weight’?"
      ),
      (
        "{network: [], loss: arcface, steps: 5, schedule: step}", "line 1, schedule", "‘step’",
        "Write ‘{name: step, milestones: [0.5, 0.75]}’."
      ),
      (
        "{network: [], loss: arcface, steps: 5, schedule: {name: cosine, power: 2}}", "line 1, schedule",
        "the unknown key ‘power’", nil
      ),
      (
        "{network: [], loss: arcface, steps: 5, checkpoint: best-validation}", "line 1",
        "checkpoint: best-validation without validate-every", nil
      ),
    ] as [(String, String, String, String?)])
  func mistakesAreNamedWithTheirPlace(text: String, place: String, found: String, advice: String?) throws {
    var error: HarnessError?
    do {
      _ = try TrainingConfiguration(yaml(text))
    } catch let failure as HarnessError {
      error = failure
    }
    #expect(error?.file == "test.yaml")
    #expect(error?.place == place)
    #expect(error?.found == found)
    #expect(error?.advice == advice)
  }

  @Test func mistakesInCodeAreRefusedAsInYAML() {
    #expect(throws: HarnessError.self) { try LossConfiguration("arcfase") }
    #expect(throws: HarnessError.self) { try LossConfiguration("arcface", ["easy": .flag(true)]) }
    #expect(throws: HarnessError.self) { try LossConfiguration("arcface", ["scale": .number(0)]) }
    #expect(throws: HarnessError.self) { try LossConfiguration("arcface", ["scale": .text("big")]) }
    #expect(throws: HarnessError.self) { try LossConfiguration("arcface", preset: "none") }
    #expect(throws: HarnessError.self) { try MechanismConfiguration("multiface", ["groups": .number(1.5)]) }
  }

  @Test func everyDescriptionIsConsistent() throws {
    for description in LossRegistry.descriptions + MechanismRegistry.descriptions {
      #expect(Set(description.options.map(\.name)).count == description.options.count, "\(description.name)")
      for option in description.options {
        #expect(option.accepts(option.defaultValue), "\(description.name) \(option.name)")
        #expect(!option.summary.isEmpty)
      }
    }
    for description in LossRegistry.descriptions {
      for preset in description.presets {
        let configuration = try LossConfiguration(description.name, preset: preset.name)
        for (key, value) in preset.values {
          #expect(configuration.options.values[key] == value, "\(description.name) \(preset.name) \(key)")
        }
      }
    }
  }
}
