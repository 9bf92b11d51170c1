import DuckDB
import Foundation
import Pipelines
import Tabular

extension SchemaCheck {
  func bindTransform(_ step: PlannedStep, _ transform: Transform, _ inputs: [String], _ bound: BoundPlan) async throws -> BoundStep {
    let counter = RowCounter()
    var result = BoundStep(planned: step, schema: Schema([]), select: "", counter: counter)
    let origin: Schema
    switch transform {
    case .sql(let text, let location):
      // A check's relation stands in for the step it checked, under the name the SQL uses.
      let renamed = zip(step.inputs, inputs).filter { $0 != $1 }
      let prefix: [SQL] = renamed.map { "\(name: $0) AS NOT MATERIALIZED (SELECT * FROM \(name: $1))" }
      let query = SQL(raw: text)
      let select: SQL = prefix.isEmpty ? query : "WITH \(prefix) SELECT * FROM \(SQL(enclosing: text))"
      do {
        _ = try await engine.connection.describe(select)
      } catch let error as DuckDBError {
        throw Problem.of(error, in: step.id, at: nil).located(inside: text, at: location)
      }
      origin = try await unchangedColumns(of: query, from: zip(step.inputs, inputs).map { ($0, try relation($1, bound).schema) })
      result.select = try await counted(select, counter)
    case .operations(let operations):
      guard let input = inputs.first else {
        throw Problem("missing-input", "Step \"\(step.id)\" has no rows to work on.", hint: "Name a step with `on`.", at: step.location)
      }
      var relation = try relation(input, bound)
      for operation in operations { relation = try await apply(operation, to: relation, bound, &result) }
      let rows: SQL = "SELECT * FROM \(relation.sql)"
      origin = try await unchangedColumns(of: rows, from: Set(inputs).sorted().map { ($0, try self.relation($0, bound).schema) })
      result.select = try await counted(rows, counter)
    }
    result.schema = try await define(step, result.select, origin: origin)
    return result
  }

  private func apply(
    _ operation: any Pipelines.Operation, to relation: Relation, _ bound: BoundPlan, _ result: inout BoundStep
  ) async throws -> Relation {
    if let program = operation.program { return try await run(program, over: relation, in: &result) }
    var others: [String: Relation] = [:]
    for name in operation.otherInputs { others[name] = try self.relation(name, bound) }
    let context = OperationContext(time: context.timeText, others: others)
    var select = try operation.select(from: relation, in: context)
    if let rule = operation.rule {
      guard case .row(let condition, let columns) = try rule.test(over: relation, in: context) else {
        throw Problem("invalid-rule", "This rule is about the rows as a whole; put it into a `check` step.", at: rule.location)
      }
      let tap = RuleTap(
        step: result.id, rules: [RowRule(rule, condition, columns)], schema: relation.schema, rejects: rejects)
      select = try await tap.wrap("SELECT * FROM \(relation.sql)", as: engine.uniqueName("weir_rules"), on: engine.connection)
      result.taps.append(tap)
    }
    return Relation("(\(select))", try await engine.connection.describe(select))
  }
}

extension RowRule {
  init(_ rule: any Rule, _ condition: SQL, _ columns: [String]) {
    self.init(
      name: rule.typeName, words: rule.words, reason: "Not true: \(rule.words)", condition: condition, columns: columns,
      onFail: rule.onFail)
  }
}

extension Rule {
  /// The name of its kind, as written in pipeline files.
  var typeName: String { Self.manifest.name }
}

extension Problem {
  /// Placed where the name it is about stands inside a text that begins at `location`.
  fileprivate func located(inside text: String, at location: Location) -> Problem {
    let names = message.components(separatedBy: "\"").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    guard names.count > 1, let found = text.range(of: names[1]) else { return located(at: location) }
    let before = text[..<found.lowerBound]
    var place = location
    if text.contains("\n") {
      // A block of lines begins below the key that introduces it.
      place.line += before.count { $0 == "\n" } + 1
    } else {
      place.column += before.count
    }
    return located(at: place)
  }
}
