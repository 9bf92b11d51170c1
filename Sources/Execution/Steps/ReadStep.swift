import DuckDB
import Pipelines
import Tabular

extension SchemaCheck {
  func bindRead(_ step: PlannedStep, _ source: any Source, _ spec: ReadSpec, _ plan: Plan) async throws -> BoundStep {
    let (cursor, known) = try await cursorRange(step, spec, plan)
    let request = ReadRequest(
      spec.subject, columns: spec.columns, filter: spec.filter, limit: [spec.limit, context.options.limit].compactMap { $0 }.min(),
      cursor: cursor, options: spec.options,
      destinations: plan.steps.compactMap { if case .write(let destination, _) = $0.work { destination } else { nil } }, step: step.id, location: step.location)
    let extract = try await source.read(request)
    var bound = BoundStep(planned: step, schema: Schema([]), extract: extract, cursor: cursor, select: "")
    if let upperBound = extract.upperBound { bound.cursor?.upTo = upperBound }
    var select: SQL
    var origin: Schema?
    switch extract.origin {
    case .query(let query, let setup):
      for statement in setup { try await engine.connection.execute(statement) }
      for shape in extract.decimals { try await engine.registerDecimal(shape) }
      select = query
    case .batches(let batches):
      let name = engine.uniqueName("weir_source")
      try await engine.connection.register(batches, as: name)
      select = "SELECT * FROM \(SQL(raw: name))()"
      origin = batches.schema
    }
    if !extract.conditions.isEmpty {
      let rules = extract.conditions.map {
        RowRule(name: $0.rule, words: $0.reason, reason: $0.reason, condition: $0.sql, columns: $0.columns, onFail: .skip)
      }
      let tap = RuleTap(step: step.id, rules: rules, schema: try await engine.connection.describe(select), rejects: rejects)
      select = try await tap.wrap(select, as: engine.uniqueName("weir_rules"), on: engine.connection)
      bound.taps.append(tap)
    }
    if let projection = extract.projection { select = "SELECT \(projection) FROM (\(select))" }
    let isAppended = plan.steps.contains { if case .write(_, let write) = $0.work { write.mode == .append } else { false } }
    select = try await incremental(select, &bound, known: known, keepsBoundary: isAppended)
    if !extract.pushesDownFilters {
      let counter = RowCounter()
      bound.counter = counter
      select = try await counted(select, counter)
    }
    bound.select = select
    bound.schema = try await define(step, select, origin: origin)
    return bound
  }

  /// What an incremental read takes: from the last run's largest value, as the target or the workspace remembers it, and the rows at
  /// that value which have landed.
  private func cursorRange(_ step: PlannedStep, _ spec: ReadSpec, _ plan: Plan) async throws -> (CursorRange?, known: [String]) {
    guard case .incremental(let column, let lag) = spec.mode else { return (nil, []) }
    if context.options.fullRefresh { return (CursorRange(column: column, after: spec.start, upTo: spec.end), []) }
    let kept = context.cursors[step.id]
    var last = kept.map { CursorState($0.value) }
    for case .write(let destination, let write) in plan.steps.map(\.work) {
      if write.mode == .append && lag > 0 {
        throw Problem(
          "lag-doubles-rows", "Step \"\(step.id)\" reads \(lag) units back, and appending would land those rows twice.",
          hint: "Use `mode: merge` with a `key`, or remove `lag`.", at: step.location)
      }
      guard kept?.isForced != true else { continue }
      let key = context.stateKey(step.id)
      if let stored = try await destination.storedState([key], for: write.target)[key] { last = CursorState(stored) }
    }
    let after = spec.start ?? last.map { lag > 0 ? CursorText.less($0.cursor, by: lag) : $0.cursor }
    return (CursorRange(column: column, after: after, upTo: spec.end), spec.start == nil ? last?.rows ?? [] : [])
  }
}
