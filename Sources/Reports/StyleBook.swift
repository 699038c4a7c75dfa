/// Which style belongs to which method, for all figures of an experiment.
///
/// The style comes from the method's name and not from the order or the number of curves in a figure. A name
/// that begins with a known loss ("ArcFace", "ArcFace × MultiFace (N = 4)") has that loss's colour in every
/// experiment; what follows the loss chooses the dash. Other names get a colour by a hash of their bytes
/// (FNV-1a, the same on every machine and in every process).
///
/// Make one book from the names of *all* methods that any figure will show: where two of them would get one
/// style, the later name (known losses first, in the order of `knownLosses`; then by Unicode scalars) takes
/// the next free one. Up to 512 names have different styles. The order in which the names are given does not
/// matter.
public struct StyleBook: Sendable, Hashable {
  private var styles: [String: SeriesStyle]

  /// Losses in the order in which they take columns of the table of styles.
  public static let knownLosses = [
    "softmax", "normface", "cosface", "arcface", "sphereface", "magface", "adaface", "curricularface",
    "adacos", "circleloss", "mvsoftmax", "npcface", "arcnegface", "elasticface", "amsoftmax", "adamsoftmax",
    "subcenterarcface", "combinedmargin", "spherefacer", "sphereface2", "cifp", "p2sgrad", "uniface",
    "contrastive",
    "triplet", "npair", "lsoftmax", "simple",
  ]

  public init(methods: [String] = []) {
    styles = [:]
    var taken: Set<Slot> = []
    let places = Set(methods).map { (name: $0, place: Place(of: $0)) }
    let sorted = places.sorted { ($0.place.rank, $0.name) < ($1.place.rank, $1.name) }
    for (name, place) in sorted {
      let slot = place.candidates.first { !taken.contains($0) } ?? place.candidates[0]
      taken.insert(slot)
      styles[name] = Palette.style(column: slot.column, row: slot.row)
    }
  }

  /// The style of a method. A name that is not in the book gets the style that it would prefer, which another
  /// may have.
  public func style(of method: String) -> SeriesStyle {
    if let style = styles[method] { return style }
    let slot = Place(of: method).candidates[0]
    return Palette.style(column: slot.column, row: slot.row)
  }

  /// A cell of the table of styles.
  private struct Slot: Hashable {
    var column: Int
    var row: Int
  }

  /// Where a name would like to be, and where else it may be.
  private struct Place {
    /// The index of its known loss; names without one come last.
    var rank: Int
    /// All cells, the preferred first.
    var candidates: [Slot]

    init(of name: String) {
      let tokens = name.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
      let columns = Palette.columnCount
      var loss: (index: Int, length: Int)?
      for length in 1...3 where length <= tokens.count {
        if let index = StyleBook.knownLosses.firstIndex(of: tokens[..<length].joined()) {
          loss = (index, length)
        }
      }
      if let loss {
        rank = loss.index
        // Losses beyond the eighth share a colour with an earlier one; their rows start apart.
        let home = [0, 4, 2, 6][loss.index / columns % 4]
        let variant = tokens[loss.length...].filter { $0 != "conventional" }.joined(separator: " ")
        let row = variant.isEmpty ? home : home + 1 + Int(StyleBook.hash(variant) % 7)
        candidates = (0..<Palette.rowCount).map { step in
          // All eight dashes of the colour come before the next eight rows, which repeat them with other markers.
          Slot(column: loss.index % columns, row: step / 8 * 8 + (row + step) % 8)
        }
      } else {
        rank = StyleBook.knownLosses.count
        let column = Int(StyleBook.hash(name) % UInt64(columns))
        candidates = (0..<Palette.rowCount * columns).map { step in
          Slot(column: (column + step) % columns, row: step / columns)
        }
      }
    }
  }

  /// FNV-1a over the UTF-8 bytes, 64 bits; source: RFC 9923.
  static func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }
}
