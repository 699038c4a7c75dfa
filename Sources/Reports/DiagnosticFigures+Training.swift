import Experiments
import Metrics

extension DiagnosticFigures {
  /// Validation accuracy and training loss against steps, one figure a block.
  func convergence() throws -> [Named] {
    let curves = try report.results.validationCurves()
    guard !curves.isEmpty else { return [] }
    return report.results.experiment.grid.mechanismBlocks.compactMap { block in
      let accuracy = series(block, curves) { record in
        (record.curve ?? []).map { .init(x: Double($0.step), y: $0.validation.accuracy) }
      }
      guard !accuracy.isEmpty else { return nil }
      // Only where something is measured by it.
      let isMeasured = accuracy.count > 1
      let level = block.baseline.flatMap { baseline in
        isMeasured
          ? ExperimentResults.level(of: baseline, share: MethodSpeedUp.primaryShare, curves) : nil
      }
      let steps = Axis("Step", range: 0...Double(definition.recipes.map(\.steps).max() ?? 1))
      let mark = level.map { LineFigure.ReferenceLine(.horizontal, at: $0, label: "τ") }
      let panels = panels([
        LineFigure(
          title: "Validation accuracy", x: steps, y: Axis("Accuracy", numbers: .percent, headroom: 3),
          series: accuracy, references: mark.map { [$0] } ?? []),
        LineFigure(
          title: "Training loss", x: steps, y: Axis("Loss"),
          series: series(block, curves) { record in
            (record.curve ?? []).map { .init(x: Double($0.step), y: $0.loss) }
          }),
      ])
      let sums = block.rows.contains {
        $0.method.map { $0.mechanism.subspaces.count > 1 && $0.mechanism.subspaces.reduction == .sum }
          ?? false
      }
      let words = [
        averageInWords,
        level.flatMap { level in
          block.baseline.map {
            "τ = \(NumberText.percent(level, decimals: 1)) %: \(NumberText.percent(MethodSpeedUp.primaryShare, decimals: 0)) % of the final validation accuracy of "
              + "\($0.mechanism)\(definition.seeds.count > 1 ? ", mean over seeds" : "")."
          }
        },
        sums
          ? "Where the losses of groups are summed, levels of the loss compare within a mechanism only."
          : nil,
      ]
      return Named(
        name: file("convergence", parts(block)), loss: block.loss,
        figure: figure(
          title("convergence", block), words.compactMap(\.self).joined(separator: " "), block, panels))
    }
  }

  /// β and Lipschitz estimates against steps, one figure a block.
  func smoothness() throws -> [Named] {
    let entries = try entries("smoothness")
    guard !entries.isEmpty else { return [] }
    let steps = Axis("Step", range: 0...Double(definition.recipes.map(\.steps).max() ?? 1))
    return report.results.experiment.grid.mechanismBlocks.compactMap { block in
      func lines(_ number: (DiagnosticRecord.SmoothnessPoint) -> Double?) -> [LineFigure.Series] {
        series(block, entries) { record in
          (record.smoothness ?? []).map { .init(x: Double($0.step), y: number($0)) }
        }.onLogarithmicAxis
      }
      let beta = lines { $0.line.smoothness }
      guard !beta.isEmpty else { return nil }
      return Named(
        name: file("smoothness", parts(block)), loss: block.loss,
        figure: figure(
          title("smoothness of training", block),
          "\(averageInWords) Largest ratios along the gradient of the next batch: lower bounds.", block,
          panels([
            LineFigure(
              title: "β of the gradient, ‖Δg‖/‖Δθ‖", x: steps, y: Axis("β", scale: .logarithmic), series: beta
            ),
            LineFigure(
              title: "Lipschitz constant of the loss, |ΔL|/‖Δθ‖", x: steps,
              y: Axis("Lipschitz constant", scale: .logarithmic), series: lines { $0.line.lipschitz }),
          ])))
    }
  }

  /// The shares of the variance along the principal axes, one figure a block.
  func spectra() throws -> [Named] {
    let entries = try entries("spectrum")
    guard !entries.isEmpty else { return [] }
    // What rounding leaves of no variance in single precision.
    let least = 1e-7
    func shares(_ record: DiagnosticRecord) -> [SeedBand.Value] {
      guard let spectrum = record.spectrum, spectrum.totalVariance > 0 else { return [] }
      return spectrum.variances.enumerated().map {
        .init(x: Double($0.offset + 1), y: $0.element / spectrum.totalVariance)
      }
    }
    func summary(_ row: GridRow) -> String? {
      let dimensions = entries.filter { $0.run.row == row }.map { $0.record.spectrum?.effectiveDimension }
      let known = dimensions.compactMap(\.self)
      guard known.count == dimensions.count, let spread = Spread(known) else { return nil }
      let deviation = spread.sampleSD.map { " ± \(NumberText.fixed($0, decimals: 1))" } ?? ""
      return NumberText.fixed(spread.mean, decimals: 1) + deviation
    }
    return report.results.experiment.grid.mechanismBlocks.compactMap { block in
      var lines = block.rows.compactMap { row -> LineFigure.Series? in
        let band = SeedBand(entries.filter { $0.run.row == row }, shares)
        guard !band.points.isEmpty else { return nil }
        return LineFigure.Series(
          name: row.mechanism, summary: summary(row), points: band.points, band: band.band, style: style(row))
      }
      guard !lines.isEmpty else { return nil }
      let stored = report.results.rows.map(\.row).first {
        $0.kind == .untrained && $0.dataset == block.dataset
      }
      if let stored {
        let band = SeedBand(entries.filter { $0.run.row == stored }, shares)
        if !band.points.isEmpty {
          lines.append(
            LineFigure.Series(
              name: "untrained", summary: summary(stored), points: band.points, style: .untrained))
        }
      }
      lines = lines.onLogarithmicAxis
      for place in lines.indices {
        lines[place].points.removeAll { $0.y < least }
        lines[place].band.removeAll { $0.lower < least }
      }
      return Named(
        name: file("spectrum", parts(block)), loss: block.loss,
        figure: LineFigure(
          title: title("spectrum of the embedding", block),
          caption:
            "\(averageInWords) Variance of unit embeddings of validation identities along their principal axes; "
            + "beside the names the participation ratio (Σλ)²/Σλ², the effective number of dimensions.",
          x: Axis("Principal axis"), y: Axis("Share of the variance", scale: .logarithmic, numbers: .powers),
          series: lines, summaryHeader: "effective dimensions", legend: .below))
    }
  }
}
