import DuckDB
import Pipelines
import Tabular

/// A look at a step: its first rows, its columns before and after, and what each of its operations does. Nothing is written.
package struct StepInspection: Sendable {
  /// The columns of the rows that come in; nil for a read.
  package var before: Schema?
  package var after: Schema
  package var rows: [[Value]]
  package var rowsIn: Int?
  package var rowsOut: Int?
  /// One for each operation in order; one for the whole step if it has no list of operations.
  package var effects: [StepEffect]
  /// If the counts are of the first rows only: of how many.
  package var countedRows: Int?

  /// At most so many rows are counted.
  static let most = 1_000_000
}

extension SchemaCheck {
  /// - Parameter bound: the step and all before it.
  /// - Parameter rows: how many rows to show.
  /// - Parameter isWanted: Whether to count; nil = if the sources know that they have few rows.
  package func inspect(
    _ id: String, in bound: BoundPlan, rows: Int, counting isWanted: Bool? = nil
  ) async throws -> StepInspection {
    guard let step = bound[id: id] else { throw Problem("unknown-step", "There is no step \"\(id)\".") }
    let connection = try await engine.connect()
    do { return try await inspect(step, in: bound, rows, isWanted, connection) } catch let error as DuckDBError {
      throw Problem.of(error, in: id, at: step.planned.location)
    }
  }

  private func inspect(
    _ step: BoundStep, in bound: BoundPlan, _ rows: Int, _ isWanted: Bool?, _ connection: Connection
  ) async throws -> StepInspection {
    let id = step.id
    let shown = try await connection.query("SELECT * FROM \(name: id) LIMIT \(rows)")
    var result = StepInspection(after: step.schema, rows: shown.rows, effects: [])
    guard let input = step.inputs.first.flatMap({ bound[id: $0] }) else { return result }
    result.before = input.schema
    var whole = StepEffect(from: input.schema, to: step.schema)
    guard isWanted ?? bound.isSmall(before: step) else {
      result.effects = effects(of: step, whole)
      return result
    }
    guard case .transform(.operations(let operations)) = step.planned.work else {
      whole.rowsIn = step.inputs.count == 1 ? try await count("\(name: input.id)", connection) : nil
      whole.rowsOut = try await count("\(name: id)", connection)
      if max(whole.rowsIn ?? 0, whole.rowsOut ?? 0) > StepInspection.most {
        (whole.rowsIn, whole.rowsOut, result.countedRows) = (nil, nil, StepInspection.most)
      }
      (result.rowsIn, result.rowsOut, result.effects) = (whole.rowsIn, whole.rowsOut, [whole])
      return result
    }
    let stages = OperationStages(connection: connection, time: context.timeText)
    result.effects = try await stages.effects(of: operations, over: input) { operation in
      try self.others(of: operation, step.planned, step.inputs, bound)
    }
    result.rowsIn = result.effects.first?.rowsIn
    if result.rowsIn ?? 0 >= StepInspection.most { result.countedRows = StepInspection.most }
    result.rowsOut = result.effects.last?.rowsOut
    return result
  }

  /// Without counting anything.
  private func effects(of step: BoundStep, _ whole: StepEffect) -> [StepEffect] {
    guard case .transform(.operations(let operations)) = step.planned.work else { return [whole] }
    return operations.map { operation in
      var effect = whole
      (effect.added, effect.removed, effect.retyped, effect.words) = ([], [], [], operation.effect)
      return effect
    }
  }

  private func count(_ rows: SQL, _ connection: Connection) async throws -> Int? {
    let query: SQL = "SELECT count(*) FROM (SELECT 1 FROM \(rows) LIMIT \(StepInspection.most + 1))"
    guard case .integer(let count)? = try await connection.query(query).rows.first?.first else { return nil }
    return Int(count)
  }
}

extension BoundPlan {
  /// Whether all sources before `step` know that they have few rows.
  fileprivate func isSmall(before step: BoundStep) -> Bool {
    steps.filter { step.upstream.contains($0.id) && $0.kind == "read" }.allSatisfy { read in
      guard let extract = read.extract else { return false }
      if let rows = extract.estimatedRows { return rows <= StepInspection.most }
      return extract.estimatedBytes.map { $0 <= 100_000_000 } ?? false
    }
  }
}

extension BoundStep {
  /// What its operations are told to do; nil if it has no list of them.
  package var operationsInWords: [String]? {
    guard case .transform(.operations(let operations)) = planned.work else { return nil }
    return operations.map(\.effect)
  }
}

/// Applies operations one by one to the first rows of a relation, keeping what each made to count it.
private struct OperationStages {
  let connection: Connection
  let time: String

  /// - Parameter others: the relations of the other steps an operation reads.
  /// - Returns: one effect for each operation; from a Python function on without counts.
  func effects(
    of operations: [any Pipelines.Operation], over input: BoundStep,
    others: (any Pipelines.Operation) throws -> [String: Relation]
  ) async throws -> [StepEffect] {
    var relation = try await stage(0, "SELECT * FROM \(name: input.id) LIMIT \(StepInspection.most)")
    var result: [StepEffect] = []
    for (index, operation) in operations.enumerated() {
      guard operation.program == nil else { break }
      let context = OperationContext(time: time, others: try others(operation))
      let rowsIn = try await count("SELECT count(*) FROM \(relation.sql)")
      let failing = try failures(of: operation, over: relation, context)
      var passing = relation
      if let failing, operation.rule?.onFail == .skip {
        passing.sql = "(SELECT * FROM \(relation.sql) WHERE NOT \(failing))"
      }
      let after = try await stage(index + 1, try operation.select(from: passing, in: context))
      var effect = StepEffect(words: operation.effect, rowsIn: rowsIn, from: relation.schema, to: after.schema)
      effect.rowsOut = try await count("SELECT count(*) FROM \(after.sql)")
      if let failing {
        effect.affected = try await count("SELECT count(*) FROM \(relation.sql) WHERE \(failing)")
      } else if operation.rule == nil {
        effect.affected = try await affected(by: operation, relation, after.schema, context, rowsIn, effect.rowsOut)
      }
      if let operation = operation as? any CleansingOperation {
        let setAside = failing == nil ? 0 : effect.affected ?? 0
        try await count(operation.cleansing(of: passing, in: context), setAside: setAside, in: &effect)
      }
      result.append(effect)
      try await connection.execute("DROP TABLE \(relation.sql)")
      relation = after
    }
    let nothing = StepEffect(from: Schema([]), to: Schema([]))
    return result
      + operations.dropFirst(result.count).map { operation in
        var effect = nothing
        effect.words = operation.effect
        return effect
      }
  }

  /// - Parameter setAside: rows that don't come as far as the cleansing.
  private func count(_ cleansing: Cleansing, setAside: Int, in effect: inout StepEffect) async throws {
    let totals = try await connection.query(cleansing.totals).rows[0].map { value -> Int in
      if case .integer(let count) = value { Int(count) } else { 0 }
    }
    let counts = Array(zip(cleansing.counts.map(\.what), totals))
    var cleansed = CleansedRows(counts)
    cleansed.incomplete = setAside
    effect.cleansed = cleansed
    effect.affected = cleansed.incomplete + (counts.first { $0.0 == .affected }?.1 ?? 0)
  }

  /// True for the rows that break the operation's rule; nil if it has none, or one that can't be told row by row.
  private func failures(
    of operation: any Pipelines.Operation, over relation: Relation, _ context: OperationContext
  ) throws -> SQL? {
    guard let rule = operation.rule, case .row(let condition, _) = try rule.test(over: relation, in: context) else {
      return nil
    }
    return "(NOT coalesce(\(condition), false))"
  }

  private func affected(
    by operation: any Pipelines.Operation, _ before: Relation, _ after: Schema, _ context: OperationContext,
    _ rowsIn: Int?,
    _ rowsOut: Int?
  ) async throws -> Int? {
    switch operation.reach {
    case .relation: return nil
    case .rows: return rowsIn.flatMap { rowsIn in rowsOut.map { rowsIn - $0 } }
    case .values:
      // The row as it was goes along in a column of its own.
      var name = "weir_before"
      while before.schema[name: name] != nil || after[name: name] != nil { name += "_" }
      let fields = before.schema.columns.map { column -> SQL in "\(name: column.name) := \(name: column.name)" }
      let type = DataType.structure(before.schema.columns)
      let doubled = Relation(
        "(SELECT *, struct_pack(\(fields)) AS \(name: name) FROM \(before.sql))",
        Schema(before.schema.columns + [Column(name, type)]))
      let differences = after.columns.compactMap { column -> SQL? in
        guard let old = before.schema[name: column.name] else { return nil }
        let value: SQL = "struct_extract(\(name: name), \(text: old.name))"
        return old.type.description == column.type.description
          ? "\(name: column.name) IS DISTINCT FROM \(value)" : "\(value) IS NOT NULL"
      }
      guard !differences.isEmpty else { return nil }
      let changed = try operation.select(from: doubled, in: context)
      let count = try await count("SELECT count(*) FROM (\(changed)) WHERE \(differences, separator: " OR ")")
      // That only new columns come is no change of rows.
      return count == 0 && after.columns.count > before.schema.columns.count ? nil : count
    }
  }

  private func stage(_ index: Int, _ select: SQL) async throws -> Relation {
    let name: SQL = "\(name: "weir_stage_\(index)")"
    try await connection.execute("CREATE TEMP TABLE \(name) AS \(select)")
    return Relation(name, try await connection.describe("SELECT * FROM \(name)"))
  }

  private func count(_ query: SQL) async throws -> Int? {
    guard case .integer(let count)? = try await connection.query(query).rows.first?.first else { return nil }
    return Int(count)
  }
}
