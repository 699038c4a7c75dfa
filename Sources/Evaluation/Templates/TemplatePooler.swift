import FeatureStores
import LinearAlgebra

/// Makes one vector of each template, from embeddings that are read in blocks.
///
/// Everything is computed in double precision, image after image in the order of the set, so the result depends neither on the
/// blocks nor on the number of threads, which share the templates. Memory: the templates, and a block a thread.
struct TemplatePooler {
  let pooling: TemplatePooling
  /// Whether templates are scaled to unit length.
  var normalises = true
  /// Images read at a time.
  var blockImages = 4096

  /// One row a template, in the order of the set; an empty template is a row of zeros.
  ///
  /// An image or media that must be normalised and has no direction, a template whose sum has none, and embeddings that are not finite are errors, of which the
  /// first in that order is thrown.
  func templates(_ set: TemplateSet, of embeddings: any EmbeddingSource, workers: Workers = .one) throws
    -> Matrix<Float>
  {
    let dimension = embeddings.dimension * (pooling.flip == .concatenate ? 2 : 1)
    var result = Matrix<Float>(rows: set.count, columns: dimension)
    let pieces = pieces(set)
    let faults = result.withMutableElements { elements in
      elements.withUnsafeMutableBufferPointer { elements in
        nonisolated(unsafe) let elements = elements
        return workers.map(pieces.count, inPiecesOf: 1) { piece -> (any Error)? in
          do {
            try pool(pieces[piece], of: set, embeddings, dimension, into: elements)
            return nil
          } catch {
            return error
          }
        }
      }
    }
    if let fault = faults.compactMap(\.self).first { throw fault }
    return result
  }

  /// Ranges of templates with about a block of images each.
  private func pieces(_ set: TemplateSet) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var start = 0
    for template in 0..<set.count where set.starts[template + 1] - set.starts[start] >= blockImages {
      pieces.append(start..<template + 1)
      start = template + 1
    }
    if start < set.count { pieces.append(start..<set.count) }
    return pieces
  }

  /// Pools the templates of `range` into their rows.
  private func pool(
    _ range: Range<Int>, of set: TemplateSet, _ embeddings: any EmbeddingSource, _ dimension: Int,
    into result: UnsafeMutableBufferPointer<Float>
  ) throws {
    var image = [Double](repeating: 0, count: dimension)
    var media = image
    var sum = image
    var (mediaImages, mediaCount, template) = (0, 0, range.lowerBound)
    func finishMedia() throws {
      guard mediaImages > 0 else { return }
      var factor = 1 / Double(mediaImages)
      if pooling.mediaNorm == .normalise {
        let length = Self.norm(media)
        guard length > 0 else {
          throw error(embeddings, template: set.ids[template], found: "a media whose embeddings cancel out")
        }
        factor = 1 / length
      }
      for column in 0..<dimension {
        sum[column] += media[column] * factor
        media[column] = 0
      }
      mediaCount += 1
      mediaImages = 0
    }
    func finishTemplate() throws {
      try finishMedia()
      if mediaCount > 0 {
        var divisor = pooling.template == .mean ? Double(mediaCount) : 1
        if normalises {
          divisor = Self.norm(sum)
          guard divisor > 0 else {
            throw error(embeddings, template: set.ids[template], found: "embeddings that cancel out")
          }
        }
        for column in 0..<dimension {
          result[template * dimension + column] = Float(sum[column] / divisor)
          sum[column] = 0
        }
      }
      mediaCount = 0
      template += 1
    }
    let end = set.starts[range.upperBound]
    for first in stride(from: set.starts[range.lowerBound], to: end, by: blockImages) {
      let block = first..<min(first + blockImages, end)
      let rows = set.images[block].map { Int($0.row) }
      let features = try embeddings.embeddings(ofRows: rows)
      let flipped = pooling.flip == .none ? nil : try embeddings.flippedEmbeddings(ofRows: rows)
      for index in block {
        while index >= set.starts[template + 1] { try finishTemplate() }
        let entry = set.images[index]
        if mediaImages > 0, set.images[index - 1].media != entry.media { try finishMedia() }
        read(features, flipped, row: index - first, into: &image)
        let length = Self.norm(image)
        guard length.isFinite, length > 0 || pooling.imageNorm == .keep else {
          throw HarnessError(
            .badInput, file: embeddings.source, place: "features, row \(entry.row)",
            found: "`\(embeddings.names[Int(entry.row)])` has an embedding of length \(length)",
            expected: "finite embeddings with a direction",
            advice: "A network that diverged gives such embeddings, as does a failed extraction.")
        }
        let factor =
          (pooling.detectorScore ? Double(entry.score) : 1)
          / (pooling.imageNorm == .normalise ? length : 1)
        for column in 0..<dimension { media[column] += image[column] * factor }
        mediaImages += 1
      }
    }
    while template < range.upperBound { try finishTemplate() }
  }

  private func read(
    _ features: Matrix<Float>, _ flipped: Matrix<Float>?, row: Int, into image: inout [Double]
  ) {
    let columns = features.columns
    features.withRow(row) { values in
      for column in 0..<columns { image[column] = Double(values[column]) }
    }
    flipped?.withRow(row) { values in
      if pooling.flip == .sum {
        for column in 0..<columns { image[column] += Double(values[column]) }
      } else {
        for column in 0..<columns { image[columns + column] = Double(values[column]) }
      }
    }
  }

  private static func norm(_ vector: [Double]) -> Double {
    vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  private func error(_ embeddings: any EmbeddingSource, template: Int, found: String) -> HarnessError {
    HarnessError(
      .badInput, file: embeddings.source, place: "template \(template)", found: found,
      expected: "a template with a direction")
  }
}
