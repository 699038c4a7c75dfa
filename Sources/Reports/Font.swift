import CCairo

/// A size, weight and colour of DejaVu Sans, the one family of all figures: it holds Greek, Cyrillic, arrows
/// and the superscript digits of axis labels.
public struct Font: Sendable, Hashable {
  /// The family that fontconfig is asked for; it puts its nearest in the place of one that is not installed.
  public static let family = "DejaVu Sans"

  /// The height of the em square in points.
  public var size: Double
  public var isBold: Bool
  public var colour: Colour

  public init(size: Double, isBold: Bool = false, colour: Colour = .black) {
    self.size = size
    self.isBold = isBold
    self.colour = colour
  }

  /// The distance between two baselines.
  public var lineHeight: Double { size * 1.2 }
  /// From the top of a line to its baseline; DejaVu's accented capitals fit in it.
  public var ascent: Double { size * 0.94 }
  /// The height of a digit above the baseline.
  public var digitHeight: Double { size * 0.73 }

  /// Makes this the font of a cairo context.
  func select(in context: OpaquePointer?) {
    let weight = isBold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL
    cairo_select_font_face(context, Self.family, CAIRO_FONT_SLANT_NORMAL, weight)
    cairo_set_font_size(context, size)
  }
}
