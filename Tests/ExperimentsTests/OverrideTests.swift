import FeatureStores
import Learning
import TestSupport
import Testing

@testable import Experiments

@Suite("Values set from the command line")
struct OverrideTests {
  private func definition(_ settings: String...) throws -> ExperimentDefinition {
    let tiny = try TinyExperiment()
    return try withExtendedLifetime(tiny) {
      try ExperimentDefinition(
        file: tiny.file, overrides: settings.map { try ConfigurationOverride($0) })
    }
  }

  @Test func `Values are set by keys and by indices, in their order`() throws {
    let set = try definition(
      "training.steps=200", "training.steps=300", "losses.0.scale=32", "losses[1].margin=0.35", "seeds=[7]",
      "name=tiny-300", "training.optimiser.clip-norm=5")
    #expect(set.recipes[0].steps == 300 && set.recipes[0].batch == 16)
    #expect(set.recipes[0].optimizer.clipNorm == 5)
    #expect(set.losses[0].options.number("scale") == 32 && set.losses[1].options.number("margin") == 0.35)
    #expect(set.losses[1].options.number("scale") == 8)
    #expect(set.seeds == [7] && set.name == "tiny-300")
  }

  @Test func `Lists and mappings are values, lists of one value are sweeps, and nothing takes a key away`()
    throws
  {
    let set = try definition(
      "losses=[arcface, {name: cosface, margin: [0.1, 0.2]}]", "training.batch=[8, 32]", "training.schedule=")
    #expect(set.losses.map(\.name) == ["arcface", "cosface", "cosface"])
    #expect(set.recipes.map(\.batch) == [8, 32])
    #expect(set.recipes[0].schedule == Schedule())
    #expect(try definition("networks.small.0.linear=16").networks[0].configuration.outputs(inputs: 12) == 6)
  }

  @Test func `A key below a bare name makes a mapping of it`() throws {
    let set = try definition("losses=[arcface]", "losses.0.scale=24", "mechanisms.0.sample-rate=0.5")
    #expect(set.losses == [try LossConfiguration("arcface", ["scale": .number(24)])])
    #expect(set.mechanisms[0].options.number("sample-rate") == 0.5)
  }

  @Test(arguments: [
    ("training.stpes=200", "training", "the unknown key ‘stpes’", "Did you mean ‘steps’?"),
    ("trainig.steps=200", "", "the unknown key ‘trainig’", "Did you mean ‘training’?"),
    ("training.steps=many", "training.steps", "‘many’", ""),
    ("losses.0.margn=0.1", "losses[0]", "the unknown key ‘margn’", ""),
    ("losses.2.scale=1", "losses", "the element ‘2’ of a list of 2", ""),
    ("losses.first=1", "losses", "the element ‘first’ of a list of 2", ""),
    ("losses.1={name: cosfase}", "losses[1].name", "‘cosfase’", "Did you mean ‘cosface’?"),
    ("losses=[arcface", "line 2, column 1", "text that is not YAML: ", ""),
    (
      "data.world.definition=nowhere.yaml", "data.world.definition", "‘nowhere.yaml’, but there is no file",
      ""
    ),
  ])
  func `A mistake is named as it was written`(setting: String, place: String, found: String, advice: String)
    throws
  {
    let error = try harnessError { try definition(setting) }
    #expect(error.file == "--set \(setting)" && (error.place ?? "") == place, "\(error)")
    #expect(error.found.hasPrefix(found), "\(error)")
    if !advice.isEmpty { #expect(error.advice == advice) }
  }

  @Test(arguments: ["training.steps", "=3", "training..steps=3", "", "losses[=2"])
  func `What is no path with a value is wrong usage`(setting: String) throws {
    #expect(try harnessError { try ConfigurationOverride(setting) }.kind == .usage)
  }
}
