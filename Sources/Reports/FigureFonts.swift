/// The sizes and greys of a figure's text and lines, the same in all figures.
struct FigureFonts {
  let title: Font
  let caption: Font
  let label: Font
  let tick: Font
  let legend: Font
  let legendHeader: Font
  let note: Font

  /// A full-page figure carries slightly larger text than a single column.
  init(width: Double) {
    let scale = width > 360 ? 1.1 : 1
    title = Font(size: 8 * scale, isBold: true, colour: .grey(0.07))
    caption = Font(size: 6.2 * scale, colour: .grey(0.33))
    label = Font(size: 7.2 * scale, colour: .grey(0.07))
    tick = Font(size: 6.5 * scale, colour: .grey(0.2))
    legend = Font(size: 6.5 * scale, colour: .grey(0.07))
    legendHeader = Font(size: 6 * scale, colour: .grey(0.33))
    note = Font(size: 5.8 * scale, colour: .grey(0.33))
  }

  static let gridColour = Colour.grey(0.9)
  static let axisColour = Colour.grey(0.25)
  static let referenceColour = Colour.grey(0.55)
}
