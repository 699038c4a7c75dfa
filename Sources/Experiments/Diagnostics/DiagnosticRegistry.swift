import Learning

/// A diagnostic that an experiment asks for by name, with its options.
public typealias DiagnosticConfiguration = MethodConfiguration<DiagnosticRegistry>

/// What runs can record about their training and their embedding, besides the results of protocols.
///
/// None of them changes what is trained, so none is part of a run's identity. Those of the finished model are made from its file; those of
/// training (`followsTraining`) are recorded while it trains, and a run that was trained without them is trained again, to the same bytes.
public enum Diagnostic: String, CaseIterable, Sendable {
  /// Loss and validation accuracy against steps.
  case curve
  /// Angles within and between identities.
  case compactness
  /// How many dimensions the embedding uses.
  case spectrum
  /// How alike the groups of the embedding are, and what each can do alone.
  case groups
  /// How the images of a few identities cluster in the embedding and in each of its groups.
  case clusters
  /// The gradient at each matrix of class weights, over present and absent classes.
  case headGradients = "head-gradients"
  /// Loss and gradient along the gradient.
  case smoothness
  /// The loss on a plane through the final weights.
  case landscape
  /// Operations and numbers, counted.
  case cost

  /// Whether it needs the state of training: the prototypes, gallery networks and queue besides the network.
  var followsTraining: Bool {
    switch self {
    case .curve, .headGradients, .smoothness, .landscape: true
    case .compactness, .spectrum, .groups, .clusters, .cost: false
    }
  }

  /// Whether it measures the identities of `validation`.
  var needsValidation: Bool {
    switch self {
    case .curve, .compactness, .spectrum, .groups, .clusters: true
    case .headGradients, .smoothness, .landscape, .cost: false
    }
  }

  /// Whether stored features can be measured as a trained embedding is.
  var servesStoredFeatures: Bool { self == .compactness || self == .spectrum }
}

/// The descriptions of all diagnostics.
public enum DiagnosticRegistry: MethodKind {
  public static let noun = "diagnostic"

  private static func every(_ steps: Double, _ summary: String) -> OptionDescription {
    OptionDescription("every", .integer(1...1_000_000), default: .number(steps), summary)
  }

  private static let images = OptionDescription(
    "images", .integer(2...100_000), default: .number(4000),
    "at most so many of the validation images, the first ones; every two of them are compared")

  private static let groups = OptionDescription(
    "groups", .integer(0...64), default: .number(0),
    "into how many groups the embedding is cut; 0: as the mechanism trains it")

  public static let descriptions = Diagnostic.allCases.map(description)

  private static func description(_ diagnostic: Diagnostic) -> MethodDescription {
    let (title, summary, options): (String, String, [OptionDescription]) =
      switch diagnostic {
      case .curve:
        (
          "Training curve", "loss and validation accuracy, AUC and EER against steps",
          [every(20, "steps between points; there is one before the first step and one after the last")]
        )
      case .compactness:
        (
          "Compactness", "angles within and between validation identities: mean, SD, histogram by degrees",
          [images]
        )
      case .spectrum:
        ("Spectrum", "eigenvalues of the covariance of validation embeddings, and effective dimensions", [])
      case .groups:
        (
          "Groups",
          "validation accuracy of each group of the embedding alone, agreement and linear CKA of groups",
          [groups, images]
        )
      case .clusters:
        (
          "Clusters",
          "images of a few validation identities on two principal components, whole and in each group; between/within, silhouette",
          [
            OptionDescription(
              "identities", .integer(2...32), default: .number(10),
              "at most so many of the validation identities that have two images, the first ones"),
            OptionDescription(
              "images", .integer(2...100), default: .number(20),
              "at most so many of each identity's images, the first ones"), groups,
          ]
        )
      case .headGradients:
        (
          "Head gradients", "mean |∂L/∂w| of each matrix of class weights, over present and absent classes",
          [every(200, "steps between points (MultiFace's research code: 200)")]
        )
      case .smoothness:
        (
          "Smoothness",
          "range of the loss, change of the gradient, β and Lipschitz estimates along the gradient",
          [
            every(100, "steps between points; there is one before the first step and one after the last"),
            OptionDescription(
              "rates", .numbers(1e-9...1e9), default: .numbers([0.0625, 0.125, 0.25, 0.5, 1]),
              "the step sizes η of θ − ηg"),
          ]
        )
      case .landscape:
        (
          "Landscape", "the loss of a batch on a plane through the final weights, filter-normalised",
          [
            OptionDescription(
              "points", .integer(3...101), default: .number(11), "points along each direction"),
            OptionDescription(
              "extent", .positive, default: .number(1), "the largest step, in lengths of the filters"),
          ]
        )
      case .cost:
        (
          "Cost",
          "operations of a step and of inference and numbers in memory, counted; times in environment.json",
          []
        )
      }
    return MethodDescription(
      name: diagnostic.rawValue, title: title, summary: summary, options: options)
  }
}

extension MethodConfiguration where Kind == DiagnosticRegistry {
  var diagnostic: Diagnostic {
    guard let diagnostic = Diagnostic(rawValue: name) else {
      preconditionFailure("a configuration exists for registered diagnostics only")
    }
    return diagnostic
  }

  /// Whether a point is due after `step` of `steps` steps.
  func isDue(step: Int, of steps: Int) -> Bool {
    switch diagnostic {
    case .curve, .smoothness: step == steps || step % options.integer("every") == 0
    // Before the first step there is no gradient yet.
    case .headGradients: step > 0 && (step == steps || step % options.integer("every") == 0)
    case .landscape: step == steps
    case .compactness, .spectrum, .groups, .clusters, .cost: false
    }
  }
}
