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

  /// Images of an identity in a sample.
  static func viewsPerSample(_ options: Options) -> Int

  /// Whether rows are compared with prototypes of classes or of a queue; else with each other.
  static var hasPrototypes: Bool { get }

  /// How rows are drawn where an experiment does not say.
  static func defaultSampler(_ options: Options) -> SamplerConfiguration

  /// Which identities may follow each other.
  static func identityRule(_ options: Options) -> IdentityRule

  /// Why batches of `batch` samples drawn by `sampler` cannot be trained on so; nil where they can.
  static func unsupportedReason(_ options: Options, batch: Int, sampler: SamplerConfiguration) -> String?

  /// The number of classes that a row is compared with, of `classes` identities.
  static func comparedClasses(_ options: Options, classes: Int) -> Int

  /// What a step on `batch` samples of `classes` identities computes and keeps besides the trained network.
  static func cost(_ options: Options, loss: LossTraits, batch: Int, classes: Int) -> SourceCost

  /// The source of the prototypes of `classes` classes.
  static func makeSource<Element: Scalar>(
    _ options: Options, head: SubspaceHead<Element>, classes: Int, seed: UInt64
  ) -> any PrototypeSource<Element>
}

extension Mechanism {
  static var hasPrototypes: Bool { true }
  static func viewsPerSample(_ options: Options) -> Int { 1 }
  static func defaultSampler(_ options: Options) -> SamplerConfiguration { .uniform }
  static func identityRule(_ options: Options) -> IdentityRule { .free }
  static func unsupportedReason(_ options: Options, batch: Int, sampler: SamplerConfiguration) -> String? {
    nil
  }
  static func comparedClasses(_ options: Options, classes: Int) -> Int { classes }

  /// That of class weights.
  static func cost(_ options: Options, loss: LossTraits, batch: Int, classes: Int) -> SourceCost {
    SourceCost(
      rows: batch, prototypes: comparedClasses(options, classes: classes) * loss.columnsPerClass,
      weights: classes * loss.columnsPerClass)
  }
}

/// A mechanism chosen by name with its options.
public typealias MechanismConfiguration = MethodConfiguration<MechanismRegistry>

/// All mechanisms.
public enum MechanismRegistry: MethodKind {
  public static let noun = "mechanism"

  static let mechanisms: [any Mechanism.Type] = [
    Conventional.self, MultiFace.self, SemiSiamese.self, MultiAgent.self, Siamese.self,
  ]

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

  /// Images of an identity in a sample.
  public var viewsPerSample: Int { type.viewsPerSample(options) }

  /// How rows are drawn where an experiment does not say.
  public var defaultSampler: SamplerConfiguration { type.defaultSampler(options) }

  /// Which identities may follow each other.
  public var identityRule: IdentityRule { type.identityRule(options) }

  /// Why embeddings of `width` columns cannot be trained with `loss` by this mechanism; nil where they can.
  public func unsupportedReason(loss: LossConfiguration, width: Int) -> String? {
    let groups = subspaces.count
    if width % groups != 0 { return "\(groups) groups do not divide an embedding of \(width) columns" }
    if let reason = unsupportedMargin(loss) { return reason }
    return type.unsupportedReason(options, loss: loss.traits)
  }

  /// What is added to the loss's margin.
  private var marginChange: Double {
    if case .number(let change)? = options.values["margin-change"] { change } else { 0 }
  }

  /// The loss with its margin changed as the mechanism says.
  private func adapted(_ loss: LossConfiguration) throws -> LossConfiguration {
    guard marginChange != 0, case .number(let margin)? = loss.options.values["margin"] else { return loss }
    return try LossConfiguration(
      loss.name, loss.options.values.merging(["margin": .number(margin + marginChange)]) { $1 })
  }

  private func unsupportedMargin(_ loss: LossConfiguration) -> String? {
    guard marginChange != 0 else { return nil }
    guard case .number(let margin)? = loss.options.values["margin"] else {
      return "the loss has no margin to change by \(marginChange)"
    }
    return (try? adapted(loss)) == nil
      ? "margin-change makes the margin \(margin + marginChange), which the loss does not take" : nil
  }

  /// Why batches of `batch` samples drawn by `sampler`, from `classes` identities where that is known, cannot be trained on by
  /// this mechanism; nil where they can.
  public func unsupportedReason(batch: Int, sampler: SamplerConfiguration, classes: Int?) -> String? {
    if let reason = type.unsupportedReason(options, batch: batch, sampler: sampler)
      ?? sampler.unsupportedReason(batch: batch, views: viewsPerSample)
    {
      return reason
    }
    guard let classes,
      let perBatch = sampler.identitiesPerBatch(batch: batch, views: viewsPerSample)
    else { return nil }
    return identityRule.unsupportedReason(identities: classes, perBatch: perBatch)
  }

  /// Why small gradients cannot be left out (`TrainingConfiguration.gradientSkipping`); nil where they can.
  var unskippableReason: String? {
    type.hasPrototypes
      ? nil : "gradient-skipping serves prototypes, and the mechanism compares a batch with itself"
  }

  /// What a step on `batch` samples of `classes` identities computes and keeps besides the trained network.
  func cost(loss: LossTraits, batch: Int, classes: Int) -> SourceCost {
    type.cost(options, loss: loss, batch: batch, classes: classes)
  }

  /// The source of prototypes for a supported combination.
  func makeSource<Element: Scalar>(
    loss: LossConfiguration, width: Int, classes: Int, seed: UInt64, skipping: Double? = nil,
    _ element: Element.Type
  ) -> any PrototypeSource<Element> {
    let compared = type.comparedClasses(options, classes: classes)
    // Where it cannot be, the combination is unsupported.
    let loss = (try? adapted(loss)) ?? loss
    return makeSource(
      loss: { loss.makeLoss(classes: compared, seed: seed, group: $0) }, width: width, classes: classes,
      seed: seed, skipping: skipping, element)
  }

  /// The source of prototypes for losses that `loss` makes, one a group.
  func makeSource<Element: Scalar>(
    loss: (_ group: Int) -> any Loss, width: Int, classes: Int, seed: UInt64, skipping: Double? = nil,
    _ element: Element.Type
  ) -> any PrototypeSource<Element> {
    let head = SubspaceHead<Element>(
      loss: loss, subspaces: subspaces, width: width,
      classes: type.comparedClasses(options, classes: classes), seed: seed, skipping: skipping)
    return type.makeSource(options, head: head, classes: classes, seed: seed)
  }
}

/// The conventional classifier: one learned prototype a class, compared with the whole embedding.
enum Conventional: Mechanism {
  static let initialise = OptionDescription(
    "initialise", .choice(["automatic", "renorm", "normal", "xavier"]), default: .text("automatic"),
    "how class weights start; automatic: renorm (uniform, unit rows) for cosines, normal (deviation 0.01) else"
  )

  static let sampleRate = OptionDescription(
    "sample-rate", .number(1e-6...1), default: .number(1),
    "the share of all classes that a step compares with, the batch's own always among them (Partial FC); 1: all"
  )

  static let description = MethodDescription(
    name: "conventional", title: "Conventional", summary: "learned class weights against the whole embedding",
    options: [initialise, sampleRate])

  static func subspaces(_ options: Options) -> Subspaces { Subspaces() }

  static func unsupportedReason(_ options: Options, loss: LossTraits) -> String? {
    if loss.needs.contains(.pairs) {
      return "the loss compares samples of a batch with each other, not with class weights"
    }
    if let parameter = loss.parameters.first(where: { $0.shape == .perClass }),
      options.number("sample-rate") < 1
    {
      return "the loss learns a number a class (\(parameter.name)), which sampled classes do not serve"
    }
    return nil
  }

  static func comparedClasses(_ options: Options, classes: Int) -> Int {
    let rate = options.number("sample-rate")
    return rate < 1 ? ClassSample.count(rate: rate, classes: classes) : classes
  }

  static func makeSource<Element: Scalar>(
    _ options: Options, head: SubspaceHead<Element>, classes: Int, seed: UInt64
  ) -> any PrototypeSource<Element> {
    ClassWeights(
      head: head, classes: classes,
      initialisation: options.choice("initialise", ClassWeights<Element>.Initialisation.self),
      sampleRate: options.number("sample-rate"), seed: seed)
  }
}

/// MultiFace: the embedding in contiguous groups, each with its own learned class weights and loss.
enum MultiFace: Mechanism {
  /// The options that cut the embedding, for any mechanism.
  static func subspaceOptions(groups: Int, _ groupsSummary: String) -> [OptionDescription] {
    [
      OptionDescription("groups", .integer(1...64), default: .number(Double(groups)), groupsSummary),
      OptionDescription(
        "normalise", .choice(Subspaces.Normalisation.allCases.map(\.rawValue)), default: .text("whole"),
        "whole: the embedding has unit length, its parts do not (the released code); group: each part has"),
      OptionDescription(
        "reduction", .choice(Subspaces.Reduction.allCases.map(\.rawValue)), default: .text("sum"),
        "sum (the released code) or mean of the losses of the groups"),
      OptionDescription(
        "margin-change", .number(-2...2), default: .number(0),
        "added to the loss's margin; the released code trains its groups of ArcFace with a margin smaller by 0.2"
      ),
    ]
  }

  static let description = MethodDescription(
    name: "multiface", title: "MultiFace",
    summary: "N contiguous groups of the embedding, each with its own class weights and loss",
    options: subspaceOptions(groups: 4, "N (the released code's default)")
      + [Conventional.initialise, Conventional.sampleRate])

  static func subspaces(_ options: Options) -> Subspaces {
    Subspaces(
      count: options.integer("groups"),
      normalisation: options.choice("normalise", Subspaces.Normalisation.self),
      reduction: options.choice("reduction", Subspaces.Reduction.self))
  }

  static func unsupportedReason(_ options: Options, loss: LossTraits) -> String? {
    Conventional.unsupportedReason(options, loss: loss)
  }

  static func comparedClasses(_ options: Options, classes: Int) -> Int {
    Conventional.comparedClasses(options, classes: classes)
  }

  static func makeSource<Element: Scalar>(
    _ options: Options, head: SubspaceHead<Element>, classes: Int, seed: UInt64
  ) -> any PrototypeSource<Element> {
    Conventional.makeSource(options, head: head, classes: classes, seed: seed)
  }
}
