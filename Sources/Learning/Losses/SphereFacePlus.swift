import LinearAlgebra

/// SphereFace with the hyperspherical energy of the prototypes of the classes in the batch.
///
/// L = L_SphereFace + λ·mean over pairs of classes of arccos(p_i·p_j)⁻², p the unit prototypes; 0 where the batch has one class.
/// Cosines are kept 1e-5 away from ±1, without a gradient beyond (opensphere).
/// Sources: Liu et al., "Learning towards minimum hyperspherical energy", 2018; opensphere.
public struct SphereFacePlus: Loss {
  public static let description = MethodDescription(
    name: "sphereface-plus", title: "SphereFace+",
    summary: "SphereFace and the hyperspherical energy of the batch's prototypes",
    options: SphereFace.options.map { option in
      SphereFace.opensphere(scale: 30, margin: 1.5)[option.name].map {
        OptionDescription(option.name, option.domain, default: $0, option.summary)
      } ?? option
    } + [
      OptionDescription("energy-weight", .number(0...1e6), default: .number(1), "λ (opensphere)")
    ],
    presets: [
      Preset(
        "opensphere",
        SphereFace.opensphere(scale: 30, margin: 1.5).merging(["energy-weight": .number(1)]) { $1 },
        "opensphere, model/head/spherefaceplus.py")
    ])

  private var sphereFace: SphereFace
  private let weight: Double

  public init(options: Options, classes: Int, stream: RandomStream) {
    sphereFace = SphereFace(options: options, classes: classes, stream: stream)
    weight = options.number("energy-weight")
  }

  public var traits: LossTraits {
    var traits = sphereFace.traits
    traits.needs.insert(.prototypes)
    return traits
  }

  public var state: LossState {
    get { sphereFace.state }
    set { sphereFace.state = newValue }
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func evaluate<Element: Scalar>(
    _ batch: inout LossBatch<Element>, workers: Workers
  ) -> Element {
    let loss = sphereFace.evaluate(&batch, workers: workers)
    return loss
      + HypersphericalEnergy.add(
        Element(weight), prototypes: batch.prototypes, targets: batch.targets,
        to: &batch.prototypeGradients, memory: &batch.energy, workers: workers)
  }
}

/// The mean of arccos(p_i·p_j)⁻² over pairs of unit prototypes: large where some lie close together.
enum HypersphericalEnergy {
  /// What it works in, kept from step to step.
  struct Memory<Element: Scalar>: Sendable {
    fileprivate var chosen = Matrix<Element>(rows: 0, columns: 0)
    fileprivate var change = Matrix<Element>(rows: 0, columns: 0)
    fileprivate var slopes = Matrix<Element>(rows: 0, columns: 0)
    fileprivate var scratch = Matrix<Element>(rows: 0, columns: 0)
    fileprivate var energies: [Element] = []
    /// The distinct classes of the batch, ascending, and which classes those are.
    fileprivate var classes: [Int] = []
    private var isPresent: [Bool] = []
    fileprivate var arcsine: [Element] = []

    /// Finds the distinct classes of `targets`, of `count` classes.
    fileprivate mutating func choose(_ targets: [Int], of count: Int) {
      if isPresent.count != count { isPresent = Array(repeating: false, count: count) }
      for label in isPresent.indices { isPresent[label] = false }
      for target in targets { isPresent[target] = true }
      classes.removeAll(keepingCapacity: true)
      for label in isPresent.indices where isPresent[label] { classes.append(label) }
    }

    fileprivate mutating func fit(classes: Int, dimension: Int) {
      chosen.reshape(classes, dimension)
      change.reshape(classes, dimension)
      slopes.reshape(classes, classes)
      scratch.reshape(Matrix<Element>.scratchRows(for: classes), classes)
      energies.removeAll(keepingCapacity: true)
      for _ in 0..<classes { energies.append(0) }
      if arcsine.isEmpty { arcsine = HypersphericalEnergy.arcsine(Element.self) }
    }
  }

  /// `weight` times the energy of the rows of `prototypes` whose classes are in `targets`; adds the gradient with respect to them. 0 for fewer
  /// than two classes. Takes B² numbers for B classes.
  static func add<Element: Scalar>(
    _ weight: Element, prototypes: Matrix<Element>, targets: [Int], to gradient: inout Matrix<Element>,
    memory: inout Memory<Element>, workers: Workers
  ) -> Element {
    memory.choose(targets, of: prototypes.rows)
    let classes = memory.classes
    let count = classes.count
    guard count > 1 else { return 0 }
    let share = weight / (Element(count) * Element(count - 1) / 2)
    memory.fit(classes: count, dimension: prototypes.columns)
    prototypes.gather(rows: classes, into: &memory.chosen, workers: workers)
    gemm(memory.chosen, .asIs, memory.chosen, .transposed, into: &memory.slopes, workers: workers)
    let arcsine = memory.arcsine
    memory.slopes.updateRows(scratch: &memory.scratch, results: &memory.energies, workers: workers) {
      row, values, _ in
      // A prototype has no angle with itself.
      values[row] = -Element.infinity
      return VectorKernels.inverseSquareAngle(&values, within: 1 - 1e-5, share: share, arcsine: arcsine)
    }
    gemm(memory.slopes, .asIs, memory.chosen, into: &memory.change, workers: workers)
    gradient.addRows(of: &memory.change, at: classes, workers: workers)
    // Every pair is in two rows.
    return memory.energies.reduce(0, +) / 2
  }

  /// The Chebyshev coefficients of arcsin(√t)/√t over t in [0, ½] to the type's precision: the nearest singularity, t = 1, makes
  /// terms fall by a factor of 3 + √8 each.
  private static func arcsine<Element: Scalar>(_ type: Element.Type) -> [Element] {
    ChebyshevSum.coefficients(Element.significandBitCount < 30 ? 12 : 24) { half in
      let root = (half / 2).squareRoot()
      return root > 0 ? Double.asin(root) / root : 1
    }
  }
}
