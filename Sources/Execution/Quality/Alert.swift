import Pipelines

/// Something a person should know of at once: a broken rule with `on_fail: alert`, or one that stopped the run.
package struct Alert: Sendable, Codable, Hashable {
  /// `critical`: the run was stopped for it.
  package enum Severity: String, Sendable, Codable { case warning, critical }
  package var severity: Severity
  package var rule: String
  package var message: String

  init(_ severity: Severity, _ outcome: CheckOutcome, in step: String) {
    self.severity = severity
    rule = outcome.rule
    message =
      DataQuality.violation(outcome, step).message.split(separator: "\n").first.map(String.init) ?? outcome.words
  }
}
