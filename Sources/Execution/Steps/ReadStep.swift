import DuckDB
import Pipelines
import Tabular

extension SchemaCheck {
  /// - Parameter earlier: the step as it was bound before a retry: an incremental read takes the same range again.
  func bindRead(
    _ step: PlannedStep, _ source: any Source, _ spec: ReadSpec, _ plan: Plan, earlier: BoundStep?
  ) async throws -> BoundStep {
    let earlier = earlier?.cursor?.upTo == nil ? nil : earlier
    let decided =
      earlier == nil ? try await IncrementRule(step: step, spec: spec, plan: plan, context: context).decide() : nil
    let cursor = earlier?.cursor ?? decided?.0
    var request = ReadRequest(
      spec.subject, columns: spec.columns, filter: spec.filter,
      limit: [spec.limit, context.options.limit].compactMap { $0 }.min(),
      cursor: cursor, options: spec.options,
      destinations: plan.steps.compactMap { if case .write(let destination, _) = $0.work { destination } else { nil } },
      step: step.id, location: step.location)
    let letters = context.letters?.letters(into: step.id) ?? []
    let lines = context.letters?.letters(into: step.id, lines: true) ?? []
    if !lines.isEmpty { request.refused = try refusedLines(lines) }
    let extract = try await source.read(request)
    if !lines.isEmpty, !extract.readsRefused {
      throw Problem(
        "changed-step",
        "Step \"\(step.id)\" doesn't read lines of text any more, as it did when it refused \(lines.count) of them.",
        hint: "Run the pipeline from the beginning with weir run.", at: step.location)
    }
    var bound = BoundStep(planned: step, schema: Schema([]), extract: extract, cursor: cursor, select: "")
    bound.increment = earlier?.increment ?? decided?.1
    bound.remarks = decided?.remarks ?? []
    // A range that is being read again, or up to where other writes are, stays as it is.
    if let upperBound = extract.upperBound, earlier == nil, bound.increment?.goal == nil {
      bound.cursor?.upTo = upperBound
    }
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
    bound.refusedPositions = request.refused?.positions ?? [:]
    bound.isFed = !letters.isEmpty || !lines.isEmpty
    if !letters.isEmpty {
      let rows = try await relation(of: letters, try await engine.connection.describe(select), for: step)
      select = lines.isEmpty ? rows : "\(select) UNION ALL BY NAME \(rows)"
    }
    if !extract.conditions.isEmpty {
      let rows = Relation("(\(select))", try await engine.connection.describe(select))
      let rules = extract.conditions.map { condition in
        RowRule(
          name: condition.rule, words: condition.reason, reason: condition.reason, condition: condition.sql,
          columns: condition.columns.compactMap { try? rows.field(FieldName($0, at: step.location)) }, onFail: .skip)
      }
      let tap = RuleTap(step: step.id, rules: rules, schema: rows.schema, rejects: rejects(isFed: bound.isFed))
      select = try await tap.wrap(select, as: engine.uniqueName("weir_rules"), on: engine.connection)
      bound.taps.append(tap)
    }
    if let projection = extract.projection { select = "SELECT \(projection) FROM (\(select))" }
    select = try await incremental(select, &bound, earlier: earlier)
    if !extract.pushesDownFilters {
      let counter = RowCounter()
      bound.counter = counter
      select = try await counted(select, counter)
    }
    bound.select = select
    bound.schema = try await define(step, select, origin: origin)
    return bound
  }
}
