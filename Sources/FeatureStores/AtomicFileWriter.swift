import Foundation

/// Writes a file piece by piece, in memory that does not grow with it. The name shows the file when `finish()` has brought it whole to
/// the disk, and what was there before until then; without it the temporary file goes with the writer.
public final class AtomicFileWriter {
  private let pending: PendingFile
  private var handle: FileHandle?
  private var buffer = Data()
  private static let bufferSize = 1 << 20

  /// Begins the file at `path`, whose folder must exist.
  public init(_ path: String) throws {
    pending = PendingFile(replacing: path)
    try pending.create(with: Data())
    handle = FileHandle(forWritingAtPath: pending.temporaryPath)
    guard handle != nil else {
      pending.discard()
      throw HarnessError(.cannotWrite, file: path, found: "the temporary file cannot be opened")
    }
  }

  deinit {
    if handle != nil {
      try? handle?.close()
      pending.discard()
    }
  }

  public func append(_ text: String) throws { try append(Array(text.utf8)) }

  public func append(_ bytes: [UInt8]) throws {
    buffer.append(contentsOf: bytes)
    if buffer.count >= Self.bufferSize { try flush() }
  }

  private func flush() throws {
    do {
      try handle?.write(contentsOf: buffer)
    } catch {
      throw HarnessError(
        .cannotWrite, file: pending.path, found: "cannot write the file: \(error.localizedDescription)",
        advice: "Check that the disk is not full.")
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Brings the file to the disk and gives it its name.
  public func finish() throws {
    precondition(handle != nil, "a file finished twice")
    try flush()
    try? handle?.close()
    handle = nil
    do { try pending.commit() } catch {
      pending.discard()
      throw error
    }
  }
}
