import CCairo
import CPNG

/// The C libraries and the font that figures are drawn with, as found when the program runs.
public enum DrawingLibraries {
  /// The version of cairo, such as `1.16.0`.
  public static var cairoVersion: String { String(cString: cairo_version_string()) }

  /// The version of libpng, such as `1.6.39`.
  public static var pngVersion: String { String(cString: png_get_libpng_ver(nil)) }

  /// Whether text is really set in DejaVu Sans and not in the nearest font that there is.
  ///
  /// Cairo does not tell which font it found, but the widths of three unlike characters do: DejaVu's, in units of 1/2048 em.
  public static var hasFigureFont: Bool {
    let measurer = TextMeasurer()
    let font = Font(size: 2048)
    return [("M", 1767.0), ("i", 569), ("→", 1716)].allSatisfy { character, width in
      abs(measurer.width(character, font) - width) < 2
    }
  }
}
