import LinearAlgebra

/// Softmax cross-entropy with a margin that is drawn anew for each sample in each step.
///
/// m_i is normal with mean m and standard deviation σ. Arc: z_y = s·cos(θ_y + m_i); Cos: z_y = s·(cos θ_y − m_i). The "plus" forms hand the
/// drawn margins out by difficulty: see `Assignment`. The position in the stream of draws is part of the state.
/// Source: Boutros, Damer, Kirchbuchner and Kuijper, "ElasticFace: elastic margin loss for deep face recognition", 2022.
public struct ElasticFace: Loss {
  enum Form: String, CaseIterable { case arc, cos }

  /// Which sample gets which of the drawn margins.
  enum Assignment: String, CaseIterable {
    /// Sample i the i-th draw.
    case drawn
    /// The order of the released code: with `order` the samples by falling cosine, sample i gets the `order[i]`-th smallest.
    case released
    /// The larger the cosine, the smaller the margin, as the paper describes.
    case hardest
  }

  public static let description = MethodDescription(
    name: "elasticface", title: "ElasticFace",
    summary: "a margin drawn for each sample from a normal distribution",
    options: [
      OptionDescription(
        "form", .choice(Form.allCases.map(\.rawValue)), default: .text("arc"),
        "arc: z_y = s·cos(θ_y + m_i); cos: z_y = s·(cos θ_y − m_i)"),
      OptionDescription("scale", .positive, default: .number(64), "s (the paper and its code)"),
      OptionDescription(
        "margin", .number(0...2), default: .number(0.5), "mean of the margins (the paper: arc 0.5, cos 0.35)"),
      OptionDescription(
        "deviation", .number(0...1), default: .number(0.05),
        "σ of the margins (configuration: 0.05; arc-plus 0.0175, cos-plus 0.02; class default 0.0125)"),
      OptionDescription(
        "assignment", .choice(Assignment.allCases.map(\.rawValue)), default: .text("drawn"),
        "drawn: at random; plus forms: released (as the published code orders them) or hardest (the largest margin to the "
          + "smallest cosine, as the paper says)"),
    ],
    presets: [
      Preset("arc", published("arc", 0.5, 0.05, "drawn"), "ElasticFace, config/config.py ElasticArcFace"),
      Preset(
        "arc-plus", published("arc", 0.5, 0.0175, "released"),
        "ElasticFace, config/config.py ElasticArcFacePlus"),
      Preset("cos", published("cos", 0.35, 0.05, "drawn"), "ElasticFace, config/config.py ElasticCosFace"),
      Preset(
        "cos-plus", published("cos", 0.35, 0.02, "released"),
        "ElasticFace, config/config.py ElasticCosFacePlus"),
    ])

  private static func published(
    _ form: String, _ margin: Double, _ deviation: Double, _ assignment: String
  ) -> [String: OptionValue] {
    [
      "form": .text(form), "scale": .number(64), "margin": .number(margin), "deviation": .number(deviation),
      "assignment": .text(assignment),
    ]
  }

  private let form: Form
  private let scale: Double
  private let margin: Double
  private let deviation: Double
  private let assignment: Assignment
  private var stream: RandomStream
  /// What was drawn for the last batch, a margin a row.
  private var margins: [Double] = []

  public init(options: Options, classes: Int, stream: RandomStream) {
    form = options.choice("form", Form.self)
    scale = options.number("scale")
    margin = options.number("margin")
    deviation = options.number("deviation")
    assignment = options.choice("assignment", Assignment.self)
    self.stream = stream
  }

  public var traits: LossTraits { LossTraits(similarity: .cosine) }

  public var state: LossState {
    get { ["draws": [Double(stream.position)]] }
    set { stream.position = UInt64(exactly: newValue["draws"]?.first ?? 0) ?? 0 }
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    margins.removeAll(keepingCapacity: true)
    for _ in batch.targets { margins.append(margin + deviation * stream.normal()) }
    return evaluate(&batch, drawn: margins, workers: workers)
  }

  /// The loss with these draws, one a row.
  func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, drawn: [Double], workers: Workers
  ) -> Element {
    let margins = assignment == .drawn ? drawn : assigned(drawn, batch)
    let form = form
    return AngularMargin.crossEntropy(
      &batch, scale: Element(scale), treatment: .none, workers: workers
    ) { row in
      AngularMargin(
        multiplier: 1, margin: form == .arc ? margins[row] : 0, cosineMargin: form == .cos ? margins[row] : 0,
        wrap: .none, penalty: 0, epsilon: 0, straightThrough: false)
    }
  }

  /// The margin of each row, by the cosines of all.
  private func assigned<Element: Scalar>(_ drawn: [Double], _ batch: LossBatch<Element>) -> [Double] {
    let cosines = batch.targets.enumerated().map { Double(batch.similarities[$0, $1]) }
    return Self.assign(drawn, to: cosines, assignment)
  }

  /// The margin of each sample. Equal cosines keep their order.
  static func assign(_ drawn: [Double], to cosines: [Double], _ assignment: Assignment) -> [Double] {
    if assignment == .drawn { return drawn }
    let ascending = drawn.sorted()
    let order = cosines.indices.sorted {
      cosines[$0] > cosines[$1] || (cosines[$0] == cosines[$1] && $0 < $1)
    }
    if assignment == .released { return order.map { ascending[$0] } }
    var margins = drawn
    for (rank, row) in order.enumerated() { margins[row] = ascending[rank] }
    return margins
  }
}
