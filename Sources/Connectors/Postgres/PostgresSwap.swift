import Pipelines
import Tabular

/// Puts a new table in an old one's place with its name, indexes, grants, identity, comments. All inside one transaction.
struct PostgresSwap {
  var target: TableName

  /// The new table's name until it takes the old one's.
  static func fresh(_ target: TableName) -> TableName {
    var hash = MD5()
    Array(target.description.utf8).withUnsafeBytes { hash.update($0) }
    return TableName(schema: target.schema, name: "_weir_\(String(hash.finish().high, radix: 16))")
  }

  private var fresh: TableName { PostgresSwap.fresh(target) }

  /// Makes the new table: columns with defaults, identity, generated columns, checks, comments; indexes come after the rows.
  var create: SQL { "CREATE TABLE \(fresh.sql) (LIKE \(target.sql) INCLUDING ALL EXCLUDING INDEXES)" }

  /// Makes the new table and lets its identity columns go on where the old one's are.
  func prepare(_ oid: String, on connection: PostgresConnection) throws(Problem) {
    try connection.run(create)
    for sequence in try sequences(of: oid, on: connection) {
      try connection.run(
        "SELECT setval(\(text: sequence.new)::regclass, last_value, is_called) FROM \(SQL(raw: sequence.old))")
    }
  }

  func publish(_ plan: PostgresPlan, on connection: PostgresConnection) throws(Problem) {
    guard let oid = plan.existing?.oid else { return }
    let renames = try buildIndexes(of: oid, on: connection)
    let sequences = try sequences(of: oid, on: connection).map { sequence -> SQL in
      "ALTER SEQUENCE \(SQL(raw: sequence.new)) RENAME TO \(name: sequence.name)"
    }
    let facts = try attributes(of: oid, on: connection)
    try connection.run("DROP TABLE \(target.sql)")
    try connection.run("ALTER TABLE \(fresh.sql) RENAME TO \(name: target.name)")
    for statement in renames + sequences + facts { try connection.run(statement) }
  }

  /// Builds the old table's indexes on the new one; returns what gives them their names and constraints.
  private func buildIndexes(of oid: String, on connection: PostgresConnection) throws(Problem) -> [SQL] {
    let indexes = try connection.rows(
      """
      SELECT c.relname, i.indisunique, substr(pg_get_indexdef(i.indexrelid), length('CREATE ' || CASE WHEN i.indisunique \
      THEN 'UNIQUE ' ELSE '' END || 'INDEX ' || quote_ident(c.relname) || ' ON ' || quote_ident(n.nspname) || '.' \
      || quote_ident(t.relname) || ' ') + 1), o.contype, o.condeferrable, o.condeferred, \
      obj_description(i.indexrelid, 'pg_class') \
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid \
      JOIN pg_namespace n ON n.oid = t.relnamespace LEFT JOIN pg_constraint o ON o.conindid = c.oid AND o.conrelid = t.oid \
      WHERE i.indrelid = \(text: oid) ORDER BY c.relname
      """)
    let schema = target.schema ?? "public"
    var after: [SQL] = []
    for (position, row) in indexes.enumerated() {
      let temporary = "\(fresh.name)_\(position)"
      let name = row[0] ?? ""
      try connection.run(
        "CREATE \(row[1] == "t" ? "UNIQUE " : "")INDEX \(name: temporary) ON \(fresh.sql) \(SQL(raw: row[2] ?? ""))")
      if let kind = row[3], kind == "p" || kind == "u" {
        let deferral: SQL = row[4] == "t" ? (row[5] == "t" ? " DEFERRABLE INITIALLY DEFERRED" : " DEFERRABLE") : ""
        try connection.run(
          """
          ALTER TABLE \(fresh.sql) ADD CONSTRAINT \(name: temporary) \
          \(kind == "p" ? "PRIMARY KEY" : "UNIQUE") USING INDEX \(name: temporary)\(deferral)
          """)
      }
      after.append("ALTER INDEX \(name: schema).\(name: temporary) RENAME TO \(name: name)")
      if let comment = row[6] { after.append("COMMENT ON INDEX \(name: schema).\(name: name) IS \(text: comment)") }
    }
    return after
  }

  /// The sequences of identity columns: the old one's name, both as SQL.
  private func sequences(
    of oid: String, on connection: PostgresConnection
  ) throws(Problem) -> [(name: String, old: String, new: String)] {
    try connection.rows(
      """
      SELECT s.relname, format('%I.%I', n.nspname, s.relname), pg_get_serial_sequence(\(text: fresh.sql.text), a.attname) \
      FROM pg_attribute a \
      JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum \
      AND d.classid = 'pg_class'::regclass AND d.deptype = 'i' \
      JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_namespace n ON n.oid = s.relnamespace \
      WHERE a.attrelid = \(text: oid) AND a.attidentity <> ''
      """
    ).map { ($0[0] ?? "", $0[1] ?? "", $0[2] ?? "") }
  }

  /// Owner, grants and comment of the old table, as statements about its successor.
  private func attributes(of oid: String, on connection: PostgresConnection) throws(Problem) -> [SQL] {
    var after: [SQL] = []
    let owner = try connection.rows(
      "SELECT pg_get_userbyid(relowner), obj_description(oid, 'pg_class'), relacl IS NULL, current_user FROM pg_class WHERE oid = \(text: oid)"
    )
    guard let row = owner.first else { return [] }
    if let name = row[0], name != row[3] { after.append("ALTER TABLE \(target.sql) OWNER TO \(name: name)") }
    if let comment = row[1] { after.append("COMMENT ON TABLE \(target.sql) IS \(text: comment)") }
    // Default privileges may have given the new table grants the old one doesn't have.
    let given = try connection.rows(
      """
      SELECT DISTINCT CASE WHEN a.grantee = 0 THEN NULL ELSE pg_get_userbyid(a.grantee) END FROM pg_class c, aclexplode(c.relacl) a \
      WHERE c.oid = to_regclass(\(text: fresh.sql.text)) AND a.grantee <> c.relowner
      """)
    for row in given {
      after.append("REVOKE ALL ON \(target.sql) FROM \(row[0].map { "\(name: $0)" } ?? "PUBLIC" as SQL)")
    }
    if row[2] == "t" { return after }
    let grants = try connection.rows(
      """
      SELECT CASE WHEN a.grantee = 0 THEN NULL ELSE pg_get_userbyid(a.grantee) END, a.privilege_type, a.is_grantable \
      FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = \(text: oid) AND a.grantee <> c.relowner
      """)
    for grant in grants {
      let grantee: SQL = grant[0].map { "\(name: $0)" } ?? "PUBLIC"
      after.append(
        "GRANT \(SQL(raw: grant[1] ?? "")) ON \(target.sql) TO \(grantee)\(grant[2] == "t" ? " WITH GRANT OPTION" : "")"
      )
    }
    return after
  }
}
