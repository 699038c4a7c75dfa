import Experiments
import Metrics

extension DiagnosticFigures {
  /// How alike the groups of each method's embedding are: one figure a dataset and network, a panel a method with several groups.
  func groups() throws -> [Named] {
    let entries = try entries("groups").filter { ($0.record.groups?.alone.count ?? 0) > 1 }
    var places: [[String]] = []
    for row in entries.map(\.run.row) where !places.contains([row.dataset, row.network]) {
      places.append([row.dataset, row.network])
    }
    let experiment = report.results.experiment
    return places.map { place in
      let rows = experiment.grid.rows.filter { row in
        [row.dataset, row.network] == place && entries.contains { $0.run.row == row }
      }
      let told =
        (experiment.datasets.count > 1 ? [place[0]] : []) + (definition.networks.count > 1 ? [place[1]] : [])
      return Named(
        name: file("groups", told),
        figure: HeatMapFigure(
          title: ([definition.title + ": how alike groups are"] + told).joined(separator: ", "),
          caption:
            cutInWords("groups")
            + "Groups of the embedding on validation identities, means over runs. Below the diagonal linear CKA; above it the share of images "
            + "whose nearest other image is the same in both groups; in it the accuracy (%) of each group alone. Behind the name that of the whole.",
          panels: rows.map { row in panel(row, entries.filter { $0.run.row == row }) }))
    }
  }

  /// What the groups of a diagnostic are, where they are not those that the mechanism trains.
  func cutInWords(_ diagnostic: String) -> String {
    let asked = definition.diagnostics.first { $0.name == diagnostic }?.options.integer("groups") ?? 0
    return asked == 0
      ? "" : "Every embedding is cut into \(asked) groups, in whatever number its mechanism trains them. "
  }

  private func panel(_ row: GridRow, _ entries: [DiagnosticEntry]) -> HeatMapFigure.Panel {
    let measured = entries.compactMap(\.record.groups)
    let count = measured.map(\.alone.count).min() ?? 0
    func mean(_ value: (DiagnosticRecord.GroupMeasurement) -> Double?) -> Double? {
      let known = measured.compactMap(value)
      return known.count == measured.count ? Spread(known)?.mean : nil
    }
    func percent(_ value: Double?) -> String { value.map { NumberText.percent($0, decimals: 1) } ?? "–" }
    var parts = [row.loss]
    if definition.mechanisms.count > 1 { parts.append(row.mechanism) }
    if definition.samplers.count > 1 { parts.append(row.sampler) }
    if definition.recipes.count > 1 { parts.append(row.recipe) }
    return HeatMapFigure.Panel(
      name: "\(parts.joined(separator: "\n")): \(percent(mean(\.whole.accuracy)))\u{00A0}%",
      values: (0..<count).map { a in
        (0..<count).map { b in
          mean { a > b ? $0.comparison.alignment[a][b] : $0.comparison.neighbourAgreement[a][b] }
        }
      }, diagonal: (0..<count).map { group in percent(mean { $0.alone[group].accuracy }) },
      labels: (1...max(1, count)).map { "\($0)" })
  }

  /// The first number of each protocol's table against the number of gallery agents, a curve a loss, with that of its baseline beside it: where a grid has
  /// one row for each of several numbers of agents.
  func agents() throws -> [Named] {
    let experiment = report.results.experiment
    return experiment.datasets.flatMap { dataset -> [Named] in
      definition.networks.flatMap { network in
        dataset.tests.compactMap { test -> Named? in
          guard let metric = TableMetric.all(of: test).first else { return nil }
          let blocks = experiment.grid.mechanismBlocks.filter {
            $0.dataset == dataset.name && $0.network == network.name
          }
          let lines = blocks.flatMap { agentLines($0, test, metric) }
          guard !lines.isEmpty else { return nil }
          let told =
            (experiment.datasets.count > 1 ? [dataset.name] : [])
            + (definition.networks.count > 1 ? [network.name] : [])
          let reach = lines.flatMap(\.points).map(\.x)
          let seeds = definition.seeds.count
          return Named(
            name: file("agents", [test.name] + told), protocolName: test.name,
            figure: LineFigure(
              title: ([test.task.definition.title] + told).joined(separator: ", ") + ": gallery agents",
              caption: (seeds > 1 ? "Bands: ± 1 SD over \(seeds) seeds. " : "")
                + "Flat lines: without gallery networks.",
              x: Axis("Number of agents", range: (reach.min() ?? 1)...(reach.max() ?? 2)),
              y: Axis(metric.name.capitalisedFirst, numbers: .percent), series: lines))
        }
      }
    }
  }

  /// A block's curve over its numbers of agents, and its baseline at their ends; empty without two numbers, or where rows of one number differ otherwise.
  private func agentLines(_ block: MechanismBlock, _ test: BoundTest, _ metric: TableMetric) -> [LineFigure
    .Series]
  {
    let rows = block.rows.compactMap { row -> (row: GridRow, agents: Int)? in
      guard let mechanism = row.method?.mechanism, mechanism.name == "multi-agent" else { return nil }
      return (row, mechanism.options.integer("agents"))
    }.sorted { $0.agents < $1.agents }
    guard rows.count > 1, Set(rows.map(\.agents)).count == rows.count else { return [] }
    func spread(_ row: GridRow) -> Spread? {
      let outcomes = report.results.rows.first { $0.row == row }?.outcomes(test.name) ?? []
      let values = outcomes.compactMap(metric.value)
      return values.count == outcomes.count ? Spread(values) : nil
    }
    let known = rows.compactMap { row in spread(row.row).map { (x: Double(row.agents), value: $0) } }
    guard known.count > 1 else { return [] }
    func series(_ name: String, _ row: GridRow, _ points: [(x: Double, value: Spread)]) -> LineFigure.Series {
      LineFigure.Series(
        name: name, points: points.map { PlotPoint($0.x, $0.value.mean) },
        band: points.compactMap { point in
          point.value.sampleSD.map {
            LineFigure.BandPoint(point.x, max(0, point.value.mean - $0), min(1, point.value.mean + $0))
          }
        }, style: style(row))
    }
    let told =
      [block.loss] + (definition.samplers.count > 1 ? [block.sampler] : [])
      + (definition.recipes.count > 1 ? [block.recipe] : [])
    var lines = [series((told + ["MASST"]).joined(separator: ", "), rows[0].row, known)]
    if let baseline = block.baseline, let value = spread(baseline) {
      lines.append(
        series(
          (told + [baseline.mechanism]).joined(separator: ", "), baseline,
          [known[0], known[known.count - 1]].map { ($0.x, value) }))
    }
    return lines
  }
}
