import FeatureStores
import Foundation

/// An advisory lock on a file, held by one process at a time and released when the process ends, however it ends.
public final class FileLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock on the file at `path`, creating it; nil where another holder has it.
  ///
  /// - Parameter waiting: waits for the other holder instead.
  public static func acquire(_ path: String, waiting: Bool = false) throws -> FileLock? {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw HarnessError(
        .cannotWrite, file: path,
        found: "the lock file cannot be opened (\(String(cString: strerror(errno))))",
        advice: "Check that the folder is writable, or choose another with --results.")
    }
    while flock(descriptor, waiting ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      let reason = errno
      close(descriptor)
      if reason == EWOULDBLOCK { return nil }
      throw HarnessError(
        .cannotWrite, file: path, found: "the file cannot be locked (\(String(cString: strerror(reason))))",
        advice: "The folder's file system must support flock(2).")
    }
    return FileLock(descriptor: descriptor)
  }

  /// Whether a holder has the lock on the file at `path`. Creates and changes nothing, so that a folder that may only be read can be
  /// looked at; false where there is no file.
  public static func isHeld(_ path: String) throws -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return false }
      throw HarnessError(
        .missingInput, file: path,
        found: "the lock file cannot be opened (\(String(cString: strerror(errno))))",
        advice: "Check the permissions of the results folder.")
    }
    defer { close(descriptor) }
    // Shared, so that two who look do not take each other for holders.
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }

  private init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }
}
