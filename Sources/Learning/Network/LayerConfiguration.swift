public import FeatureStores

/// How the matrix of a linear layer starts. Biases start at 0.
public enum WeightInitialisation: String, CaseIterable, Hashable, Sendable, Codable {
  /// Normal with variance 2/inputs: He, Zhang, Ren and Sun 2015, for layers followed by a rectifier.
  case he
  /// Uniform with variance 2/(inputs + outputs): Glorot and Bengio 2010.
  case xavier
  /// Uniform on ±1/√inputs: PyTorch's default.
  case uniform
  /// The identity matrix, cut or padded with zeros: training starts from the features as they are.
  case identity
}

/// One layer of a network.
///
/// In YAML a bare name with defaults (`batch-norm`), or a mapping of one name to its main value (`linear: 256`,
/// `dropout: 0.4`, `residual: [...]`) or to its options (`linear: {outputs: 256, bias: false}`).
public indirect enum LayerConfiguration: Hashable, Sendable, Codable {
  /// y = x·Wᵀ + b.
  case linear(outputs: Int, bias: Bool = true, initialisation: WeightInitialisation = .he)
  /// Batch normalisation; `momentum` is the weight of the new batch in the running statistics (PyTorch's sense).
  case batchNorm(momentum: Double = 0.1, epsilon: Double = 1e-5, affine: Bool = true)
  /// Parametric rectifier with one slope a column.
  case prelu(slope: Double = 0.25)
  /// Zeroes elements with this probability and scales the others by 1/(1 − rate), in training only.
  case dropout(rate: Double)
  /// x + f(x) for the layers f, which must keep the width.
  case residual([LayerConfiguration])

  static let names = ["linear", "batch-norm", "prelu", "dropout", "residual"]

  public init(_ node: ConfigurationNode) throws {
    if node.isScalar {
      switch try node.choice(of: Self.names) {
      case "batch-norm": self = .batchNorm()
      case "prelu": self = .prelu()
      case let name:
        throw node.error(
          found: node.excerpt, expected: "its value as well",
          advice: name == "linear" ? "Write ‘linear: 256’." : "Write ‘\(name): …’.")
      }
      return
    }
    let entries = try node.mapping(keys: Self.names).node.entries()
    guard let (name, value) = entries.first, entries.count == 1 else {
      throw node.error(found: "\(entries.count) keys", expected: "one layer an element of the list")
    }
    switch name {
    case "linear":
      if value.isScalar {
        self = .linear(outputs: try value.integer(in: 1...1_000_000))
      } else {
        let mapping = try value.mapping(keys: ["outputs", "bias", "initialise"])
        self = .linear(
          outputs: try mapping.required("outputs").integer(in: 1...1_000_000),
          bias: try mapping.value("bias", default: true) { try $0.boolean() },
          initialisation: try mapping.value("initialise", default: .he) {
            try $0.choice(WeightInitialisation.self)
          })
      }
    case "batch-norm":
      let mapping = try value.mapping(keys: ["momentum", "epsilon", "affine"])
      self = .batchNorm(
        momentum: try mapping.value("momentum", default: 0.1) { try $0.number(in: 0...1) },
        epsilon: try mapping.value("epsilon", default: 1e-5) { try $0.number(in: 1e-12...1) },
        affine: try mapping.value("affine", default: true) { try $0.boolean() })
    case "prelu": self = .prelu(slope: try value.number(in: -1...1))
    case "dropout": self = .dropout(rate: try value.number(in: 0...0.99))
    default: self = .residual(try value.list().map { try LayerConfiguration($0) })
    }
  }
}

/// A network as a list of layers; the empty list is the identity.
public struct NetworkConfiguration: Hashable, Sendable, Codable {
  public var layers: [LayerConfiguration]

  public init(_ layers: [LayerConfiguration]) { self.layers = layers }

  /// Reads a list of layers strictly.
  public init(_ node: ConfigurationNode) throws {
    layers = try node.list().map { try LayerConfiguration($0) }
  }

  /// The width of the embedding for features of `inputs` columns.
  public func outputs(inputs: Int) -> Int {
    layers.reduce(inputs) { width, layer in
      if case .linear(let outputs, _, _) = layer { outputs } else { width }
    }
  }

  /// Why the network cannot be built for features of `inputs` columns; nil where it can.
  public func unsupportedReason(inputs: Int) -> String? {
    var width = inputs
    for layer in layers {
      switch layer {
      case .linear(let outputs, _, _): width = outputs
      case .residual(let inner):
        let network = NetworkConfiguration(inner)
        if let reason = network.unsupportedReason(inputs: width) { return reason }
        let outputs = network.outputs(inputs: width)
        if outputs != width {
          return "a residual block gets \(width) columns and gives \(outputs): its sum needs the same number"
        }
      case .batchNorm, .prelu, .dropout: break
      }
    }
    return nil
  }
}
