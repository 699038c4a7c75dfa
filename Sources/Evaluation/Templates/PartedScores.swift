import LinearAlgebra

/// The scores of comparisons, genuine ones and impostors apart, each in the order of the list.
struct PartedScores {
  var genuine: [Float]
  var impostor: [Float]

  /// `scores` and `isGenuine` have the same length. O(n).
  init(_ scores: [Float], isGenuine: [Bool], workers: Workers) {
    precondition(scores.count == isGenuine.count, "\(scores.count) scores for \(isGenuine.count) labels")
    let size = 1 << 18
    let pieces = (scores.count + size - 1) / size
    @Sendable func range(_ piece: Int) -> Range<Int> { piece * size..<min(scores.count, (piece + 1) * size) }
    let counts = workers.map(pieces, inPiecesOf: 1) { piece in isGenuine[range(piece)].count { $0 } }
    var starts = [0]
    for count in counts { starts.append(starts[starts.count - 1] + count) }
    let total = starts[pieces]
    var impostor: [Float] = []
    genuine = [Float](unsafeUninitializedCapacity: total) { genuine, genuineCount in
      impostor = [Float](unsafeUninitializedCapacity: scores.count - total) { impostor, impostorCount in
        nonisolated(unsafe) let (genuine, impostor) = (genuine, impostor)
        workers.forEach(pieces) { [starts] piece in
          let range = range(piece)
          var place = starts[piece]
          var other = range.lowerBound - place
          for index in range {
            if isGenuine[index] {
              genuine.initializeElement(at: place, to: scores[index])
              place += 1
            } else {
              impostor.initializeElement(at: other, to: scores[index])
              other += 1
            }
          }
        }
        impostorCount = scores.count - total
      }
      genuineCount = total
    }
    self.impostor = impostor
  }
}
