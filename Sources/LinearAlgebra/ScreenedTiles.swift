import CKernels

/// The inner products of all rows of two matrices that reach floors, with the bits of `ScoreTiles`, most others never computed in float.
///
/// Rows are coded in 8 bits, each with its own scale. Products of codes take a fraction of the time of products in float where the CPU multiplies 8-bit integers
/// many at a time (AVX-512 VNNI); elsewhere they are as slow, and nothing else differs. By Cauchy and Schwarz a product is no more than that of the codes with
/// what the codes leave over, |x·y − x̂·ŷ| ≤ ‖x‖·‖y − ŷ‖ + ‖x − x̂‖·‖ŷ‖, and rounding. What may reach its floor by that is a candidate: it gets its exact bits
/// from `ProductReplay`, or, where the BLAS core cannot be replayed or candidates are many, with its whole tile. So what is handed out depends on neither
/// codes nor CPU.
public struct ScreenedTiles: Sendable {
  private let tiles: ScoreTiles
  private let coded: CodedRows
  private let replay: ProductReplay?
  /// One a stripe.
  private var tallies: [ScreeningTally]

  /// The left matrix, which stays in memory, with a byte an element for its codes. Nil for rows of more than 65,536 elements: sums of their codes could overflow.
  ///
  /// Without `replays` every tile with a candidate is computed whole, as on a core that cannot be replayed.
  public init?(_ left: Matrix<Float>, workers: Workers = .one, replays: Bool = true) {
    guard left.columns <= CK_SCREEN_DEPTH else { return nil }
    tiles = ScoreTiles(left)
    coded = CodedRows(tiles.padded, workers: workers)
    replay = replays ? ProductReplay(depth: left.columns) : nil
    tallies = [ScreeningTally](repeating: ScreeningTally(), count: tiles.stripes)
  }

  /// The rows of the left matrix, and their stripes: those of `ScoreTiles`.
  public var rows: Int { tiles.rows }
  public var stripes: Int { tiles.stripes }
  public func rows(ofStripe stripe: Int) -> Range<Int> { tiles.rows(ofStripe: stripe) }

  /// Of all calls so far. What it counts depends on floors and blocks, unlike what is handed out.
  public var tally: ScreeningTally {
    var all = ScreeningTally()
    for tally in tallies { all.merge(tally) }
    return all
  }

  /// Calls `body` for each product of a row of the left matrix with a row of `right`, its `column`, that is at least the row's floor.
  ///
  /// `floor` is asked for each row at the beginning of a tile; with −∞ all products of the tile are computed. States, threads and `alongside` are those of
  /// `ScoreTiles.forEachRow`: what belongs to a stripe needs no lock. Within a tile products come in no particular order. NaN is never handed out.
  public mutating func forEachScore<State>(
    with right: Matrix<Float>, states: inout [State], workers: Workers = .one,
    alongside: @Sendable () -> Void = {},
    floor: @Sendable (_ state: borrowing State, _ row: Int) -> Float,
    _ body: @Sendable (_ state: inout State, _ row: Int, _ column: Int, _ product: Float) -> Void
  ) {
    precondition(
      right.columns == tiles.padded.columns,
      "products of \(tiles.padded.columns) and \(right.columns) columns")
    precondition(states.count == stripes, "\(states.count) states for \(stripes) stripes")
    guard right.rows > 0, rows > 0 else { return alongside() }
    _ = BLASCore.current
    let full = ScoreTiles.padded(right, to: ScoreTiles.tileColumns)
    let operands = ScreenedOperands(
      left: tiles.padded, coded: coded, right: full, panels: CodedPanels(right, workers: workers),
      replay: replay)
    let (tiles, count) = (tiles, right.rows)
    states.withUnsafeMutableBufferPointer { states in
      tallies.withUnsafeMutableBufferPointer { tallies in
        nonisolated(unsafe) let (states, tallies) = (states, tallies)
        tiles.forEachPiece(ofColumns: count, workers: workers, alongside: alongside) { stripe, piece in
          var tile = ScreenedTile(operands, rows: tiles.rows(ofStripe: stripe))
          for first in stride(from: piece.lowerBound, to: piece.upperBound, by: ScoreTiles.tileColumns) {
            tile.setFloors { floor(states[stripe], $0) }
            tile.find(columns: first..<min(count, first + ScoreTiles.tileColumns), &tallies[stripe])
            tile.visit { row, column, product in body(&states[stripe], row, column, product) }
          }
        }
      }
    }
  }
}
