import Experiments
import Metrics

extension DiagnosticFigures {
  /// The first number of each protocol's table against how unequally images are shared among the identities that train, a curve a method: where an
  /// experiment trains on three sets or more that differ in this.
  ///
  /// The abscissa is the Gini coefficient of the images an identity: 0 where all have equally many, towards 1 as few identities have most of them.
  func tails() throws -> [Named] {
    let experiment = report.results.experiment
    let datasets = experiment.datasets.filter { $0.foldCount == nil }.map {
      (dataset: $0, inequality: Self.inequality(Self.imagesPerIdentity($0)))
    }
    guard datasets.count > 2, Set(datasets.map(\.inequality)).count == datasets.count else { return [] }
    return report.protocolNames.compactMap { name -> Named? in
      guard let test = report.test(name), let metric = TableMetric.all(of: test).first else { return nil }
      var methods: [(name: String, points: [(x: Double, value: Spread)])] = []
      for place in datasets.sorted(by: { $0.inequality < $1.inequality }) {
        for row in report.results.rows
        where row.row.dataset == place.dataset.name && row.row.kind == .trained {
          let outcomes = row.outcomes(name)
          let values = outcomes.compactMap(metric.value)
          guard values.count == outcomes.count, let spread = Spread(values) else { continue }
          let label = ROCReport.name(row.row, definition)
          if let known = methods.firstIndex(where: { $0.name == label }) {
            methods[known].points.append((place.inequality, spread))
          } else {
            methods.append((label, [(place.inequality, spread)]))
          }
        }
      }
      let drawn = methods.filter { $0.points.count > 1 }
      let looks = styles.styles(of: drawn.map(\.name))
      let lines = zip(drawn, looks).map { method, look in
        LineFigure.Series(
          name: method.name, points: method.points.map { PlotPoint($0.x, $0.value.mean) },
          band: method.points.compactMap { point in
            point.value.sampleSD.map {
              LineFigure.BandPoint(point.x, max(0, point.value.mean - $0), min(1, point.value.mean + $0))
            }
          }, style: look)
      }
      guard !lines.isEmpty else { return nil }
      let seeds = definition.seeds.count
      let places = datasets.map(\.inequality)
      return Named(
        name: file("tail", [name]), protocolName: name,
        figure: LineFigure(
          title: "\(definition.title): \(test.task.definition.title)",
          caption: (seeds > 1 ? "Bands: ± 1 SD over \(seeds) seeds. " : "")
            + "Abscissa: 0 where all identities have equally many training images, towards 1 as few have most of them.",
          x: Axis(
            "Gini coefficient of images an identity", range: (places.min() ?? 0)...(places.max() ?? 1)),
          y: Axis(metric.name.capitalisedFirst, numbers: .percent), series: lines))
    }
  }

  /// How many images of each identity train.
  private static func imagesPerIdentity(_ dataset: BoundDataset) -> [Int] {
    var counts: [Int: Int] = [:]
    for label in dataset.trainingLabels { counts[label, default: 0] += 1 }
    return Array(counts.values)
  }

  /// The Gini coefficient of numbers that are not negative: the mean difference of two of them over twice their mean.
  static func inequality(_ counts: [Int]) -> Double {
    let sum = counts.reduce(0, +)
    guard sum > 0 else { return 0 }
    let weighted = counts.sorted().enumerated().reduce(0) { sum, place in
      sum + (2 * place.offset + 1 - counts.count) * place.element
    }
    return Double(weighted) / (Double(counts.count) * Double(sum))
  }
}
