import Execution
import Foundation
import Pipelines
import Synchronization
import Tabular
import TestSupport
import Testing
import Workspace

@testable import Connectors

/// Kills workers (SIGKILL) at the boundaries of their events while they load into PostgreSQL: at any moment the target shows all old rows or
/// all new ones, nothing else is left behind, and the next run completes the work without losing or doubling a row.
@Suite(.serialized, .enabled(if: PostgresServer.isThere, "PostgreSQL is not installed"))
struct CrashTests {
  /// 3 × 70 kills, each followed by a run to the end.
  static let kills = 70

  @Test func appendingKilledAnywhereNeitherLosesNorDoublesRows() async throws {
    let trial = try await CrashTrial(
      "append", mode: "append", read: "{ from: rows.csv, mode: incremental, cursor: id }", seed: 11,
      look: "count(*), count(DISTINCT id), max(id)")
    try trial.writeRows(1...500, version: 0)
    try await trial.begin()
    for kill in 1...CrashTests.kills {
      let (before, after) = (400 + kill * 100, 500 + kill * 100)
      try trial.writeRows(1...after, version: 0)
      let told = try await trial.killOnce()
      try trial.expect(
        "SELECT count(*), count(DISTINCT id), max(id)", told, old: [before, before, before], new: [after, after, after])
      try await trial.finish()
      #expect(try trial.numbers("SELECT count(*), count(DISTINCT id), max(id)") == [after, after, after])
      trial.expectSights(old: [before, before, before], new: [after, after, after])
      try trial.expectNothingLeft()
    }
    trial.expectAllOutcomes()
  }

  @Test func replacingKilledAnywhereShowsTheOldOrTheNew() async throws {
    let trial = try await CrashTrial("replace", mode: "replace", read: "{ from: rows.csv }", seed: 22)
    try trial.writeRows(1...700, version: 0)
    try await trial.begin()
    for kill in 1...CrashTests.kills {
      try trial.writeRows(1...700, version: kill)
      let told = try await trial.killOnce()
      try trial.expect(
        "SELECT count(*), min(version), max(version)", told, old: [700, kill - 1, kill - 1], new: [700, kill, kill])
      try await trial.finish()
      #expect(try trial.numbers("SELECT count(*), min(version), max(version)") == [700, kill, kill])
      trial.expectSights(old: [700, kill - 1, kill - 1], new: [700, kill, kill])
      try trial.expectNothingLeft()
    }
    trial.expectAllOutcomes()
  }

  @Test func mergingKilledAnywhereUpdatesEveryRowOnce() async throws {
    let trial = try await CrashTrial("merge", mode: "merge, key: id", read: "{ from: rows.csv }", seed: 33)
    try trial.writeRows(1...300, version: 0)
    try await trial.begin()
    for kill in 1...CrashTests.kills {
      let (before, after) = (299 + kill, 300 + kill)
      try trial.writeRows(1...after, version: kill)
      let told = try await trial.killOnce()
      try trial.expect(
        "SELECT count(*), min(version), max(version)", told, old: [before, kill - 1, kill - 1],
        new: [after, kill, kill])
      try await trial.finish()
      #expect(try trial.numbers("SELECT count(*), min(version), max(version)") == [after, kill, kill])
      trial.expectSights(old: [before, kill - 1, kill - 1], new: [after, kill, kill])
      try trial.expectNothingLeft()
    }
    trial.expectAllOutcomes()
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
  private let onlooker: Onlooker
  /// Messages of a run that isn't disturbed, as far as is known.
  private var messages = 13
  private var outcomes: [Told] = []

  /// - Parameter look: what a reader asks of the target all the time.
  init(
    _ name: String, mode: String, read: String, seed: UInt64, look: String = "count(*), min(version), max(version)"
  ) async throws {
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
    // A user of its own, so that its sessions can be told from other tests'.
    try pg.run("CREATE ROLE \(name: schema) SUPERUSER LOGIN PASSWORD 'secret'")
    pipeline = PipelineText(
      file: "crash.yaml",
      text: """
        name: crash-\(name)
        steps:
          - id: rows
            read: \(read)
          - id: load
            write: { to: "postgres://\(schema):secret@127.0.0.1:\(port)/postgres?sslmode=disable", table: \(schema).target, mode: \(mode) }
        """)
    workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
    onlooker = Onlooker(try PostgresConnection(settings), "SELECT \(look) FROM \(schema).target")
  }

  func writeRows(_ ids: ClosedRange<Int>, version: Int) throws {
    let lines = ids.map { "\($0),\(version),name \($0)" }
    try ("id,version,name\n" + lines.joined(separator: "\n") + "\n").write(
      toFile: folder.file("rows.csv"), atomically: true, encoding: .utf8)
  }

  /// The first rows land; from here on somebody looks at them.
  func begin() async throws {
    try await finish()
    onlooker.start()
  }

  /// Runs to the end.
  func finish() async throws {
    let run = try await workspace.run(RunRequest(pipeline))
    #expect(run.status == .success, "\(run.problems)")
  }

  /// What the history says of the target.
  enum Told { case old, new, unknown }

  /// Starts a worker and kills it at a message drawn by chance; sometimes that is after its last.
  func killOnce() async throws -> Told {
    let point = KillPoint(at: Int.random(in: 1...messages, using: &random))
    let run = try await workspace.runIsolated(RunRequest(pipeline), worker: point.launch(in: folder.path))
    messages = max(messages, point.reach)
    #expect(run.status == (point.toldTheEnd ? .success : .failed))
    #expect(run.problems.map(\.code) == point.expectedCodes, "\(run.problems)")
    // The server notices a vanished client at its next message; locks of a dead session would block the check below.
    while try numbers("SELECT count(*) FROM pg_stat_activity WHERE usename = '\(schema)'", from: false) != [0] {
      await Task.yield()
    }
    return !run.receipts.isEmpty ? .new : point.diedCommitting ? .unknown : .old
  }

  /// What stands in the target is what the history says.
  func expect(_ select: String, _ told: Told, old: [Int], new: [Int]) throws {
    let seen = try numbers(select)
    switch told {
    case .old: #expect(seen == old)
    case .new: #expect(seen == new)
    case .unknown: #expect([old, new].contains(seen), "\(seen)")
    }
    outcomes.append(told)
  }

  /// Kills came before rows were visible, after that, and in between; a history that never commits itself to anything is no history.
  func expectAllOutcomes() {
    let (old, new) = (outcomes.count { $0 == .old }, outcomes.count { $0 == .new })
    let unknown = outcomes.count { $0 == .unknown }
    #expect(old > unknown && new > 0 && unknown > 0, "\(old) old, \(new) new, \(unknown) unknown")
  }

  /// Since the last question nobody who looked on has seen anything else than the old or the new rows.
  func expectSights(old: [Int], new: [Int]) {
    let sights = onlooker.sights()
    #expect(sights.isSubset(of: [old, new]), "\(sights)")
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

/// A reader that looks at the target all the time while loads are killed, and remembers what it has seen.
private final class Onlooker: @unchecked Sendable {
  private let connection: PostgresConnection
  private let query: SQL
  private let seen = Mutex<(asked: Int, rows: Set<[Int]>)>((0, []))
  private let isOver = Mutex(false)

  init(_ connection: PostgresConnection, _ query: String) {
    self.connection = connection
    self.query = SQL(raw: query)
  }

  func start() {
    Thread.detachNewThread { [weak self, connection, query] in
      while let self, !self.isOver.withLock({ $0 }) {
        // Now and then, so that the loads get on.
        usleep(5_000)
        let asked = self.seen.withLock { $0.asked }
        // A table that is being replaced may be gone for whoever waited for it; that is an error, not a wrong answer.
        guard let row = try? connection.rows(query).first else { continue }
        // What was looked up before the last question is no answer to the next one.
        self.seen.withLock { if $0.asked == asked { $0.rows.insert(row.map { Int($0 ?? "") ?? -1 }) } }
      }
    }
  }

  /// What has been seen since the last time.
  func sights() -> Set<[Int]> {
    seen.withLock { seen in
      defer { seen = (seen.asked + 1, []) }
      return seen.rows
    }
  }

  deinit { isOver.withLock { $0 = true } }
}
