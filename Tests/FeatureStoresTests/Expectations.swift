import FeatureStores
import LinearAlgebra
import Testing

/// The `HarnessError` that `body` throws, or nil, with an issue recorded, where it throws nothing or something else.
func harnessError(
  _ body: () throws -> some Any, sourceLocation: SourceLocation = #_sourceLocation
) -> HarnessError? {
  do {
    _ = try body()
    Issue.record("no error was thrown", sourceLocation: sourceLocation)
  } catch let error as HarnessError {
    return error
  } catch {
    Issue.record("not a HarnessError: \(error)", sourceLocation: sourceLocation)
  }
  return nil
}

/// A matrix whose element (r, c) is a different, exactly representable half for each r and c of small matrices.
func ramp(_ rows: Int, _ columns: Int, offset: Float = 0) -> Matrix<Float> {
  Matrix(
    rows: rows, columns: columns,
    elements: (0..<rows * columns).map { Float($0 % 1021) * 0.25 - 64 + offset })
}

/// The elements as doubles, for `RawFile`.
func doubles(_ matrix: Matrix<Float>) -> [Double] { matrix.elements.map(Double.init) }
