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

  /// A method as an experiment lays it out.
  public struct Method: Sendable, Hashable {
    public var name: String
    public var loss: String
    /// What tells it from the other methods with its loss: mechanism, network and so on.
    public var variant: String

    public init(name: String, loss: String, variant: String) {
      (self.name, self.loss, self.variant) = (name, loss, variant)
    }
  }

  /// The book of an experiment. Colour tells what varies more: where there are more variants than losses each variant has a colour and each loss a row of
  /// styles, both in the order of the methods, so that the curves of one loss differ in colour, dash and marker; else the losses have the colours that they
  /// have in all such experiments (`init(methods:)`).
  public init(of methods: [Method]) {
    func inOrder(_ part: (Method) -> String) -> [String] {
      var seen: Set<String> = []
      return methods.map(part).filter { seen.insert($0).inserted }
    }
    let (losses, variants) = (inOrder(\.loss), inOrder(\.variant))
    guard variants.count > losses.count else {
      self.init(methods: methods.map(\.name))
      return
    }
    self.init()
    var taken: Set<Slot> = []
    for method in methods where styles[method.name] == nil {
      let variant = variants.firstIndex(of: method.variant) ?? 0
      let loss = losses.firstIndex(of: method.loss) ?? 0
      let column = variant % Palette.columnCount
      // Variants beyond the eighth share a colour with an earlier one and begin behind its rows.
      let first = loss + variant / Palette.columnCount * losses.count
      let slots = (0..<Palette.rowCount).map {
        Slot(column: column, row: (first + $0) % Palette.rowCount)
      }
      let slot = slots.first { !taken.contains($0) } ?? slots[0]
      taken.insert(slot)
      styles[method.name] = Palette.style(column: slot.column, row: slot.row)
    }
  }

  /// The style of a method. A name that is not in the book gets the style that it would prefer, which another
  /// may have.
  public func style(of method: String) -> SeriesStyle {
    if let style = styles[method] { return style }
    let slot = Place(of: method).candidates[0]
    return Palette.style(column: slot.column, row: slot.row)
  }

  /// The styles of methods in one figure whose bands lie over one another: bands have nothing but a colour, so of two methods of one colour the later takes the
  /// first that none of them has, and keeps dash and marker. Where there are more methods than colours, colours are shared as in other figures.
  public func styles(of methods: [String]) -> [SeriesStyle] {
    let usual = methods.map(style)
    var free = Palette.colours.filter { colour in !usual.contains { $0.colour == colour } }
    var taken: Set<Colour> = []
    return usual.map { style in
      if taken.insert(style.colour).inserted || free.isEmpty { return style }
      var style = style
      style.colour = free.removeFirst()
      return style
    }
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
