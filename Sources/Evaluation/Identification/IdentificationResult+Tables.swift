import Metrics

extension IdentificationResult {
  private var title: String {
    "\(header.title) (\(header.protocolName) v\(header.protocolVersion)), \(convention.similarity.measure), "
      + "convention \(convention.name): \(convention.pooling.summary)"
  }

  public var tables: [ResultTable] {
    [closedSetTable] + (closedSet.map { [oldRuleTable($0)] } ?? openSetTables)
  }

  private var closedSetTable: ResultTable {
    let first = "rank \(ranks[0])"
    var rows: [[String]] = galleries.map { gallery in
      var cells = [
        gallery.name, "\(gallery.size)", "\(gallery.matedSearches)", "\(gallery.nonMatedSearches)",
      ]
      for rank in ranks { cells.append(Cell.rate(gallery.match.rate(rank: rank))) }
      return cells + intervalCells(first, gallery.intervals[0])
    }
    if galleries.count > 1 {
      var cells = ["mean", "", "", ""]
      for rate in mean.identification { cells.append(Cell.rate(rate)) }
      rows.append(cells + meanIntervalCells(first))
    }
    var columns: [ResultTable.Column] = [
      .init("gallery", isNumeric: false), .init("N"), .init("mated searches"), .init("non-mated searches"),
    ]
    for rank in ranks { columns.append(.init("rank \(rank)")) }
    columns += intervals.columns(of: "searches").map { .init("\($0.title): \(first)") }
    return ResultTable(
      title:
        "\(title). Identification rate of mated searches, ties \(convention.ties.rawValue)\(intervals.remark)",
      columns: columns, rows: rows)
  }

  /// The cells of a gallery's interval columns: people are resampled for the mean over galleries, which with one gallery is its own rate.
  private func intervalCells(_ name: String, _ binomial: BinomialInterval?) -> [String] {
    let cells = intervals.cells(name, binomial)
    return galleries.count > 1 && cells.count > 1 ? [""] + cells.dropFirst() : cells
  }

  /// The cells of the mean's interval columns.
  private func meanIntervalCells(_ name: String) -> [String] {
    let cells = intervals.cells(name, nil)
    return cells.count > 1 ? [cells[0], ""] : cells.map { _ in "" }
  }

  private func tpirName(_ target: Double, rank: Int) -> String {
    TemplateIdentification.tpirName(target, rank: rank)
  }

  private var openSetTables: [ResultTable] {
    guard galleries.first?.openSet.first?.points.isEmpty == false else { return [] }
    let natural = convention.similarity.naturalThreshold
    let acceptance =
      convention.similarity.isDistance
      ? "\(convention.similarity.measure) ≤" : "\(convention.similarity.measure) ≥"
    var rows: [[String]] = []
    for (index, rank) in ranks.enumerated() {
      for gallery in galleries {
        rows += gallery.openSet[index].points.map { point in
          [gallery.name, "\(rank)", Cell.rate(point.tar.map { 1 - $0 })]
            + point.cells(
              rate: "FPIR", natural: natural,
              intervals: intervalCells(tpirName(point.targetFAR, rank: rank), point.interval))
        }
      }
      guard galleries.count > 1, let points = galleries.first?.openSet[index].points else { continue }
      rows += zip(points, mean.tpir[index]).map { point, rate in
        let text = rate.map { Cell.rate($0) } ?? "not attainable"
        let missed = Cell.rate(rate.map { 1 - $0 })
        return ["mean", "\(rank)", missed, Cell.short(point.targetFAR), text]
          + meanIntervalCells(tpirName(point.targetFAR, rank: rank)) + ["", "", "", "", ""]
      }
    }
    return [
      ResultTable(
        title:
          "TPIR(N, R, T) and FNIR(N, R, T) at FPIR(N, T) by the rule \(convention.fpirRule.rawValue), thresholds on non-mated searches",
        columns: [.init("gallery", isNumeric: false), .init("R"), .init("FNIR")]
          + OperatingPoint.columns(
            acceptance: acceptance, intervals: intervals.columns(of: "searches"), false: "FPIR", true: "TPIR",
            genuine: "mated", impostors: "non-mated"), rows: rows)
    ]
  }

  private func oldRuleTable(_ rates: [ClosedSetRate]) -> ResultTable {
    ResultTable(
      title: "Share of searches above a threshold chosen on pairs of a closed set: not TPIR at an FPIR",
      columns: [.init("target"), .init("share"), .init("threshold"), .init("accepted")],
      rows: rates.map {
        [
          Cell.short($0.target), Cell.rate($0.rate),
          Cell.threshold(convention.similarity.naturalThreshold($0.threshold)),
          "\($0.accepted) of \($0.searches)",
        ]
      })
  }

  public var records: [[String]] {
    var rows = [["protocol", "gallery", "rank"] + OperatingPoint.recordColumns]
    let natural = convention.similarity.naturalThreshold
    for gallery in galleries {
      let place = [header.protocolName, gallery.name]
      for (rank, interval) in zip(ranks, gallery.intervals) {
        let record = OperatingPoint.record(
          "identification_rate", gallery.match.rate(rank: rank), hits: gallery.match.hits[rank - 1],
          searches: gallery.match.searches, interval: interval,
          subjects: galleries.count > 1 ? nil : intervals.interval("rank \(rank)"))
        rows.append(place + ["\(rank)"] + record)
      }
      for openSet in gallery.openSet {
        rows += openSet.points.map { point in
          let name = tpirName(point.targetFAR, rank: openSet.rank)
          return place + ["\(openSet.rank)"]
            + point.record(
              "tpir", natural: natural, subjects: galleries.count > 1 ? nil : intervals.interval(name))
        }
      }
    }
    for (index, rank) in ranks.enumerated() where galleries.count > 1 {
      let place = [header.protocolName, "mean", "\(rank)"]
      rows.append(
        place
          + OperatingPoint.record(
            "identification_rate", mean.identification[index], subjects: intervals.interval("rank \(rank)")))
      guard let openSet = galleries.first?.openSet, openSet.indices.contains(index) else { continue }
      rows += zip(openSet[index].points, mean.tpir[index]).map {
        place
          + OperatingPoint.record(
            "tpir", $1, target: $0.targetFAR,
            subjects: intervals.interval(tpirName($0.targetFAR, rank: rank)))
      }
    }
    for rate in closedSet ?? [] {
      rows.append(
        [header.protocolName, "all", ""]
          + OperatingPoint.record(
            "closed_set_share", rate.rate, target: rate.target, subjects: intervals.interval(rate.name)))
    }
    return rows
  }
}
