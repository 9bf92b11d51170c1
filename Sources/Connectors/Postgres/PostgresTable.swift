import Pipelines
import Tabular

/// What stands in the server's catalog about a table.
struct PostgresTable: Sendable {
  struct TableColumn: Sendable {
    var name: String
    /// The base type's internal name (`int8`, `varchar`, `_text`), domains resolved.
    var type: String
    /// The type's schema, `pg_catalog` for built-in ones.
    var typeSchema: String
    /// The modifier after the name: precision and scale of numeric, length of varchar; -1 = none.
    var modifier: Int
    /// The type as SQL: `numeric(10,2)`.
    var sqlType: String
    /// `b`ase, `e`num, `d`omain, `r`ange, `c`omposite, `m`ultirange.
    var kind: String
    var isDomain: Bool
    var isNullable: Bool
    var hasDefault: Bool
    var isIdentity: Bool
    var isGenerated: Bool
  }

  var oid: String
  var name: TableName
  /// `r` table, `p` partitioned, `v` view, `m` materialized view, `f` foreign.
  var kind: String
  var columns: [TableColumn]
  /// The planner's estimate; nil = never analysed.
  var estimatedRows: Int?
  var pages: Int
  /// Views and foreign keys of others, in words.
  var dependents: [String]
  /// Why the table can't be put aside for a new one, in words.
  var obstacles: [String]
  var hasTriggers: Bool

  var sql: SQL { name.sql }

  /// Finds a table: the exact name first, else the name in lower case, as an unquoted name means in SQL. nil = none.
  static func find(_ wanted: TableName, defaultSchema: String, on connection: PostgresConnection) throws(Problem) -> PostgresTable? {
    let schema = wanted.schema ?? defaultSchema
    let found = try connection.rows(
      """
      SELECT c.oid, n.nspname, c.relname, c.relkind, c.reltuples::bigint, c.relpages FROM pg_class c \
      JOIN pg_namespace n ON n.oid = c.relnamespace \
      WHERE c.relkind IN ('r','p','v','m','f') AND n.nspname IN (\(text: schema), \(text: schema.lowercased())) \
      AND c.relname IN (\(text: wanted.name), \(text: wanted.name.lowercased())) \
      ORDER BY n.nspname = \(text: schema) DESC, c.relname = \(text: wanted.name) DESC LIMIT 1
      """)
    guard let row = found.first, let oid = row[0], let schemaName = row[1], let name = row[2], let kind = row[3] else { return nil }
    let estimate = Int(row[4] ?? "") ?? -1
    let columns = try columns(of: oid, on: connection)
    var table = PostgresTable(
      oid: oid, name: TableName(schema: schemaName, name: name), kind: kind, columns: columns,
      estimatedRows: estimate < 0 ? nil : estimate, pages: Int(row[5] ?? "") ?? 0, dependents: [], obstacles: [],
      hasTriggers: false)
    try table.readDependents(connection)
    return table
  }

  private static func columns(of oid: String, on connection: PostgresConnection) throws(Problem) -> [TableColumn] {
    try connection.rows(
      """
      SELECT a.attname, b.typname, n.nspname, CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END, \
      format_type(a.atttypid, a.atttypmod), b.typtype, t.typtype = 'd', NOT (a.attnotnull OR t.typnotnull), a.atthasdef, \
      a.attidentity <> '', a.attgenerated <> '' FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid \
      JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END \
      JOIN pg_namespace n ON n.oid = b.typnamespace \
      WHERE a.attrelid = \(text: oid) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
      """
    ).map { row in
      TableColumn(
        name: row[0] ?? "", type: row[1] ?? "", typeSchema: row[2] ?? "", modifier: Int(row[3] ?? "") ?? -1,
        sqlType: row[4] ?? "", kind: row[5] ?? "", isDomain: row[6] == "t", isNullable: row[7] == "t",
        hasDefault: row[8] == "t", isIdentity: row[9] == "t", isGenerated: row[10] == "t")
    }
  }

  private mutating func readDependents(_ connection: PostgresConnection) throws(Problem) {
    let rows = try connection.rows(
      """
      SELECT DISTINCT 'view', r.ev_class::regclass::text FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid \
      WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = \(text: oid) \
      AND r.ev_class <> \(text: oid) \
      UNION ALL SELECT 'foreign key', conname || ' of ' || conrelid::regclass FROM pg_constraint \
      WHERE contype = 'f' AND confrelid = \(text: oid) \
      UNION ALL SELECT 'own foreign key', conname FROM pg_constraint WHERE contype = 'f' AND conrelid = \(text: oid) \
      AND confrelid <> \(text: oid) \
      UNION ALL SELECT 'exclusion', conname FROM pg_constraint WHERE contype = 'x' AND conrelid = \(text: oid) \
      UNION ALL SELECT 'trigger', tgname FROM pg_trigger WHERE tgrelid = \(text: oid) AND NOT tgisinternal \
      UNION ALL SELECT 'policy', polname FROM pg_policy WHERE polrelid = \(text: oid) \
      UNION ALL SELECT 'publication', p.pubname FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid \
      WHERE r.prrelid = \(text: oid) \
      UNION ALL SELECT 'inheritance', inhparent::regclass::text FROM pg_inherits WHERE \(text: oid) IN (inhrelid, inhparent) \
      UNION ALL SELECT 'sequence', objid::regclass::text FROM pg_depend WHERE classid = 'pg_class'::regclass \
      AND refclassid = 'pg_class'::regclass AND refobjid = \(text: oid) AND refobjsubid > 0 AND deptype = 'a' \
      AND EXISTS (SELECT 1 FROM pg_class c WHERE c.oid = objid AND c.relkind = 'S') \
      UNION ALL SELECT 'row type', pg_describe_object(classid, objid, objsubid) FROM pg_depend \
      WHERE refclassid = 'pg_type'::regclass AND deptype = 'n' \
      AND refobjid = (SELECT reltype FROM pg_class WHERE oid = \(text: oid)) \
      UNION ALL SELECT 'column grant', attname FROM pg_attribute WHERE attrelid = \(text: oid) AND attacl IS NOT NULL \
      UNION ALL SELECT 'storage option', 'of the table' FROM pg_class WHERE oid = \(text: oid) \
      AND (reloptions IS NOT NULL OR reltablespace <> 0 OR relreplident <> 'd' OR relpersistence <> 'p' OR relrowsecurity \
      OR relkind <> 'r' OR relhasrules) \
      UNION ALL SELECT 'owner', pg_get_userbyid(relowner) FROM pg_class WHERE oid = \(text: oid) \
      AND NOT pg_has_role(relowner, 'USAGE')
      """)
    for row in rows {
      let what = "\(row[0] ?? "") \(row[1] ?? "")"
      if row[0] == "view" || row[0] == "foreign key" { dependents.append(what) }
      if row[0] == "trigger" { hasTriggers = true }
      obstacles.append(what)
    }
  }
}
