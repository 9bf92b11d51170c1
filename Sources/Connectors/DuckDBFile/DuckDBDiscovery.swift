import Foundation
import Pipelines
import Tabular

extension DuckDBFile {
  /// Tables and views with the facts of CON-07, in three queries whatever their number.
  package func resources() async throws -> [Resource] {
    try exists()
    let columns = try await ask(
      """
      SELECT c.schema_name, c.table_name, c.column_name, c.data_type, c.is_nullable, c.column_default IS NOT NULL, t.estimated_size \
      FROM duckdb_columns() c LEFT JOIN duckdb_tables() t USING (database_name, schema_name, table_name) \
      WHERE c.database_name = \(text: catalog) AND NOT c.internal ORDER BY 1, 2, c.column_index
      """)
    let constraints = try await ask(
      """
      SELECT schema_name, table_name, constraint_type, array_to_string(constraint_column_names, chr(31)), referenced_table, \
      array_to_string(referenced_column_names, chr(31)) FROM duckdb_constraints() WHERE database_name = \(text: catalog)
      """)
    let indexes = try await ask(
      "SELECT schema_name, table_name, index_name FROM duckdb_indexes() WHERE database_name = \(text: catalog) ORDER BY 3"
    )
    var resources: [Resource] = []
    for row in columns {
      let name = DuckDBFile.name(row)
      if resources.last?.name != name {
        resources.append(
          Resource(name: name, kind: row[6] == .null ? "view" : "table", approximateRows: Int(row[6].description)))
      }
      resources[resources.count - 1].columns.append(
        .init(
          name: row[2].description, type: row[3].description, isNullable: row[4] == .boolean(true),
          hasDefault: row[5] == .boolean(true)))
    }
    for place in resources.indices {
      let own = constraints.filter { DuckDBFile.name($0) == resources[place].name }
      resources[place].primaryKey = own.first { $0[2] == .text("PRIMARY KEY") }.map { DuckDBFile.list($0[3]) } ?? []
      resources[place].foreignKeys = own.filter { $0[2] == .text("FOREIGN KEY") && $0[4] != .null }.map { row in
        Resource.ForeignKey(
          columns: DuckDBFile.list(row[3]), references: row[4].description, referencedColumns: DuckDBFile.list(row[5]))
      }
      resources[place].indexes =
        indexes.filter { DuckDBFile.name($0) == resources[place].name }.map { $0[2].description }
        + own.filter { $0[2] == .text("UNIQUE") }.map { "unique (\(DuckDBFile.list($0[3]).joined(separator: ", ")))" }
    }
    return resources
  }

  private func ask(_ query: SQL) async throws -> [[Value]] {
    try await context.ask {
      try await $0.rows(query, setup: [attach(readOnly: true)])
    } failing: {
      refused($0)
    }
  }

  /// A table's name, with its schema if that isn't `main`.
  private static func name(_ row: [Value]) -> String {
    row[0].description == "main" ? row[1].description : "\(row[0]).\(row[1])"
  }

  private static func list(_ value: Value) -> [String] { value.description.split(separator: "\u{1F}").map(String.init) }
}

extension DuckDBFile {
  package func columns(of target: WriteRequest.Target) async throws -> [String]? {
    guard case .table(let name) = target, FileManager.default.fileExists(atPath: path) else { return nil }
    return try await resources().first { $0.name.lowercased() == name.lowercased() }?.columns.map(\.name)
  }
}
