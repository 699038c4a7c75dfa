/// The file formats of figures.
public enum FigureFormat: String, Sendable, Hashable, CaseIterable, Codable {
  /// A picture of 300 dots an inch (or another resolution), its provenance in text chunks.
  case png
  /// Vectors with glyphs as outlines, so that no font is needed to show it.
  case svg
  /// Vectors with the used part of each font embedded.
  case pdf

  /// The file name extension, without a dot.
  public var fileExtension: String { rawValue }
}
