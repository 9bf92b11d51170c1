import Synchronization

/// Carries a Swift error through the engine, which only takes text: the text that comes back leads to the error.
package final class SourceFailure: Sendable {
  package static let shared = SourceFailure()
  static let mark = "weir-source-failure"
  private let last = Mutex<(any Error)?>(nil)

  func remember(_ error: any Error) { last.withLock { $0 = error } }

  /// The error behind a failure of the engine that began in one of our functions.
  package func cause(of error: DuckDBError) -> (any Error)? {
    error.message.contains(SourceFailure.mark) ? last.withLock { $0 } : nil
  }
}
