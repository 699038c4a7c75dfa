import LinearAlgebra

/// SST: a probe network that learns, a gallery network that follows it, and a queue of gallery features for prototypes.
enum SemiSiamese: Mechanism {
  static let description = MethodDescription(
    name: "semi-siamese", title: "SST",
    summary:
      "SST: prototypes are gallery features, of a network that follows by a moving average, in a queue",
    options: [
      OptionDescription("queue", .integer(1...16_777_216), default: .number(16384), queueSummary),
      OptionDescription(
        "ema", .number(0...1), default: .number(0.999),
        "α of the moving average θ_g ← α·θ_g + (1 − α)·θ_p (both codes); 0: one shared network"),
    ] + galleryOptions,
    presets: galleryPresets)

  static let queueSummary =
    "K, a multiple of the batch (both codes: 16384); equal to the batch: no queue, only the batch's own gallery features"

  /// The options of everything with gallery networks.
  static let galleryOptions: [OptionDescription] =
    [
      OptionDescription(
        "symmetric", .choice(GallerySettings.Symmetry.allCases.map(\.rawValue)), default: .text("mean"),
        "the two directions of a pair: mean (FaceX-Zoo) or sum (dituu) of their losses; off: one direction"),
      OptionDescription(
        "enqueue", .choice(GallerySettings.Enqueued.allCases.map(\.rawValue)), default: .text("random"),
        "whose gallery features stay in the queue (both codes: random, a batch together); with one direction the second's"
      ),
      OptionDescription(
        "batch-norm", .choice(GalleryStatistics.allCases.map(\.rawValue)), default: .text("batch"),
        "statistics of the gallery network: batch (both codes); running: its averaged running statistics"),
      OptionDescription(
        "identities", .choice(GallerySettings.Bookkeeping.allCases.map(\.rawValue)),
        default: .text("exclude"),
        "no identity twice in the queue: exclude (FaceX-Zoo) those in it from the next epoch, or order (dituu) epochs; free"
      ),
    ] + MultiFace.subspaceOptions(groups: 1, "N groups of the embedding, each with its own part of the queue")

  static let galleryPresets = [
    Preset(
      "facexzoo",
      [
        "queue": .number(16384), "ema": .number(0.999), "symmetric": .text("mean"),
        "enqueue": .text("random"), "batch-norm": .text("batch"), "identities": .text("exclude"),
      ], "FaceX-Zoo, training_mode/semi-siamese_training"),
    Preset(
      "dituu",
      [
        "queue": .number(16384), "ema": .number(0.999), "symmetric": .text("sum"),
        "enqueue": .text("random"), "batch-norm": .text("batch"), "identities": .text("order"),
      ], "dituu/Semi-Siamese-Training, main.py"),
  ]

  static func settings(_ options: Options) -> GallerySettings {
    GallerySettings(
      queue: options.integer("queue"), symmetry: options.choice("symmetric", GallerySettings.Symmetry.self),
      enqueued: options.choice("enqueue", GallerySettings.Enqueued.self),
      statistics: options.choice("batch-norm", GalleryStatistics.self),
      bookkeeping: options.choice("identities", GallerySettings.Bookkeeping.self),
      ema: options.numbers("ema"))
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
