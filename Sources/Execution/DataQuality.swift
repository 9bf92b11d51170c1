import Pipelines
import Tabular

/// Findings of rules in words (RUN-17).
package enum DataQuality {
  /// What the run's failure is called.
  package static let errorType = "Data Quality Violation"

  /// `Column "email" contains 523 invalid values: 523 of 15,234 rows break the rule: …`
  static func words(_ outcome: CheckOutcome, _ step: String) -> String {
    let found =
      outcome.failedRows > 0
      ? "\(outcome.failedRows.grouped) of \(StepEffect.count(outcome.rows, "row")) break\(outcome.failedRows == 1 ? "s" : "") the rule"
      : "the rule doesn't hold"
    let columns = outcome.columns ?? []
    let subject =
      columns.count == 1 && outcome.failedRows > 0
      ? "column \"\(columns[0])\" contains \(outcome.failedRows.grouped) invalid value\(outcome.failedRows == 1 ? "" : "s"); "
      : ""
    return "\(errorType) in \"\(step)\": \(subject)\(found): \(outcome.words)."
      + (outcome.observed.map { " Observed: \($0)." } ?? "")
  }

  /// The words with up to three examples and what was done about it.
  static func violation(_ outcome: CheckOutcome, _ step: String) -> Problem {
    let examples = outcome.examples.map { "\n    \($0.position): \($0.value ?? $0.original)" }.joined()
    return Problem(
      "data-quality", "\(words(outcome, step))\(examples)\n    Action taken: \(action(outcome)).",
      hint: outcome.columns == nil && outcome.rule != "unique"
        ? "Correct the rows at their source, or let the rule `on_fail: warn` or `alert`."
        : "Correct the values at their source, or let the rule `on_fail: skip`, `null`, `flag` or `warn`; weir fix does that for you."
    )
  }

  /// What a run does because of a broken rule.
  package static func action(_ outcome: CheckOutcome) -> String {
    switch OnFail(rawValue: outcome.onFail) {
    case .stop?, nil: "the run was halted to prevent bad data; nothing was made visible"
    case .skip?: "the rows were set aside"
    case .null?: "the values were left empty"
    case .flag?: "the rows passed and were flagged"
    case .warn?, .alert?: "the rows passed, with a warning"
    case .ask?: "the run waits for a decision; nothing was made visible"
    }
  }
}
