import FeatureStores
import Foundation

/// Writing of a finished file in one step.
enum OutputFile {
  /// Writes `bytes` to `path`, or leaves what is there untouched.
  ///
  /// The bytes go to a temporary name in the same folder, are flushed to the disk and renamed over `path`, so that a
  /// reader sees the old file or the new one and never a part. Missing folders are made. A failure is a `HarnessError`
  /// of kind `cannotWrite` naming the file and the system's reason; the temporary file is removed then.
  static func write(_ bytes: [UInt8], to path: String) throws(HarnessError) {
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw failure(path, "the folder \(folder.path) cannot be made: \(error.localizedDescription)")
    }
    let process = ProcessInfo.processInfo.processIdentifier
    let temporary = folder.appendingPathComponent(".\(url.lastPathComponent).\(process).tmp").path
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { throw failure(path, reason()) }
    var problem = writeAll(bytes, to: descriptor) ? nil : reason()
    if problem == nil && fsync(descriptor) != 0 { problem = reason() }
    if close(descriptor) != 0 && problem == nil { problem = reason() }
    if problem == nil && rename(temporary, path) != 0 { problem = reason() }
    if let problem {
      unlink(temporary)
      throw failure(path, problem)
    }
  }

  /// Writes `text` as UTF-8; see `write(_:to:)` for bytes.
  static func write(_ text: String, to path: String) throws(HarnessError) {
    try write(Array(text.utf8), to: path)
  }

  /// Writes everything, in as many calls as the system needs.
  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let written = Foundation.write(descriptor, buffer.baseAddress! + offset, buffer.count - offset)
        if written < 0 && errno == EINTR { continue }
        if written <= 0 { return false }
        offset += written
      }
      return true
    }
  }

  private static func reason() -> String { String(cString: strerror(errno)) }

  private static func failure(_ path: String, _ reason: String) -> HarnessError {
    HarnessError(.cannotWrite, file: path, found: "the file cannot be written: \(reason)")
  }
}
