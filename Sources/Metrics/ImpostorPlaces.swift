import CKernels

/// Where impostor scores lie among the genuine ones, and the impostor scores of some halves of keys: what one pass over them finds.
struct ImpostorPlaces: Sendable {
  /// Of each distinct genuine score: impostors above it, but below the next higher genuine score of the same half.
  private(set) var between: [Int]
  /// Of each distinct genuine score: impostors that equal it.
  private(set) var ties: [Int]
  /// All impostor scores of the wanted halves, in no order.
  private(set) var wanted: [Float] = []

  /// What is found of each half that matters.
  private enum Mark {
    static let wanted: UInt8 = 1
    static let genuine: UInt8 = 2
  }

  private init(_ genuine: GenuineScores) {
    between = [Int](repeating: 0, count: genuine.keys.count)
    ties = between
  }

  /// Passes over `scores` in `pieces`. Only those of `halves`, or of a half that has genuine scores, are looked at one by one.
  init(
    _ scores: [Float], among genuine: GenuineScores, wanted halves: Set<Int>, pieces: Int,
    perform: ScoreSummary.Perform
  ) {
    var kinds = [UInt8](repeating: 0, count: ScoreKey.halves)
    for half in halves { kinds[half] |= Mark.wanted }
    for key in genuine.keys { kinds[ScoreKey.half(key)] |= Mark.genuine }
    var marks = [UInt64](repeating: 0, count: ScoreKey.halves / 64)
    for half in kinds.indices where kinds[half] != 0 { marks[half / 64] |= 1 << UInt64(half % 64) }
    var parts = [ImpostorPlaces](repeating: ImpostorPlaces(genuine), count: pieces)
    scores.withUnsafeBufferPointer { scores in
      parts.withUnsafeMutableBufferPointer { parts in
        nonisolated(unsafe) let (scores, parts) = (scores, parts)
        let (kinds, marks) = (kinds, marks)
        perform(pieces) { piece in
          let range = ScoreSummary.range(of: piece, of: pieces, count: scores.count)
          parts[piece].pass(UnsafeBufferPointer(rebasing: scores[range]), genuine, kinds, marks)
        }
      }
    }
    self = parts[0]
    for part in parts.dropFirst() { merge(part) }
  }

  private mutating func pass(
    _ scores: UnsafeBufferPointer<Float>, _ genuine: GenuineScores, _ kinds: [UInt8], _ marks: [UInt64]
  ) {
    let block = 4096
    withUnsafeTemporaryAllocation(of: Float.self, capacity: block) { selected in
      for start in stride(from: 0, to: scores.count, by: block) {
        let length = min(block, scores.count - start)
        guard let first = scores.baseAddress, let room = selected.baseAddress else { return }
        let found = ck_select_keys_f32(first + start, length, marks, room)
        for index in 0..<found { add(ScoreKey.key(selected[index]), genuine, kinds) }
      }
    }
  }

  private mutating func add(_ key: UInt32, _ genuine: GenuineScores, _ kinds: [UInt8]) {
    let half = ScoreKey.half(key)
    if kinds[half] & Mark.wanted != 0 { wanted.append(ScoreKey.score(key)) }
    guard kinds[half] & Mark.genuine != 0 else { return }
    let range = genuine.range(half)
    let place = genuine.place(key, in: range)
    // What lies below the last genuine score of its half is known from the counts of halves.
    guard place < range.upperBound else { return }
    if genuine.keys[place] == key { ties[place] += 1 } else { between[place] += 1 }
  }

  private mutating func merge(_ other: ImpostorPlaces) {
    for index in between.indices {
      between[index] += other.between[index]
      ties[index] += other.ties[index]
    }
    wanted += other.wanted
  }
}
