import Foundation
import GRDB
import Pipelines

extension Store {
  /// Remembers what a run that is about to pause was asked to do.
  /// - Parameter request: encrypted.
  func keep(request: String, of run: String) async throws {
    try await database.write {
      try $0.execute(sql: "INSERT OR REPLACE INTO pauses (run, request) VALUES (?, ?)", arguments: [run, request])
    }
  }

  func keptRequest(of run: String) async throws -> String? {
    try await database.read {
      try String.fetchOne($0, sql: "SELECT request FROM pauses WHERE run = ?", arguments: [run])
    }
  }

  /// Lets `change` answer questions of a paused run; what others answer meanwhile isn't lost.
  /// - Throws: `unknown-run`, `not-paused`, whatever `change` throws (nothing changes then).
  func answer(_ id: String, _ change: @escaping @Sendable (inout Run) throws -> Void) async throws -> Run {
    try await database.write { db in
      var run = try Self.paused(id, in: db)
      try change(&run)
      try RunRecord.write(run, process: nil, in: db)
      return run
    }
  }

  /// Takes a paused run to continue it: nobody else gets it from here on.
  /// - Returns: the run as it was.
  /// - Throws: `unknown-run`, `not-paused`.
  func claim(_ id: String, by process: ProcessMark) async throws -> Run {
    try await database.write { db in
      let run = try Self.paused(id, in: db)
      try db.execute(
        sql: "UPDATE runs SET status = 'running', pause_reason = NULL, process = ? WHERE id = ?",
        arguments: [process.text, id])
      return run
    }
  }

  /// Ends a paused run.
  /// - Throws: `unknown-run`, `not-paused`.
  func cancelPaused(_ id: String, at time: Date = Date()) async throws -> Run {
    try await database.write { db in
      var state = RunState(try Self.paused(id, in: db))
      state.cancel(at: time)
      try RunRecord.write(state.run, process: nil, in: db)
      return state.run
    }
  }

  private static func paused(_ id: String, in db: Database) throws -> Run {
    guard let run = try RunRecord.read(id, in: db) else { throw Problem("unknown-run", "There is no run \"\(id)\".") }
    guard run.status == .paused else {
      throw Problem(
        "not-paused", "Run \(id) is \(run.status.rawValue): it waits for no answer.",
        hint: "weir runs list --status paused shows those that do.")
    }
    return run
  }
}

/// What was decided about a field for all runs of a pipeline to come.
package struct Decision: Sendable, Codable, Hashable {
  package var pipeline: String
  /// The write step.
  package var step: String
  package var field: String
  package var choice: FieldAnswer.Choice
  /// For `map`: the column.
  package var target: String?
  /// The run that asked.
  package var run: String?
  package var decidedAt: String

  package var answer: FieldAnswer { FieldAnswer(step: step, field: field, choice: choice, target: target) }
}

extension Store {
  package func decisions(pipeline: String? = nil) async throws -> [Decision] {
    try await database.read { db in
      try Row.fetchAll(
        db, sql: "SELECT * FROM decisions WHERE ?1 IS NULL OR pipeline = ?1 ORDER BY pipeline, step, field",
        arguments: [pipeline.map(Run.slug)]
      ).map {
        Decision(
          pipeline: $0["pipeline"], step: $0["step"], field: $0["field"],
          choice: FieldAnswer.Choice(rawValue: $0["choice"]) ?? .ignore,
          target: $0["target"], run: $0["run"], decidedAt: $0["decided_at"])
      }
    }
  }

  func decide(_ answers: [FieldAnswer], for run: Run) async throws {
    try await database.write { db in
      for answer in answers {
        try db.execute(
          sql:
            "INSERT OR REPLACE INTO decisions (pipeline, step, field, choice, target, run, decided_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
          arguments: [
            run.pipelineId, answer.step, answer.field, answer.choice.rawValue, answer.target, run.id,
            Document.text(Date()),
          ])
      }
    }
  }

  /// Forgets decisions, so that the next run asks again.
  /// - Returns: how many there were.
  package func forgetDecisions(pipeline: String, field: String?, step: String?) async throws -> Int {
    try await database.write { db in
      try db.execute(
        sql:
          "DELETE FROM decisions WHERE pipeline = ?1 AND (?2 IS NULL OR lower(field) = lower(?2)) AND (?3 IS NULL OR step = ?3)",
        arguments: [Run.slug(pipeline), field, step])
      return db.changesCount
    }
  }
}
