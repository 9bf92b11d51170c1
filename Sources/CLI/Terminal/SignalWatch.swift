import Dispatch
import Glibc
import Synchronization
import Workspace

/// Turns SIGINT and SIGTERM into a cancelled run; a second one ends the program at once.
final class SignalWatch: Sendable {
  private let first = Mutex<Int32?>(nil)
  nonisolated(unsafe) private var sources: [any DispatchSourceSignal] = []

  /// The signal that came, if one did.
  var caught: Int32? { first.withLock { $0 } }

  init(cancelling cancellation: Cancellation) {
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [weak self] in
        let isSecond = self?.first.withLock { first in
          defer { first = first ?? number }
          return first != nil
        }
        if isSecond == true { _exit(128 + number) }
        cancellation.cancel()
      }
      source.resume()
      sources.append(source)
    }
  }
}

/// - Returns: what `work` does, given what SIGINT and SIGTERM cancel.
/// - Throws: `Leave` with the signal's code if one ended it; else what `work` throws.
func interruptible<Result>(_ work: (Cancellation) async throws -> Result) async throws -> Result {
  let cancellation = Cancellation()
  let signals = SignalWatch(cancelling: cancellation)
  do {
    return try await work(cancellation)
  } catch {
    if let signal = signals.caught { throw Leave(code: 128 + signal) }
    throw error
  }
}
