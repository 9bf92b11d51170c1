import Foundation
import Pipelines
import Tabular

/// Commits the transaction of a load. If the line is lost before the server's answer, the server is asked over a new one what became of it.
struct PostgresCommit {
  let connection: PostgresConnection
  let settings: PostgresSettings
  /// Seconds to go on asking before the outcome counts as unknown.
  var patience: Double = 60
  /// Seconds given to a session that is still at it before it is ended, which decides the matter.
  var grace: Double = 5

  func commit(_ outcome: LoadOutcome) -> Commit {
    let (transaction, session): (String, String)
    do {
      guard let row = try connection.rows("SELECT txid_current(), pg_backend_pid()").first, let id = row[0],
        let process = row[1]
      else {
        throw Problem("database-error", "PostgreSQL at \(connection.place) doesn't say which transaction this is.")
      }
      (transaction, session) = (id, process)
    } catch {
      return .notCommitted(error)
    }
    do {
      try connection.run("COMMIT")
      connection.close()
      return .committed(outcome)
    } catch {
      // A server that refused the commit (a deferred constraint) still answers.
      if (try? connection.value("SELECT 1")) != nil { return .notCommitted(error) }
      connection.close()
      return ask(transaction, session, outcome)
    }
  }

  private func ask(_ transaction: String, _ session: String, _ outcome: LoadOutcome) -> Commit {
    let start = Date()
    var last = "it did not answer in time"
    while Date().timeIntervalSince(start) < patience {
      do {
        let line = try PostgresConnection(settings)
        defer { line.close() }
        switch try line.value("SELECT txid_status(\(text: transaction)::bigint)") {
        case "committed":
          return .committed(
            outcome,
            warnings: [Problem("connection-lost", "\(lost) The server says that they are: they have landed.").warning()]
          )
        case "aborted":
          return .notCommitted(
            Problem(
              "connection-lost", "\(lost) The server says that they are not.",
              hint: "The old rows are untouched: run it again.", isTransient: true))
        case "in progress":
          if Date().timeIntervalSince(start) > grace { try end(session, transaction, over: line) }
        default: return unknown("it no longer remembers the transaction")
        }
      } catch {
        last = Problems.of(error)[0].message
        guard (error as? Problem)?.isTransient == true else { return unknown(last) }
      }
      usleep(100_000)
    }
    return unknown(last)
  }

  /// Ends the session that holds the transaction, if it still does: it hasn't noticed that nobody listens.
  private func end(_ session: String, _ transaction: String, over line: PostgresConnection) throws {
    _ = try line.rows(
      """
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = \(text: session)::int \
      AND backend_xid = mod(\(text: transaction)::bigint, 4294967296)::text::xid
      """)
  }

  private var lost: String {
    "The connection to PostgreSQL at \(connection.place) was lost while the rows were being made visible."
  }

  private func unknown(_ reason: String) -> Commit {
    .unknown(.commitUnknown("\(lost) Whether they are isn't known: the server was asked, but \(reason)"))
  }
}
