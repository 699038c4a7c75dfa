import LinearAlgebra

/// How the templates of an IJB-like set are made of media, and media of images.
///
/// Every identity has one gallery template and `templates` − 1 probe templates; a template has some media, a medium some
/// images (a still has one, a video several), both uniform on a range. The first half of the identities is in gallery G1,
/// the second in G2.
public struct TemplateShape: Sendable, Codable, Equatable {
  public var templates: Int
  public var media: ClosedRange<Int>
  public var imagesPerMedium: ClosedRange<Int>
  /// The number of impostor pairs of the 1:1 list; its genuine pairs are all of a gallery and a probe template of a person.
  public var impostorPairs: Int

  static let keys = ["templates-per-identity", "media", "images-per-medium", "impostor-pairs"]

  init(_ entry: ConfigurationMapping) throws {
    templates = try entry.value("templates-per-identity", default: 4) { try $0.integer(in: 2...1000) }
    media = try entry.value("media", default: 1...6) { try $0.integerRange(in: 1...1000) }
    imagesPerMedium = try entry.value("images-per-medium", default: 1...5) {
      try $0.integerRange(in: 1...1000)
    }
    impostorPairs = try entry.value("impostor-pairs", default: 10_000) { try $0.integer(in: 1...100_000_000) }
  }
}

/// The templates and media of an IJB-like set, drawn.
struct TemplatePlan {
  /// The number of images of each identity.
  private(set) var counts: [Int] = []
  /// The template and the medium of each image, both numbered from 1 through the whole set.
  private(set) var templates: [Int64] = []
  private(set) var media: [Int64] = []
  /// The identity of each template.
  private(set) var identities: [Int] = []
  private(set) var attributes: [ImageAttributes] = []

  /// Images of one medium share its pose and age, and their quality lies within a tenth of the set's range around the medium's.
  init(_ set: WorldSet, _ shape: TemplateShape, _ stream: inout RandomStream) {
    let quality = set.attributes.quality
    let spread = (quality.upperBound - quality.lowerBound) / 10
    var medium: Int64 = 0
    for identity in 0..<set.identities {
      let first = templates.count
      for _ in 0..<shape.templates {
        identities.append(identity)
        for _ in 0..<AttributeDistribution.draw(shape.media, &stream) {
          medium += 1
          let common = set.attributes.draw(&stream)
          for _ in 0..<AttributeDistribution.draw(shape.imagesPerMedium, &stream) {
            var image = common
            image.quality = min(
              quality.upperBound,
              max(
                quality.lowerBound, common.quality + AttributeDistribution.draw(-spread...spread, &stream)))
            templates.append(Int64(identities.count))
            media.append(medium)
            attributes.append(image)
          }
        }
      }
      counts.append(templates.count - first)
    }
  }
}
