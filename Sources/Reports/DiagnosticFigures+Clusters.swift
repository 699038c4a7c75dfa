import Experiments
import Learning

extension DiagnosticFigures {
  /// The images of a few identities in the plane, one figure a method: a panel for the whole embedding and one a group where there are several. Of one seed, as principal
  /// components of different runs are different planes.
  func clusters() throws -> [Named] {
    let first = firstRuns(try entries("clusters"))
    return first.entries.compactMap { entry in
      guard let clusters = entry.record.clusters else { return nil }
      let row = entry.run.row
      let told =
        (report.results.experiment.datasets.count > 1 ? [row.dataset] : [])
        + [ROCReport.name(row, definition)]
      let parts =
        [("Whole", clusters.whole)]
        + (clusters.alone.count > 1
          ? clusters.alone.enumerated().map { ("Group \($0.offset + 1)", $0.element) } : [])
      // One scale for all panels, so that they show how far groups spread their images.
      let reach = parts.flatMap { $0.1.coordinates.joined() }.filter(\.isFinite).map(\.magnitude).max() ?? 0
      let range = -max(reach * 1.05, 1e-6)...max(reach * 1.05, 1e-6)
      return Named(
        name: file("clusters", told), loss: row.loss,
        figure: PanelFigure(
          title: "\(definition.title): clusters of identities, \(told.joined(separator: ", "))",
          caption:
            "\(first.words) \(clusters.labels.count) images of \(Set(clusters.labels).count) validation identities. \(cutInWords("clusters"))Each panel: the columns concerned, scaled to unit "
            + "length, on their own first two principal components (with shares of the variance). What stands over it is of the whole space: the variance between identities over "
            + "that within them, and the mean silhouette.",
          panels: parts.map { panel($0.0, $0.1, labels: clusters.labels, range: range) }, plotHeight: 34))
    }
  }

  private func panel(
    _ name: String, _ clusters: IdentityClusters, labels: [Int], range: ClosedRange<Double>
  ) -> LineFigure {
    func number(_ value: Double?) -> String { value.map { NumberText.fixed($0, decimals: 2) } ?? "–" }
    func axis(_ component: Int) -> Axis {
      let share = clusters.shares.map { " (\(NumberText.percent($0[component], decimals: 0)) %)" } ?? ""
      return Axis("Component \(component + 1)\(share)", range: range)
    }
    return LineFigure(
      title: "\(name): between/within \(number(clusters.betweenToWithin))",
      caption: "silhouette \(number(clusters.silhouette))", x: axis(0), y: axis(1),
      series: Set(labels).sorted().enumerated().map { place, label in
        let points = zip(labels, clusters.coordinates).filter { $0.0 == label && $0.1.allSatisfy(\.isFinite) }
        return LineFigure.Series(
          name: "identity \(label)",
          points: points.map { PlotPoint($0.1[0], $0.1[1]) }.sorted { ($0.x, $0.y) < ($1.x, $1.y) },
          shape: .points,
          style: Palette.style(column: place % Palette.columnCount, row: place / Palette.columnCount))
      }, isSquare: true)
  }
}
