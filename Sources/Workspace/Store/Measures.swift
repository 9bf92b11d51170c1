import Execution
import Foundation
import GRDB
import Pipelines

extension Store {
  /// What rules measured in the latest runs of a pipeline that ended well, by step; the latest first.
  package func measures(pipeline: String, runs: Int = 100) async throws -> [String: MeasureHistory] {
    try await database.read { db in
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT json_extract(document, '$.step') AS step, json_extract(document, '$.outcome.measure.name') AS name,
            json_extract(document, '$.outcome.measure.value') AS value
          FROM (SELECT id, started_at FROM runs WHERE pipeline_id = ? AND status IN ('success', 'warning') AND feeds IS NULL
            ORDER BY started_at DESC, id DESC LIMIT ?) AS latest
          JOIN findings ON run = id AND kind = 'check'
          WHERE json_extract(document, '$.outcome.measure.name') IS NOT NULL ORDER BY started_at DESC, id DESC, position
          """, arguments: [Run.slug(pipeline), runs])
      return rows.reduce(into: [:]) { history, row in
        history[row["step"], default: MeasureHistory()].values[row["name"], default: []].append(row["value"])
      }
    }
  }
}

/// An alert with the run it came from.
package struct KeptAlert: Sendable, Codable {
  package var run, pipeline, startedAt, step: String
  package var alert: Alert
}

extension Store {
  /// The alerts of all runs, those of the latest run first.
  package func alerts(pipeline: String? = nil, limit: Int = 20) async throws -> [KeptAlert] {
    try await database.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT id, pipeline, started_at, document FROM runs JOIN findings ON run = id AND kind = 'alert'
          WHERE (?1 IS NULL OR pipeline_id = ?1) ORDER BY started_at DESC, id DESC, position LIMIT ?2
          """, arguments: [pipeline.map(Run.slug), limit]
      ).map { row in
        let found = try Document.read(StepAlert.self, from: row["document"])
        return KeptAlert(
          run: row["id"], pipeline: row["pipeline"], startedAt: row["started_at"], step: found.step, alert: found.alert)
      }
    }
  }
}
