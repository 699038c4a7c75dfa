import LinearAlgebra

/// The two products of a head's gradient, without the elements that are provably too small to matter.
///
/// With G the gradient at the similarities (a row a sample, a column a prototype), W the prototypes and E the embeddings, the gradients are
/// dE = G·W and dW = Gᵀ·E. Once training is under way nearly all of G is tiny: a softmax gives most prototypes next to no probability. The
/// elements |g| ≤ t are left out of both products, for the largest t of eight, a factor of four apart, of which it is shown that
///
///     ‖dE − dE'‖ ≤ bound·‖dE‖  and  ‖dW − dW'‖ ≤ bound·‖dW‖   (Frobenius norms).
///
/// Proof. Let μ_i = Σ |g_ij| over what is left out of row i. Row i of dE − dE' is a sum of prototypes with these weights, so its norm is at most
/// μ_i·w with w the largest norm of a prototype (1 for cosines), and ε_E = w·√Σ μ_i² bounds the whole. With G_D what is left out, ‖dW − dW'‖ ≤
/// ‖G_D‖·‖E‖, and ‖G_D‖² = Σ g² ≤ t·Σ |g| = t·Σ μ_i gives ε_W = ‖E‖·√(t·Σ μ_i). Both are computed from G before anything is multiplied. The norms
/// that they must be small beside are not known then, so t is chosen for a guess; afterwards ‖dE‖ ≥ ‖dE'‖ − ε_E is known, and a product for which ε_E ≤
/// bound·(‖dE'‖ − ε_E) does not hold is taken again, with the largest t for which ε_E ≤ bound·(‖dE'‖ − the old ε_E), or with everything. The same
/// goes for dW. What is shown is the error of leaving out; each product besides has the rounding of any product in its precision.
///
/// Nothing but G, W and E decides: so the bytes are the same for any number of workers and after a resumed checkpoint. The largest elements
/// of a softmax's G are its targets'; the guess rests on them, and they are never left out, so that a class of the batch always learns from it.
struct GradientSkipping<Element: Scalar>: Sendable {
  /// The largest relative error of either gradient.
  let bound: Double

  private var masses = SmallMasses<Element>()
  private var large = LargeElements<Element>()
  /// The thresholds, and for each ε_E and ε_W.
  private var bounds: [Element] = []
  private var errors: [(embeddings: Double, prototypes: Double)] = []
  /// The number of the threshold; past the last one everything is taken.
  private var choice = 0
  /// Each row's target, and the columns of a class.
  private var targets: [Int] = []
  private var columnsPerClass = 1

  /// The largest threshold is this part of bound times the guessed norm, each next one this part of the one before.
  private static var first: Double { 1 / 16 }
  private static var step: Double { 1 / 4 }
  /// What the guess takes of the norm of the targets' gradient.
  private static var guess: Double { 0.5 }
  /// With a larger part of all elements above the threshold everything is taken: the plain products are faster then.
  private static var largestShare: Double { 0.25 }

  init(bound: Double) { self.bound = bound }

  /// The part of the elements of G that the last products took part in.
  var share: Double { large.share }

  /// Chooses what is left out of `gradient`, whose rows' targets are the classes `targets` of `columnsPerClass` columns each.
  mutating func choose(
    gradient: Matrix<Element>, targets: [Int], columnsPerClass: Int, embeddings: Matrix<Element>,
    prototypes: Matrix<Element>, areUnit: Bool, workers: Workers
  ) {
    // A copy of the array would make its owner take new memory.
    self.targets.removeAll(keepingCapacity: true)
    self.targets.append(contentsOf: targets)
    self.columnsPerClass = columnsPerClass
    var reference = 0.0
    for (row, target) in targets.enumerated() {
      for column in target * columnsPerClass..<(target + 1) * columnsPerClass {
        let value = Double(gradient[row, column])
        reference += value * value
      }
    }
    reference = reference.squareRoot()
    bounds.removeAll(keepingCapacity: true)
    for index in 0..<SmallMasses<Element>.boundCount {
      bounds.append(Element(bound * reference * Self.first * .pow(Self.step, index)))
    }
    masses.measure(gradient, bounds: bounds, workers: workers)
    // Unit rows are so but for rounding.
    let longest = areUnit ? 1.0001 : Self.longestRow(prototypes)
    let size = ElementwiseKernels.sumOfSquares(embeddings).squareRoot()
    errors.removeAll(keepingCapacity: true)
    for (index, threshold) in bounds.enumerated() {
      let sums = masses.sums(bound: index)
      errors.append(
        (longest * sums.squares.squareRoot(), size * (Double(threshold) * sums.sum).squareRoot()))
    }
    let scale = size / Double(max(gradient.rows, 1)).squareRoot()
    choose(
      embeddings: Self.guess * reference * longest, prototypes: Self.guess * reference * scale, from: 0)
    select(gradient, workers: workers)
  }

  /// dE ← α·G'·W; see the type.
  mutating func multiply(
    alpha: Element, _ gradient: Matrix<Element>, prototypes: Matrix<Element>,
    into result: inout Matrix<Element>,
    workers: Workers
  ) {
    large.multiply(alpha: alpha, gradient, prototypes, into: &result, workers: workers)
    guard choice < errors.count else { return }
    let least =
      ElementwiseKernels.sumOfSquares(result).squareRoot() / abs(Double(alpha)) - errors[choice].embeddings
    if errors[choice].embeddings <= bound * least { return }
    choose(embeddings: least, prototypes: .infinity, from: choice + 1)
    select(gradient, workers: workers)
    large.multiply(alpha: alpha, gradient, prototypes, into: &result, workers: workers)
  }

  /// dW ← α·G'ᵀ·E; see the type.
  mutating func multiplyTransposed(
    alpha: Element, _ gradient: Matrix<Element>, embeddings: Matrix<Element>,
    into result: inout Matrix<Element>,
    workers: Workers
  ) {
    let squares = large.multiplyTransposed(
      alpha: alpha, gradient, embeddings, into: &result, workers: workers)
    guard choice < errors.count else { return }
    let least = squares.squareRoot() / abs(Double(alpha)) - errors[choice].prototypes
    if errors[choice].prototypes <= bound * least { return }
    choose(embeddings: .infinity, prototypes: least, from: choice + 1)
    select(gradient, workers: workers)
    _ = large.multiplyTransposed(alpha: alpha, gradient, embeddings, into: &result, workers: workers)
  }

  /// Takes the first threshold, from number `first` on, whose errors are small beside gradients of these norms.
  private mutating func choose(embeddings: Double, prototypes: Double, from first: Int) {
    choice = first
    while choice < errors.count {
      let error = errors[choice]
      // Products of numbers that are no normal ones any more would say nothing.
      let isNormal = masses.bounds[choice] == 0 || masses.bounds[choice].isNormal
      if isNormal && error.embeddings <= bound * embeddings && error.prototypes <= bound * prototypes {
        return
      }
      choice += 1
    }
  }

  private mutating func select(_ gradient: Matrix<Element>, workers: Workers) {
    if choice < errors.count
      && Double(masses.countAbove(bound: choice)) > Self.largestShare * Double(gradient.count)
    {
      choice = errors.count
    }
    large.select(
      from: gradient, above: choice < errors.count ? masses.bounds[choice] : nil, always: targets,
      columnsEach: columnsPerClass, workers: workers)
  }

  /// ‖dE − dE'‖/‖dE‖ of the last products, measured: the product of what was left out is taken by itself, since a difference of two
  /// products would hold their rounding. 0 where both norms are 0.
  func embeddingsError(_ gradient: Matrix<Element>, prototypes: Matrix<Element>, workers: Workers) -> Double {
    Self.ratio(
      product(large.leftOut(of: gradient), .asIs, prototypes, workers: workers),
      product(gradient, .asIs, prototypes, workers: workers))
  }

  /// ‖dW − dW'‖/‖dW‖ likewise.
  func prototypesError(_ gradient: Matrix<Element>, embeddings: Matrix<Element>, workers: Workers) -> Double {
    Self.ratio(
      product(large.leftOut(of: gradient), .transposed, embeddings, workers: workers),
      product(gradient, .transposed, embeddings, workers: workers))
  }

  private static func ratio(_ part: Matrix<Element>, _ whole: Matrix<Element>) -> Double {
    let error = Double(nrm2(part))
    return error == 0 ? 0 : error / Double(nrm2(whole))
  }

  private static func longestRow(_ x: Matrix<Element>) -> Double {
    var longest = 0.0
    for row in 0..<x.rows {
      x.withRow(row) { longest = max(longest, Double(VectorKernels.dot($0, $0)).squareRoot()) }
    }
    return longest * 1.0001
  }
}
