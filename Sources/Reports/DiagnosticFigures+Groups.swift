import Experiments

extension DiagnosticFigures {
  /// Panels of a block's curves beside each other; of more curves than one panel can show in groups under each other (`MechanismGroups`), with the baseline in
  /// grey where it is none of a group's own curves. Panels of one kind have the same axes in all groups.
  func figure(
    _ title: String, _ caption: String, _ block: MechanismBlock, _ panels: [LineFigure]
  ) -> any Figure {
    let shown = (panels.first?.series ?? []).map(\.name)
    let rows = block.rows.filter { shown.contains($0.mechanism) }
    let groups = MechanismGroups(rows, baseline: block.baseline).groups
    guard groups.count > 1 else { return PanelFigure(title: title, caption: caption, panels: panels) }
    let common = panels.map { panel -> (figure: LineFigure, isCut: Bool) in
      var common = panel
      let range = panel.rangeWithoutStart
      common.y.range = range ?? panel.yRange
      return (common, range != nil)
    }
    let baseline = block.baseline.map(\.mechanism).flatMap { shown.contains($0) ? $0 : nil }
    let words = [
      caption, baseline.map { "\($0) in grey where a panel is about others." },
      common.contains { $0.isCut } ? "The axis of accuracy leaves out where all curves start." : nil,
    ]
    return GroupedPanelFigure(
      title: title, caption: words.compactMap(\.self).joined(separator: " "),
      groups: groups.map { group in
        let own = group.rows.map(\.mechanism)
        return .init(
          title: group.title, panels: common.map { $0.figure.showing(own, beside: baseline) })
      })
  }
}

extension LineFigure {
  /// Some of the curves; before them `baseline`, where it is another, in grey.
  fileprivate func showing(_ names: [String], beside baseline: String?) -> LineFigure {
    var figure = self
    figure.series = names.compactMap { name in series.first { $0.name == name } }
    if let baseline, !names.contains(baseline), var other = series.first(where: { $0.name == baseline }) {
      other.style.colour = .grey(0.5)
      figure.series.insert(other, at: 0)
    }
    return figure
  }

  /// The range of percentages after the first point of each curve, where that takes less than half of the axis: curves that leap from a common start
  /// are told apart by what comes after it. Nil for other axes.
  var rangeWithoutStart: ClosedRange<Double>? {
    guard y.numbers == .percent, y.range == nil else { return nil }
    var rest = self
    for place in rest.series.indices {
      let start = rest.series[place].points.first?.x
      rest.series[place].points.removeAll { $0.x == start }
      rest.series[place].band.removeAll { $0.x == start }
    }
    guard rest.series.contains(where: { !$0.points.isEmpty }) else { return nil }
    let (whole, range) = (yRange, rest.yRange)
    let isShort = range.upperBound - range.lowerBound < (whole.upperBound - whole.lowerBound) / 2
    return isShort ? range : nil
  }
}
