import CHDF5
import Synchronization

/// The owner of the HDF5 C library: every call goes through its lock, one at a time.
///
/// libhdf5 is thread-safe in some builds only, and where it is, its error stack belongs to the calling thread. So the
/// lock covers a call together with the reading of its error stack, and switches the library's own printing of errors
/// off for the thread at hand: nothing of it ever reaches standard error.
public enum HDF5Library {
  private struct State {
    var isInitialised = false
    var leavesExitAlone = false
  }

  private static let lock = Mutex(State())

  /// Whether the library was started here, and so could be told not to act at the end of the process. The macros of hdf5.h
  /// for types, classes and flags start it as well: they too must stand under the lock.
  static var leavesExitAlone: Bool {
    withLock {}
    return lock.withLock { $0.leavesExitAlone }
  }

  /// The version of the library in use, such as `1.10.8`.
  public static var version: String {
    withLock {
      var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
      H5get_libversion(&major, &minor, &release)
      return "\(major).\(minor).\(release)"
    }
  }

  /// Runs `body` with the library to itself. `body` must not release a handle or call a Swift wrapper of the library.
  static func withLock<Result: Sendable>(_ body: () throws -> Result) rethrows -> Result {
    try lock.withLock { state in
      if !state.isInitialised {
        // Files being written are closed by their owners; a handler at exit would pull the library from under
        // threads that still read.
        state.leavesExitAlone = H5dont_atexit() >= 0
        H5open()
        state.isInitialised = true
      }
      H5Eset_auto2(hdf5_default_error_stack(), nil, nil)
      return try body()
    }
  }

  /// The result of one library call, which signals failure by a negative number. A failure is thrown as an error that
  /// names `place` and says that `action` failed, and why, from the library's error stack.
  @discardableResult
  static func call<Status: SignedInteger & Sendable>(
    _ action: @autoclosure () -> String, at place: HDF5Place, kind: HarnessError.Kind = .badInput,
    expected: String? = nil, _ body: () -> Status
  ) throws -> Status {
    try perform(action(), at: place, kind: kind, expected: expected) {
      let status = body()
      return status < 0 ? nil : status
    }
  }

  /// The result of several library calls in a row, which signals the failure of one of them by nil.
  static func perform<Result: Sendable>(
    _ action: @autoclosure () -> String, at place: HDF5Place, kind: HarnessError.Kind = .badInput,
    expected: String? = nil, _ body: () -> Result?
  ) throws -> Result {
    let (result, reason) = withLock { () -> (Result?, String) in
      H5Eclear2(hdf5_default_error_stack())
      let result = body()
      return (result, result == nil ? reasonOnErrorStack() : "")
    }
    guard let result else {
      throw place.error(kind, found: "cannot \(action()): \(reason)", expected: expected)
    }
    return result
  }

  /// A name from a call that tells its length without a buffer and fills one that it is given; nil where the call fails. Call with
  /// the lock held.
  static func name(_ read: (UnsafeMutablePointer<CChar>?, Int) -> Int) -> String? {
    let length = read(nil, 0)
    guard length >= 0 else { return nil }
    var bytes = [CChar](repeating: 0, count: length + 1)
    guard read(&bytes, length + 1) >= 0 else { return nil }
    return String(decoding: bytes.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// What the error stack says: the innermost description, which is the cause, and the message class it stands under. Of a failed call of the
  /// system only what the system says.
  private static func reasonOnErrorStack() -> String {
    var descriptions: [String] = []
    withUnsafeMutablePointer(to: &descriptions) { pointer in
      _ = H5Ewalk2(
        hdf5_default_error_stack(), H5E_WALK_UPWARD,
        { _, entry, context in
          if let context, let description = entry?.pointee.desc {
            context.assumingMemoryBound(to: [String].self).pointee.append(String(cString: description))
          }
          return 0
        }, pointer)
    }
    guard let cause = descriptions.first else { return "the HDF5 library gives no reason" }
    if let system = cause.firstMatch(of: /error message = '([^']+)'/) { return String(system.output.1) }
    // An outer description often adds what the library was doing; the same words twice add nothing.
    guard let outer = descriptions.last, outer != cause else { return cause }
    return "\(outer): \(cause)"
  }
}

/// Where in which file a call of the library works, for its errors.
struct HDF5Place: Sendable {
  var file: String
  /// The absolute path of the object in the file.
  var object: String?

  func error(
    _ kind: HarnessError.Kind, row: Int? = nil, found: String, expected: String? = nil, advice: String? = nil
  ) -> HarnessError {
    let place = [object, row.map { "row \($0)" }].compactMap(\.self).joined(separator: ", ")
    return HarnessError(
      kind, file: file, place: place.isEmpty ? nil : place, found: found, expected: expected, advice: advice)
  }
}

/// An identifier of the library, closed when the last reference to it goes.
final class HDF5Handle: Sendable {
  let id: hid_t
  private let release: @convention(c) (hid_t) -> herr_t
  private let isOpen = Atomic<Bool>(true)

  init(_ id: hid_t, release: @escaping @convention(c) (hid_t) -> herr_t) {
    self.id = id
    self.release = release
  }

  /// Closes the identifier now and throws what the library has against it, such as a failed flush.
  func close(at place: HDF5Place) throws {
    guard isOpen.exchange(false, ordering: .relaxed) else { return }
    try HDF5Library.call("close", at: place, kind: .cannotWrite) { release(id) }
  }

  deinit {
    if isOpen.load(ordering: .relaxed) {
      _ = HDF5Library.withLock { release(id) }
    }
  }
}
