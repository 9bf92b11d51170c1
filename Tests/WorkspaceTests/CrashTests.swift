@testable import Connectors
import Execution
import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing
import Workspace

/// Kills workers (SIGKILL) at the boundaries of their events while they load into PostgreSQL: at any moment the target shows all old rows or
/// all new ones, nothing else is left behind, and the next run completes the work without losing or doubling a row.
@Suite(.serialized, .enabled(if: PostgresServer.isThere, "PostgreSQL is not installed"))
struct CrashTests {
  /// 3 × 70 kills, each followed by a run to the end.
  static let kills = 70

  @Test func appendingKilledAnywhereNeitherLosesNorDoublesRows() async throws {
    let trial = try await CrashTrial("append", mode: "append", read: "{ from: rows.csv, mode: incremental, cursor: id }", seed: 11)
    try trial.writeRows(1...500, version: 0)
    try await trial.finish()
    for kill in 1...CrashTests.kills {
      let (before, after) = (400 + kill * 100, 500 + kill * 100)
      try trial.writeRows(1...after, version: 0)
      try await trial.killOnce()
      let seen = try trial.numbers("SELECT count(*), count(DISTINCT id), max(id)")
      #expect(seen == [before, before, before] || seen == [after, after, after], "\(seen) after kill \(kill)")
      try await trial.finish()
      #expect(try trial.numbers("SELECT count(*), count(DISTINCT id), max(id)") == [after, after, after])
      try trial.expectNothingLeft()
    }
  }

  @Test func replacingKilledAnywhereShowsTheOldOrTheNew() async throws {
    let trial = try await CrashTrial("replace", mode: "replace", read: "{ from: rows.csv }", seed: 22)
    try trial.writeRows(1...700, version: 0)
    try await trial.finish()
    for kill in 1...CrashTests.kills {
      try trial.writeRows(1...700, version: kill)
      try await trial.killOnce()
      let seen = try trial.numbers("SELECT count(*), min(version), max(version)")
      #expect(seen == [700, kill - 1, kill - 1] || seen == [700, kill, kill], "\(seen) after kill \(kill)")
      try await trial.finish()
      #expect(try trial.numbers("SELECT count(*), min(version), max(version)") == [700, kill, kill])
      try trial.expectNothingLeft()
    }
  }

  @Test func mergingKilledAnywhereUpdatesEveryRowOnce() async throws {
    let trial = try await CrashTrial("merge", mode: "merge, key: id", read: "{ from: rows.csv }", seed: 33)
    try trial.writeRows(1...300, version: 0)
    try await trial.finish()
    for kill in 1...CrashTests.kills {
      let (before, after) = (299 + kill, 300 + kill)
      try trial.writeRows(1...after, version: kill)
      try await trial.killOnce()
      let seen = try trial.numbers("SELECT count(*), min(version), max(version)")
      #expect(seen == [before, kill - 1, kill - 1] || seen == [after, kill, kill], "\(seen) after kill \(kill)")
      try await trial.finish()
      #expect(try trial.numbers("SELECT count(*), min(version), max(version)") == [after, kill, kill])
      try trial.expectNothingLeft()
    }
  }
}

/// One pipeline from a CSV file into a table of a schema of its own.
private final class CrashTrial: @unchecked Sendable {
  let folder: TemporaryFolder
  let workspace: Workspace
  private let pg: PostgresConnection
  private let schema: String
  private let pipeline: PipelineText
  private var random: SeededNumbers
  /// Messages of a run that isn't disturbed.
  private var messages = 12

  init(_ name: String, mode: String, read: String, seed: UInt64) async throws {
    folder = try TemporaryFolder()
    schema = "crash_\(name)"
    random = SeededNumbers(seed: seed)
    let port = try PostgresServer.shared.get().port
    var settings = PostgresSettings()
    settings.host = "127.0.0.1"
    settings.port = port
    settings.database = "postgres"
    settings.password = Secret("secret")
    settings.sslMode = .disable
    settings.applicationName = "trial"
    pg = try PostgresConnection(settings)
    try pg.run("DROP SCHEMA IF EXISTS \(name: schema) CASCADE")
    try pg.run("CREATE SCHEMA \(name: schema)")
    pipeline = PipelineText(
      file: "crash.yaml",
      text: """
        name: crash-\(name)
        steps:
          - id: rows
            read: \(read)
          - id: load
            write: { to: "postgres://postgres:secret@127.0.0.1:\(port)/postgres?sslmode=disable", table: \(schema).target, mode: \(mode) }
        """)
    workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
  }

  func writeRows(_ ids: ClosedRange<Int>, version: Int) throws {
    let lines = ids.map { "\($0),\(version),name \($0)" }
    try ("id,version,name\n" + lines.joined(separator: "\n") + "\n").write(
      toFile: folder.file("rows.csv"), atomically: true, encoding: .utf8)
  }

  /// Runs to the end.
  func finish() async throws {
    let run = try await workspace.run(RunRequest(pipeline))
    #expect(run.status == .success, "\(run.problems)")
  }

  /// Starts a worker and kills it at a message drawn by chance; sometimes that is after its last.
  func killOnce() async throws {
    let chosen = Int.random(in: 1...messages, using: &random)
    var launch = WorkerProcess.Launch(program: try Program.path(), directory: folder.path)
    launch.onMessage = { number, process in if number == chosen { kill(process, SIGKILL) } }
    let run = try await workspace.runIsolated(RunRequest(pipeline), worker: launch)
    #expect(run.status == .failed || run.status == .success)
    // The server notices a vanished client at its next message; locks of a dead session would block the check below.
    while try numbers("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'weir%' AND pid <> pg_backend_pid()", from: false) != [0] {
      await Task.yield()
    }
  }

  func numbers(_ select: String, from table: Bool = true) throws -> [Int] {
    let sql = table ? "\(select) FROM \(schema).target" : select
    return try pg.rows(SQL(raw: sql))[0].map { Int($0 ?? "") ?? -1 }
  }

  func expectNothingLeft() throws {
    let tables = try pg.rows(
      "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = \(text: schema) AND c.relkind = 'r' ORDER BY 1"
    ).compactMap { $0[0] }
    #expect(Set(tables).isSubset(of: ["target", "_weir_state"]))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [".weir", "rows.csv"])
  }
}
