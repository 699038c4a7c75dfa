public import LinearAlgebra

/// How an embedding is compared with a prototype.
public enum Similarity: String, Sendable, Codable {
  /// The inner product of the unit vectors.
  case cosine
  /// The inner product as it is.
  case innerProduct = "inner-product"
}

/// What a loss needs besides similarities and targets.
public struct LossNeeds: OptionSet, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }
  /// The length of each embedding before normalisation; the loss returns a gradient for it.
  public static let norms = LossNeeds(rawValue: 1)
  /// The prototypes themselves, not only the similarities to them; the loss adds to a gradient for them.
  public static let prototypes = LossNeeds(rawValue: 2)
  /// Columns that are other samples of the batch instead of classes.
  public static let pairs = LossNeeds(rawValue: 4)
}

/// Numbers that a loss learns together with the network.
public struct LossParameter: Sendable {
  public enum Shape: Sendable {
    case perClass
    case scalar
  }

  public let name: String
  public let shape: Shape
  public let kind: ParameterKind
  /// Every number starts uniformly in this range; a range of one value sets it.
  public let initial: ClosedRange<Double>

  public init(_ name: String, _ shape: Shape, kind: ParameterKind, initial: ClosedRange<Double>) {
    self.name = name
    self.shape = shape
    self.kind = kind
    self.initial = initial
  }
}

/// What a loss declares about itself, so that a mechanism can serve it or say why not.
public struct LossTraits: Sendable {
  public var similarity: Similarity
  /// Consecutive columns that belong to one class (sub-centres).
  public var columnsPerClass = 1
  public var parameters: [LossParameter] = []
  public var needs: LossNeeds = []

  public init(
    similarity: Similarity, columnsPerClass: Int = 1, parameters: [LossParameter] = [], needs: LossNeeds = []
  ) {
    self.similarity = similarity
    self.columnsPerClass = columnsPerClass
    self.parameters = parameters
    self.needs = needs
  }
}

/// What a loss keeps between steps, by name; part of every checkpoint.
public typealias LossState = [String: [Double]]

/// A training loss over the similarities of a batch to prototypes.
///
/// A loss knows nothing of where the prototypes came from. One file a loss; its options, their defaults and sources are its
/// `description`, and `LossRegistry` lists it.
public protocol Loss: Sendable {
  static var description: MethodDescription { get }

  /// Whether it is a softmax cross-entropy, which focal weights, hard-sample mining and inter-class filtering can change
  /// (`SoftmaxModifiers`). True where a loss does not say otherwise.
  static var isSoftmaxFamily: Bool { get }

  /// The loss with all options resolved and in their domains, for prototypes of `classes` classes.
  ///
  /// A loss that draws random numbers takes them from `stream`, whose position is then part of its state.
  init(options: Options, classes: Int, stream: RandomStream)

  var traits: LossTraits { get }

  /// What it keeps between steps. Setting it to a value got from the same loss restores it.
  var state: LossState { get set }

  /// The mean loss over the rows of the batch.
  ///
  /// Replaces the similarities by the gradient with respect to them, writes the gradient with respect to the norms where it
  /// needs them, and adds to the gradients of its parameters and of the prototypes where it needs them. For finite input in
  /// range the results are finite.
  mutating func evaluate<Element: Scalar>(_ batch: inout LossBatch<Element>, workers: Workers) -> Element
}

extension Loss {
  public static var isSoftmaxFamily: Bool { true }

  public var state: LossState {
    get { [:] }
    set {}
  }
}

/// A loss chosen by name with its options.
public typealias LossConfiguration = MethodConfiguration<LossRegistry>

/// All losses. Adding one is a file and a line here.
public enum LossRegistry: MethodKind {
  public static let noun = "loss"

  static let losses: [any Loss.Type] = basic + margins + mining + pairs

  private static let basic: [any Loss.Type] = [
    Softmax.self, NormFace.self, CosFace.self, ArcFace.self, CombinedMargin.self,
  ]

  /// Margins of other forms than one constant on the target's cosine or angle.
  private static let margins: [any Loss.Type] = [
    SphereFace.self, SphereFaceR.self, SphereFacePlus.self, LSoftmax.self, AdaMSoftmax.self,
    SubCentreArcFace.self, ElasticFace.self, ArcNegFace.self, MagFace.self, AdaFace.self,
  ]

  /// Losses that weigh or choose the other classes or the samples, and those that are no softmax.
  private static let mining: [any Loss.Type] = [
    AdaCos.self, CurricularFace.self, MVSoftmax.self, NPCFace.self, Circle.self, CIFP.self, P2SGrad.self,
    UniFace.self, SphereFace2.self,
  ]

  /// Losses of pairs and triplets of samples.
  private static let pairs: [any Loss.Type] = [Contrastive.self, Triplet.self, NPair.self]

  /// All losses; those of the softmax family with the options of `SoftmaxModifiers`.
  public static var descriptions: [MethodDescription] {
    losses.map { $0.isSoftmaxFamily ? SoftmaxModifiers.describe($0) : $0.description }
  }
}

extension MethodConfiguration where Kind == LossRegistry {
  private var type: any Loss.Type {
    guard let type = LossRegistry.losses.first(where: { $0.description.name == name }) else {
      preconditionFailure("a configuration exists for registered losses only")
    }
    return type
  }

  /// What the loss declares about itself.
  public var traits: LossTraits { makeLoss(classes: 2, seed: 0).traits }

  /// The loss for prototypes of `classes` classes; each group of a subspace has one of its own. What it draws comes from a
  /// stream of `seed` for the group.
  public func makeLoss(classes: Int, seed: UInt64, group: Int = 0) -> any Loss {
    let type = type
    let modifiers = type.isSoftmaxFamily ? SoftmaxModifiers(options) : SoftmaxModifiers()
    let loss = type.init(
      options: options, classes: classes, stream: RandomStream(seed: seed, name: "loss.\(group)"))
    return modifiers.isNeutral ? loss : modifiers.applied(to: loss)
  }

  /// Whether the loss is a softmax cross-entropy; see `Loss.isSoftmaxFamily`.
  public var isSoftmaxFamily: Bool { type.isSoftmaxFamily }
}
