import Foundation
import Pipelines
import Tabular

/// A DuckDB database in a file.
package struct DuckDBFile: Source, Destination {
  package struct Settings: Sendable { var path = "" }

  package static let manifest = Manifest<Settings>(
    id: "duckdb", title: "DuckDB", summary: "Reads and writes the tables of a DuckDB database file.", category: .database,
    aliases: ["duckdb file"], schemes: ["duckdb"], fileEndings: ["duckdb", "ddb"],
    settings: SettingsSchema(Settings()) {
      Field(\.path, "path", "The database file.").required().example("warehouse.duckdb").also("file_path", "database")
    })
  package static let writeModes: Set<WriteMode> = [.append, .replace, .truncate, .merge, .deleteInsert]

  private let path: String
  private let context: ConnectorContext

  package init(_ settings: Settings, context: ConnectorContext) throws {
    path = FileLocation(base: settings.path, relative: nil, directory: context.directory).path
    self.context = context
  }

  /// The name under which the engine knows the database; one per file.
  private var catalog: String { "weir_" + path.utf8.reduce(5381) { ($0 &* 33) ^ UInt64($1) }.description }
  private func attach(readOnly: Bool) -> SQL {
    "ATTACH IF NOT EXISTS \(text: path) AS \(name: catalog)\(readOnly ? " (READ_ONLY)" : "")"
  }

  private func table(_ name: String) -> SQL {
    let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
    return parts.count == 2
      ? "\(name: catalog).\(name: parts[0]).\(name: parts[1])" : "\(name: catalog).main.\(name: name)"
  }

  private func exists() throws(Problem) {
    guard !FileManager.default.fileExists(atPath: path) else { return }
    _ = try FileLocation(base: path, relative: nil, directory: "/").files(endings: ["duckdb"], extensions: "")
  }

  private func refused(_ error: any Error) -> Problem {
    Problem("unreadable-file", "\"\(path)\" can't be used: \(String("\(error)".prefix { $0 != "\n" }).prefix(300))", cause: error)
  }

  package func read(_ request: ReadRequest) async throws -> Extract {
    try exists()
    let rows: SQL
    switch request.subject {
    case .table(let name), .path(let name): rows = "SELECT * FROM \(table(name))"
    case .query(let query): rows = "SELECT * FROM (\(SQL(raw: query)))"
    case .whole: throw Problem("missing-setting", "Say which `table` of \"\(path)\" to read.", at: request.location)
    }
    var setup = [attach(readOnly: false)]
    if case .query = request.subject { setup.append("USE \(name: catalog)") }
    let read = FileRead(files: FileSet(paths: [path], bytes: nil, setup: []), request: request, context: context)
    return Extract(.query(read.restricted(rows), setup: setup))
  }

  package func check() async -> ConnectionReport {
    do {
      let count = try await resources().count
      return ConnectionReport([.init("The file opens."), .init("It holds \(count) table\(count == 1 ? "" : "s").")])
    } catch {
      return ConnectionReport([.init("The file opens.", problem: Problems.of(error)[0])])
    }
  }

  package func resources() async throws -> [Resource] {
    try exists()
    let rows = try await context.ask {
      try await $0.rows(
        """
        SELECT c.schema_name, c.table_name, c.column_name, c.data_type, c.is_nullable, t.estimated_size FROM duckdb_columns() c \
        LEFT JOIN duckdb_tables() t USING (database_name, schema_name, table_name) \
        WHERE c.database_name = \(text: catalog) AND NOT c.internal ORDER BY 1, 2, c.column_index
        """, setup: [attach(readOnly: true)])
    } failing: {
      refused($0)
    }
    var resources: [Resource] = []
    for row in rows {
      let name = row[0].description == "main" ? row[1].description : "\(row[0]).\(row[1])"
      if resources.last?.name != name {
        resources.append(Resource(name: name, kind: row[5] == .null ? "view" : "table", approximateRows: Int(row[5].description)))
      }
      resources[resources.count - 1].columns.append(
        .init(name: row[2].description, type: row[3].description, isNullable: row[4] == .boolean(true)))
    }
    return resources
  }

  package func prepare(_ request: WriteRequest) async throws -> Load {
    guard case .table(let name) = request.target else {
      throw Problem("missing-setting", "Say which `table` of \"\(path)\" to write.", at: request.location)
    }
    _ = try FileTarget(path, runID: request.runID)
    let known = FileManager.default.fileExists(atPath: path) ? try await resources().first { $0.name == name } : nil
    let target = table(name)
    let staging = table("_weir_staging_\(request.step)_\(name.replacing(".", with: "_"))")
    let landing = Schema(
      request.schema.columns.map { column in
        let existing = request.mode == .replace ? nil : known?.columns.first { $0.name == column.name }?.type
        return Column(column.name, existing.map { $0 == column.type.description ? column.type : .other($0) } ?? column.type)
      })
    let added = known == nil || request.mode == .replace ? [] : landing.columns.filter { column in
      known?.columns.contains { $0.name == column.name } == false
    }
    if let first = added.first, request.schemaPolicy != .evolve {
      throw Problem(
        "schema-changed", "Table \"\(name)\" has no column \"\(first.name)\", and `schema: \(request.schemaPolicy.rawValue)` forbids adding it.",
        at: request.location)
    }
    let publication = Publication(
      dialect: .duckdb, target: target, staging: staging, columns: landing.names.map { .init($0) }, key: request.key)
    let steps: [Publication.Step] =
      switch request.mode {
      case .append: publication.append
      case .replace, .truncate: publication.replaceRows
      case .merge: publication.merge
      case .deleteInsert: publication.deleteInsert
      case .scd2: throw Problem("unsupported-mode", "DuckDB files can't be written with `mode: scd2` yet.", at: request.location)
      }
    if [.merge, .deleteInsert].contains(request.mode), request.key.isEmpty {
      throw Problem("missing-key", "`mode: \(request.mode.rawValue)` needs a `key`.", at: request.location)
    }
    var ddl: [SQL] = added.map { "ALTER TABLE \(target) ADD COLUMN \(name: $0.name) \($0.type)" }
    if request.mode == .replace {
      ddl = ["CREATE OR REPLACE TABLE \(target) AS SELECT * FROM \(staging) LIMIT 0"]
    } else if known == nil {
      ddl = ["CREATE TABLE \(target) AS SELECT * FROM \(staging) LIMIT 0"]
    }
    let stateTable = table("_weir_state")
    let publish: [SQL] = ddl + steps.map(\.statement) + ["DROP TABLE \(staging)"]
    return Load(
      landing: landing, strategy: "Stages, verifies and publishes in one transaction of \(path).", statements: publish.map(\.text),
      existingRows: known?.approximateRows,
      work: .statements(
        StatementLoad(
          setup: [attach(readOnly: false)], isTransactional: true,
          stage: { rows in ["CREATE OR REPLACE TABLE \(staging) AS \(rows)"] }, readBack: "SELECT * FROM \(staging)",
          publish: { state in
            publish
              + (state.isEmpty ? [] : ["CREATE TABLE IF NOT EXISTS \(stateTable) (key VARCHAR PRIMARY KEY, value VARCHAR)"])
              + state.map { "INSERT OR REPLACE INTO \(stateTable) VALUES (\(text: $0.key), \(text: $0.value))" }
          })))
  }

  package func storedState(_ keys: [String], for target: WriteRequest.Target) async throws -> [String: String] {
    guard FileManager.default.fileExists(atPath: path), try await resources().contains(where: { $0.name == "_weir_state" }) else {
      return [:]
    }
    let wanted = keys.map { key -> SQL in "\(text: key)" }
    let rows = try await context.ask {
      try await $0.rows(
        "SELECT key, value FROM \(table("_weir_state")) WHERE key IN (\(wanted))", setup: [attach(readOnly: true)])
    } failing: {
      refused($0)
    }
    return Dictionary(rows.map { ($0[0].description, $0[1].description) }, uniquingKeysWith: { $1 })
  }
}
