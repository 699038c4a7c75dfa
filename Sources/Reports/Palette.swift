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
  /// A row holds eight styles that differ in colour, dash and marker, all at once. From row to row dashes
  /// move by one and markers by two, so that within eight rows two styles of one dash differ in colour and in
  /// marker, and two of one colour differ in dash. The 512 styles of 64 rows are all different.
  public static func style(column: Int, row: Int) -> SeriesStyle {
    precondition(column >= 0 && row >= 0, "columns and rows count from 0")
    let dashes = Dash.forMethods
    return SeriesStyle(
      colour: colours[column % colours.count], dash: dashes[(column + row) % dashes.count],
      marker: Marker.allCases[(column + 2 * row + row / dashes.count) % Marker.allCases.count])
  }

  static let columnCount = 8
  static let rowCount = 64
}
