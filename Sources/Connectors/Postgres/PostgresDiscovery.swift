import Pipelines
import Tabular

/// The tables and views of a database with the facts of CON-07, read in four queries whatever their number.
enum PostgresDiscovery {
  private static let wanted: SQL = """
    c.relkind IN ('r','p','v','m','f') AND n.nspname NOT IN ('pg_catalog','information_schema') \
    AND n.nspname NOT LIKE 'pg\\_%' AND NOT c.relispartition
    """

  static func resources(on connection: PostgresConnection) throws(Problem) -> [Resource] {
    let tables = try connection.rows(
      """
      SELECT c.oid, n.nspname || '.' || c.relname, c.relkind, \
      CASE WHEN c.reltuples < 0 AND c.relkind IN ('r', 'm') THEN pg_stat_get_live_tuples(c.oid) ELSE c.reltuples::bigint END, \
      pg_total_relation_size(c.oid) \
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE \(wanted) ORDER BY n.nspname, c.relname
      """)
    let columns = try grouped(
      """
      SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull FROM pg_attribute a \
      JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
      WHERE \(wanted) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum
      """, connection)
    let constraints = try grouped(
      """
      SELECT o.conrelid, o.contype, a.attname, CASE WHEN o.contype = 'f' THEN o.conname END, \
      f.relnamespace::regnamespace::text || '.' || f.relname, b.attname FROM pg_constraint o \
      CROSS JOIN LATERAL unnest(o.conkey) WITH ORDINALITY k(number, position) \
      JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.number \
      LEFT JOIN pg_class f ON f.oid = o.confrelid \
      LEFT JOIN pg_attribute b ON b.attrelid = o.confrelid AND b.attnum = o.confkey[k.position] \
      WHERE o.contype IN ('p','f') ORDER BY o.conrelid, o.conname, k.position
      """, connection)
    let indexes = try grouped(
      "SELECT i.indrelid, c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid ORDER BY 1, 2", connection)
    return tables.map { row in
      let oid = row[0] ?? ""
      let parts = constraints[oid] ?? []
      var keys: [String: Resource.ForeignKey] = [:]
      for part in parts where part[1] == "f" {
        var key =
          keys[part[3] ?? ""] ?? Resource.ForeignKey(columns: [], references: part[4] ?? "", referencedColumns: [])
        key.columns.append(part[2] ?? "")
        key.referencedColumns.append(part[5] ?? "")
        keys[part[3] ?? ""] = key
      }
      let isStored = row[2] == "r" || row[2] == "p" || row[2] == "m"
      return Resource(
        name: row[1] ?? "", kind: row[2] == "v" || row[2] == "m" ? "view" : "table",
        columns: (columns[oid] ?? []).map { .init(name: $0[1] ?? "", type: $0[2] ?? "", isNullable: $0[3] == "t") },
        primaryKey: parts.filter { $0[1] == "p" }.map { $0[2] ?? "" },
        foreignKeys: keys.sorted { $0.key < $1.key }.map(\.value), indexes: (indexes[oid] ?? []).map { $0[1] ?? "" },
        approximateRows: row[3].flatMap { Int($0) }.flatMap { $0 < 0 ? nil : $0 },
        bytes: isStored ? row[4].flatMap { Int($0) } : nil)
    }
  }

  /// Rows by their first column.
  private static func grouped(_ query: SQL, _ connection: PostgresConnection) throws(Problem) -> [String: [[String?]]] {
    Dictionary(grouping: try connection.rows(query)) { $0[0] ?? "" }
  }
}
