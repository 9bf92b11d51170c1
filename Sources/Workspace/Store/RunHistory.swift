import Execution
import Foundation
import GRDB
import Pipelines

/// A pipeline's text at the time it ran.
package struct PipelineVersion: Sendable, Codable {
  package var hash: String
  package var pipeline: String
  package var file: String?
  package var text: String
}

extension Store {
  /// Remembers the text a run is made of, once per content.
  package func keep(_ version: PipelineVersion) async throws {
    let now = Document.text(Date())
    try await database.write { db in
      try db.execute(
        sql: "INSERT OR IGNORE INTO versions (hash, pipeline, file, text, created_at) VALUES (?, ?, ?, ?, ?)",
        arguments: [version.hash, version.pipeline, version.file, version.text, now])
    }
  }

  package func version(_ hash: String) async throws -> PipelineVersion? {
    try await database.read { db in
      try Row.fetchOne(db, sql: "SELECT * FROM versions WHERE hash = ?", arguments: [hash]).map {
        PipelineVersion(hash: $0["hash"], pipeline: $0["pipeline"], file: $0["file"], text: $0["text"])
      }
    }
  }

  /// Writes the run as it stands now. With `cursors`, in the same transaction, what the next run starts from.
  package func save(_ run: Run, process: ProcessMark? = nil, cursors: [CursorKey: String] = [:]) async throws {
    try await database.write { db in
      try RunRecord.write(run, process: process, in: db)
      for (key, value) in cursors {
        try db.execute(
          sql: """
            INSERT OR REPLACE INTO cursors (pipeline, step, write_step, value, is_forced, run, updated_at) VALUES (?, ?, ?, ?, 0, ?, ?)
            """,
          arguments: [
            run.pipelineId, key.read, key.write ?? "", value, run.id, Document.text(run.finishedAt ?? Date()),
          ])
      }
    }
  }

  /// The run whose id is `id` or begins with it, if that is only one; `latest` is the last one.
  package func run(_ id: String) async throws -> Run? {
    try await database.read { db in
      let ids =
        id == "latest"
        ? try String.fetchAll(db, sql: "SELECT id FROM runs ORDER BY started_at DESC, id DESC LIMIT 1")
        : try String.fetchAll(
          db, sql: "SELECT id FROM runs WHERE id = ? OR substr(id, 1, ?) = ? LIMIT 2", arguments: [id, id.count, id])
      guard ids.count == 1 || ids.contains(id) else { return nil }
      return try RunRecord.read(ids.contains(id) ? id : ids[0], in: db)
    }
  }

  /// The latest runs first, without their steps and findings.
  package func runs(pipeline: String? = nil, status: RunStatus? = nil, limit: Int = 20) async throws -> [Run] {
    try await database.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT * FROM runs WHERE (?1 IS NULL OR pipeline_id = ?1) AND (?2 IS NULL OR status = ?2)
          ORDER BY started_at DESC, id DESC LIMIT ?3
          """, arguments: [pipeline.map(Run.slug), status?.rawValue, limit]
      ).map(RunRecord.run)
    }
  }

  /// Fails the runs that say they are at work but whose process is gone.
  /// - Returns: their ids.
  package func endInterruptedRuns(at time: Date = Date()) async throws -> [String] {
    try await database.write { db in
      var ended: [String] = []
      for row in try Row.fetchAll(
        db, sql: "SELECT id, process FROM runs WHERE status IN ('running', 'pending', 'retrying')")
      {
        let process: String? = row["process"]
        guard process.flatMap(ProcessMark.init(text:))?.isAlive != true, let run = try RunRecord.read(row["id"], in: db)
        else { continue }
        var state = RunState(run)
        let problem = Problem(
          "interrupted", "The process of this run ended before the run did.",
          hint:
            "Each write has landed whole or not at all; one that was at work may have landed. weir replay \(run.id) runs it again: look at the target first where that would add rows."
        )
        state.fail([problem], at: time)
        try RunRecord.write(state.run, process: nil, in: db)
        ended.append(run.id)
      }
      return ended
    }
  }
}
