import Foundation
import Pipelines
import Tabular

/// An SQLite database in a file.
package struct SQLite: Source, Destination {
  package struct Settings: Sendable { var path = "" }

  package static let manifest = Manifest<Settings>(
    id: "sqlite", title: "SQLite", summary: "Reads and writes the tables of an SQLite database file.",
    category: .database,
    aliases: ["sqlite3"], schemes: ["sqlite", "sqlite3"], fileEndings: ["sqlite", "sqlite3", "db"],
    settings: SettingsSchema(Settings()) {
      Field(\.path, "path", "The database file.").required().example("app.sqlite").also("file_path", "database")
    })
  package static let writeModes = Set(WriteMode.allCases)

  let path: String
  let context: ConnectorContext

  package init(_ settings: Settings, context: ConnectorContext) throws {
    let place = FileLocation(base: settings.path, relative: nil, directory: context.directory)
    try place.refuseNUL()
    path = place.path
    self.context = context
  }

  /// The name under which the engine knows the database; one per file.
  var catalog: String { AttachedFile.catalog(path) }
  /// What makes the database known to an engine; safe to repeat.
  var attach: [SQL] {
    [
      .load("sqlite_scanner", from: context.extensions),
      "ATTACH IF NOT EXISTS \(text: path) AS \(name: catalog) (TYPE sqlite)",
    ]
  }

  func table(_ name: String) -> SQL { "\(name: catalog).main.\(name: name)" }

  /// The rows of a small query in SQLite's own SQL, as texts.
  func ask(_ query: SQL) async throws -> [[String?]] {
    let path = path
    return try await Blocking.interruptible { stop in
      let answer = try SQLiteQuery(query, in: path, until: stop)
      let columns = answer.names.indices
      var rows: [[String?]] = []
      while try answer.next() { rows.append(columns.map { answer.isNull($0) ? nil : answer.text($0) }) }
      return rows
    }
  }

  func exists(at location: Location? = nil) throws(Problem) {
    guard !FileManager.default.fileExists(atPath: path) else { return }
    do throws(Problem) {
      _ = try FileLocation(base: path, relative: nil, directory: "/").files(endings: ["sqlite", "db"], extensions: "")
    } catch {
      throw error.located(at: location)
    }
  }

  package func place(of target: WriteRequest.Target, mode: WriteMode, step: String) -> String? {
    guard case .table(let name) = target else { return nil }
    return "\(FileTarget.normal(path)) \(name.lowercased())"
  }

  package func read(_ request: ReadRequest) async throws -> Extract {
    try exists(at: request.location)
    let relation: SQL
    switch request.subject {
    case .table(let name), .path(let name):
      let names = try await resources().map(\.name)
      guard names.contains(where: { $0.lowercased() == name.lowercased() }) else {
        throw Problem(
          "unknown-table", "\"\(path)\" has no table \"\(name)\".", hint: Nearest.hint(name, among: names),
          at: request.location)
      }
      relation = "\(name: name)"
    case .query(let query): relation = try SQLiteText.enclosed(query, at: request.location)
    case .whole: throw Problem("missing-setting", "Say which `table` of \"\(path)\" to read.", at: request.location)
    }
    let filter: SQL = try request.filter.map { " WHERE \(try SQLiteText.enclosed($0, at: request.location))" } ?? ""
    let columns = try await stored(relation, filter, request)
    let limit: SQL = request.limit.map { " LIMIT \($0)" } ?? ""
    let rows = SQLiteRows(
      path: path, query: "SELECT \(columns.map(\.rendering)) FROM \(relation)\(filter)\(limit)",
      schema: Schema(columns.map { Column($0.name, $0.carrier) }))
    var extract = Extract(.batches(rows), notes: columns.compactMap { $0.note(in: path) })
    let typed = columns.map { column -> SQL in "\(column.reading) AS \(name: column.name)" }
    extract.projection = "\(typed)"
    return extract
  }

  package func check() async -> ConnectionReport {
    await .ofDatabase(at: path, exists: { try exists() }, tables: { try await resources().count })
  }

  package static var keepsState: Bool { true }

  package func storedState(_ keys: [String], for target: WriteRequest.Target) async throws -> [String: String] {
    guard FileManager.default.fileExists(atPath: path),
      try await !ask("SELECT 1 FROM sqlite_master WHERE name = '_weir_state'").isEmpty
    else { return [:] }
    let wanted = keys.map { key -> SQL in "\(text: key)" }
    let rows = try await ask("SELECT key, value FROM _weir_state WHERE key IN (\(wanted))")
    return Dictionary(rows.map { ($0[0] ?? "", $0[1] ?? "") }, uniquingKeysWith: { $1 })
  }

  package func isThere(_ target: WriteRequest.Target) async throws -> Bool {
    guard case .table(let name) = target else { return true }
    guard FileManager.default.fileExists(atPath: path) else { return false }
    return try await !ask("SELECT 1 FROM sqlite_master WHERE lower(name) = lower(\(text: name))").isEmpty
  }
}

/// Database files the engine attaches.
enum AttachedFile {
  /// A name for the file's catalog, the same for every connector and step that uses the file.
  static func catalog(_ path: String) -> String {
    "weir_" + path.utf8.reduce(5381) { ($0 &* 33) ^ UInt64($1) }.description
  }
}
