import CCairo
import FeatureStores

/// A white page that figures are drawn on, in points (1/72 inch) from the top left; a thin layer over cairo.
///
/// The same calls give the same page as a picture, an SVG or a PDF. Fonts are DejaVu Sans without hinting, so
/// that text is as wide as `TextMeasurer` says at every resolution. Cairo keeps its first error and ignores
/// what follows; `finish` throws it. Output holds no clock and no counter: drawing the same page twice gives
/// the same bytes. Not for use by several threads at once; each thread may have a canvas of its own.
public final class Canvas {
  public let width: Double
  public let height: Double
  private let format: FigureFormat
  private let resolution: Double
  private let sink = ByteSink()
  private let surface: OpaquePointer?
  private let context: OpaquePointer?

  /// An empty white page of `width` × `height` points. `resolution` (dots an inch) matters to pictures only.
  ///
  /// Throws a `HarnessError` (`fault`) for a page that is empty, not finite, or larger than a PNG or cairo
  /// can hold.
  public init(width: Double, height: Double, format: FigureFormat, resolution: Int = 300) throws(HarnessError)
  {
    let largest = 14_400.0
    guard width.isFinite, height.isFinite, width > 0, height > 0, width <= largest, height <= largest else {
      throw HarnessError(
        .fault, found: "a page of \(width) × \(height) points", expected: "1 to 14400 points a side")
    }
    let pixels = (
      Int((width * Double(resolution) / 72).rounded()), Int((height * Double(resolution) / 72).rounded())
    )
    guard format != .png || (max(pixels.0, pixels.1) <= PNGImage.maximumSide && min(pixels.0, pixels.1) > 0)
    else {
      throw HarnessError(
        .fault, found: "a picture of \(pixels.0) × \(pixels.1) pixels",
        expected: "1 to \(PNGImage.maximumSide) a side")
    }
    self.width = width
    self.height = height
    self.format = format
    self.resolution = Double(resolution)
    let write: cairo_write_func_t = { context, data, count in
      guard let context else { return CAIRO_STATUS_WRITE_ERROR }
      ByteSink.from(context).append(data, count: Int(count))
      return CAIRO_STATUS_SUCCESS
    }
    switch format {
    case .png: surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, Int32(pixels.0), Int32(pixels.1))
    case .svg: surface = cairo_svg_surface_create_for_stream(write, sink.context, width, height)
    case .pdf: surface = cairo_pdf_surface_create_for_stream(write, sink.context, width, height)
    }
    context = cairo_create(surface)
    if format == .png { cairo_scale(context, Double(pixels.0) / width, Double(pixels.1) / height) }
    let options = cairo_font_options_create()
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    cairo_set_font_options(context, options)
    cairo_font_options_destroy(options)
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    fill(PlotRect(x: 0, y: 0, width: width, height: height), with: .white)
    try check()
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  // MARK: Drawing

  /// Runs `body` and then restores clip and transformation.
  public func group(clippedTo rect: PlotRect? = nil, _ body: () -> Void) {
    cairo_save(context)
    if let rect {
      cairo_new_path(context)
      cairo_rectangle(context, rect.x, rect.y, rect.width, rect.height)
      cairo_clip(context)
    }
    body()
    cairo_restore(context)
  }

  /// Runs `body` with the origin moved to `origin`, and then restores it.
  public func group(from origin: PlotPoint, _ body: () -> Void) {
    cairo_save(context)
    cairo_translate(context, origin.x, origin.y)
    body()
    cairo_restore(context)
  }

  /// Fills a rectangle.
  public func fill(_ rect: PlotRect, with colour: Colour, alpha: Double = 1) {
    cairo_new_path(context)
    cairo_rectangle(context, rect.x, rect.y, rect.width, rect.height)
    setColour(colour, alpha)
    cairo_fill(context)
  }

  /// Fills the polygon through `points`; nothing with fewer than three.
  public func fill(polygon points: [PlotPoint], with colour: Colour, alpha: Double = 1) {
    guard points.count >= 3 else { return }
    trace(points)
    cairo_close_path(context)
    setColour(colour, alpha)
    cairo_fill(context)
  }

  /// Draws the line through `points`; nothing with fewer than two. `dash` holds lengths of ink and gap in
  /// points.
  public func stroke(
    _ points: [PlotPoint], colour: Colour, width: Double, dash: [Double] = [], isClosed: Bool = false
  ) {
    guard points.count >= 2 else { return }
    trace(points)
    if isClosed { cairo_close_path(context) }
    setColour(colour, 1)
    cairo_set_line_width(context, width)
    cairo_set_dash(context, dash, Int32(dash.count), 0)
    cairo_stroke(context)
  }

  /// Draws a circle: its inside with `fill` where given, then its outline.
  public func circle(centre: PlotPoint, radius: Double, colour: Colour, width: Double, fill: Colour?) {
    cairo_new_path(context)
    cairo_arc(context, centre.x, centre.y, radius, 0, 2 * Double.pi)
    if let fill {
      setColour(fill, 1)
      cairo_fill_preserve(context)
    }
    setColour(colour, 1)
    cairo_set_line_width(context, width)
    cairo_set_dash(context, nil, 0, 0)
    cairo_stroke(context)
  }

  /// Draws one line of text with its baseline starting at `origin`, turned anticlockwise by a quarter when
  /// `isUpward`.
  public func text(_ string: String, at origin: PlotPoint, font: Font, isUpward: Bool = false) {
    cairo_save(context)
    font.select(in: context)
    setColour(font.colour, 1)
    cairo_translate(context, origin.x, origin.y)
    if isUpward { cairo_rotate(context, -Double.pi / 2) }
    cairo_move_to(context, 0, 0)
    cairo_show_text(context, string)
    cairo_restore(context)
  }

  private func trace(_ points: [PlotPoint]) {
    cairo_new_path(context)
    cairo_move_to(context, points[0].x, points[0].y)
    for point in points.dropFirst() { cairo_line_to(context, point.x, point.y) }
  }

  private func setColour(_ colour: Colour, _ alpha: Double) {
    cairo_set_source_rgba(
      context, Double(colour.red) / 255, Double(colour.green) / 255, Double(colour.blue) / 255, alpha)
  }

  // MARK: Output

  /// Ends the page and returns the bytes of the file. The canvas must not be drawn on afterwards.
  ///
  /// Throws a `HarnessError` (`fault`) with cairo's first error, where there was one.
  public func finish(title: String, provenance: Provenance) throws(HarnessError) -> [UInt8] {
    try check()
    switch format {
    case .png: return try picture(title: title, provenance: provenance).encoded()
    case .svg:
      try close()
      return SVGDocument.finished(sink.bytes, title: title, provenance: provenance)
    case .pdf:
      describe(title: title, provenance: provenance)
      try close()
      return sink.bytes
    }
  }

  /// Writes everything out and checks that cairo made no error.
  private func close() throws(HarnessError) {
    cairo_show_page(context)
    cairo_surface_finish(surface)
    try check()
  }

  /// Title, creator, keywords and date of a PDF. Without a date of its own cairo would write the present
  /// time.
  private func describe(title: String, provenance: Provenance) {
    let keywords = provenance.allEntries.map { "\($0.key): \($0.value)" }.joined(separator: "; ")
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title)
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Likeness")
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_KEYWORDS, keywords)
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, provenance.date)
  }

  /// The pixels of a picture: opaque RGB, or RGBA with the premultiplication undone where something is
  /// transparent.
  private func picture(title: String, provenance: Provenance) throws(HarnessError) -> PNGImage {
    cairo_surface_flush(surface)
    let columns = Int(cairo_image_surface_get_width(surface))
    let rows = Int(cairo_image_surface_get_height(surface))
    let stride = Int(cairo_image_surface_get_stride(surface))
    guard let data = cairo_image_surface_get_data(surface) else {
      throw HarnessError(.fault, found: "cairo has no pixels of the picture")
    }
    let image = UnsafeRawPointer(data)
    func word(_ row: Int, _ column: Int) -> UInt32 {
      image.load(fromByteOffset: row * stride + column * 4, as: UInt32.self)
    }
    let isOpaque = (0..<rows).allSatisfy { row in (0..<columns).allSatisfy { word(row, $0) >> 24 == 255 } }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(rows * columns * (isOpaque ? 3 : 4))
    for row in 0..<rows {
      for column in 0..<columns {
        let value = word(row, column)
        let alpha = value >> 24
        for shift in [16, 8, 0] as [UInt32] {
          let channel = value >> shift & 255
          pixels.append(
            alpha == 255 || alpha == 0 ? UInt8(channel) : UInt8((channel * 255 + alpha / 2) / alpha))
        }
        if !isOpaque { pixels.append(UInt8(alpha)) }
      }
    }
    return PNGImage(
      width: columns, height: rows, channels: isOpaque ? 3 : 4, pixels: pixels, dotsPerInch: resolution,
      text: [Provenance.Entry("Title", title)] + provenance.allEntries)
  }

  private func check() throws(HarnessError) {
    var status = cairo_status(context)
    if status == CAIRO_STATUS_SUCCESS { status = cairo_surface_status(surface) }
    guard status == CAIRO_STATUS_SUCCESS else {
      throw HarnessError(
        .fault, found: "cairo cannot draw: \(String(cString: cairo_status_to_string(status)))")
    }
  }
}
