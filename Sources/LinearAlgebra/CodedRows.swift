import CKernels

/// The rows of a matrix in 8-bit codes, with what bounds the products of what the codes stand for.
struct CodedRows: Sendable {
  /// Row after row, each with zeros up to a multiple of four.
  private(set) var codes: [Int8]
  private(set) var rows: [ck_coded_row]
  /// Codes a row.
  let length: Int

  init(_ matrix: Matrix<Float>, workers: Workers = .one) {
    let (depth, count) = (matrix.columns, matrix.rows)
    let length = ck_coded_depth(depth)
    self.length = length
    codes = [Int8](repeating: 0, count: count * length)
    rows = [ck_coded_row](repeating: ck_coded_row(), count: count)
    nonisolated(unsafe) let source = UnsafePointer(matrix.storage.base)
    let size = ScoreTiles.stripeRows
    codes.withUnsafeMutableBufferPointer { codes in
      rows.withUnsafeMutableBufferPointer { rows in
        guard let firstCode = codes.baseAddress, let firstRow = rows.baseAddress else { return }
        nonisolated(unsafe) let (code, row) = (firstCode, firstRow)
        workers.forEach((count + size - 1) / size) { piece in
          let first = piece * size
          ck_code_rows(
            source + first * depth, min(size, count - first), depth, code + first * length, row + first)
        }
      }
    }
  }
}

/// The rows of a matrix in 8-bit codes as the columns of a product: panels of sixteen, in pairs.
struct CodedPanels: Sendable {
  static let width = Int(CK_PANEL)
  /// Panel after panel.
  private(set) var codes: [UInt8]
  /// For each panel the scales of its columns, their spreads, and their lengths.
  private(set) var bounds: [Float]
  /// An even number.
  let panels: Int
  /// Bytes a panel.
  let length: Int

  init(_ matrix: Matrix<Float>, workers: Workers = .one) {
    let (depth, count) = (matrix.columns, matrix.rows)
    let width = Self.width
    let panels = (count + 2 * width - 1) / (2 * width) * 2
    let length = width * ck_coded_depth(depth)
    self.panels = panels
    self.length = length
    codes = [UInt8](repeating: 0, count: panels * length)
    bounds = [Float](repeating: 0, count: panels * 3 * width)
    nonisolated(unsafe) let source = UnsafePointer(matrix.storage.base)
    codes.withUnsafeMutableBufferPointer { codes in
      bounds.withUnsafeMutableBufferPointer { bounds in
        guard let firstCode = codes.baseAddress, let firstBound = bounds.baseAddress else { return }
        nonisolated(unsafe) let (code, bound) = (firstCode, firstBound)
        workers.forEach(panels) { panel in
          let first = min(count, panel * width)
          ck_code_panel(
            source + first * depth, min(width, count - first), depth, code + panel * length,
            bound + panel * 3 * width)
        }
      }
    }
  }

  /// No smaller than the length of the row that is column `index`.
  func columnLength(_ index: Int) -> Float {
    bounds[index / Self.width * 3 * Self.width + 2 * Self.width + index % Self.width]
  }
}
