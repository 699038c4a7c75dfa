import Experiments
import Metrics

/// The figures of what runs recorded besides their results; each kind where the experiment asks for its diagnostic and a run has it.
///
/// | file | shows |
/// |---|---|
/// | `convergence-BLOCK` | validation accuracy, with τ marked, and training loss against steps |
/// | `smoothness-BLOCK` | β and Lipschitz estimates along the gradient against steps |
/// | `landscape-BLOCK` | contours of the loss on a plane through the trained weights |
/// | `spectrum-BLOCK` | shares of the variance along the principal axes of the embedding |
/// | `groups-DATA-NETWORK` | how alike the groups of an embedding are |
/// | `clusters-METHOD` | images of a few identities on two principal components of the embedding and of its groups |
/// | `tail-PROTOCOL` | results against how unequally images are shared among training identities |
/// | `agents-PROTOCOL` | results against the number of gallery agents |
///
/// A block is what differs in its mechanism alone; its name is that of the loss, with data, network, sampler and training where there are several. A method is
/// a row of the grid, named as in every figure.
struct DiagnosticFigures {
  /// A figure and the name of its file, without ending.
  struct Named {
    var name: String
    /// What it is about, where that is one protocol or one loss.
    var protocolName: String?
    var loss: String?
    var figure: any Figure
  }

  let report: ExperimentReport
  let styles: StyleBook

  init(_ report: ExperimentReport) {
    self.report = report
    styles = ROCReport.styles(report.results)
  }

  var definition: ExperimentDefinition { report.results.experiment.definition }

  func all() throws -> [Named] {
    var named = try convergence() + smoothness() + landscapes() + spectra()
    named += try groups() + clusters() + agents() + tails()
    var seen: [String: Int] = [:]
    for place in named.indices {
      seen[named[place].name, default: 0] += 1
      if let count = seen[named[place].name], count > 1 { named[place].name += "-\(count)" }
    }
    return named
  }

  // MARK: Blocks

  /// The first diagnostic of a name that the experiment asks for, with what finished runs recorded of it.
  func entries(_ name: String) throws -> [DiagnosticEntry] {
    try definition.diagnostics.first { $0.name == name }.map(report.results.diagnostics) ?? []
  }

  /// Those of one run a row, for what no mean over runs can show: of the first seed, and of its first fold, that any has; with these in words.
  func firstRuns(_ entries: [DiagnosticEntry]) -> (entries: [DiagnosticEntry], words: String) {
    let seed = definition.seeds.first { seed in entries.contains { $0.run.seed == seed } }
    let own = entries.filter { $0.run.seed == seed }
    let fold = own.compactMap(\.run.fold).min()
    let words = (seed.map { "Seed \($0)" } ?? "") + (fold.map { ", fold \($0 + 1)" } ?? "")
    return (own.filter { $0.run.fold == fold }, words + ".")
  }

  /// What tells a block from the others: its loss, then data, network, sampler and training where there are several.
  func parts(_ block: MechanismBlock) -> [String] {
    let experiment = report.results.experiment
    return [block.loss] + (experiment.datasets.count > 1 ? [block.dataset] : [])
      + (definition.networks.count > 1 ? [block.network] : [])
      + (definition.samplers.count > 1 ? [block.sampler] : [])
      + (definition.recipes.count > 1 ? [block.recipe] : [])
  }

  func file(_ kind: String, _ parts: [String]) -> String {
    RunIdentity.readable(([kind] + parts).joined(separator: " "))
  }

  func title(_ what: String, _ block: MechanismBlock) -> String {
    "\(definition.title): \(what), \(parts(block).joined(separator: ", "))"
  }

  func style(_ row: GridRow) -> SeriesStyle { styles.style(of: ROCReport.name(row, definition)) }

  /// "Mean ± 1 SD over 5 seeds." with folds where there are any.
  var averageInWords: String {
    let seeds = definition.seeds.count
    let folds = definition.data.isFoldwise ? "Means over folds. " : ""
    return folds + (seeds > 1 ? "Bands: ± 1 SD over \(seeds) seeds." : "One seed.")
  }

  /// A curve for each row of a block that has entries.
  func series(
    _ block: MechanismBlock, _ entries: [DiagnosticEntry], _ values: (DiagnosticRecord) -> [SeedBand.Value]
  ) -> [LineFigure.Series] {
    block.rows.compactMap { row in
      let own = entries.filter { $0.run.row == row }
      let band = SeedBand(own, values)
      guard !band.points.isEmpty else { return nil }
      return LineFigure.Series(
        name: row.mechanism, points: band.points, band: band.band, style: style(row))
    }
  }

  /// Panels that all show the curves that the first one has.
  func panels(_ panels: [LineFigure]) -> [LineFigure] {
    panels.map { panel in
      var panel = panel
      panel.series = (panels.first?.series ?? []).map { first in
        panel.series.first { $0.name == first.name }
          ?? LineFigure.Series(name: first.name, points: [], style: first.style)
      }
      return panel
    }
  }
}

/// The mean over seeds, and one sample standard deviation on either side, of a number that runs record at places such as steps; within a seed the mean over
/// folds. Places at which a run has no number are left out.
struct SeedBand {
  struct Value {
    var x: Double
    var y: Double?
  }

  let points: [PlotPoint]
  /// Empty with one seed.
  let band: [LineFigure.BandPoint]

  init(_ entries: [DiagnosticEntry], _ values: (DiagnosticRecord) -> [Value]) {
    let runs = entries.map { (seed: $0.run.seed, values: values($0.record)) }
    var seeds: [UInt64?] = []
    for run in runs where !seeds.contains(run.seed) { seeds.append(run.seed) }
    var points: [PlotPoint] = []
    var band: [LineFigure.BandPoint] = []
    for (place, x) in (runs.first?.values.map(\.x) ?? []).enumerated() {
      let means = seeds.compactMap { seed -> Double? in
        let known = runs.filter { $0.seed == seed }.map { run in
          run.values.indices.contains(place) ? run.values[place].y : nil
        }
        let finite = known.compactMap(\.self).filter(\.isFinite)
        return finite.count == known.count ? Spread(finite)?.mean : nil
      }
      guard means.count == seeds.count, let spread = Spread(means) else { continue }
      points.append(PlotPoint(x, spread.mean))
      if let deviation = spread.sampleSD {
        band.append(LineFigure.BandPoint(x, spread.mean - deviation, spread.mean + deviation))
      }
    }
    self.points = points
    self.band = band
  }
}

extension [LineFigure.Series] {
  /// The curves as a logarithmic axis can show them: bands end above 0, and what is not positive is left out.
  var onLogarithmicAxis: [LineFigure.Series] {
    map { series in
      var series = series
      series.points.removeAll { $0.y <= 0 }
      series.band = series.band.filter { $0.upper > 0 }.map { point in
        LineFigure.BandPoint(point.x, Swift.max(point.lower, point.upper * 1e-2), point.upper)
      }
      return series
    }
  }
}
