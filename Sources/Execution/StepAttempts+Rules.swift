import DuckDB
import Pipelines
import Synchronization
import Tabular

/// What the rows of an attempt were found to be: refused by readers, judged by rules.
extension StepAttempts {
  /// After the rows have flowed: what readers refused, what rules found. A broken `stop` rule fails the step before anything is visible.
  func inspect(
    _ step: BoundStep, _ plan: BoundPlan, _ findings: Findings, _ connection: Connection
  ) async throws {
    // Beside dead letters that go in again, other rows have been judged before.
    let flow = plan.flow(into: step, sinks: report.sinks).filter { check.context.letters == nil || $0.isFed }
    for source in flow {
      if let query = source.extract?.rejects?.query {
        // What a read refuses is known to the connection that read it.
        let reader = flow.first { $0.upstream.contains(source.id) && !$0.programs.isEmpty }?.programs.first?
          .inputConnection
        try await collectRejects(of: source, query, findings, reader ?? connection)
      }
      for outcome in source.programs.compactMap(\.outcome) { findings.add(source.id, outcome) }
      if let words = source.strayTap?.words { findings.add(source.id, .log(level: .info, message: words)) }
    }
    for source in flow {
      try conclude(
        source.taps.flatMap { tap in zip(tap.outcomes(), tap.rules.map(\.location)).map { ($0, $1) } }, source, findings
      )
    }
  }

  private func collectRejects(
    of step: BoundStep, _ query: SQL, _ findings: Findings, _ connection: Connection
  ) async throws {
    let found: [[Value]]
    do { found = try await connection.query(query).rows } catch let error as DuckDBError where error.kind == .catalog {
      // The engine found that it needs no row of this source, so there is no list of refused ones.
      return
    }
    let rows = found.map {
      RejectedRow(
        position: step.refusedPositions[$0[0].description] ?? $0[0].description, original: $0[1].description,
        rule: $0[2].description, reason: $0[3].description)
    }
    var letter = DeadLetter(in: step.id)
    letter.isLine = true
    try check.rejects.append(rows, like: letter)
    for (rule, group) in Dictionary(grouping: rows, by: \.rule).sorted(by: { $0.key < $1.key }) {
      findings.add(
        step.id,
        .rejected(
          RejectSummary(rule: rule, reason: group[0].reason, count: group.count, examples: Array(group.prefix(3)))))
    }
  }

  private func conclude(
    _ outcomes: [(CheckOutcome, Location?)], _ step: BoundStep, _ findings: Findings
  ) throws {
    // All that is broken is told; the first of it ends the step.
    var violation: Problem?
    for (outcome, location) in outcomes {
      if step.kind != "read" || !outcome.passed { findings.add(step.id, .checked(outcome)) }
      guard !outcome.passed else { continue }
      switch OnFail(rawValue: outcome.onFail) {
      case .stop?:
        findings.add(step.id, .alert(Alert(.critical, outcome, in: step.id)))
        violation = violation ?? DataQuality.violation(outcome, step.id).located(at: location ?? step.planned.location)
      case .ask?: findings.ask(RuleQuestion(step: step.id, outcome: outcome))
      case .alert?: findings.add(step.id, .alert(Alert(.warning, outcome, in: step.id)))
      case .skip?, .flag?: findings.add(step.id, .rejected(RejectSummary(outcome)))
      case .null? where outcome.emptiedValues ?? 0 > 0: findings.add(step.id, .rejected(RejectSummary(outcome)))
      default: findings.add(step.id, .log(level: .warning, message: DataQuality.words(outcome, step.id)))
      }
    }
    if let violation { throw violation }
  }

  /// - Returns: how many rows the rules looked at; nil = none of them tells.
  func judge(
    _ rules: [RelationRule], _ step: BoundStep, _ findings: Findings, _ connection: Connection
  ) async throws -> Int? {
    var seen: Int?
    for rule in rules {
      let table = try await connection.query(rule.query)
      guard table.rows.count == 1, let row = table.rows.first else {
        throw Problem(
          "invalid-rule",
          "The rule must come to one verdict on all rows, but came to \(table.rows.count): \(rule.words)",
          at: rule.location)
      }
      func count(_ name: String) -> Int? {
        guard let index = table.schema.names.firstIndex(of: name), case .integer(let count) = row[index] else {
          return nil
        }
        return Int(count)
      }
      let passed = row[0] == .boolean(true)
      let observed = row.count > 1 && row[1] != .null ? row[1].description : nil
      var outcome = CheckOutcome(
        rule: rule.name, words: rule.words, onFail: rule.onFail.rawValue, passed: passed, rows: count("rows") ?? 0,
        failedRows: count("failed") ?? 0, observed: observed, examples: [], measure: measure(row, table.schema))
      outcome.place = rule.place
      seen = seen ?? count("seen") ?? count("rows")
      try conclude([(outcome, rule.location)], step, findings)
    }
    return seen
  }

  /// The figure a rule looked at; one of a part of the rows is no measure of later runs.
  private func measure(_ row: [Value], _ schema: Schema) -> CheckOutcome.Measure? {
    guard check.context.options.limit == nil, let place = schema.names.firstIndex(of: "measure"),
      case .float(let value) = row[place], value.isFinite, let name = schema.names.firstIndex(of: "measured")
    else { return nil }
    return CheckOutcome.Measure(name: row[name].description, value: value)
  }
}

extension RejectSummary {
  fileprivate init(_ outcome: CheckOutcome) {
    let fates: [String: Fate] = [OnFail.flag.rawValue: .flagged, OnFail.null.rawValue: .emptied]
    self.init(
      rule: outcome.rule, reason: outcome.examples.first?.reason ?? outcome.words, count: outcome.failedRows,
      examples: outcome.examples, fate: fates[outcome.onFail], values: outcome.emptiedValues)
  }
}

/// What an attempt finds; told when it is the last one, so that nothing is counted twice.
final class Findings: Sendable {
  private let events = Mutex<[(step: String, kind: RunEvent.Kind)]>([])
  private let open = Mutex<[RuleQuestion]>([])

  func add(_ step: String, _ kind: RunEvent.Kind) { events.withLock { $0.append((step, kind)) } }

  func ask(_ question: RuleQuestion) { open.withLock { $0.append(question) } }

  /// What a person has to decide before the rows may land.
  var questions: [RuleQuestion] { open.withLock { $0 } }

  /// - Throws: `awaiting-input` if there is anything to decide.
  func refuseOpenQuestions() throws(Problem) {
    let open = questions
    guard let first = open.first else { return }
    let more = open.count > 1 ? " (and \(open.count - 1) more)" : ""
    throw Problem(
      "awaiting-input", "\(first.words)\(more)", hint: "Let the rule `on_fail: warn`, `skip`, or decide in a run.")
  }

  func tell(_ report: RunReport) {
    for event in events.withLock({ $0 }) { report.emit(event.step, event.kind) }
  }
}
