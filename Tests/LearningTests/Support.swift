import FeatureStores
import LinearAlgebra
import Testing

@testable import Learning

/// A configuration node of YAML text.
func yaml(_ text: String) throws -> ConfigurationNode { try ConfigurationNode(text: text, file: "test.yaml") }

/// Features around one centre an identity, with labels 0..<identities, `images` rows each.
func clusters(identities: Int, images: Int, columns: Int, spread: Double, seed: UInt64 = 7) -> (
  Matrix<Float>, [Int]
) {
  var stream = RandomStream(seed: seed, name: "clusters")
  var centres = Matrix<Float>(rows: identities, columns: columns)
  stream.fillNormal(&centres)
  var features = Matrix<Float>(rows: identities * images, columns: columns)
  var labels: [Int] = []
  for row in 0..<features.rows {
    labels.append(row % identities)
    for column in 0..<columns {
      features[row, column] = centres[row % identities, column] + Float(spread * stream.normal())
    }
  }
  return (features, labels)
}

/// A small configuration with every kind of layer.
func smallConfiguration(
  loss: LossConfiguration, mechanism: MechanismConfiguration? = nil, batch: Int = 12, steps: Int = 8,
  dropout: Bool = false
) throws -> TrainingConfiguration {
  TrainingConfiguration(
    network: NetworkConfiguration(
      [
        .linear(outputs: 9), .batchNorm(), .prelu(),
        .residual([.linear(outputs: 9), .batchNorm(), .prelu()]),
      ] + (dropout ? [.dropout(rate: 0.3)] : []) + [.linear(outputs: 8, bias: false)]),
    loss: loss, mechanism: try mechanism ?? MechanismConfiguration("conventional"),
    optimizer: OptimizerConfiguration(learningRate: 0.05), batch: batch, steps: steps, seed: 3)
}

/// The central difference of `function` at 0 with two step sizes (Richardson), to about h⁴.
func derivative(step: Double = 1e-4, _ function: (Double) throws -> Double) rethrows -> Double {
  let coarse = (try function(step) - function(-step)) / (2 * step)
  let fine = (try function(step / 2) - function(-step / 2)) / step
  return (4 * fine - coarse) / 3
}

/// The losses that a suite goes through, with the names under which failures show them.
let lossCases: [(name: String, configuration: LossConfiguration)] = {
  let yamls = [
    "softmax", "{name: softmax, bias: false}", "normface", "{name: normface, scale: 16}", "cosface",
    "{name: cosface, easy: true}", "{name: cosface, filter: 0.3}", "{name: cosface, preset: adaface}",
    "arcface",
    "{name: arcface, wrap: none}", "{name: arcface, wrap: penalty, wrap-penalty: 0.1}",
    "{name: arcface, wrap: clip}", "{name: arcface, wrap: easy}", "{name: arcface, filter: 0.2}",
    "{name: arcface, preset: pytorch-metric-learning}", "combined-margin",
    "{name: combined-margin, preset: cavaface}",
    "{name: combined-margin, m1: 1.35, m2: 0, m3: 0}", "{name: combined-margin, m1: 0.9, m2: 0.4, m3: 0.15}",
  ]
  return yamls.compactMap { text in
    (try? LossConfiguration(yaml("loss: \(text)").mapping(keys: ["loss"]).required("loss"))).map {
      (text, $0)
    }
  }
}()
