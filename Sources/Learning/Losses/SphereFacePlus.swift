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
        Element(weight), prototypes: batch.prototypes, classes: Set(batch.targets).sorted(),
        to: &batch.prototypeGradients, workers: workers)
  }
}

/// The mean of arccos(p_i·p_j)⁻² over pairs of unit prototypes: large where some lie close together.
enum HypersphericalEnergy {
  /// `weight` times the energy of the rows `classes` of `prototypes`; adds the gradient with respect to them. 0 for fewer
  /// than two classes. Takes B² numbers for B classes.
  static func add<Element: Scalar>(
    _ weight: Element, prototypes: Matrix<Element>, classes: [Int], to gradient: inout Matrix<Element>,
    workers: Workers
  ) -> Element {
    let count = classes.count
    guard count > 1 else { return 0 }
    let share = weight / (Element(count) * Element(count - 1) / 2)
    let chosen = prototypes.gathering(rows: classes)
    var slopes = Matrix<Element>(rows: count, columns: count)
    gemm(chosen, .asIs, chosen, .transposed, into: &slopes, workers: workers)
    var energies = [Element](repeating: 0, count: count)
    var scratch = Matrix<Element>(rows: Matrix<Element>.scratchRows(for: count), columns: count)
    slopes.updateRows(scratch: &scratch, results: &energies, workers: workers) { row, values, _ in
      Self.energy(&values, of: row, share: share)
    }
    // The slopes are those of a symmetric matrix.
    for row in 0..<count {
      for column in 0..<row { slopes[row, column] = slopes[column, row] }
    }
    var change = Matrix<Element>(rows: count, columns: prototypes.columns)
    gemm(slopes, .asIs, chosen, into: &change, workers: workers)
    for (row, index) in classes.enumerated() {
      change.withRow(row) { change in
        gradient.withMutableRow(index) { values in
          for column in values.indices { values[column] += change[column] }
        }
      }
    }
    return energies.reduce(0, +)
  }

  /// The energy of one row of cosines with the columns after it, `share` a pair; these cosines become the derivatives, those up to
  /// the row's own 0, since a prototype has no angle with itself.
  private static func energy<Element: Scalar>(
    _ values: inout MutableSpan<Element>, of row: Int, share: Element
  ) -> Element {
    let bound: Element = 1 - 1e-5
    var energy: Element = 0
    for column in 0...row { values[column] = 0 }
    for column in row + 1..<values.count {
      let cosine = min(max(values[column], -bound), bound)
      let angle = Element.acos(cosine)
      energy += share / (angle * angle)
      // d(θ⁻²)/dc = 2·θ⁻³/sin θ.
      values[column] =
        values[column].magnitude < bound
        ? 2 * share / (angle * angle * angle * ((1 - cosine) * (1 + cosine)).squareRoot()) : 0
    }
    return energy
  }
}
