import Dispatch
import Synchronization
import Tabular

/// Sends a COPY stream on a thread of its own, so that rows are made while earlier ones are on their way.
/// At most four buffers exist; taking one waits for the network. A failure comes back from the next call.
final class CopySender: @unchecked Sendable {
  private struct State: @unchecked Sendable {
    var idle: [ByteSink] = []
    var failure: (any Error)?
    var bytes = 0
  }

  private let connection: PostgresConnection
  private let queue = DispatchQueue(label: "weir.copy")
  private let free = DispatchSemaphore(value: 4)
  private let state = Mutex(State())

  init(_ connection: PostgresConnection) { self.connection = connection }

  /// What has been sent.
  var bytes: Int { state.withLock { $0.bytes } }

  /// Lends an empty buffer to `fill` and sends what it put in.
  func send(_ fill: (ByteSink) throws -> Void) throws {
    free.wait()
    let sink: ByteSink
    do {
      sink = try state.withLock { state in
        if let failure = state.failure { throw failure }
        return state.idle.popLast() ?? ByteSink(capacity: 1 << 19)
      }
      sink.removeAll()
      try fill(sink)
    } catch {
      free.signal()
      throw error
    }
    let parcel = Parcel(sink: sink)
    queue.async { [self] in
      deliver(parcel.sink)
      free.signal()
    }
  }

  /// Waits until all is sent.
  func finish() throws {
    queue.sync {}
    try state.withLock { state in if let failure = state.failure { throw failure } }
  }

  /// Waits for the thread to stop; what it failed with doesn't matter any more.
  func drain() { queue.sync {} }

  private func deliver(_ sink: ByteSink) {
    let isBroken = state.withLock { $0.failure != nil }
    do {
      if !isBroken { try connection.sendCopy(sink.bytes) }
      state.withLock { state in
        state.bytes += sink.count
        state.idle.append(sink)
      }
    } catch {
      state.withLock { $0.failure = error }
    }
  }

  /// A buffer on its way from one thread to the other; never used by both.
  private struct Parcel: @unchecked Sendable { let sink: ByteSink }
}
