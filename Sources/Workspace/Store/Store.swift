import Foundation
import GRDB
import Pipelines

/// The workspace's memory. Methods are intents; no SQL and no record leave this folder.
package struct Store: Sendable {
  let database: any DatabaseWriter

  /// On disk, shared by all processes of the workspace.
  package init(file: URL) throws(Problem) {
    var configuration = Configuration()
    configuration.busyMode = .timeout(10)
    configuration.foreignKeysEnabled = true
    do {
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try self.init(DatabasePool(path: file.path, configuration: configuration))
    } catch {
      throw Problem(
        "not-writable", "The workspace's history \(file.path) can't be opened: \(error)",
        hint: "Check the permissions of its folder, or choose another with --workspace.", cause: error)
    }
  }

  /// In memory, for tests.
  package static func inMemory() throws -> Store { try Store(DatabaseQueue()) }

  private init(_ database: any DatabaseWriter) throws {
    self.database = database
    try Migrations.all.migrate(database)
  }

  /// The schema as SQL, table by table.
  package func schema() async throws -> String {
    try await database.read { db in
      try String.fetchAll(
        db, sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'grdb_%' ORDER BY tbl_name, type DESC, name")
    }.map { $0 + ";\n" }.joined()
  }
}
