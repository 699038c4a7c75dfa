import LinearAlgebra

/// Rows of features in files of another program, read in bounded memory. Reading onwards is cheap; reading back may not be.
public protocol FeatureRows: AnyObject {
  /// The file or folder, for messages.
  var source: String { get }
  var rowCount: Int { get }
  var dimension: Int { get }
  /// How many rows suit one reading.
  var blockRows: Int { get }

  /// Some rows, as they are in the files: what is not finite, or has no direction, is judged elsewhere.
  func features(_ rows: Range<Int>) throws -> Matrix<Float>

  /// The file that holds a row, and where.
  func place(ofRow row: Int) -> (file: String, place: String?)
}

extension FeatureRows {
  /// As many rows as take about 16 MiB.
  public var blockRows: Int { max(1, (1 << 22) / max(1, dimension)) }

  public func place(ofRow row: Int) -> (file: String, place: String?) { (source, "row \(row)") }
}

/// The rows of a two-dimensional NumPy array of real numbers, row-major or column-major.
final class NumPyRows: FeatureRows {
  let source: String
  let rowCount: Int
  let dimension: Int
  private let array: NumPyArray
  private let decoding: RealDecoding

  init(_ array: NumPyArray) throws {
    guard case .real(let size) = array.header.element else {
      throw array.error(
        "an array that is not of real numbers", "features of type f2, f4 or f8",
        advice: "Convert them before saving: .astype(\"float32\").")
    }
    guard array.header.shape.count == 2, array.header.shape.allSatisfy({ $0 > 0 }) else {
      throw array.error(
        "the shape \(array.header.shape)", "[rows, dimension], one row an image",
        advice: "Reshape it: .reshape(rows, -1).")
    }
    self.array = array
    source = array.source.name
    rowCount = array.header.shape[0]
    dimension = array.header.shape[1]
    decoding = RealDecoding(bytes: size, isBigEndian: array.header.isBigEndian)
  }

  /// A pass over a column-major file costs a reading for each column, so it is made in larger blocks.
  var blockRows: Int { max(1, (1 << (array.header.isFortranOrder ? 24 : 22)) / dimension) }

  func features(_ rows: Range<Int>) throws -> Matrix<Float> {
    var result = Matrix<Float>(rows: rows.count, columns: dimension)
    let size = decoding.bytes
    let start = array.header.dataOffset
    guard array.header.isFortranOrder else {
      let bytes = try array.source.bytes(
        at: start + rows.lowerBound * dimension * size, count: rows.count * dimension * size)
      decoding.decode(bytes, into: &result)
      return result
    }
    var column = Matrix<Float>(rows: 1, columns: rows.count)
    for index in 0..<dimension {
      let bytes = try array.source.bytes(
        at: start + (index * rowCount + rows.lowerBound) * size, count: rows.count * size)
      decoding.decode(bytes, into: &column)
      column.withElements { values in
        result.withMutableElements { elements in
          for row in values.indices { elements[row * dimension + index] = values[row] }
        }
      }
    }
    return result
  }
}

/// The rows of several sources of one dimension, one after the other.
final class JoinedRows: FeatureRows {
  let source: String
  let rowCount: Int
  let dimension: Int
  private let parts: [any FeatureRows]
  private let starts: [Int]

  /// At least one part; a part of another dimension is an error.
  init(_ parts: [any FeatureRows]) throws {
    precondition(!parts.isEmpty, "rows of nothing")
    for part in parts where part.dimension != parts[0].dimension {
      throw HarnessError(
        .badInput, file: part.source, found: "features of \(part.dimension) dimensions",
        expected: "\(parts[0].dimension), as in \(parts[0].source)")
    }
    self.parts = parts
    source = parts.map(\.source).joined(separator: ", ")
    dimension = parts[0].dimension
    var starts = [0]
    for part in parts { starts.append(starts[starts.count - 1] + part.rowCount) }
    self.starts = starts
    rowCount = starts[parts.count]
  }

  var blockRows: Int { parts.map(\.blockRows).min() ?? 1 }

  func features(_ rows: Range<Int>) throws -> Matrix<Float> {
    let touched = parts.indices.filter {
      starts[$0] < rows.upperBound && starts[$0 + 1] > rows.lowerBound
    }
    func range(_ part: Int) -> Range<Int> {
      max(rows.lowerBound, starts[part]) - starts[part]..<min(rows.upperBound, starts[part + 1])
        - starts[part]
    }
    if touched.count == 1 { return try parts[touched[0]].features(range(touched[0])) }
    var result = Matrix<Float>(rows: rows.count, columns: dimension)
    var filled = 0
    for part in touched {
      let block = try parts[part].features(range(part))
      block.withElements { values in
        result.withMutableElements { elements in
          for index in values.indices { elements[filled + index] = values[index] }
        }
      }
      filled += block.count
    }
    return result
  }

  func place(ofRow row: Int) -> (file: String, place: String?) {
    let part = parts.indices.last { starts[$0] <= row } ?? 0
    return parts[part].place(ofRow: row - starts[part])
  }
}
