import Pipelines
import Tabular

/// The small table beside the data that remembers how far each pipeline has come.
struct PostgresState {
  var schema: String
  private var table: SQL { "\(name: schema).\"_weir_state\"" }

  func store(_ entries: [StateEntry], runID: String, on connection: PostgresConnection) throws(Problem) {
    try connection.run("SELECT pg_advisory_xact_lock(hashtextextended(\(text: "weir:\(schema)._weir_state"), 0))")
    try connection.run(
      """
      CREATE TABLE IF NOT EXISTS \(table) \
      (key text PRIMARY KEY, value text, run_id text NOT NULL, updated_at timestamptz NOT NULL DEFAULT now())
      """)
    for entry in entries {
      try connection.run(
        """
        INSERT INTO \(table) (key, value, run_id) VALUES (\(text: entry.key), \(text: entry.value), \(text: runID)) \
        ON CONFLICT (key) DO UPDATE SET value = excluded.value, run_id = excluded.run_id, updated_at = now()
        """)
    }
  }

  /// What is remembered under these keys; nothing if the table isn't there.
  func values(of keys: [String], on connection: PostgresConnection) throws(Problem) -> [String: String] {
    guard !keys.isEmpty, try connection.value("SELECT to_regclass(\(text: table.text))") != nil else { return [:] }
    let wanted = keys.map { key -> SQL in "\(text: key)" }
    let rows = try connection.rows("SELECT key, value FROM \(table) WHERE key IN (\(wanted)) AND value IS NOT NULL")
    return Dictionary(rows.map { ($0[0] ?? "", $0[1] ?? "") }) { first, _ in first }
  }
}
