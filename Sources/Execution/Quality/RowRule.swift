import Pipelines
import Tabular

/// A row rule as the engine evaluates it.
struct RowRule: Sendable {
  var name: String
  var words: String
  var reason: String
  var condition: SQL
  /// The values it is about.
  var columns: [FieldAccess]
  var onFail: OnFail
  /// Where it is written; nil = nobody wrote it.
  var location: Location?
  /// Whether the condition uses `RuleTest.position`.
  var looksAround = false
  /// Where the rule stands among those of its step, from 0.
  var place: Int?
}

extension RowRule {
  /// - Throws: `invalid-rule` if values are to be emptied and the rule names none.
  init(
    _ rule: any Rule, _ condition: SQL, _ columns: [FieldAccess], looksAround: Bool = false, place: Int? = nil
  ) throws(Problem) {
    guard rule.onFail != .null || !columns.isEmpty else {
      throw Problem(
        "invalid-rule", "The rule names no column, so there is no value that could be emptied: \(rule.words).",
        hint: "Use on_fail: skip, flag, warn or stop.", at: rule.location)
    }
    self.init(
      name: rule.typeName, words: rule.words, reason: "Breaks the rule: \(rule.words)", condition: condition,
      columns: columns, onFail: rule.onFail, location: rule.location, looksAround: looksAround, place: place)
  }
}

extension Rule {
  /// The name of its kind, as written in pipeline files.
  var typeName: String { Self.manifest.name }
}
