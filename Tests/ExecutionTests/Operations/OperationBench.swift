import DuckDB
import Execution
import Pipelines
import Tabular
import TestSupport

/// Rows in, operations, rows out, on the real engine; rows are JSON text with the keys in order and numbers as written.
struct OperationBench {
  let connection: Connection
  var time = "2025-01-16T08:00:00Z"

  init() async throws {
    connection = try Database(settings: ["threads": "2", "ieee_floating_point_ops": "false"]).connect()
    try await connection.execute("SET TimeZone = 'UTC'")
    try await TextFunctions.register(on: connection)
  }

  /// The relation of a JSON array, typed as a JSON reader types it (numbers with a fraction are DOUBLE).
  func relation(_ json: String) async throws -> Relation {
    let structure = try await connection.query("SELECT json_structure(\(text: json))").rows[0][0].description
      .replacing("UBIGINT", with: "BIGINT")
    let sql: SQL = "(SELECT unnest(r) FROM (SELECT unnest(from_json(\(text: json), \(text: structure))) AS r))"
    return try await bound(sql)
  }

  /// The relation of a FROM item.
  func bound(_ sql: SQL) async throws -> Relation {
    Relation(sql, try await connection.describe("SELECT * FROM \(sql)"))
  }

  /// Applies `operations` (a YAML or JSON list of maps) one after the other.
  func apply(_ operations: String, to input: Relation, others: [String: Relation] = [:]) async throws -> Relation {
    var relation = input
    for setting in try Setting(yaml: operations).elements {
      let operation = try Operations.make(setting)
      let sql = try operation.select(from: relation, in: OperationContext(time: time, others: others))
      relation = try await bound("(\(sql))")
    }
    return relation
  }

  func json(_ relation: Relation) async throws -> String {
    let table = try await connection.query("SELECT * FROM \(relation.sql)")
    let rows = table.rows.map { row in
      "{"
        + zip(table.schema.names, row).map { name, value in Value.text(name).jsonText + ":" + value.jsonText }.joined(
          separator: ",") + "}"
    }
    return "[" + rows.joined(separator: ",") + "]"
  }

  func run(_ operations: String, on json: String, others: [String: String] = [:]) async throws -> String {
    var relations: [String: Relation] = [:]
    for (name, text) in others { relations[name] = try await relation(text) }
    return try await self.json(apply(operations, to: relation(json), others: relations))
  }

  /// The problem that operations meet on these rows.
  func problem(_ operations: String, on json: String) async throws -> Problem? {
    do {
      _ = try await run(operations, on: json)
      return nil
    } catch let problem as Problem {
      return problem
    } catch let problems as Problems {
      return problems.all.first
    }
  }
}
