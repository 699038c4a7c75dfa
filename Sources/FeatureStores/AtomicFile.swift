import Foundation

/// Writing a file so that its name shows either what was there before or the whole new content, never a part.
public enum AtomicFile {
  /// Writes `data` to a temporary name in the folder of `path`, brings it to the disk and renames it. The folder must exist. A
  /// failure is `cannotWrite` with the system's reason, leaves what was there untouched and no temporary file behind.
  public static func write(_ data: Data, to path: String) throws {
    let pending = PendingFile(replacing: path)
    do {
      try pending.create(with: data)
      try pending.commit()
    } catch {
      pending.discard()
      throw error
    }
  }

  /// The same for the UTF-8 bytes of a string.
  public static func write(_ text: String, to path: String) throws {
    try write(Data(text.utf8), to: path)
  }

  /// Removes the temporary files that killed writers left in `folder` and in the folders below it. The caller makes sure that nobody is writing there.
  /// A folder that is not there has none; one that cannot be removed is `cannotWrite`.
  public static func removeAbandoned(in folder: String) throws {
    let paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
    for path in paths where (path as NSString).lastPathComponent.hasPrefix(PendingFile.prefix) {
      let file = "\(folder)/\(path)"
      guard unlink(file) != 0, errno != ENOENT else { continue }
      throw HarnessError(
        .cannotWrite, file: file,
        found: "what a killed process left cannot be removed: \(String(cString: strerror(errno)))",
        advice: "Check that you may write in its folder.")
    }
  }
}

/// A temporary name beside a file that is being written, to be renamed to it.
struct PendingFile: Sendable {
  /// What temporary names begin with.
  static let prefix = ".partial-"

  /// The file as the user named it, for errors.
  let path: String
  /// The file that the name stands for, links followed.
  let target: String
  /// The temporary name, in the same folder, hidden, and unique on any machine that shares the folder.
  let temporaryPath: String

  init(replacing path: String) {
    self.path = path
    let url = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    target = url.path
    temporaryPath =
      url.deletingLastPathComponent().appendingPathComponent(Self.prefix + UUID().uuidString).path
  }

  /// Creates the temporary file with this content.
  func create(with data: Data) throws {
    let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw error("create", errno) }
    defer { close(descriptor) }
    try data.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        let count = Foundation.write(descriptor, buffer.baseAddress! + written, buffer.count - written)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw error("write", errno) }
        written += count
      }
    }
  }

  /// Brings the temporary file to the disk and gives it its name.
  func commit() throws {
    let descriptor = open(temporaryPath, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw error("write", errno) }
    let status = fsync(descriptor)
    let code = errno
    close(descriptor)
    guard status == 0 else { throw error("write", code) }
    guard rename(temporaryPath, target) == 0 else { throw error("replace", errno) }
    // The rename itself reaches the disk with its folder; a file system that cannot sync folders loses nothing else.
    let folder = open(URL(fileURLWithPath: target).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  /// Removes the temporary file, if it is there.
  func discard() { unlink(temporaryPath) }

  private func error(_ action: String, _ code: Int32) -> HarnessError {
    HarnessError(
      .cannotWrite, file: path, found: "cannot \(action) the file: \(String(cString: strerror(code)))",
      advice: "Check that its folder exists, that you may write there, and that the disk is not full.")
  }
}
