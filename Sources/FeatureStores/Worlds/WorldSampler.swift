import LinearAlgebra

/// The images of one store of a world, in order: identity by identity, image by image.
///
/// Rows are produced in blocks of whole identities from streams of the store, so a store's numbers depend on the world's
/// seed and the store's name only, not on the block size and not on other sets.
struct WorldSampler {
  let definition: WorldDefinition
  let plan: SetPlan
  private let map: WorldMap
  /// The standard deviation of the noise on each axis, and its parts: each image's own, and that of its medium.
  private let deviations: [Double]
  private let imageDeviation: Double
  private let mediaDeviation: Double
  private var people: RandomStream
  private var images: RandomStream
  private var media: RandomStream
  private(set) var nextIdentity = 0

  init(_ definition: WorldDefinition, plan: SetPlan, map: WorldMap) {
    self.definition = definition
    self.plan = plan
    self.map = map
    deviations =
      [Double](repeating: definition.identity.within, count: definition.identity.dimensions)
      + definition.nuisances.flatMap { [Double](repeating: $0.standardDeviation, count: $0.dimensions) }
    imageDeviation = definition.imageShare.squareRoot()
    mediaDeviation = definition.mediaShare.squareRoot()
    people = RandomStream(seed: definition.seed, name: "set/\(plan.name)/people")
    images = RandomStream(seed: definition.seed, name: "set/\(plan.name)/images")
    media = RandomStream(seed: definition.seed, name: "set/\(plan.name)/media")
  }

  /// A block of images, one row an image.
  struct Block {
    var features: Matrix<Float>
    /// What the oracle reads: the latents of the identity axes, and beside them the axes' total variances where they vary.
    var oracle: Matrix<Float>
    var identities: Range<Int>
  }

  /// The number of columns of `Block.oracle`.
  static func oracleColumns(_ definition: WorldDefinition) -> Int {
    definition.identity.dimensions * (definition.identityNoiseVaries ? 2 : 1)
  }

  /// The next people with all their images: at most `rows` images, but at least one person; nil at the end.
  mutating func next(rows limit: Int, workers: Workers) -> Block? {
    guard nextIdentity < plan.identities else { return nil }
    let first = nextIdentity
    var rows = plan.counts[first]
    nextIdentity += 1
    while nextIdentity < plan.identities, rows + plan.counts[nextIdentity] <= limit {
      rows += plan.counts[nextIdentity]
      nextIdentity += 1
    }
    return block(first..<nextIdentity, rows: rows, workers)
  }

  private mutating func block(_ identities: Range<Int>, rows: Int, _ workers: Workers) -> Block {
    let axes = definition.identity.dimensions
    let width = definition.dimension
    let columns = Self.oracleColumns(definition)
    var latents = Matrix<Double>(rows: rows, columns: width)
    var oracle = Matrix<Float>(rows: plan.isTest ? rows : 0, columns: columns)
    var effects = definition.axisEffects(of: ImageAttributes())
    var totals = definition.identityTotals().map { Float($0) }
    var known = ImageAttributes()
    var row = 0
    for identity in identities {
      let person = (0..<axes).map { _ in definition.identity.between * people.normal() }
      var shared = [Double](repeating: 0, count: width)
      var medium: Int64?
      for image in plan.firstRows[identity]..<plan.firstRows[identity] + plan.counts[identity] {
        let attributes = plan.attributes(of: image)
        if attributes != known {
          effects = definition.axisEffects(of: attributes)
          totals = definition.identityTotals(of: attributes).map { Float($0) }
          known = attributes
        }
        let own = plan.templates?.media[image]
        if mediaDeviation > 0 && (own == nil || own != medium) {
          for axis in 0..<width { shared[axis] = mediaDeviation * media.normal() }
          medium = own
        }
        latents.withMutableRow(row) { latent in
          for axis in 0..<width {
            let noise = shared[axis] + imageDeviation * effects.scale[axis] * images.normal()
            let center = axis < axes ? person[axis] : effects.shift[axis]
            latent[axis] = center + deviations[axis] * noise
          }
          if plan.isTest {
            oracle.withMutableRow(row) { known in
              for axis in 0..<axes { known[axis] = Float(latent[axis]) }
              for axis in axes..<columns { known[axis] = totals[axis - axes] }
            }
          }
        }
        row += 1
      }
    }
    map.apply(to: &latents, workers: workers)
    return Block(features: latents.converted(to: Float.self), oracle: oracle, identities: identities)
  }
}
