import Pipelines
import Tabular

/// What stands in the server's catalog about a table.
struct PostgresTable: Sendable {
  struct TableColumn: Sendable, Hashable {
    enum Identity: String, Sendable { case none = "", always = "a", byDefault = "d" }

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
    var identity: Identity
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
  /// Why the table can't be put aside for a new one: kinds of obstacles, and each in words.
  var obstacles: Set<String>
  var reasons: [String]
  /// Triggers and rules that act on rows written to the table, in words.
  var triggers: [String]
  /// Foreign keys of others that follow a deleted row, in words.
  var cascades: [String]

  /// Obstacles because of which rows don't go straight into the table by COPY.
  static let rowKeepers: Set<String> = ["trigger", "rule", "row security"]

  var sql: SQL { name.sql }

  /// Finds a table: the exact name first, else the name in lower case, as an unquoted name means in SQL. nil = none.
  static func find(
    _ wanted: TableName, defaultSchema: String, on connection: PostgresConnection
  ) throws(Problem) -> PostgresTable? {
    let schema = wanted.schema ?? defaultSchema
    let found = try connection.rows(
      """
      SELECT c.oid, n.nspname, c.relname, c.relkind, c.reltuples::bigint, c.relpages FROM pg_class c \
      JOIN pg_namespace n ON n.oid = c.relnamespace \
      WHERE c.relkind IN ('r','p','v','m','f') AND n.nspname IN (\(text: schema), \(text: schema.lowercased())) \
      AND c.relname IN (\(text: wanted.name), \(text: wanted.name.lowercased())) \
      ORDER BY n.nspname = \(text: schema) DESC, c.relname = \(text: wanted.name) DESC LIMIT 1
      """)
    guard let row = found.first, let oid = row[0], let schemaName = row[1], let name = row[2], let kind = row[3] else {
      return nil
    }
    let estimate = Int(row[4] ?? "") ?? -1
    let columns = try columns(of: oid, on: connection)
    var table = PostgresTable(
      oid: oid, name: TableName(schema: schemaName, name: name), kind: kind, columns: columns,
      estimatedRows: estimate < 0 ? nil : estimate, pages: Int(row[5] ?? "") ?? 0, dependents: [], obstacles: [],
      reasons: [], triggers: [], cascades: [])
    try table.readDependents(connection)
    return table
  }

  private static func columns(of oid: String, on connection: PostgresConnection) throws(Problem) -> [TableColumn] {
    try connection.rows(
      """
      SELECT a.attname, b.typname, n.nspname, CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END, \
      format_type(a.atttypid, a.atttypmod), b.typtype, t.typtype = 'd', NOT (a.attnotnull OR t.typnotnull), a.atthasdef, \
      a.attidentity, a.attgenerated <> '' FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid \
      JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END \
      JOIN pg_namespace n ON n.oid = b.typnamespace \
      WHERE a.attrelid = \(text: oid) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
      """
    ).map { row in
      TableColumn(
        name: row[0] ?? "", type: row[1] ?? "", typeSchema: row[2] ?? "", modifier: Int(row[3] ?? "") ?? -1,
        sqlType: row[4] ?? "", kind: row[5] ?? "", isDomain: row[6] == "t", isNullable: row[7] == "t",
        hasDefault: row[8] == "t", identity: .init(rawValue: row[9] ?? "") ?? .none, isGenerated: row[10] == "t")
    }
  }
}
