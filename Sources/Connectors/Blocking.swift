import Dispatch
import Pipelines
import Synchronization

/// Runs calls that block on threads of their own, so that they never hold up the few the language's tasks share.
enum Blocking {
  private static let queue = DispatchQueue(label: "weir.blocking", attributes: .concurrent)

  static func run<Answer: Sendable>(_ body: @escaping @Sendable () throws -> Answer) async throws -> Answer {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result { try body() }) }
    }
  }

  /// The same for long work: once the task is cancelled, `Stop` says so to the work.
  /// - Throws: `CancellationError` then, whatever the work throws.
  static func interruptible<Answer: Sendable>(
    _ body: @escaping @Sendable (Stop) throws -> Answer
  ) async throws -> Answer {
    let stop = Stop()
    return try await withTaskCancellationHandler {
      do {
        return try await run { try body(stop) }
      } catch {
        throw stop.isSet ? CancellationError() : error
      }
    } onCancel: {
      stop.set()
    }
  }
}

/// Tells blocking work that nobody waits for it any more.
final class Stop: Sendable {
  private let flag = Atomic(false)
  var isSet: Bool { flag.load(ordering: .relaxed) }
  func set() { flag.store(true, ordering: .relaxed) }

  /// - Throws: `cancelled`.
  func check() throws(Problem) {
    if isSet { throw Problem("cancelled", "The read was interrupted.") }
  }
}
