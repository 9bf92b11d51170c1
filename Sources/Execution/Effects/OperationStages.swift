import DuckDB
import Pipelines
import Tabular

/// Applies operations one by one to the first rows of a relation, keeping what each made to count it.
struct OperationStages {
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
      let failing = try await failures(of: operation, over: relation, context)
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
  ) async throws -> SQL? {
    guard let test = try operation.rule?.test(over: relation, in: context),
      case .row(let condition, _) = try await test.settled(over: relation, on: connection)
    else { return nil }
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
