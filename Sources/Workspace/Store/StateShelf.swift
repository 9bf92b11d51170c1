import Execution
import Foundation
import GRDB
import Pipelines

/// Where an incremental step of a pipeline goes on.
package struct SavedCursor: Sendable, Codable, Hashable {
  package var pipeline: String
  package var step: String
  /// The cursor itself.
  package var value: String
  /// What the next run is given: the cursor, with the rows at it that have landed already where those matter.
  package var kept: String
  /// Whether a person set it.
  package var isForced: Bool
  /// The run that stored it.
  package var run: String?
  package var updatedAt: String
}

extension Store {
  package func cursors(pipeline: String? = nil) async throws -> [SavedCursor] {
    try await database.read { db in
      try Row.fetchAll(
        db, sql: "SELECT * FROM cursors WHERE ?1 IS NULL OR pipeline = ?1 ORDER BY pipeline, step", arguments: [pipeline.map(Run.slug)]
      ).map {
        SavedCursor(
          pipeline: $0["pipeline"], step: $0["step"], value: CursorState($0["value"]).cursor, kept: $0["value"], isForced: $0["is_forced"], run: $0["run"],
          updatedAt: $0["updated_at"])
      }
    }
  }

  /// Sets a cursor by hand; it wins over what the target remembers.
  package func setCursor(pipeline: String, step: String, value: String) async throws {
    let now = Document.text(Date())
    try await database.write { db in
      try db.execute(
        sql: "INSERT OR REPLACE INTO cursors (pipeline, step, value, is_forced, run, updated_at) VALUES (?, ?, ?, 1, NULL, ?)",
        arguments: [Run.slug(pipeline), step, value, now])
    }
  }

  /// Forgets the cursors of a pipeline, or of one step of it.
  /// - Returns: how many there were.
  package func clearCursors(pipeline: String, step: String? = nil) async throws -> Int {
    try await database.write { db in
      try db.execute(
        sql: "DELETE FROM cursors WHERE pipeline = ?1 AND (?2 IS NULL OR step = ?2)", arguments: [Run.slug(pipeline), step])
      return db.changesCount
    }
  }

  package func keep(_ report: ConnectionReport, of connection: String, at time: Date = Date()) async throws {
    let document = try Document.line(report)
    try await database.write { db in
      try db.execute(
        sql: "INSERT INTO connection_tests (connection, tested_at, succeeded, report) VALUES (?, ?, ?, ?)",
        arguments: [connection, Document.text(time), report.succeeded, document])
    }
  }

  /// When a connection was last tested and whether that went well.
  package func lastTest(of connection: String) async throws -> (time: String, succeeded: Bool)? {
    try await database.read { db in
      try Row.fetchOne(
        db, sql: "SELECT tested_at, succeeded FROM connection_tests WHERE connection = ? ORDER BY tested_at DESC LIMIT 1",
        arguments: [connection]
      ).map { ($0["tested_at"], $0["succeeded"]) }
    }
  }
}
