import DuckDB
import Pipelines
import Tabular

extension SchemaCheck {
  func bindWrite(
    _ step: PlannedStep, _ destination: any Destination, _ spec: WriteSpec, _ inputs: [String], _ bound: BoundPlan
  ) async throws -> BoundStep {
    guard let input = inputs.first else {
      throw Problem(
        "missing-input", "Step \"\(step.id)\" has no rows to write.", hint: "Name a step with `from`.",
        at: step.location)
    }
    let relation = try relation(input, bound)
    var (step, spec) = (step, spec)
    if context.letters != nil {
      guard bound[id: input]?.isFed == true else {
        return BoundStep(planned: step, schema: relation.schema, select: "SELECT * FROM \(relation.sql)")
      }
      spec.mode = try addingMode(of: destination, spec, step)
      step.work = .write(destination, spec)
    }
    for name in spec.mapping.keys.sorted() { _ = try relation.column(name, at: step.location) }
    let drift = try await drift(of: relation, to: destination, spec, step)
    spec.mapping.merge(drift.mapping) { $1 }
    let columns: [SQL] = relation.schema.names.filter { !drift.ignored.contains($0) }.map { name in
      spec.mapping[name].map { "\(name: name) AS \(name: $0)" } ?? "\(name: name)"
    }
    let filter: SQL = spec.filter.map { " WHERE \(SQL(enclosing: $0))" } ?? ""
    let rows: SQL = "SELECT \(columns) FROM (SELECT * FROM \(relation.sql)\(filter))"
    var origin = relation.schema
    for index in origin.columns.indices {
      origin.columns[index].name = spec.mapping[origin.columns[index].name] ?? origin.columns[index].name
    }
    let schema = try await describe(rows, origin: origin)
    let reads = incrementalReads(behind: input, bound)
    var request = WriteRequest(
      target: spec.target, mode: spec.mode, key: spec.key, schemaPolicy: spec.schemaPolicy, schema: schema,
      options: spec.options,
      step: step.id, location: step.location, stateKey: context.stateKey(step.id),
      runID: context.letters?.name ?? context.resumed ?? context.runID,
      time: context.timeText, increment: increment(of: reads, for: step.id))
    request.created = drift.created
    let load = try await destination.prepare(request)
    if context.options.fullRefresh, spec.mode == .append, let read = reads.first {
      try await refuseToDouble(load, read, step)
    }
    var casts: [SQL] = []
    for (from, to) in zip(schema.columns, load.landing.columns) {
      let value: SQL
      if let own = load.values[to.name] {
        value = own
      } else if from.type.description == to.type.description {
        value = "\(name: from.name)"
      } else if from.type == .text {
        value = try await parsed(from, as: to.type, of: schema)
      } else {
        value = "CAST(\(name: from.name) AS \(to.type))"
      }
      casts.append("\(value) AS \(name: to.name)")
    }
    let select: SQL = "SELECT \(casts) FROM (\(rows))"
    _ = try await engine.connection.describe(select)
    var result = BoundStep(
      planned: step, schema: load.landing, load: load, select: select,
      isPlain: spec.filter == nil && spec.mapping.isEmpty && drift.ignored.isEmpty)
    result.remarks = drift.remarks
    return result
  }

  /// A text as a value of a column that exists; one that isn't exactly such a value fails the load and is named with its row.
  private func parsed(_ column: Column, as type: DataType, of schema: Schema) async throws -> SQL {
    let text: SQL = "\(name: column.name)"
    let value: SQL
    switch type {
    case .integer, .decimal:
      let shape =
        if case .decimal(let precision, let scale) = type { DecimalShape(precision: precision, scale: scale) } else {
          DecimalShape(precision: 38, scale: 0)
        }
      try await engine.registerDecimal(shape)
      value = "TRY_CAST(weir_decimal_\(shape.precision)_\(shape.scale)(\(text)) AS \(type))"
    case .boolean, .float32, .float64, .date, .time, .timestamp, .timestampTZ, .uuid:
      value = "TRY_CAST(\(text) AS \(type))"
    default: return "CAST(\(text) AS \(type))"
    }
    let row = schema.columns.prefix(6).map { column -> SQL in "\(name: column.name) := \(name: column.name)" }
    return """
      CASE WHEN \(text) IS NULL THEN NULL WHEN \(value) IS NOT NULL THEN \(value) ELSE CAST(error(\
      \(text: "Column \"\(column.name)\" holds \"") || left(\(text), 100) || \(text: "\", which isn't exactly a \(type), the type it has in the target. The row: ") \
      || left(CAST(to_json(struct_pack(\(row))) AS VARCHAR), 300)) AS \(type)) END
      """
  }

  /// The incremental reads whose rows come through `input`.
  private func incrementalReads(behind input: String, _ bound: BoundPlan) -> [BoundStep] {
    let upstream = (bound[id: input]?.upstream ?? []).union([input])
    return bound.steps.filter { upstream.contains($0.id) && $0.cursor != nil }
  }

  /// A name for the rows that follow what `write` has of these reads.
  private func increment(of reads: [BoundStep], for write: String) -> String? {
    guard !reads.isEmpty else { return nil }
    let places = reads.map { "\($0.id)\t\($0.cursor?.after ?? "")\t\($0.increment?.before[write]?.text ?? "")" }
    let whole = ([context.stateKey(write)] + places.sorted()).joined(separator: "\n")
    return String(Array(whole.utf8).withUnsafeBytes { MD5.digest($0) }.high, radix: 16)
  }

  private func refuseToDouble(_ load: Load, _ read: BoundStep, _ write: PlannedStep) async throws {
    let rows = if let known = load.existingRows { known } else { await load.countExisting?() ?? 0 }
    guard rows > 0 else { return }
    throw Problem(
      "refresh-doubles-rows",
      "--full-refresh reads all rows of \"\(read.id)\" again, and \"\(write.id)\" would append them to the \(rows.grouped) that are there.",
      hint: "Empty or drop the target first, or write with `mode: merge` and a `key`, or with `mode: replace`.",
      at: write.location)
  }

  /// How rows that come later are added to those that have landed: never in their place.
  private func addingMode(
    of destination: any Destination, _ spec: WriteSpec, _ step: PlannedStep
  ) throws(Problem) -> WriteMode {
    switch spec.mode {
    case .append, .merge, .scd2: return spec.mode
    case .replace, .truncate, .deleteInsert:
      guard type(of: destination).keepsState, type(of: destination).writeModes.contains(.append) else {
        throw Problem(
          "append-needs-folder",
          "The rows can't be added to what step \"\(step.id)\" has written: it replaces a whole file.",
          hint: "Run the whole pipeline again with weir run.", at: step.location)
      }
      return .append
    }
  }
}
