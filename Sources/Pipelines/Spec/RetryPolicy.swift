/// When a failed step is tried again (C22, C23): the first execution is attempt 0, `maxRetries` more may follow.
package struct RetryPolicy: Sendable, Hashable, Codable {
  package enum Backoff: String, Sendable, Codable, CaseIterable { case fixed, exponential, custom }
  /// Kinds of failure that may be retried (ENG-11).
  package enum Reason: String, Sendable, Codable, CaseIterable {
    case timeout, network, unavailable, authentication, quality
  }

  package var isEnabled: Bool
  package var maxRetries: Int
  package var initialDelay: Double
  package var backoff: Backoff
  package var multiplier: Double
  /// Explicit delays in seconds; they win over everything else.
  package var delays: [Double]
  package var retryOn: Set<Reason>

  package init(
    isEnabled: Bool = true, maxRetries: Int = 3, initialDelay: Double = 1, backoff: Backoff = .exponential,
    multiplier: Double = 2, delays: [Double] = [], retryOn: Set<Reason> = [.timeout, .network, .unavailable]
  ) {
    self.isEnabled = isEnabled
    self.maxRetries = maxRetries
    self.initialDelay = initialDelay
    self.backoff = backoff
    self.multiplier = multiplier
    self.delays = delays
    self.retryOn = retryOn
  }

  package static let none = RetryPolicy(isEnabled: false, maxRetries: 0)

  /// Seconds to wait before each retry: `initial × multiplierⁿ`, or the explicit list.
  package var plannedDelays: [Double] {
    guard isEnabled else { return [] }
    return (0..<maxRetries).map { n in
      if !delays.isEmpty { return delays[min(n, delays.count - 1)] }
      if backoff == .fixed { return initialDelay }
      return (0..<n).reduce(initialDelay) { delay, _ in delay * multiplier }
    }
  }
}
