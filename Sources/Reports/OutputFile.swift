import FeatureStores
import Foundation

/// Writing of a finished file in one step (`AtomicFile`), with the folders that it needs.
enum OutputFile {
  /// Writes `bytes` to `path`, or leaves what is there untouched. Missing folders are made. A failure is a
  /// `HarnessError` of kind `cannotWrite` naming the file and the system's reason.
  static func write(_ bytes: [UInt8], to path: String) throws(HarnessError) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try AtomicFile.write(Data(bytes), to: path)
    } catch let error as HarnessError {
      throw error
    } catch {
      throw HarnessError(
        .cannotWrite, file: path,
        found: "the folder \(folder.path) cannot be made: \(error.localizedDescription)",
        advice: "Check that no file has the folder's name and that you may write there.")
    }
  }
}
