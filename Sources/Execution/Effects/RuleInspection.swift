import DuckDB
import Pipelines
import Tabular

/// What the rules of a check find in its first rows, and what a run does about it. Nothing is set aside or changed.
struct RuleInspection {
  let check: SchemaCheck
  let step: BoundStep
  let connection: Connection

  /// - Returns: one for each rule.
  func effects(of rules: [any Rule], over input: BoundStep, in bound: BoundPlan) async throws -> [StepEffect] {
    let rows = Relation("(SELECT * FROM \(name: input.id) LIMIT \(StepInspection.most))", input.schema)
    var effects: [StepEffect] = []
    for rule in rules {
      var effect = StepEffect(words: rule.effect, from: input.schema, to: input.schema)
      var others: [String: Relation] = [:]
      for name in rule.otherInputs { others[name] = try check.relation(name, bound) }
      let context = OperationContext(
        time: check.context.timeText, others: others, history: check.context.history[step.id] ?? MeasureHistory())
      switch try await rule.test(over: rows, in: context).settled(over: rows, on: connection) {
      case .row(let condition, _):
        effect.affected = try await count("SELECT coalesce(\(condition), false) AS holds FROM \(rows.sql)")
      case .rowAmongOthers(let condition, _):
        let numbered: SQL = "SELECT *, row_number() OVER () AS \(name: RuleTest.position) FROM \(rows.sql)"
        effect.affected = try await count("SELECT coalesce(\(condition), false) AS holds FROM (\(numbered))")
      case .relation(let query):
        guard let row = try await connection.query(query).rows.first else { break }
        let observed = row.count > 1 && row[1] != .null ? ": \(row[1])" : ""
        effect.verdict =
          row[0] == .boolean(true) ? "Holds\(observed)" : "Doesn't hold\(observed); \(consequence(of: rule))"
      case .condition: break
      }
      if let affected = effect.affected {
        let rows = StepEffect.count(affected, "row")
        effect.verdict =
          affected == 0 ? "Holds" : "\(rows) break\(affected == 1 ? "s" : "") it; \(consequence(of: rule))"
      }
      effects.append(effect)
    }
    return effects
  }

  /// Whether one of the rules that don't hold ends the run.
  func stops(_ effects: [StepEffect], _ rules: [any Rule]) -> Bool {
    zip(effects, rules).contains { $0.verdict?.hasPrefix("Holds") == false && $1.onFail == .stop }
  }

  private func consequence(of rule: any Rule) -> String {
    switch rule.onFail {
    case .stop: "the run would stop"
    case .skip: "they would be set aside"
    case .null: "the values would be emptied"
    case .flag: "they would be flagged"
    case .warn, .alert: "the run would warn"
    case .ask: "the run would wait for a decision"
    }
  }

  private func count(_ verdicts: SQL) async throws -> Int? {
    guard
      case .integer(let count)? = try await connection.query("SELECT count(*) FROM (\(verdicts)) WHERE NOT holds")
        .rows.first?.first
    else { return nil }
    return Int(count)
  }
}

extension Rule {
  /// What it is told to do, in words.
  var effect: String { "Checks that \(words) (if not: \(onFail.rawValue))." }
}
