import DuckDB
import Pipelines
import Tabular

extension SchemaCheck {
  func bindWrite(
    _ step: PlannedStep, _ destination: any Destination, _ spec: WriteSpec, _ inputs: [String], _ bound: BoundPlan
  ) async throws -> BoundStep {
    guard let input = inputs.first else {
      throw Problem("missing-input", "Step \"\(step.id)\" has no rows to write.", hint: "Name a step with `from`.", at: step.location)
    }
    let relation = try relation(input, bound)
    for name in spec.mapping.keys.sorted() { _ = try relation.column(name, at: step.location) }
    let columns: [SQL] = relation.schema.names.map { name in
      spec.mapping[name].map { "\(name: name) AS \(name: $0)" } ?? "\(name: name)"
    }
    let filter: SQL = spec.filter.map { " WHERE (\(SQL(raw: $0)))" } ?? ""
    let rows: SQL = "SELECT \(columns) FROM (SELECT * FROM \(relation.sql)\(filter))"
    let schema = try await describe(rows, origin: spec.mapping.isEmpty ? relation.schema : nil)
    let load = try await destination.prepare(
      WriteRequest(
        target: spec.target, mode: spec.mode, key: spec.key, schemaPolicy: spec.schemaPolicy, schema: schema, options: spec.options,
        step: step.id, location: step.location, stateKey: context.stateKey(step.id), runID: context.runID, time: context.timeText))
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
    return BoundStep(
      planned: step, schema: load.landing, load: load, select: select,
      isPlain: spec.filter == nil && spec.mapping.isEmpty)
  }

  /// A text as a value of a column that exists; one that isn't exactly such a value fails the load and is named with its row.
  private func parsed(_ column: Column, as type: DataType, of schema: Schema) async throws -> SQL {
    let text: SQL = "\(name: column.name)"
    let value: SQL
    switch type {
    case .integer, .decimal:
      let shape = if case .decimal(let precision, let scale) = type { DecimalShape(precision: precision, scale: scale) } else { DecimalShape(precision: 38, scale: 0) }
      try await engine.registerDecimal(shape)
      value = "TRY_CAST(weir_decimal_\(shape.precision)_\(shape.scale)(\(text)) AS \(type))"
    case .boolean, .float32, .float64, .date, .time, .timestamp, .timestampTZ, .uuid: value = "TRY_CAST(\(text) AS \(type))"
    default: return "CAST(\(text) AS \(type))"
    }
    let row = schema.columns.prefix(6).map { column -> SQL in "\(name: column.name) := \(name: column.name)" }
    return """
      CASE WHEN \(text) IS NULL THEN NULL WHEN \(value) IS NOT NULL THEN \(value) ELSE CAST(error(\
      \(text: "Column \"\(column.name)\" holds \"") || left(\(text), 100) || \(text: "\", which isn't exactly a \(type), the type it has in the target. The row: ") \
      || left(CAST(to_json(struct_pack(\(row))) AS VARCHAR), 300)) AS \(type)) END
      """
  }
}
