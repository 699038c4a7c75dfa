import Dispatch
import Foundation
import Synchronization

/// Whether the user has asked the program to stop.
///
/// The first Ctrl-C or termination signal sets the flag: runs in progress write a checkpoint and end. A second Ctrl-C ends the
/// process at once, which loses at most the work since the last checkpoint. Further termination signals change nothing, because batch systems
/// send several, to the process and to the script that it is in, and kill what does not end in time.
public final class Interruption: Sendable {
  private let requested = Atomic<Bool>(false)
  /// How often Ctrl-C was heard of. Other signals do not count, as what comes together may be heard of in any order.
  private let interrupts = Atomic<Int>(0)

  public init() {}

  public var isRequested: Bool { requested.load(ordering: .relaxed) }

  public func request() { requested.store(true, ordering: .relaxed) }

  /// Listens to SIGINT and SIGTERM until the returned token is released. Once in a process: the system's sources of signals hear nothing when they
  /// are made a second time.
  public func listen() -> AnyObject {
    let sources = [SIGINT, SIGTERM].map { number -> any DispatchSourceSignal in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInitiated))
      source.setEventHandler {
        if number == SIGINT, self.interrupts.wrappingAdd(1, ordering: .relaxed).oldValue > 0 {
          Self.end(by: number)
        }
        self.request()
      }
      source.resume()
      return source
    }
    return SignalListener(sources)
  }

  /// Ends the process by the default action of a signal, which the threads that hear of it have blocked.
  private static func end(by number: Int32) {
    signal(number, SIG_DFL)
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, number)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    raise(number)
  }

  private final class SignalListener {
    let sources: [any DispatchSourceSignal]
    init(_ sources: [any DispatchSourceSignal]) { self.sources = sources }
    deinit {
      for source in sources { source.cancel() }
      signal(SIGINT, SIG_DFL)
      signal(SIGTERM, SIG_DFL)
    }
  }
}
