import LinearAlgebra

/// MASST: semi-siamese training with several gallery agents, one a step, in rotation.
///
/// Only the paper's abstract is public; what it leaves open is an option here, and the defaults are our reading of it.
enum MultiAgent: Mechanism {
  static let description = MethodDescription(
    name: "multi-agent", title: "MASST",
    summary:
      "MASST: semi-siamese training with several gallery agents in rotation (our reading of the abstract)",
    options: [
      OptionDescription(
        "agents", .integer(1...64), default: .number(4), "A (ours; the paper's is not public)"),
      OptionDescription("queue", .integer(1...16_777_216), default: .number(16384), SemiSiamese.queueSummary),
      OptionDescription(
        "ema", .numbers(0...1), default: .number(0.999),
        "α of the moving average, one for all agents or a list of one each (ours: as SST)"),
      OptionDescription(
        "update", .choice(GallerySettings.Updated.allCases.map(\.rawValue)), default: .text("active"),
        "which agents move after a step: the active one (ours), or all"),
      OptionDescription(
        "start", .choice(GallerySettings.Start.allCases.map(\.rawValue)), default: .text("equal"),
        "agents start equal to the probe network (ours), or all but the first perturbed"),
      OptionDescription(
        "perturbation", .number(0...10), default: .number(0.1),
        "with start: perturbed, the noise's deviation over the root mean square of the weights (ours)"),
      OptionDescription(
        "queues", .choice(GallerySettings.Queues.allCases.map(\.rawValue)), default: .text("shared"),
        "one queue for all agents (“the updating gallery queue” of the abstract), or each agent its own"),
    ] + SemiSiamese.galleryOptions,
    presets: SemiSiamese.galleryPresets)

  static func settings(_ options: Options) -> GallerySettings {
    var settings = SemiSiamese.settings(options)
    settings.agents = options.integer("agents")
    settings.updated = options.choice("update", GallerySettings.Updated.self)
    settings.start = options.choice("start", GallerySettings.Start.self)
    settings.perturbation = options.number("perturbation")
    settings.queues = options.choice("queues", GallerySettings.Queues.self)
    return settings
  }

  static func subspaces(_ options: Options) -> Subspaces { MultiFace.subspaces(options) }

  static func unsupportedReason(_ options: Options, loss: LossTraits) -> String? {
    GallerySettings.unsupportedReason(loss: loss)
  }

  static func viewsPerSample(_ options: Options) -> Int { 2 }

  static func defaultSampler(_ options: Options) -> SamplerConfiguration { .perIdentity(images: 2) }

  static func identityRule(_ options: Options) -> IdentityRule { settings(options).identityRule }

  static func unsupportedReason(_ options: Options, batch: Int, sampler: SamplerConfiguration) -> String? {
    settings(options).unsupportedReason(batch: batch, sampler: sampler)
  }

  static func comparedClasses(_ options: Options, classes: Int) -> Int { options.integer("queue") }

  static func cost(_ options: Options, loss: LossTraits, batch: Int, classes: Int) -> SourceCost {
    settings(options).cost(batch: batch)
  }

  static func makeSource<Element: Scalar>(
    _ options: Options, head: SubspaceHead<Element>, classes: Int, seed: UInt64
  ) -> any PrototypeSource<Element> {
    GalleryPrototypes(head: head, settings: settings(options), seed: seed)
  }
}
