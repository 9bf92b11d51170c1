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
      try Self.keepPrivate(file)
      try self.init(DatabasePool(path: file.path, configuration: configuration))
    } catch {
      throw Problem(
        "not-writable", "The workspace's history \(file.path) can't be opened: \(error)",
        hint: "Check the permissions of its folder, or choose another with --workspace.", cause: error)
    }
  }

  /// Only the owner may enter the folder and read the database; SQLite gives the files beside it the same rights.
  private static func keepPrivate(_ file: URL) throws {
    let manager = FileManager.default
    let folder = file.deletingLastPathComponent()
    try manager.createDirectory(at: folder, withIntermediateDirectories: true)
    try manager.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path)
    if !manager.fileExists(atPath: file.path) {
      _ = manager.createFile(atPath: file.path, contents: nil, attributes: [.posixPermissions: 0o600])
    }
    for path in [file.path, file.path + "-wal", file.path + "-shm"] where manager.fileExists(atPath: path) {
      try manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
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
        db,
        sql:
          "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'grdb_%' ORDER BY tbl_name, type DESC, name"
      )
    }.map { $0 + ";\n" }.joined()
  }
}
