import Foundation
import Pipelines
import Tabular

extension SQLite {
  /// Tables and views with the facts of CON-07, in six queries whatever their number.
  package func resources() async throws -> [Resource] {
    try exists()
    let wanted: SQL = "m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!'"
    let tables = try await ask("SELECT m.name, m.type FROM sqlite_master m WHERE \(wanted) ORDER BY m.name")
    let columns = try await grouped(
      """
      SELECT m.name AS t, p.name, p.type, p."notnull" AS filled, p.pk, p.dflt_value IS NOT NULL OR (p.pk = 1 AND p.type = 'INTEGER') AS given FROM sqlite_master m, pragma_table_info(m.name) p \
      WHERE \(wanted) ORDER BY m.name, p.cid
      """)
    let indexes = try await grouped(
      "SELECT m.name AS t, i.name FROM sqlite_master m, pragma_index_list(m.name) i WHERE \(wanted) ORDER BY m.name, i.seq"
    )
    let keys = try await grouped(
      """
      SELECT m.name AS t, f.id, f."table" AS target, f."from" AS own, f."to" AS other FROM sqlite_master m, \
      pragma_foreign_key_list(m.name) f WHERE \(wanted) ORDER BY m.name, f.id, f.seq
      """)
    let counts = tables.filter { ($0[1] ?? "") == "table" }.map { row -> SQL in
      "(SELECT count(*) FROM \(name: (row[0] ?? ""))) AS \(name: (row[0] ?? ""))"
    }
    let counted = counts.isEmpty ? [] : try await ask("SELECT \(counts)").first ?? []
    let rows = Dictionary(
      zip(tables.filter { ($0[1] ?? "") == "table" }.map { ($0[0] ?? "") }, counted.map { Int($0 ?? "") }),
      uniquingKeysWith: { $1 })
    // Not every build of SQLite has this table.
    let sizes =
      (try? await ask(
        "SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s JOIN sqlite_master m ON m.name = s.name GROUP BY 1")) ?? []
    let bytes = Dictionary(sizes.map { ($0[0] ?? "", Int($0[1] ?? "")) }, uniquingKeysWith: { $1 })
    return tables.map { table in
      let name = (table[0] ?? "")
      let own = columns[name] ?? []
      var foreign: [String: Resource.ForeignKey] = [:]
      for part in keys[name] ?? [] {
        var key = foreign[(part[1] ?? "")] ?? .init(columns: [], references: (part[2] ?? ""), referencedColumns: [])
        key.columns.append((part[3] ?? ""))
        if part[4] != nil { key.referencedColumns.append(part[4] ?? "") }
        foreign[(part[1] ?? "")] = key
      }
      return Resource(
        name: name, kind: (table[1] ?? ""),
        columns: own.map {
          .init(
            name: ($0[1] ?? ""), type: ($0[2] ?? ""), isNullable: ($0[3] ?? "") == "0", hasDefault: ($0[5] ?? "") == "1"
          )
        },
        primaryKey: own.filter { ($0[4] ?? "") != "0" }.sorted { ($0[4] ?? "") < ($1[4] ?? "") }.map { $0[1] ?? "" },
        foreignKeys: foreign.sorted { $0.key < $1.key }.map(\.value),
        indexes: (indexes[name] ?? []).map { $0[1] ?? "" },
        approximateRows: rows[name] ?? nil, bytes: bytes[name] ?? nil)
    }
  }

  private func grouped(_ query: SQL) async throws -> [String: [[String?]]] {
    Dictionary(grouping: try await ask(query)) { ($0[0] ?? "") }
  }
}

extension SQLite {
  package func columns(of target: WriteRequest.Target) async throws -> [String]? {
    guard case .table(let name) = target, FileManager.default.fileExists(atPath: path) else { return nil }
    return try await resources().first { $0.name.lowercased() == name.lowercased() && $0.kind == "table" }?.columns.map(
      \.name)
  }
}
