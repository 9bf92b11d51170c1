import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing

@testable import Connectors

/// A line that is lost during COMMIT: what is said of the rows is what became of them.
@Suite(.enabled(if: PostgresServer.isThere, "PostgreSQL is not installed")) struct PostgresCommitTests {
  private let people = Schema([Column("id", .int64), Column("name", .text)])

  private func settings(_ line: CutLine, _ schema: String) throws -> PostgresSettings {
    var settings = try PostgresFixture.settings(schema: schema)
    settings.port = line.port
    return settings
  }

  /// Loads one row over `line` up to its commit.
  private func commit(over line: CutLine, into pg: PostgresFixture) async throws -> Commit {
    let postgres = Postgres(try settings(line, pg.schema), context: PostgresFixture.context)
    guard case .stream(let open) = try await postgres.prepare(pg.request("people", people, .append)).work else {
      throw Problem("internal", "not a stream")
    }
    let load = try open()
    try load.begin()
    let memory = MemoryBatch(people, rowCount: 1)
    memory.columns[0].set(0, .integer(1))
    memory.columns[1].set(0, .text("Ann"))
    try memory.withBatch { try load.write($0) }
    try load.endWriting()
    return load.commit(state: [StateEntry(key: "k", value: "1")])
  }

  @Test func aCommitTheServerTookIsASuccess() async throws {
    let pg = try PostgresFixture("commit_taken")
    try pg.run("CREATE TABLE people (id bigint, name text)")
    let line = try CutLine(to: PostgresServer.shared.get().port, cutting: "COMMIT", .afterTheWord)
    guard case .committed(let outcome, let warnings) = try await commit(over: line, into: pg) else {
      Issue.record("not committed")
      return
    }
    #expect(line.hasCut)
    #expect(outcome.inserted == 1)
    #expect(warnings.map(\.code) == ["connection-lost"])
    #expect(try pg.value("SELECT count(*) FROM people") == "1")
  }

  @Test func aCommitTheServerNeverGotMayBeTriedAgain() async throws {
    let pg = try PostgresFixture("commit_lost")
    try pg.run("CREATE TABLE people (id bigint, name text)")
    let line = try CutLine(to: PostgresServer.shared.get().port, cutting: "COMMIT", .beforeTheWord)
    guard case .notCommitted(let error) = try await commit(over: line, into: pg) else {
      Issue.record("committed")
      return
    }
    #expect((error as? Problem)?.code == "connection-lost")
    #expect((error as? Problem)?.isTransient == true)
    #expect(try pg.value("SELECT count(*) FROM people") == "0")
  }

  @Test func aServerThatCantBeAskedLeavesTheOutcomeUnknown() async throws {
    let pg = try PostgresFixture("commit_unknown")
    try pg.run("CREATE TABLE people (id bigint)")
    let line = try CutLine(to: PostgresServer.shared.get().port, cutting: "COMMIT", .afterTheWord, forGood: true)
    let settings = try settings(line, pg.schema)
    let connection = try PostgresConnection(settings)
    try connection.run("BEGIN; INSERT INTO commit_unknown.people VALUES (1)")
    let commit = PostgresCommit(connection: connection, settings: settings, patience: 0.5).commit(
      LoadOutcome(inserted: 1))
    guard case .unknown(let problem) = commit else {
      Issue.record("\(commit)")
      return
    }
    #expect(problem.code == "commit-unknown")
    #expect(!problem.isTransient)
  }

  @Test func aSessionThatHangsInItsCommitIsEndedToKnow() async throws {
    let pg = try PostgresFixture("commit_hangs")
    try pg.run(
      """
      CREATE TABLE people (id bigint); CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NULL; END';
      CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON people DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()
      """)
    let line = try CutLine(to: PostgresServer.shared.get().port, cutting: "COMMIT", .afterTheWord)
    let settings = try settings(line, pg.schema)
    let connection = try PostgresConnection(settings)
    try connection.run("BEGIN; INSERT INTO commit_hangs.people VALUES (1)")
    let commit = PostgresCommit(connection: connection, settings: settings, grace: 0).commit(LoadOutcome(inserted: 1))
    guard case .notCommitted = commit else {
      Issue.record("\(commit)")
      return
    }
    #expect(try pg.value("SELECT count(*) FROM people") == "0")
  }

  @Test func aKilledSessionIsAskedAbout() async throws {
    let pg = try PostgresFixture("commit_killed")
    try pg.run(
      """
      CREATE TABLE people (id bigint, name text);
      CREATE FUNCTION suicide() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(600); RETURN NULL; END';
      CREATE CONSTRAINT TRIGGER suicide AFTER INSERT ON people DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION suicide()
      """)
    let settings = try PostgresFixture.settings(schema: pg.schema)
    let connection = try PostgresConnection(settings)
    try connection.run("BEGIN; INSERT INTO commit_killed.people VALUES (1, 'Ann')")
    guard
      case .notCommitted(let error) = PostgresCommit(connection: connection, settings: settings).commit(
        LoadOutcome(inserted: 1))
    else {
      Issue.record("committed")
      return
    }
    #expect((error as? Problem)?.code == "connection-lost")
    #expect(try pg.value("SELECT count(*) FROM people") == "0")
  }

  @Test func aRefusedCommitKeepsTheServersReason() async throws {
    let pg = try PostgresFixture("commit_refused")
    try pg.run(
      "CREATE TABLE people (id bigint, name text, UNIQUE (id) DEFERRABLE INITIALLY DEFERRED); INSERT INTO people VALUES (1, 'Old')"
    )
    let connection = try PostgresConnection(try PostgresFixture.settings())
    try connection.run("BEGIN; INSERT INTO commit_refused.people VALUES (1, 'Ann')")
    let commit = PostgresCommit(connection: connection, settings: try PostgresFixture.settings()).commit(
      LoadOutcome(inserted: 1))
    guard case .notCommitted(let error) = commit else {
      Issue.record("\(commit)")
      return
    }
    #expect((error as? Problem)?.code == "duplicate-key")
  }
}
