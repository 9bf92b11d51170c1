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
    for source in flow { try conclude(source.taps.flatMap { $0.outcomes() }, source, findings) }
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

  private func conclude(_ outcomes: [CheckOutcome], _ step: BoundStep, _ findings: Findings) throws {
    // All that is broken is told; the first of it ends the step.
    var violation: Problem?
    for outcome in outcomes {
      if step.kind != "read" || !outcome.passed { findings.add(step.id, .checked(outcome)) }
      guard !outcome.passed else { continue }
      switch OnFail(rawValue: outcome.onFail) {
      case .stop?:
        findings.add(step.id, .alert(Alert(.critical, outcome, in: step.id)))
        violation = violation ?? DataQuality.violation(outcome, step.id).located(at: step.planned.location)
      case .alert?: findings.add(step.id, .alert(Alert(.warning, outcome, in: step.id)))
      case .skip?, .flag?:
        findings.add(
          step.id,
          .rejected(
            RejectSummary(
              rule: outcome.rule, reason: outcome.examples.first?.reason ?? outcome.words, count: outcome.failedRows,
              examples: outcome.examples)))
      default: findings.add(step.id, .log(level: .warning, message: DataQuality.words(outcome, step.id)))
      }
    }
    if let violation { throw violation }
  }

  func judge(
    _ rules: [RelationRule], _ step: BoundStep, _ findings: Findings, _ connection: Connection
  ) async throws {
    for rule in rules {
      let table = try await connection.query(rule.query)
      guard let row = table.rows.first else { continue }
      func count(_ name: String) -> Int {
        guard let index = table.schema.names.firstIndex(of: name), case .integer(let count) = row[index] else {
          return 0
        }
        return Int(count)
      }
      let passed = row[0] == .boolean(true)
      let observed = row.count > 1 && row[1] != .null ? row[1].description : nil
      var outcome = CheckOutcome(
        rule: rule.name, words: rule.words, onFail: rule.onFail.rawValue, passed: passed, rows: count("rows"),
        failedRows: count("failed"), observed: observed, examples: [], measure: measure(row, table.schema))
      outcome.place = rule.place
      try conclude([outcome], step, findings)
    }
  }

  /// The figure a rule looked at; one of a part of the rows is no measure of later runs.
  private func measure(_ row: [Value], _ schema: Schema) -> CheckOutcome.Measure? {
    guard check.context.options.limit == nil, let place = schema.names.firstIndex(of: "measure"),
      case .float(let value) = row[place], value.isFinite, let name = schema.names.firstIndex(of: "measured")
    else { return nil }
    return CheckOutcome.Measure(name: row[name].description, value: value)
  }
}

/// What an attempt finds; told when it is the last one, so that nothing is counted twice.
final class Findings: Sendable {
  private let events = Mutex<[(step: String, kind: RunEvent.Kind)]>([])

  func add(_ step: String, _ kind: RunEvent.Kind) { events.withLock { $0.append((step, kind)) } }

  func tell(_ report: RunReport) {
    for event in events.withLock({ $0 }) { report.emit(event.step, event.kind) }
  }
}
