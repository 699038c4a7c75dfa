import LinearAlgebra

/// A training mechanism: where the prototypes come from, and how the embedding is cut into subspaces.
///
/// Adding one is a file and a line in `MechanismRegistry`.
protocol Mechanism: Sendable {
  static var description: MethodDescription { get }

  /// How the embedding is cut.
  static func subspaces(_ options: Options) -> Subspaces

  /// Why a loss with these traits cannot be trained so, beyond what the subspaces alone forbid; nil where it can.
  static func unsupportedReason(_ options: Options, loss: LossTraits) -> String?

  /// The source of the prototypes of `classes` classes.
  static func makeSource<Element: Scalar>(
    _ options: Options, head: SubspaceHead<Element>, classes: Int, seed: UInt64
  ) -> any PrototypeSource<Element>
}

/// A mechanism chosen by name with its options.
public typealias MechanismConfiguration = MethodConfiguration<MechanismRegistry>

/// All mechanisms.
public enum MechanismRegistry: MethodKind {
  public static let noun = "mechanism"

  static let mechanisms: [any Mechanism.Type] = [Conventional.self, MultiFace.self]

  public static var descriptions: [MethodDescription] { mechanisms.map { $0.description } }
}

extension MethodConfiguration where Kind == MechanismRegistry {
  private var type: any Mechanism.Type {
    guard let type = MechanismRegistry.mechanisms.first(where: { $0.description.name == name }) else {
      preconditionFailure("a configuration exists for registered mechanisms only")
    }
    return type
  }

  public var subspaces: Subspaces { type.subspaces(options) }

  /// Why embeddings of `width` columns cannot be trained with `loss` by this mechanism; nil where they can.
  public func unsupportedReason(loss: LossConfiguration, width: Int) -> String? {
    let groups = subspaces.count
    if width % groups != 0 { return "\(groups) groups do not divide an embedding of \(width) columns" }
    return type.unsupportedReason(options, loss: loss.traits)
  }

  /// The source of prototypes for a supported combination.
  func makeSource<Element: Scalar>(
    loss: LossConfiguration, width: Int, classes: Int, seed: UInt64, _ element: Element.Type
  ) -> any PrototypeSource<Element> {
    makeSource(
      loss: { loss.makeLoss(classes: classes, seed: seed, group: $0) }, width: width, classes: classes,
      seed: seed, element)
  }

  /// The source of prototypes for losses that `loss` makes, one a group.
  func makeSource<Element: Scalar>(
    loss: (_ group: Int) -> any Loss, width: Int, classes: Int, seed: UInt64, _ element: Element.Type
  ) -> any PrototypeSource<Element> {
    let head = SubspaceHead<Element>(
      loss: loss, subspaces: subspaces, width: width, classes: classes, seed: seed)
    return type.makeSource(options, head: head, classes: classes, seed: seed)
  }
}

/// The conventional classifier: one learned prototype a class, compared with the whole embedding.
enum Conventional: Mechanism {
  static let initialise = OptionDescription(
    "initialise", .choice(["automatic", "renorm", "normal", "xavier"]), default: .text("automatic"),
    "how class weights start; automatic: renorm (uniform, unit rows) for cosines, normal (deviation 0.01) else"
  )

  static let description = MethodDescription(
    name: "conventional", title: "Conventional", summary: "learned class weights against the whole embedding",
    options: [initialise])

  static func subspaces(_ options: Options) -> Subspaces { Subspaces() }

  static func unsupportedReason(_ options: Options, loss: LossTraits) -> String? {
    loss.needs.contains(.pairs)
      ? "the loss compares samples of a batch with each other, not with class weights" : nil
  }

  static func makeSource<Element: Scalar>(
    _ options: Options, head: SubspaceHead<Element>, classes: Int, seed: UInt64
  ) -> any PrototypeSource<Element> {
    ClassWeights(
      head: head, classes: classes,
      initialisation: options.choice("initialise", ClassWeights<Element>.Initialisation.self), seed: seed)
  }
}

/// MultiFace: the embedding in contiguous groups, each with its own learned class weights and loss.
enum MultiFace: Mechanism {
  static let description = MethodDescription(
    name: "multiface", title: "MultiFace",
    summary: "N contiguous groups of the embedding, each with its own class weights and loss",
    options: [
      OptionDescription("groups", .integer(1...64), default: .number(4), "N (the released code's default)"),
      OptionDescription(
        "normalise", .choice(Subspaces.Normalisation.allCases.map(\.rawValue)), default: .text("whole"),
        "whole: the embedding has unit length, its parts do not (the released code); group: each part has"),
      OptionDescription(
        "reduction", .choice(Subspaces.Reduction.allCases.map(\.rawValue)), default: .text("sum"),
        "sum (the released code) or mean of the losses of the groups"),
      Conventional.initialise,
    ])

  static func subspaces(_ options: Options) -> Subspaces {
    Subspaces(
      count: options.integer("groups"),
      normalisation: options.choice("normalise", Subspaces.Normalisation.self),
      reduction: options.choice("reduction", Subspaces.Reduction.self))
  }

  static func unsupportedReason(_ options: Options, loss: LossTraits) -> String? {
    Conventional.unsupportedReason(options, loss: loss)
  }

  static func makeSource<Element: Scalar>(
    _ options: Options, head: SubspaceHead<Element>, classes: Int, seed: UInt64
  ) -> any PrototypeSource<Element> {
    Conventional.makeSource(options, head: head, classes: classes, seed: seed)
  }
}
