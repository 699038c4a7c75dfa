import Foundation

/// Bytes that can be read at any place: those of a file, or of a member of an archive. Reading onwards is cheap; reading back may not be.
protocol ByteSource: AnyObject {
  /// What the bytes are, for messages: `path`, or `path#member`.
  var name: String { get }
  var count: Int { get }

  /// The bytes `offset ..< offset + count`. A range beyond the end, and bytes that are damaged, are errors.
  func bytes(at offset: Int, count: Int) throws -> [UInt8]
}

extension ByteSource {
  func error(
    at byte: Int? = nil, found: String, expected: String? = nil, advice: String? = nil
  ) -> HarnessError {
    HarnessError(
      .badInput, file: name, place: byte.map { "byte \($0)" }, found: found, expected: expected,
      advice: advice)
  }

  /// Refuses a range that is not in the source.
  func check(_ offset: Int, _ length: Int) throws {
    guard offset >= 0, length >= 0, offset <= count, length <= count - offset else {
      throw error(
        at: min(max(offset, 0), count), found: "the end of the data after \(count) bytes",
        expected: "\(length) bytes here", advice: "The file is not complete.")
    }
  }
}

/// The bytes of a file.
final class FileBytes: ByteSource {
  let name: String
  let count: Int
  private let descriptor: Int32

  init(_ path: String) throws {
    let opened = open(path, O_RDONLY | O_CLOEXEC)
    guard opened >= 0 else {
      throw HarnessError(.missingInput, file: path, found: "no such file, or it cannot be read")
    }
    var status = stat()
    guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(opened)
      throw HarnessError(.badInput, file: path, found: "something that is no file", expected: "a file")
    }
    name = path
    count = Int(status.st_size)
    descriptor = opened
  }

  deinit { close(descriptor) }

  func bytes(at offset: Int, count: Int) throws -> [UInt8] {
    try check(offset, count)
    var done = 0
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while done < count {
        let read = pread(descriptor, buffer.baseAddress.map { $0 + done }, count - done, off_t(offset + done))
        if read < 0 && errno == EINTR { continue }
        if read <= 0 {
          failure = read < 0 ? errno : 0
          break
        }
        done += read
      }
      initialized = done
    }
    guard done == count else {
      throw error(
        at: offset + done,
        found: failure == 0
          ? "the end of the file, which was longer a moment ago"
          : "bytes that cannot be read (\(String(cString: strerror(failure))))")
    }
    return bytes
  }
}

/// Some of the bytes of another source, under a name of their own.
final class ByteRange: ByteSource {
  let name: String
  let count: Int
  private let base: any ByteSource
  private let start: Int

  /// `range` must be in `base`.
  init(_ base: any ByteSource, _ range: Range<Int>, name: String) {
    self.base = base
    self.name = name
    start = range.lowerBound
    count = range.count
  }

  func bytes(at offset: Int, count: Int) throws -> [UInt8] {
    try check(offset, count)
    return try base.bytes(at: start + offset, count: count)
  }
}

extension [UInt8] {
  /// The unsigned number of `size` bytes at `offset`, least significant first; nil where it is beyond the end or too large.
  func number(at offset: Int, size: Int) -> Int? {
    guard offset >= 0, size <= 8, offset <= count - size else { return nil }
    let value = (0..<size).reduce(UInt64(0)) { $0 | UInt64(self[offset + $1]) << UInt64(8 * $1) }
    return Int(exactly: value)
  }
}
