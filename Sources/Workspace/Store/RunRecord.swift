import Execution
import Foundation
import GRDB
import Pipelines

/// A run as rows of `runs`, `steps` and `findings`.
enum RunRecord {
  static func write(_ run: Run, process: ProcessMark?, in db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO runs (id, pipeline_id, pipeline, file, version, status, "trigger", parameters, started_at, finished_at, progress,
          current_task, rows_processed, rows_failed, duration_seconds, peak_memory_bytes, problems, process,
          logical_time, resumes, sealed_parameters, feeds, pause_reason)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET status = excluded.status, started_at = excluded.started_at,
          finished_at = excluded.finished_at, progress = excluded.progress, current_task = excluded.current_task,
          rows_processed = excluded.rows_processed, rows_failed = excluded.rows_failed,
          duration_seconds = excluded.duration_seconds, peak_memory_bytes = excluded.peak_memory_bytes,
          problems = excluded.problems, process = excluded.process, pause_reason = excluded.pause_reason
        """,
      arguments: [
        run.id, run.pipelineId, run.pipeline, run.file, run.version, run.status.rawValue, run.trigger.rawValue,
        try Document.line(run.parameters), Document.text(run.startedAt), run.finishedAt.map { Document.text($0) },
        run.progress,
        run.currentTask, run.metrics.rowsProcessed, run.metrics.rowsFailed, run.metrics.durationSeconds,
        run.peakMemoryBytes,
        try Document.line(run.problems), process?.text, Document.text(run.logicalTime), run.resumes,
        run.sealedParameters, run.feeds, run.pauseReason?.rawValue,
      ])
    for (position, step) in run.steps.enumerated() {
      try db.execute(
        sql: "INSERT OR REPLACE INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        arguments: [
          run.id, position, step.id, step.kind, step.status.rawValue, step.rows, step.bytes, step.durationSeconds,
          step.attempts,
          try step.problem.map { try Document.line($0) },
        ])
    }
    try writeFindings(run.receipts, kind: "receipt", of: run, in: db)
    try writeFindings(run.checks, kind: "check", of: run, in: db)
    try writeFindings(run.rejects, kind: "reject", of: run, in: db)
    try writeFindings(run.appliedFixes, kind: "fix", of: run, in: db)
    try writeFindings(run.questions, kind: "question", of: run, in: db)
    try writeFindings(run.ruleQuestions, kind: "rule-question", of: run, in: db)
    try writeFindings(run.profiles, kind: "profile", of: run, in: db)
    try writeFindings(run.alerts, kind: "alert", of: run, in: db)
    try writeFindings(run.steps.compactMap(StepDone.init), kind: "effect", of: run, in: db)
    try writeFindings([run.quality].compactMap { $0 }, kind: "quality", of: run, in: db)
  }

  private static func writeFindings(_ findings: [some Encodable], kind: String, of run: Run, in db: Database) throws {
    for (position, finding) in findings.enumerated() {
      try db.execute(
        sql: "INSERT OR REPLACE INTO findings (run, position, kind, document) VALUES (?, ?, ?, ?)",
        arguments: [run.id, position, kind, try Document.line(finding)])
    }
    // A run that goes on after a pause may find less than before.
    try db.execute(
      sql: "DELETE FROM findings WHERE run = ? AND kind = ? AND position >= ?",
      arguments: [run.id, kind, findings.count])
  }

  static func read(_ id: String, in db: Database) throws -> Run? {
    guard let row = try Row.fetchOne(db, sql: "SELECT * FROM runs WHERE id = ?", arguments: [id]) else { return nil }
    var run = try self.run(row)
    run.steps = try Row.fetchAll(db, sql: "SELECT * FROM steps WHERE run = ? ORDER BY position", arguments: [id]).map(
      step)
    run.receipts = try findings("receipt", of: id, in: db)
    run.checks = try findings("check", of: id, in: db)
    run.rejects = try findings("reject", of: id, in: db)
    run.appliedFixes = try findings("fix", of: id, in: db)
    run.questions = try findings("question", of: id, in: db)
    run.ruleQuestions = try findings("rule-question", of: id, in: db)
    run.profiles = try findings("profile", of: id, in: db)
    run.alerts = try findings("alert", of: id, in: db)
    for done: StepDone in try findings("effect", of: id, in: db) {
      guard let index = run.steps.firstIndex(where: { $0.id == done.step }) else { continue }
      run.steps[index].effect = done.effect
    }
    let quality: [Quality] = try findings("quality", of: id, in: db)
    run.quality = quality.first
    return run
  }

  static func run(_ row: Row) throws -> Run {
    var run = Run(
      id: row["id"], pipeline: row["pipeline"], file: row["file"], version: row["version"],
      status: RunStatus(rawValue: row["status"]) ?? .failed, trigger: Trigger(rawValue: row["trigger"]) ?? .manual,
      parameters: try Document.read([String: String].self, from: row["parameters"]),
      startedAt: Document.date(row["started_at"]) ?? .distantPast,
      logicalTime: (row["logical_time"] as String?).flatMap { Document.date($0) })
    run.resumes = row["resumes"]
    run.sealedParameters = row["sealed_parameters"]
    run.feeds = row["feeds"]
    run.finishedAt = (row["finished_at"] as String?).flatMap { Document.date($0) }
    run.progress = row["progress"]
    run.currentTask = row["current_task"]
    run.metrics = Run.Metrics(
      rowsProcessed: row["rows_processed"], rowsFailed: row["rows_failed"], durationSeconds: row["duration_seconds"])
    run.peakMemoryBytes = row["peak_memory_bytes"]
    run.pauseReason = (row["pause_reason"] as String?).flatMap(PauseReason.init)
    run.problems = try Document.read([Problem].self, from: row["problems"])
    return run
  }

  private static func step(_ row: Row) throws -> StepRun {
    var step = StepRun(id: row["step"], kind: row["kind"])
    step.status = StepStatus(rawValue: row["status"]) ?? .failed
    step.rows = row["rows"]
    step.bytes = row["bytes"]
    step.durationSeconds = row["duration_seconds"]
    step.attempts = row["attempts"]
    step.problem = try (row["problem"] as String?).map { try Document.read(Problem.self, from: $0) }
    return step
  }

  private static func findings<Finding: Decodable>(_ kind: String, of id: String, in db: Database) throws -> [Finding] {
    try String.fetchAll(
      db, sql: "SELECT document FROM findings WHERE run = ? AND kind = ? ORDER BY position", arguments: [id, kind]
    ).map { try Document.read(Finding.self, from: $0) }
  }
}

/// What a step of a run did to rows and columns, as it is kept.
private struct StepDone: Codable {
  var step: String
  var effect: StepEffect

  /// nil = it isn't known.
  init?(_ step: StepRun) {
    guard let effect = step.effect else { return nil }
    (self.step, self.effect) = (step.id, effect)
  }
}
