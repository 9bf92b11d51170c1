import Foundation
import GRDB
import Pipelines

/// Dead letters of a run that were given to another run to feed in again.
package struct LetterFeed: Sendable {
  package var batch: String
  package var numbers: [Int]
  /// The run that fed them in last.
  package var fedBy: String
  /// Whether that run went well.
  package var isDone: Bool
}

extension Store {
  package func feeds(of run: String) async throws -> [LetterFeed] {
    try await database.read { try Self.feeds(of: run, in: $0) }
  }

  private static func feeds(of run: String, in db: Database) throws -> [LetterFeed] {
    try Row.fetchAll(db, sql: "SELECT * FROM feeds WHERE run = ? ORDER BY fed_by", arguments: [run]).map {
      LetterFeed(
        batch: $0["batch"], numbers: try Document.read([Int].self, from: $0["letters"]), fedBy: $0["fed_by"],
        isDone: $0["is_done"])
    }
  }

  /// Remembers, before anything lands, that `run` feeds the letters in.
  /// - Throws: `in-progress` if another run does so now; `no-rejects` if one of them has been fed in meanwhile.
  package func beginFeed(_ choice: LetterChoice, by run: String) async throws {
    try await database.write { db in
      for feed in try Self.feeds(of: choice.run, in: db) {
        if feed.isDone, !Set(feed.numbers).isDisjoint(with: choice.numbers) {
          throw Problem(
            "no-rejects", "Run \(feed.fedBy) has fed these rows in.",
            hint: "weir rejects list \(feed.fedBy) shows what it rejected again.")
        }
        let status = try String.fetchOne(db, sql: "SELECT status FROM runs WHERE id = ?", arguments: [feed.fedBy])
        if !feed.isDone, ["running", "pending"].contains(status) {
          throw Problem(
            "in-progress", "Run \(feed.fedBy) feeds rows of run \(choice.run) in now.",
            hint: "Wait for its end: weir runs show \(feed.fedBy).")
        }
      }
      try db.execute(
        sql: "INSERT OR REPLACE INTO feeds (run, batch, letters, fed_by, is_done) VALUES (?, ?, ?, ?, 0)",
        arguments: [choice.run, choice.batch, try Document.line(choice.numbers), run])
    }
  }

  package func finishFeed(_ choice: LetterChoice) async throws {
    try await database.write {
      try $0.execute(
        sql: "UPDATE feeds SET is_done = 1 WHERE run = ? AND batch = ?", arguments: [choice.run, choice.batch])
    }
  }

  package func dropFeed(_ choice: LetterChoice) async throws {
    try await database.write {
      try $0.execute(
        sql: "DELETE FROM feeds WHERE run = ? AND batch = ? AND is_done = 0", arguments: [choice.run, choice.batch])
    }
  }
}
