/// The colours of methods: eight hues after Okabe and Ito (2008), their lightness moved apart.
///
/// Measured with the matrices of Machado et al. (2009) at full severity: any two colours differ by ΔE*ab ≥ 18
/// for normal vision, protanopia, deuteranopia and tritanopia, by ΔL* ≥ 4.9 on a grey print, and each has a
/// contrast of at least 2.2 to white. Black and the greys are kept for reference curves, axes and text.
public enum Palette {
  public static let colours: [Colour] = [
    Colour(0x0069B2),  // blue
    Colour(0xE28C00),  // orange
    Colour(0x009767),  // green
    Colour(0x882255),  // wine
    Colour(0x4CB8EA),  // sky blue
    Colour(0xBF5200),  // vermilion
    Colour(0x332088),  // indigo
    Colour(0xC979A6),  // pink
  ]

  /// The style in column `column` (any colour) and row `row` of the table of styles.
  ///
  /// A row holds eight styles that differ in colour, dash and marker, all at once. Within eight rows two styles of one
  /// colour differ in dash and marker, two of one dash in colour and marker, and two of one marker in colour and dash:
  /// dashes c + r and markers c + 2r over the field of eight elements are orthogonal Latin squares. Each further eight
  /// rows pair the dashes with other markers, so that all 512 styles of 64 rows differ.
  public static func style(column: Int, row: Int) -> SeriesStyle {
    precondition(column >= 0 && row >= 0, "columns and rows count from 0")
    let (c, r, block) = (column % columnCount, row % 8, row / 8 % 8)
    // Twice r in the field: a shift, reduced by x³ + x + 1.
    let doubled = r << 1 ^ (r >= 4 ? 0b1011 : 0)
    return SeriesStyle(
      colour: colours[c], dash: Dash.forMethods[c ^ r], marker: Marker.allCases[c ^ doubled ^ block])
  }

  static let columnCount = 8
  static let rowCount = 64
}
