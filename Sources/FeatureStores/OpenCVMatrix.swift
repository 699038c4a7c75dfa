import Foundation
import LinearAlgebra

/// A matrix in the form in which OpenCV and the MegaFace devkit write features (`.bin`): rows, columns, the bytes of a row and the
/// element type as little-endian 32-bit integers, then the rows.
public enum OpenCVMatrix {
  /// `CV_32F` with one channel.
  private static let singlePrecision = 5
  static let headerSize = 16

  /// Reads the file at `path`. Anything but a matrix of single-precision numbers that fills the file exactly is an error.
  public static func read(_ path: String) throws -> Matrix<Float> {
    let file = try FileBytes(path)
    let shape = try shape(file)
    return try rows(0..<shape.rows, columns: shape.columns, of: file)
  }

  /// The rows and columns that the header says; it is checked against the length of the file.
  static func shape(_ file: any ByteSource) throws -> (rows: Int, columns: Int) {
    let advice = "The file must be a matrix as OpenCV writes it, with its header of 16 bytes."
    guard file.count >= headerSize else {
      throw file.error(found: "\(file.count) bytes", expected: "a header of 16 bytes", advice: advice)
    }
    let header = try file.bytes(at: 0, count: headerSize)
    let fields = (0..<4).map { header.number(at: 4 * $0, size: 4) ?? 0 }
    let (rows, columns, stride, type) = (fields[0], fields[1], fields[2], fields[3])
    guard type == singlePrecision else {
      throw file.error(
        at: 12, found: "element type \(type)", expected: "5 (single precision)", advice: advice)
    }
    guard rows > 0, columns > 0, stride == 4 * columns else {
      throw file.error(
        at: 0, found: "\(rows) × \(columns) elements with \(stride) bytes a row",
        expected: "rows without padding", advice: advice)
    }
    // Each below 2³², so the product fits.
    guard rows <= (file.count - headerSize) / stride, file.count - headerSize == rows * stride else {
      throw file.error(
        at: headerSize, found: "\(file.count - headerSize) bytes of elements",
        expected: "\(stride) for each of \(rows) rows", advice: advice)
    }
    return (rows, columns)
  }

  /// Some rows of a file whose header was read.
  static func rows(_ rows: Range<Int>, columns: Int, of file: any ByteSource) throws -> Matrix<Float> {
    var result = Matrix<Float>(rows: rows.count, columns: columns)
    let bytes = try file.bytes(
      at: headerSize + 4 * columns * rows.lowerBound, count: 4 * columns * rows.count)
    RealDecoding(bytes: 4, isBigEndian: false).decode(bytes, into: &result)
    return result
  }
}

/// The rows of one `.bin` file. A matrix of one column is one image's features, as MegaFace's devkit wants them.
final class OpenCVRows: FeatureRows {
  let source: String
  let rowCount: Int
  let dimension: Int
  private let file: FileBytes

  init(_ file: FileBytes) throws {
    let shape = try OpenCVMatrix.shape(file)
    self.file = file
    source = file.name
    (rowCount, dimension) = shape.columns == 1 ? (1, shape.rows) : shape
  }

  func features(_ rows: Range<Int>) throws -> Matrix<Float> {
    try OpenCVMatrix.rows(rows, columns: dimension, of: file)
  }
}
