import Connectors
import DuckDB
import Execution
import Foundation
import Pipelines
import Tabular

/// What a run would do, told without doing it.
package struct Explanation: Sendable, Codable {
  package struct Step: Sendable, Codable {
    package var id: String
    package var kind: String
    package var inputs: [String]
    package var columns: [Column]
    /// What its operations are told to do, in words.
    package var effects: [String]?
    package var estimatedRows: Int?
    package var estimatedBytes: Int?
    /// For an incremental read: the range it would take.
    package var cursor: CursorRange?
    /// For a write: how rows would land, in words and statements.
    package var strategy: String?
    package var statements: [String]?
    package var dependents: [String]?
    package var existingRows: Int?

    package struct Column: Sendable, Codable {
      package var name: String
      package var type: String
    }
  }
  package var pipeline: String
  package var steps: [Step]
  package var warnings: [Problem]
}

/// A step's first rows, its columns before and after, and what it does. In JSON as `RowsShown`, with the rest beside.
package struct StepShown: Sendable, Encodable {
  package var step: String
  package var kind: String
  package var rows: RowsShown
  /// The columns of the rows that come in; nil for a read.
  package var before: Schema?
  package var rowsIn: Int?
  package var rowsOut: Int?
  /// If the counts are of the first rows only: of how many.
  package var countedRows: Int?
  package var effects: [StepEffect]

  private enum Keys: String, CodingKey { case step, kind, before, rowsIn, rowsOut, countedRows, effects }

  private struct Told: Encodable {
    var words: String?
    var impact: [String]
    var rowsIn: Int?
    var rowsOut: Int?
    var affected: Int?
  }

  package func encode(to encoder: any Encoder) throws {
    try rows.encode(to: encoder)
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(step, forKey: .step)
    try container.encode(kind, forKey: .kind)
    try container.encodeIfPresent(
      before?.columns.map { ["name": $0.name, "type": $0.type.description] }, forKey: .before)
    try container.encodeIfPresent(rowsIn, forKey: .rowsIn)
    try container.encodeIfPresent(rowsOut, forKey: .rowsOut)
    try container.encodeIfPresent(countedRows, forKey: .countedRows)
    try container.encode(
      effects.map {
        Told(words: $0.words, impact: $0.impact, rowsIn: $0.rowsIn, rowsOut: $0.rowsOut, affected: $0.affected)
      },
      forKey: .effects)
  }
}

/// Rows to look at. In JSON: `columns` and `rows`, each row an object.
package struct RowsShown: Sendable, Encodable {
  package var schema: Schema
  package var rows: [[Value]]

  package func encode(to encoder: any Encoder) throws {
    struct Name: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }
    var container = encoder.container(keyedBy: Name.self)
    try container.encode(
      schema.columns.map { ["name": $0.name, "type": $0.type.description] }, forKey: Name(stringValue: "columns"))
    try container.encode(
      rows.map { row in
        Dictionary(zip(schema.names, row.map { JSONValue(value: $0) }), uniquingKeysWith: { first, _ in first })
      }, forKey: Name(stringValue: "rows"))
  }
}

extension Workspace {
  /// Everything that can be told of a pipeline without asking a system: its text and its plan.
  /// - Throws: `InvalidPipeline`.
  package func validate(_ request: RunRequest) async throws -> Plan {
    let redactor = Redactor()
    var plan = try await prepare(request, redactor).plan
    plan.warnings = plan.warnings.map(redactor.redact)
    return plan
  }

  /// What a run would do. Systems are asked for columns and counts; nothing is moved.
  package func explain(_ request: RunRequest) async throws -> Explanation {
    let redactor = Redactor()
    let prepared = try await prepare(request, redactor)
    defer { forget(request) }
    try folder(of: request.id).create()
    let bound: BoundPlan
    do { bound = try await prepared.check.check(prepared.plan) } catch {
      throw Problems(Problems.of(error).map(redactor.redact))
    }
    let steps = bound.steps.map { step in
      Explanation.Step(
        id: step.id, kind: step.kind, inputs: step.planned.inputs,
        columns: step.schema.columns.map { .init(name: $0.name, type: $0.type.description) },
        effects: step.operationsInWords.map { $0.map(redactor.redact) },
        estimatedRows: step.extract?.estimatedRows, estimatedBytes: step.extract?.estimatedBytes, cursor: step.cursor,
        strategy: step.load.map { redactor.redact($0.strategy) },
        statements: step.load.map { $0.statements.map(redactor.redact) },
        dependents: step.load?.dependents, existingRows: step.load?.existingRows)
    }
    let warnings = bound.warnings + bound.steps.flatMap(\.remarks)
    return Explanation(pipeline: bound.name, steps: steps, warnings: warnings.map(redactor.redact))
  }

  /// The first rows a step yields (the last step, if none is named), and what it does. Nothing is written.
  /// - Parameter isCounting: Whether its effect is counted however many rows there are; otherwise where they are known to be few.
  package func preview(
    _ request: RunRequest, step name: String?, rows: Int, counting isCounting: Bool = false
  ) async throws -> StepShown {
    let redactor = Redactor()
    let prepared = try await prepare(request, redactor)
    defer { forget(request) }
    try folder(of: request.id).create()
    do {
      let ids = prepared.plan.steps.map(\.id)
      guard let wanted = name ?? ids.last, ids.contains(wanted) else {
        throw Problem(
          "unknown-step", "There is no step \"\(name ?? "")\".",
          hint: Nearest.hint(name ?? "", among: ids) ?? "The steps are \(ids.joined(separator: ", ")).")
      }
      // A step's own ancestors are all that is bound: a broken or unreachable target doesn't matter here.
      var needed: Set<String> = [wanted]
      for step in prepared.plan.steps.reversed() where needed.contains(step.id) { needed.formUnion(step.inputs) }
      var plan = prepared.plan
      if case .write = prepared.plan[id: wanted]?.work, let input = prepared.plan[id: wanted]?.inputs.first {
        return try await inspect(input, rows, isCounting, plan.keeping(needed.subtracting([wanted])), prepared)
      }
      plan = plan.keeping(needed)
      return try await inspect(wanted, rows, isCounting, plan, prepared)
    } catch {
      throw Problems(Problems.of(error).map(redactor.redact))
    }
  }

  private func inspect(
    _ step: String, _ count: Int, _ isCounting: Bool, _ plan: Plan, _ prepared: Prepared
  ) async throws -> StepShown {
    let bound = try await prepared.check.check(plan)
    let seen = try await prepared.check.inspect(step, in: bound, rows: count, counting: isCounting ? true : nil)
    return StepShown(
      step: step, kind: plan[id: step]?.work.kind ?? "", rows: RowsShown(schema: seen.after, rows: seen.rows),
      before: seen.before,
      rowsIn: seen.rowsIn, rowsOut: seen.rowsOut, countedRows: seen.countedRows, effects: seen.effects)
  }

  /// The rows of a SELECT: in the system `connection` by its own SQL, or in the engine over files (`FROM 'orders.csv'`).
  package func query(_ sql: String, connection: String?, rows: Int) async throws -> RowsShown {
    if let connection {
      let text =
        "name: query\nsteps:\n  - id: query\n    read:\n      from: \(JSONText.quote(connection))\n      query: \(JSONText.quote(sql))\n"
      return try await preview(RunRequest(PipelineText(file: "query", text: text)), step: "query", rows: rows).rows
    }
    let engine = try Engine()
    let redactor = Redactor()
    redactor.learn(addressesIn: sql)
    let place = Location(file: "query", line: 1, column: 1)
    let select = try UserSQL.query(Setting(.text(sql), at: place))
    do {
      try await Compression.verifyAll(
        among: engine.connection.texts(in: select), in: FileManager.default.currentDirectoryPath)
      let table = try await engine.connection.query("SELECT * FROM \(SQL(enclosing: select)) LIMIT \(rows)")
      return RowsShown(schema: table.schema, rows: table.rows)
    } catch let error as DuckDBError {
      throw redactor.redact(Problem("invalid-sql", error.message.components(separatedBy: "\n\nLINE ")[0], cause: error))
    }
  }

  /// Removes what a look at a pipeline may have spilled.
  private func forget(_ request: RunRequest) { try? FileManager.default.removeItem(at: folder(of: request.id).url) }
}

extension Plan {
  fileprivate func keeping(_ ids: Set<String>) -> Plan { Plan(name: name, steps: steps.filter { ids.contains($0.id) }) }
}
