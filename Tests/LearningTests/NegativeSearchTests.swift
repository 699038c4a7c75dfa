import LinearAlgebra
import Testing

@testable import Learning

@Suite struct NegativeSearchTests {
  @Test(arguments: [(3, 5), (7, 128), (4, 129), (3, 161), (5, 700), (1, 2), (9, 9000)])
  func findsWhatSortingFinds(rows: Int, columns: Int) throws {
    // Rounded, so that there are ties.
    let (start, targets) = LossTests.cosines(rows: rows, columns: columns)
    var similarities = start
    for row in 0..<rows {
      for column in 0..<columns {
        similarities[row, column] = (similarities[row, column] * 50).rounded() / 50
      }
    }
    var masked = similarities
    for row in 0..<rows { masked[row, targets[row]] = -.infinity }
    for bounds in [
      targets.indices.map { similarities[$0, targets[$0]] }, [Double](repeating: 0.5, count: rows),
    ] {
      for workers in [Workers.one, Workers(2)] {
        let search = NegativeSearch(masked, targets: targets, bounds: bounds, workers: workers)
        let all = (0..<rows).flatMap { row in
          (0..<columns).filter { $0 != targets[row] && similarities[row, $0] <= bounds[row] }.map {
            (row, $0)
          }
        }
        let sorted = all.map { similarities[$0.0, $0.1] }.sorted(by: >)
        #expect(search.count == sorted.count)
        for row in 0..<rows {
          let others = (0..<columns).filter { $0 != targets[row] }.map { similarities[row, $0] }
          #expect(search.largestOfRows[row] == others.max())
        }
        for rank in Set([1, 2, 3, sorted.count / 2, sorted.count]) where rank >= 1 && rank <= sorted.count {
          let found = try #require(search.largest(rank, of: similarities))
          #expect(found.threshold == sorted[rank - 1])
          let places = found.rows.enumerated().flatMap { row, columns in columns.map { [row, $0.column] } }
          #expect(places == all.filter { similarities[$0.0, $0.1] > sorted[rank - 1] }.map { [$0.0, $0.1] })
        }
        #expect(search.largest(sorted.count + 1, of: similarities) == nil)
        #expect(search.largest(0, of: similarities) == nil)
      }
    }
  }
}
