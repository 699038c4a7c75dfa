import Testing

@testable import Experiments

@Suite("Plots in characters")
struct TerminalPlotTests {
  @Test func `The lowest value is at the bottom, the highest at the top, and the axes name both ends`() {
    let plot = TerminalPlot([(0, 0), (1, 1)], width: 2, height: 1)
    #expect(plot.lines == ["1 ┤⡀⠈", "  └──", "   0 1"])
    let tall = TerminalPlot([(1, 4.25), (2, 0.125)], width: 4, height: 2)
    #expect(tall.lines == [" 4.25 ┤⠁⠀⠀⠀", "0.125 ┤⠀⠀⠀⢀", "      └────", "       1  2"])
  }

  @Test func `A column shows the mean of its finite values`() {
    let plot = TerminalPlot(
      [(0, 0), (0.1, 8), (0.2, .nan), (0.3, .infinity), (5, 0), (10, 8)], width: 1, height: 1)
    // Two columns: the mean of 0 and 8, and the mean of 0 and 8: a level line.
    #expect(plot.lines.first == "4 ┤⠤")
  }

  @Test func `One value is in the middle, and no finite value is no plot`() {
    #expect(TerminalPlot([(3, 2)], width: 1, height: 1).lines == ["2 ┤⠄", "  └─", "   3 3"])
    #expect(TerminalPlot([]).lines.isEmpty)
    #expect(TerminalPlot([(1, .nan)]).lines.isEmpty)
  }

  @Test func `Every line is as wide as asked`() {
    let plot = TerminalPlot((0..<1000).map { (Double($0), 1 / Double($0 + 1)) })
    #expect(plot.lines.count == 10)
    #expect(Set(plot.lines.map(\.count)).count <= 2 && plot.lines.allSatisfy { $0.count <= 64 + 9 })
  }
}
