import CHDF5
import LinearAlgebra

/// Reads rows of a two-dimensional real dataset into matrices, keeping its scratch memory between reads.
struct HDF5RowReader {
  private let dataset: HDF5Dataset
  private let isHalf: Bool
  private var halves: [UInt16] = []

  /// `dataset` must have two dimensions and be of a real type.
  init(_ dataset: HDF5Dataset) {
    self.dataset = dataset
    if case .real(bits: 16, _) = dataset.type { isHalf = true } else { isHalf = false }
  }

  /// Reads `rows` into the rows of `block` from `target` on.
  mutating func read(_ rows: Range<Int>, into block: inout Matrix<Float>, at target: Int = 0) throws {
    precondition(
      dataset.shape.count == 2 && block.columns == dataset.shape[1] && target + rows.count <= block.rows,
      "rows read into another shape")
    guard !rows.isEmpty else { return }
    let count = rows.count * block.columns
    let first = target * block.columns
    let memory = try dataset.simpleSpace([rows.count, block.columns])
    let selection = try dataset.selectingRows(rows)
    let handle = dataset.handle
    func transfer(_ type: @autoclosure () -> hid_t, _ buffer: UnsafeMutableRawPointer) throws {
      try HDF5Library.call("read rows \(rows.lowerBound) to \(rows.upperBound - 1)", at: dataset.place) {
        H5Dread(handle.id, type(), memory.id, selection.id, hdf5_default_properties(), buffer)
      }
    }
    if isHalf {
      if halves.count < count { halves = [UInt16](repeating: 0, count: count) }
      let half = try HDF5Dataset.halfType(at: dataset.place)
      try halves.withUnsafeMutableBytes { try transfer(half.id, $0.baseAddress!) }
      block.withMutableElements { elements in
        for index in 0..<count { elements[first + index] = HalfPrecision.float(halves[index]) }
      }
    } else {
      try block.withMutableElements { elements in
        try elements.withUnsafeMutableBufferPointer { buffer in
          try transfer(hdf5_native_float(), buffer.baseAddress! + first)
        }
      }
    }
  }
}

extension HDF5Dataset {
  /// Half precision in the byte order of this machine, which all supported ones share.
  static func halfType(at place: HDF5Place) throws -> HDF5Handle {
    let id = try HDF5Library.call("describe half precision", at: place, kind: .fault) {
      H5Tcopy(hdf5_f32le())
    }
    let type = HDF5Handle(id, release: H5Tclose)
    try HDF5Library.call("describe half precision", at: place, kind: .fault) { () -> herr_t in
      guard H5Tset_fields(id, 15, 10, 5, 0, 10) >= 0, H5Tset_size(id, 2) >= 0 else { return -1 }
      return H5Tset_ebias(id, 15)
    }
    return type
  }
}
