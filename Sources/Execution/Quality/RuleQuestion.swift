import Pipelines

/// A broken rule with `on_fail: ask`: nothing of its rows is visible until somebody has decided (DQ-02).
package struct RuleQuestion: Sendable, Codable {
  /// What a person decides about the rows.
  package enum Answer: String, Sendable, Codable, CaseIterable {
    /// They pass, with a warning.
    case proceed
    /// Those that break the rule are set aside.
    case skip
    /// The values that break it are left empty.
    case null
    /// They have been corrected where they come from: they are read and judged again.
    case fixed
  }

  package var step: String
  package var outcome: CheckOutcome
  package var answer: Answer?

  package init(step: String, outcome: CheckOutcome) {
    self.step = step
    self.outcome = outcome
  }

  /// `sane.2`: the second rule of step `sane`.
  package var name: String { outcome.place.map { "\(step).\($0 + 1)" } ?? step }

  /// What may be answered, beside stopping the run.
  package var choices: [Answer] {
    guard let columns = outcome.columns else { return [.proceed, .fixed] }
    return columns.isEmpty || outcome.rule == "not_null"
      ? [.proceed, .skip, .fixed] : [.proceed, .skip, .null, .fixed]
  }

  /// What the rule does in the run that goes on; nil = it asks again.
  package var fix: RuleFix? {
    let onFail: OnFail? =
      switch answer {
      case .proceed?: .warn
      case .skip?: .skip
      case .null?: .null
      case .fixed?, nil: nil
      }
    guard let onFail, let place = outcome.place else { return nil }
    return RuleFix(step: step, place: place, rule: outcome.rule, onFail: onFail)
  }

  /// What was found, in words.
  package var words: String { DataQuality.words(outcome, step) }
}
