import Foundation
import Pipelines
import Tabular

/// A DuckDB database in a file.
package struct DuckDBFile: Source, Destination {
  package struct Settings: Sendable { var path = "" }

  package static let manifest = Manifest<Settings>(
    id: "duckdb", title: "DuckDB", summary: "Reads and writes the tables of a DuckDB database file.",
    category: .database,
    aliases: ["duckdb file"], schemes: ["duckdb"], fileEndings: ["duckdb", "ddb"],
    settings: SettingsSchema(Settings()) {
      Field(\.path, "path", "The database file.").required().example("warehouse.duckdb").also("file_path", "database")
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
  func attach(readOnly: Bool) -> SQL {
    "ATTACH IF NOT EXISTS \(text: path) AS \(name: catalog)\(readOnly ? " (READ_ONLY)" : "")"
  }

  func table(_ name: String) -> SQL {
    let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
    return parts.count == 2
      ? "\(name: catalog).\(name: parts[0]).\(name: parts[1])" : "\(name: catalog).main.\(name: name)"
  }

  func exists() throws(Problem) {
    guard !FileManager.default.fileExists(atPath: path) else { return }
    _ = try FileLocation(base: path, relative: nil, directory: "/").files(endings: ["duckdb"], extensions: "")
  }

  func refused(_ error: any Error) -> Problem {
    Problem(
      "unreadable-file", "\"\(path)\" can't be used: \(String("\(error)".prefix { $0 != "\n" }).prefix(300))",
      cause: error)
  }

  package func place(of target: WriteRequest.Target, mode: WriteMode, step: String) -> String? {
    guard case .table(let name) = target else { return nil }
    return "\(FileTarget.normal(path)) \(name.lowercased())"
  }

  package func read(_ request: ReadRequest) async throws -> Extract {
    try exists()
    let isWritten = request.destinations.contains { ($0 as? DuckDBFile)?.path == path }
    let setup = [attach(readOnly: !isWritten)]
    let rows: SQL
    switch request.subject {
    case .table(let name), .path(let name):
      let names = try await resources().map(\.name)
      guard names.contains(where: { [$0, "main." + $0].contains { $0.lowercased() == name.lowercased() } }) else {
        throw Problem(
          "unknown-table", "\"\(path)\" has no table \"\(name)\".", hint: Nearest.hint(name, among: names),
          at: request.location)
      }
      rows = "SELECT * FROM \(table(name))"
    case .query(let query):
      let query = try await context.ask {
        let inquiry = $0
        return try await QualifiedQuery(text: query, catalog: catalog).rewritten {
          try await inquiry.rows($0, setup: [attach(readOnly: true)]).first?.first?.description ?? ""
        }
      } failing: {
        refused($0).located(at: request.location)
      }
      rows = "SELECT * FROM (\(query))"
    case .whole: throw Problem("missing-setting", "Say which `table` of \"\(path)\" to read.", at: request.location)
    }
    let read = FileRead(files: FileSet(paths: [path], bytes: nil, setup: []), request: request, context: context)
    return Extract(.query(read.restricted(rows), setup: setup))
  }

  package func check() async -> ConnectionReport {
    await .ofDatabase(at: path, exists: { try exists() }, tables: { try await resources().count })
  }

  package static var keepsState: Bool { true }

  package func storedState(_ keys: [String], for target: WriteRequest.Target) async throws -> [String: String] {
    guard FileManager.default.fileExists(atPath: path),
      try await resources().contains(where: { $0.name == "_weir_state" })
    else {
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

  package func isThere(_ target: WriteRequest.Target) async throws -> Bool {
    guard case .table(let name) = target else { return true }
    guard FileManager.default.fileExists(atPath: path) else { return false }
    let wanted = (name.hasPrefix("main.") ? String(name.dropFirst(5)) : name).lowercased()
    return try await resources().contains { $0.name.lowercased() == wanted }
  }
}
