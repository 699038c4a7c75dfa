public import FeatureStores
import LinearAlgebra

/// Weight decay by kind of parameter.
public struct WeightDecay: Hashable, Sendable, Codable {
  private var values: [String: Double]

  /// `decay` for weights and prototypes, none for biases, normalisation parameters, slopes and loss parameters.
  public init(_ decay: Double = 5e-4) {
    values = Dictionary(
      uniqueKeysWithValues: ParameterKind.allCases.map {
        ($0.rawValue, $0 == .weight || $0 == .prototype ? decay : 0)
      })
  }

  public subscript(kind: ParameterKind) -> Double {
    get { values[kind.rawValue] ?? 0 }
    set { values[kind.rawValue] = newValue }
  }

  /// Reads a number (as `init(_:)`) or a mapping from kinds to numbers, in which kinds left out keep the default.
  public init(_ node: ConfigurationNode) throws {
    self.init()
    if node.isScalar {
      self.init(try node.number(in: 0...1))
      return
    }
    let mapping = try node.mapping(keys: ParameterKind.allCases.map(\.rawValue))
    for kind in ParameterKind.allCases {
      if let value = mapping[kind.rawValue] { self[kind] = try value.number(in: 0...1) }
    }
  }

  public init(from decoder: any Decoder) throws {
    self.init()
    values.merge(try [String: Double](from: decoder)) { $1 }
  }

  public func encode(to encoder: any Encoder) throws { try values.encode(to: encoder) }
}

/// Stochastic gradient descent with momentum, in PyTorch's form.
///
/// g ← c·g + λ·w, with c of the clipping and λ of the parameter's kind; v ← μ·v + g; w ← w − η·v, or with Nesterov's momentum
/// w ← w − η·(g + μ·v). The first step starts from v = 0, so v = g as in PyTorch (`torch.optim.SGD`, no dampening).
/// With a clipping norm M, c = min(1, M/(‖g‖ + 1e-6)) over all gradients together (`clip_grad_norm_`).
public struct OptimizerConfiguration: Hashable, Sendable, Codable {
  /// η before the schedule's factor.
  public var learningRate: Double
  /// μ.
  public var momentum: Double
  public var nesterov: Bool
  public var weightDecay: WeightDecay
  /// M; nil for no clipping.
  public var clipNorm: Double?

  public init(
    learningRate: Double = 0.1, momentum: Double = 0.9, nesterov: Bool = false,
    weightDecay: WeightDecay = WeightDecay(), clipNorm: Double? = nil
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.nesterov = nesterov
    self.weightDecay = weightDecay
    self.clipNorm = clipNorm
  }

  /// Reads a mapping strictly; keys left out keep the defaults of `init`.
  public init(_ node: ConfigurationNode) throws {
    let mapping = try node.mapping(
      keys: ["name", "learning-rate", "momentum", "nesterov", "weight-decay", "clip-norm"])
    _ = try mapping.value("name", default: "sgd") { try $0.choice(of: ["sgd"]) }
    self.init(
      learningRate: try mapping.value("learning-rate", default: 0.1) { try $0.number(in: 0...1000) },
      momentum: try mapping.value("momentum", default: 0.9) { try $0.number(in: 0...0.99999) },
      nesterov: try mapping.value("nesterov", default: false) { try $0.boolean() },
      weightDecay: try mapping.value("weight-decay", default: WeightDecay()) { try WeightDecay($0) },
      clipNorm: try mapping.value("clip-norm", default: nil) { node -> Double? in
        let value = try node.number()
        guard value > 0 else { throw node.error(found: node.excerpt, expected: "a number above 0") }
        return value
      })
    if nesterov && momentum == 0 {
      throw node.error(found: "nesterov: true with momentum: 0", expected: "a momentum above 0")
    }
  }
}

/// The state of the optimiser: one velocity a parameter, in the order in which parameters are visited.
struct Optimizer<Element: Scalar>: Sendable {
  let configuration: OptimizerConfiguration
  private(set) var velocities: [Matrix<Element>] = []
  private var cursor = 0

  init(_ configuration: OptimizerConfiguration) { self.configuration = configuration }

  /// Adds the velocity, 0, of the next parameter.
  mutating func add(_ parameter: Parameter<Element>) {
    velocities.append(Matrix(rows: parameter.value.rows, columns: parameter.value.columns))
  }

  mutating func restore(_ index: Int, _ velocity: Matrix<Element>) { velocities[index] = velocity }

  /// Starts a step over all parameters.
  mutating func begin() { cursor = 0 }

  /// What gradients of this joint norm are multiplied by.
  func clippingFactor(gradientNorm: Double) -> Double {
    configuration.clipNorm.map { min(1, $0 / (gradientNorm + 1e-6)) } ?? 1
  }

  /// Moves the next parameter.
  mutating func update(_ parameter: inout Parameter<Element>, rate: Double, factor: Double, workers: Workers)
  {
    ElementwiseKernels.descend(
      &parameter.value, gradient: parameter.gradient, velocity: &velocities[cursor], rate: Element(rate),
      momentum: Element(configuration.momentum),
      decay: Element(configuration.weightDecay[parameter.kind]), scale: Element(factor),
      nesterov: configuration.nesterov, workers: workers)
    cursor += 1
  }
}
