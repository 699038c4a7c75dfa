import LinearAlgebra

/// Features in the folders of MegaFace's devkit: one file an image, `FOLDER/PATH` with a suffix after the path of the list, such as
/// `facescrub/Adam_Brody/Adam_Brody_259.png_r100.bin`. Each is a matrix of one row or one column in OpenCV's form, and all have the same
/// length.
final class MegaFaceRows: FeatureRows {
  let source: String
  let rowCount: Int
  let dimension: Int
  private let files: [String]

  /// The files of the images of `list`, of which the first is read; a missing one is an error when its turn comes.
  init(folder: String, list: ImageListJSON, suffix: String) throws {
    try list.requireUnique()
    files = list.paths.map { "\(folder)/\($0)\(suffix)" }
    guard let first = files.first else {
      throw HarnessError(.badInput, file: list.file, found: "no images", expected: "at least one")
    }
    source = folder
    rowCount = files.count
    do {
      dimension = try Self.length(FileBytes(first))
    } catch var error as HarnessError where error.kind == .missingInput {
      error.advice =
        "This is the first image of \(list.file). Give what follows an image's path in the files' names with --suffix."
      throw error
    }
  }

  private static func length(_ file: FileBytes) throws -> Int {
    let shape = try OpenCVMatrix.shape(file)
    guard shape.rows == 1 || shape.columns == 1 else {
      throw file.error(
        at: 0, found: "\(shape.rows) × \(shape.columns) numbers", expected: "one row or one column")
    }
    return shape.rows * shape.columns
  }

  func features(_ rows: Range<Int>) throws -> Matrix<Float> {
    var result = Matrix<Float>(rows: rows.count, columns: dimension)
    for row in rows {
      let file = try FileBytes(files[row])
      guard try Self.length(file) == dimension else {
        throw file.error(
          at: 0, found: "\(try Self.length(file)) numbers", expected: "\(dimension), as in \(files[0])")
      }
      let features = try OpenCVMatrix.rows(0..<1, columns: dimension, of: file)
      features.withRow(0) { values in
        result.withMutableRow(row - rows.lowerBound) { target in
          for index in values.indices { target[index] = values[index] }
        }
      }
    }
    return result
  }

  func place(ofRow row: Int) -> (file: String, place: String?) { (files[row], nil) }
}
