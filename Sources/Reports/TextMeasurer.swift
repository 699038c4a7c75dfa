import CCairo

/// Widths of text and the breaking of lines, the same for every output format and resolution.
///
/// Measures without hinting at one large size and scales down, so that a figure's layout does not depend on
/// where it is drawn. Not for use by several threads at once.
public final class TextMeasurer {
  private static let size = 200.0
  private let surface: OpaquePointer?
  private let context: OpaquePointer?
  private var known: [Font: [String: Double]] = [:]

  public init() {
    surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1)
    context = cairo_create(surface)
    let options = cairo_font_options_create()
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_set_font_options(context, options)
    cairo_font_options_destroy(options)
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  /// The width of one line in points: its advance, or its ink where that is wider (a slanted last glyph).
  public func width(_ text: String, _ font: Font) -> Double {
    let reference = Font(size: Self.size, isBold: font.isBold)
    if let width = known[reference]?[text] { return width * font.size / Self.size }
    reference.select(in: context)
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, text, &extents)
    let width = max(extents.x_advance, extents.x_bearing + extents.width)
    known[reference, default: [:]][text] = width
    return width * font.size / Self.size
  }

  /// `text` in lines of at most `limit` points.
  ///
  /// Breaks at spaces, and inside a word only where the word alone is too wide; line feeds are kept. Empty
  /// text is one empty line. A limit below one character still gives one character a line, so that this
  /// always ends.
  public func wrap(_ text: String, _ font: Font, limit: Double) -> [String] {
    var lines: [String] = []
    for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
      var line = ""
      for word in paragraph.split(separator: " ") {
        let joined = line.isEmpty ? String(word) : line + " " + word
        if width(joined, font) <= limit {
          line = joined
          continue
        }
        if !line.isEmpty { lines.append(line) }
        var pieces = pieces(of: String(word), font, limit: limit)
        line = pieces.removeLast()
        lines += pieces
      }
      lines.append(line)
    }
    return lines
  }

  /// A word in the fewest pieces that fit, at least one.
  private func pieces(of word: String, _ font: Font, limit: Double) -> [String] {
    var pieces: [String] = []
    var piece = ""
    for character in word {
      if !piece.isEmpty && width(piece + String(character), font) > limit {
        pieces.append(piece)
        piece = ""
      }
      piece.append(character)
    }
    return pieces + [piece]
  }
}
