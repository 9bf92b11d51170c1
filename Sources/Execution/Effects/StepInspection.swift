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
  /// One for each operation or rule in order; one for the whole step if it has no list of them.
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
      guard case .check(let rules) = step.planned.work else { return result }
      let inspection = RuleInspection(check: self, step: step, connection: connection)
      result.effects = try await inspection.effects(of: rules, over: input, in: bound)
      if inspection.stops(result.effects, rules) { result.rowsOut = nil }
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
    guard let words = step.operationsInWords else { return [whole] }
    return words.map { words in
      var effect = whole
      (effect.added, effect.removed, effect.retyped, effect.words) = ([], [], [], words)
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
  /// What its operations or rules are told to do; nil if it has no list of them.
  package var operationsInWords: [String]? {
    switch planned.work {
    case .transform(.operations(let operations)): operations.map(\.effect)
    case .check(let rules): rules.map(\.effect)
    case .read, .transform, .write: nil
    }
  }
}
