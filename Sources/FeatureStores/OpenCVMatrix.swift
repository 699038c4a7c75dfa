import Foundation
import LinearAlgebra

/// A matrix in the form in which OpenCV and the MegaFace devkit write features (`.bin`): rows, columns, the bytes of a row and the
/// element type as little-endian 32-bit integers, then the rows.
public enum OpenCVMatrix {
  /// `CV_32F` with one channel.
  private static let singlePrecision = 5

  /// Reads the file at `path`. Anything but a matrix of single-precision numbers that fills the file exactly is an error.
  public static func read(_ path: String) throws -> Matrix<Float> {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw HarnessError(.missingInput, file: path, found: "no such file, or it cannot be read")
    }
    let bytes = [UInt8](data)
    func error(_ found: String, _ expected: String) -> HarnessError {
      HarnessError(
        .badInput, file: path, found: found, expected: expected,
        advice: "The file must be a matrix as OpenCV writes it, with its header of 16 bytes.")
    }
    guard bytes.count >= 16 else { throw error("\(bytes.count) bytes", "a header of 16 bytes") }
    let header = (0..<4).map { field in
      (0..<4).reduce(0) { $0 | Int(bytes[4 * field + $1]) << (8 * $1) }
    }
    let (rows, columns, stride, type) = (header[0], header[1], header[2], header[3])
    guard type == singlePrecision else { throw error("element type \(type)", "5 (single precision)") }
    guard rows > 0, columns > 0, stride == 4 * columns, rows <= bytes.count, columns <= bytes.count else {
      throw error("\(rows) × \(columns) elements with \(stride) bytes a row", "rows without padding")
    }
    guard let matrix = Matrix<Float>(rows: rows, columns: columns, littleEndianBytes: bytes[16...]) else {
      throw error("\(bytes.count - 16) bytes of elements", "\(4 * rows * columns)")
    }
    return matrix
  }
}
