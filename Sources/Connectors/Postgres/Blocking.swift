import Dispatch

/// Runs calls that block on threads of their own, so that they never hold up the few the language's tasks share.
enum Blocking {
  private static let queue = DispatchQueue(label: "weir.blocking", attributes: .concurrent)

  static func run<Answer: Sendable>(_ body: @escaping @Sendable () throws -> Answer) async throws -> Answer {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result { try body() }) }
    }
  }
}
