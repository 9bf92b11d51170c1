import Foundation
import GRDB
import Pipelines

/// How long history is kept. Looked after when a workspace is opened, at most once a day.
package struct Retention: Sendable {
  /// Days a run, its rejects and its receipt are kept.
  package var runs = 180
  /// Days its log and events are kept.
  package var logs = 30

  package init() {}

  /// Removes what is too old, unless that was done in the last day.
  /// - Parameter folder: the workspace's `.weir`.
  package func sweep(_ store: Store, _ folder: URL, at time: Date = Date()) async throws {
    let mark = folder.appending(path: "swept")
    let last = (try? FileManager.default.attributesOfItem(atPath: mark.path))?[.modificationDate] as? Date
    if let last, time.timeIntervalSince(last) < 86_400 { return }
    _ = FileManager.default.createFile(atPath: mark.path, contents: nil)
    try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: mark.path)
    let runsFolder = folder.appending(path: "runs")
    for id in try await store.deleteRuns(before: time.addingTimeInterval(-Double(runs) * 86_400)) {
      try? FileManager.default.removeItem(at: runsFolder.appending(path: id))
    }
    let oldest = Run.newID(at: time.addingTimeInterval(-Double(logs) * 86_400)).prefix(15)
    for id in (try? FileManager.default.contentsOfDirectory(atPath: runsFolder.path)) ?? [] where id.prefix(15) < oldest
    {
      let files = RunFolder(runsFolder.appending(path: id))
      for file in [files.events, files.log] { try? FileManager.default.removeItem(at: file) }
    }
  }
}

extension Store {
  /// Forgets runs that were over before `time`, and texts no run is made of any more.
  /// - Returns: their ids.
  func deleteRuns(before time: Date) async throws -> [String] {
    try await database.write { db in
      let ids = try String.fetchAll(
        db, sql: "SELECT id FROM runs WHERE started_at < ? AND finished_at IS NOT NULL",
        arguments: [Document.text(time)])
      for id in ids { try db.execute(sql: "DELETE FROM runs WHERE id = ?", arguments: [id]) }
      if !ids.isEmpty { try db.execute(sql: "DELETE FROM versions WHERE hash NOT IN (SELECT version FROM runs)") }
      return ids
    }
  }
}
