import LinearAlgebra

/// The images of one set of a world, in order: identity by identity, image by image.
///
/// Rows are produced in blocks of whole identities from two streams of the set, so a set's numbers depend on the world's
/// seed and the set's name only, not on the block size and not on other sets.
struct WorldSampler {
  let definition: WorldDefinition
  let set: WorldSet
  private let map: WorldMap
  private var people: RandomStream
  private var images: RandomStream
  private(set) var nextIdentity = 0

  init(_ definition: WorldDefinition, set: WorldSet, map: WorldMap) {
    self.definition = definition
    self.set = set
    self.map = map
    people = RandomStream(seed: definition.seed, name: "set/\(set.name)/people")
    images = RandomStream(seed: definition.seed, name: "set/\(set.name)/images")
  }

  /// A block of images: features, and the latents of the identity axes, one row an image.
  struct Block {
    var features: Matrix<Float>
    var identityLatents: Matrix<Float>
    var identities: Range<Int>
  }

  /// The next `identities` people with all their images; fewer at the end, nil after it.
  mutating func next(identities count: Int, workers: Workers) -> Block? {
    let range = nextIdentity..<min(set.identities, nextIdentity + count)
    guard !range.isEmpty else { return nil }
    nextIdentity = range.upperBound
    let axes = definition.identity.dimensions
    var latents = Matrix<Double>(rows: range.count * set.imagesPerIdentity, columns: definition.dimension)
    latents.withMutableElements { elements in
      var place = 0
      for _ in range {
        let person = (0..<axes).map { _ in definition.identity.between * people.normal() }
        for _ in 0..<set.imagesPerIdentity {
          for axis in 0..<axes {
            elements[place + axis] = person[axis] + definition.identity.within * images.normal()
          }
          place += axes
          for nuisance in definition.nuisances {
            for _ in 0..<nuisance.dimensions {
              elements[place] = nuisance.standardDeviation * images.normal()
              place += 1
            }
          }
        }
      }
    }
    let identityLatents = latents.columns(in: 0..<axes).converted(to: Float.self)
    map.apply(to: &latents, workers: workers)
    return Block(
      features: latents.converted(to: Float.self), identityLatents: identityLatents, identities: range)
  }
}
