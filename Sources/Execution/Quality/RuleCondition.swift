import DuckDB
import Pipelines
import Tabular

extension RuleTest {
  /// A condition of the user's own told apart: about each row, or by an aggregate about all of them. Other tests stay as they are.
  /// - Throws: `invalid-sql`, `unknown-column`, `wrong-type`, or the engine's error.
  package func settled(over input: Relation, on connection: Connection) async throws -> RuleTest {
    guard case .condition(let expression) = self else { return self }
    let holds = try await connection.describe("SELECT \(expression.sql) AS holds FROM \(input.sql)").columns[0]
    guard holds.type == .boolean else {
      throw Problem(
        "wrong-type", "\(expression.text) is \(holds.type.inWords), so it can't be true or false.",
        hint: "Compare it with something: > 0, IS NOT NULL.", at: expression.location)
    }
    // Of no rows, an aggregate makes one.
    let made = try await connection.query(
      "SELECT count(*) FROM (SELECT \(expression.sql) FROM (SELECT * FROM \(input.sql) WHERE false))")
    guard made.rows[0][0] == .integer(0) else {
      return .relation(
        """
        SELECT coalesce(holds, FALSE) AS passed, 'it is ' || coalesce(CAST(holds AS VARCHAR), 'unknown') AS observed, seen \
        FROM (SELECT \(expression.sql) AS holds, count(*) AS seen FROM \(input.sql))
        """)
    }
    let columns = try await expression.fields(of: input, on: connection)
    return .row("coalesce(\(expression.sql), FALSE)", columns: columns)
  }
}

extension UserExpression {
  /// The columns of `input`, and the fields inside them, that the expression depends on.
  fileprivate func fields(of input: Relation, on connection: Connection) async throws -> [FieldAccess] {
    var found: [FieldAccess] = []
    for parts in try await connection.names(in: sql).columns {
      // A table's name may come first.
      for start in 0..<min(2, parts.count) {
        guard let root = input.schema[name: parts[start]] else { continue }
        let path = FieldName(parts[start...].joined(separator: "."), at: location)
        guard let field = (try? input.field(path)) ?? (try? input.field(FieldName(root.name, at: location))) else {
          continue
        }
        found.append(field)
        break
      }
    }
    var needed: [String: Bool] = [:]
    for root in Set(found.map(\.root.name)) {
      // The name may be that of a column of a query inside the expression, or of a lambda's parameter.
      let rest: SQL = "SELECT * EXCLUDE (\(name: root)), NULL AS weir_other FROM \(input.sql)"
      let bound = try? await connection.describe("SELECT \(sql) FROM (\(rest))")
      needed[root] = bound == nil
    }
    var fields: [FieldAccess] = []
    for field in found where needed[field.root.name] == true && !fields.contains(where: { $0.covers(field) }) {
      fields.removeAll { field.covers($0) }
      fields.append(field)
    }
    return fields
  }
}

extension Plan {
  /// - Throws: every rule that has an aggregate, so that it is about the rows as a whole, and something to do to single rows.
  package func refuseAnswersWithoutRows(on connection: Connection) async throws(Problems) {
    var problems: [Problem] = []
    for step in steps {
      guard case .check(let rules) = step.work else { continue }
      for rule in rules where [.skip, .flag, .null].contains(rule.onFail) {
        guard let rule = rule as? Expression, (try? await rule.hasAggregate(on: connection)) == true else { continue }
        problems.append(rule.refusal)
      }
    }
    guard problems.isEmpty else { throw Problems(problems) }
  }
}

extension Expression {
  /// Whether a function is called that the engine knows as an aggregate.
  fileprivate func hasAggregate(on connection: Connection) async throws -> Bool {
    let functions = try await connection.names(in: expression.sql).functions
    guard !functions.isEmpty else { return false }
    let list = functions.sorted().map { "\(text: $0)" as SQL }
    let known: SQL =
      "SELECT count(*) FROM duckdb_functions() WHERE function_type = 'aggregate' AND lower(function_name) IN (\(list))"
    return try await connection.query(known).rows[0][0] != .integer(0)
  }
}
