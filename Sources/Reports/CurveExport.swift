import FeatureStores
import Foundation

/// Curves as data: every point of every curve with its counts, next to the figure that shows them.
///
/// Written as CSV or JSON (all points, full precision) or as PNG, SVG or PDF (the figure). Every format
/// carries the provenance. Numbers must be finite.
public struct CurveExport: Sendable {
  /// The formats in which curves are written.
  public enum Format: String, Sendable, Hashable, CaseIterable {
    case csv, json, png, svg, pdf
  }

  /// One curve.
  public struct Curve: Sendable, Hashable {
    public var name: String
    /// The x value, the y value and further columns of each point, in the order of `CurveExport.columns`; nil
    /// where one does not apply.
    public var points: [[Double?]]
    /// How many comparisons, searches or runs stand behind the curve, by name and in order.
    public var counts: [Count]

    public init(name: String, points: [[Double?]], counts: [Count] = []) {
      self.name = name
      self.points = points
      self.counts = counts
    }
  }

  /// A named number of things.
  public struct Count: Sendable, Hashable {
    public var name: String
    public var value: Int

    public init(_ name: String, _ value: Int) {
      self.name = name
      self.value = value
    }
  }

  public var title: String
  /// The convention under which the numbers hold.
  public var caption: String
  /// The names of the columns of each point, such as `far`, `tar`.
  public var columns: [String]
  public var curves: [Curve]
  public var provenance: Provenance
  public var figure: any Figure

  public init(
    title: String, caption: String, columns: [String], curves: [Curve], provenance: Provenance,
    figure: any Figure
  ) {
    self.title = title
    self.caption = caption
    self.columns = columns
    self.curves = curves
    self.provenance = provenance
    self.figure = figure
  }

  /// The curves of a ROC figure with their bands and numbers of comparisons, those below 1/N included: data
  /// are exported as they are.
  public init(_ figure: ROCFigure, provenance: Provenance) {
    let hasBand = figure.series.contains { $0.points.contains { $0.lower != nil } }
    let curves = figure.series.map { series in
      let genuine = series.genuineCount.map { [Count("genuine", $0)] } ?? []
      return Curve(
        name: series.name,
        points: series.points.map { [$0.far, $0.tar] + (hasBand ? [$0.lower, $0.upper] : []) },
        counts: genuine + [Count("impostors", series.impostorCount)])
    }
    self.init(
      title: figure.title, caption: figure.caption,
      columns: ["far", "tar"] + (hasBand ? ["lower", "upper"] : []),
      curves: curves, provenance: provenance, figure: figure)
  }

  /// The curves of any figure of lines. `counts` gives the counts of each curve by its index.
  ///
  /// Bands are exported where they stand at the same x as the points.
  public init(
    _ figure: LineFigure, columns: (x: String, y: String), counts: [[Count]] = [], provenance: Provenance
  ) {
    let hasBand = figure.series.contains { !$0.band.isEmpty }
    let curves = figure.series.enumerated().map { index, series in
      let isParallel = series.band.map(\.x) == series.points.map(\.x)
      let points = series.points.enumerated().map { row, point -> [Double?] in
        let band = isParallel ? series.band[row] : nil
        return [point.x, point.y] + (hasBand ? [band?.lower, band?.upper] : [])
      }
      return Curve(name: series.name, points: points, counts: index < counts.count ? counts[index] : [])
    }
    self.init(
      title: figure.title, caption: figure.caption,
      columns: [columns.x, columns.y] + (hasBand ? ["lower", "upper"] : []), curves: curves,
      provenance: provenance,
      figure: figure)
  }

  /// The bytes of the file in the given format; equal exports give equal bytes.
  public func encoded(as format: Format, resolution: Int = 300) throws(HarnessError) -> [UInt8] {
    try validate()
    switch format {
    case .csv: return Array(csv().utf8)
    case .json: return Array(try json().utf8)
    case .png: return try figure.rendered(as: .png, provenance: provenance, resolution: resolution)
    case .svg: return try figure.rendered(as: .svg, provenance: provenance)
    case .pdf: return try figure.rendered(as: .pdf, provenance: provenance)
    }
  }

  /// Writes the file in one step (see `OutputFile`).
  public func write(to path: String, as format: Format, resolution: Int = 300) throws(HarnessError) {
    try OutputFile.write(try encoded(as: format, resolution: resolution), to: path)
  }

  /// The names of all counts, in order of first appearance.
  private var countNames: [String] {
    var names: [String] = []
    for count in curves.flatMap(\.counts) where !names.contains(count.name) { names.append(count.name) }
    return names
  }

  /// Lines of title, convention and provenance, each after "# ", then one record a point: the curve's name,
  /// its columns, its counts.
  private func csv() -> String {
    var notes = [("title", title), ("convention", caption)].filter { !$0.1.isEmpty }
    notes += provenance.allEntries.map { ($0.key, $0.value) }
    let head = notes.map { "# \($0): \(Self.singleLine($1))\r\n" }.joined()
    let names = countNames
    var records = [["curve"] + columns + names]
    for curve in curves {
      let counts = names.map { name in curve.counts.first { $0.name == name }.map { String($0.value) } ?? "" }
      for point in curve.points {
        records.append([curve.name] + point.map { $0.map(NumberText.exact) ?? "" } + counts)
      }
    }
    return head + CSV.text(records)
  }

  private static func singleLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  private func validate() throws(HarnessError) {
    for curve in curves {
      for (index, point) in curve.points.enumerated() {
        let place = "curve “\(curve.name)”, point \(index)"
        guard point.count == columns.count else {
          throw HarnessError(
            .fault, place: place, found: "\(point.count) values", expected: "\(columns.count)")
        }
        for case (let name, let value?) in zip(columns, point) where !value.isFinite {
          throw HarnessError(
            .badInput, place: "\(place), \(name)", found: "\(value)", expected: "a finite number")
        }
      }
    }
  }
}
