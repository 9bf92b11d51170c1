import Synchronization

/// Carries Swift errors through the engine, which only takes text: the text that comes back leads to the error.
package final class SourceFailure: Sendable {
  package static let shared = SourceFailure()
  private static let mark = "weir-source-failure-"
  private let state = Mutex<(next: Int, errors: [Int: any Error])>((0, [:]))

  /// Keeps the error and returns the text that stands for it. The last thousand are kept.
  func remember(_ error: any Error) -> String {
    let number = state.withLock { state in
      state.next += 1
      state.errors[state.next] = error
      state.errors[state.next - 1000] = nil
      return state.next
    }
    return "\(SourceFailure.mark)\(number);"
  }

  /// The error behind a failure of the engine that began in one of our functions.
  package func cause(of error: DuckDBError) -> (any Error)? {
    guard let mark = error.message.firstRange(of: SourceFailure.mark) else { return nil }
    guard let number = Int(error.message[mark.upperBound...].prefix { $0.isNumber }) else { return nil }
    return state.withLock { $0.errors[number] }
  }
}
