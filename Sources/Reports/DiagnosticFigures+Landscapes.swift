import Experiments
import Learning

extension DiagnosticFigures {
  /// The loss on a plane through the trained weights, one figure a block, a panel a method; of one seed, as each has directions of its own.
  func landscapes() throws -> [Named] {
    let first = firstRuns(try entries("landscape"))
    return report.results.experiment.grid.mechanismBlocks.compactMap { block in
      let panels = block.rows.compactMap { row in
        first.entries.first { $0.run.row == row }?.record.landscape.map { panel(row, $0) }
      }
      guard !panels.isEmpty else { return nil }
      return Named(
        name: file("landscape", parts(block)), loss: block.loss,
        figure: ContourFigure(
          title: title("loss landscape", block),
          caption:
            "\(first.words) The loss of one batch at the trained weights plus steps along two random directions, in which each filter is as long as that of the "
            + "weights (Li et al. 2018); galleries and queues stay. Behind the name the loss at the cross. Levels and axes are the same in all panels; mechanisms compare with "
            + "different numbers of prototypes, so it is shapes that compare.",
          quantity: "loss", x: Axis("Direction 1 (filter-normalised)"),
          y: Axis("Direction 2 (filter-normalised)"),
          mark: .init(name: "trained weights", point: PlotPoint(0, 0)), panels: panels))
    }
  }

  private func panel(_ row: GridRow, _ slice: LossSlice) -> ContourFigure.Panel {
    let middle = slice.steps.firstIndex(of: 0).map { slice.losses[$0][$0] }
    return ContourFigure.Panel(
      name: row.mechanism + (middle.map { ": \(NumberText.fixed($0, decimals: 3))" } ?? ""), x: slice.steps,
      y: slice.steps, values: slice.losses)
  }
}
