import Execution
import Foundation
import GRDB
import Pipelines

/// Where an incremental step of a pipeline goes on.
package struct SavedCursor: Sendable, Codable, Hashable {
  package var pipeline: String
  package var step: String
  /// The write whose rows it is about; nil = all that have none of their own.
  package var write: String?
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
        db,
        sql: """
          SELECT * FROM cursors WHERE (?1 IS NULL OR pipeline = ?1) AND value IS NOT NULL ORDER BY pipeline, step, write_step
          """, arguments: [pipeline.map(Run.slug)]
      ).map {
        let write: String = $0["write_step"]
        return SavedCursor(
          pipeline: $0["pipeline"], step: $0["step"], write: write.isEmpty ? nil : write,
          value: CursorState($0["value"]).cursor,
          kept: $0["value"], isForced: $0["is_forced"], run: $0["run"], updatedAt: $0["updated_at"])
      }
    }
  }

  /// What a run of a pipeline goes on from, with what a person cleared.
  package func keptCursors(pipeline: String) async throws -> [CursorKey: KeptCursor] {
    try await database.read { db in
      let rows = try Row.fetchAll(db, sql: "SELECT * FROM cursors WHERE pipeline = ?", arguments: [Run.slug(pipeline)])
      return Dictionary(
        rows.map { row in
          let write: String = row["write_step"]
          return (
            CursorKey(read: row["step"], write: write.isEmpty ? nil : write),
            KeptCursor(value: row["value"], isForced: row["is_forced"])
          )
        }, uniquingKeysWith: { $1 })
    }
  }

  /// Sets a cursor by hand, for all writes of its step; it wins over what targets remember.
  package func setCursor(pipeline: String, step: String, value: String) async throws {
    try await database.write { db in
      try db.execute(sql: "DELETE FROM cursors WHERE pipeline = ? AND step = ?", arguments: [Run.slug(pipeline), step])
      try Store.force(value, of: step, pipeline, in: db)
    }
  }

  /// Forgets the cursors of a pipeline, or of one step of it: the next run reads everything, whatever targets remember.
  /// - Returns: how many there were.
  package func clearCursors(pipeline: String, step: String? = nil) async throws -> Int {
    try await database.write { db in
      let mine = "pipeline = ?1 AND (?2 IS NULL OR step = ?2)"
      let count = try Int.fetchOne(
        db, sql: "SELECT count(*) FROM cursors WHERE \(mine) AND value IS NOT NULL",
        arguments: [Run.slug(pipeline), step])
      try db.execute(sql: "DELETE FROM cursors WHERE \(mine)", arguments: [Run.slug(pipeline), step])
      try Store.force(nil, of: step ?? "", pipeline, in: db)
      return count ?? 0
    }
  }

  private static func force(_ value: String?, of step: String, _ pipeline: String, in db: GRDB.Database) throws {
    try db.execute(
      sql:
        "INSERT INTO cursors (pipeline, step, write_step, value, is_forced, run, updated_at) VALUES (?, ?, '', ?, 1, NULL, ?)",
      arguments: [Run.slug(pipeline), step, value, Document.text(Date())])
  }

  /// Takes back the cursors a person set for these reads, once a run has gone on from them in every write.
  func forgetSetCursors(of reads: Set<String>, pipeline: String) async throws {
    guard !reads.isEmpty else { return }
    try await database.write { db in
      for read in reads {
        try db.execute(
          sql: "DELETE FROM cursors WHERE pipeline = ? AND step = ? AND write_step = '' AND value IS NOT NULL",
          arguments: [pipeline, read])
      }
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
        db,
        sql: "SELECT tested_at, succeeded FROM connection_tests WHERE connection = ? ORDER BY tested_at DESC LIMIT 1",
        arguments: [connection]
      ).map { ($0["tested_at"], $0["succeeded"]) }
    }
  }
}
