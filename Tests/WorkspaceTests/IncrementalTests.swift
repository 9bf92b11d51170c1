import DuckDB
import Execution
import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing
import Workspace

/// Incremental reads over several runs, from and into real files.
@Suite struct IncrementalTests {
  let folder: TemporaryFolder
  let workspace: Workspace

  init() async throws {
    folder = try TemporaryFolder()
    workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
  }

  private let source = "{ from: src.duckdb, table: s, mode: incremental, cursor: v }"

  // MARK: Several writes

  @Test func aWriteThatFailedCatchesUpAndNoOtherIsDoubled() async throws {
    try await sql("src.duckdb", "CREATE TABLE s (id BIGINT, v BIGINT)", "INSERT INTO s VALUES (1, 1), (2, 2), (3, 2)")
    try await sql("b.duckdb", "CREATE TABLE t (id BIGINT CHECK (id < 3), v BIGINT)")
    let steps = [
      "id: s, read: \(source)", "id: a, write: { from: s, to: a.duckdb, table: t, mode: append }",
      "id: b, write: { from: s, to: b.duckdb, table: t, mode: append }",
    ]
    let first = try await run(steps)
    #expect(first.status == .failed)
    #expect(try await ids("a.duckdb") == ["1", "2", "3"])
    #expect(try await ids("b.duckdb") == [])
    try await sql("b.duckdb", "DROP TABLE t", "CREATE TABLE t (id BIGINT, v BIGINT)")
    try await sql("src.duckdb", "INSERT INTO s VALUES (4, 2), (5, 3)")
    let second = try await run(steps)
    #expect(second.status == .warning, "\(second.problems)")
    #expect(try await ids("a.duckdb") == ["1", "2", "3"])
    #expect(try await ids("b.duckdb") == ["1", "2", "3"])
    for _ in 0..<2 {
      let later = try await run(steps)
      #expect(later.status == .success, "\(later.problems)")
      #expect(try await ids("a.duckdb") == ["1", "2", "3", "4", "5"])
      #expect(try await ids("b.duckdb") == ["1", "2", "3", "4", "5"])
    }
  }

  @Test func aWriteThatFailedIntoTheSameDatabaseCatchesUpByMerging() async throws {
    try await sql("src.duckdb", "CREATE TABLE s (id BIGINT, v BIGINT)", "INSERT INTO s VALUES (1, 1), (2, 2), (3, 2)")
    try await sql("w.duckdb", "CREATE TABLE b (id BIGINT CHECK (id < 3), v BIGINT)")
    let steps = [
      "id: s, read: \(source)", "id: a, write: { from: s, to: w.duckdb, table: a, key: id }",
      "id: b, write: { from: s, to: w.duckdb, table: b, key: id }",
    ]
    #expect(try await run(steps).status == .failed)
    try await sql("w.duckdb", "DROP TABLE b", "CREATE TABLE b (id BIGINT, v BIGINT)")
    try await sql("src.duckdb", "INSERT INTO s VALUES (4, 3)")
    let second = try await run(steps)
    #expect(second.status == .success, "\(second.problems)")
    #expect(try await ids("w.duckdb", "a") == ["1", "2", "3", "4"])
    #expect(try await ids("w.duckdb", "b") == ["1", "2", "3", "4"])
  }

  @Test func filesRememberWhatEachWriteHas() async throws {
    try await sql("src.duckdb", "CREATE TABLE s (id BIGINT, v BIGINT)", "INSERT INTO s VALUES (1, 1), (2, 2)")
    #expect(try await run(intoFolder).status == .success)
    #expect(try await landed() == ["1", "2"])
    try await sql("src.duckdb", "INSERT INTO s VALUES (3, 2)")
    for _ in 0..<2 {
      let later = try await run(intoFolder)
      #expect(later.status == .success, "\(later.problems)")
      #expect(try await landed() == ["1", "2", "3"])
    }
    #expect(try await run(intoFolder) { $0.fullRefresh = true }.problems.map(\.code) == ["refresh-doubles-rows"])
  }

  /// As after a crash between the moment a file becomes visible and the moment the workspace notes it.
  @Test func aFileWhoseCursorWasLostIsWrittenAgainNotBesides() async throws {
    try await sql("src.duckdb", "CREATE TABLE s (id BIGINT, v BIGINT)", "INSERT INTO s VALUES (1, 1), (2, 2)")
    #expect(try await run(intoFolder).status == .success)
    try await sql("src.duckdb", "INSERT INTO s VALUES (3, 3)")
    let forgetful = try TemporaryFolder()
    let other = try await Workspace(directory: URL(fileURLWithPath: forgetful.path))
    for name in ["src.duckdb", "out"] {
      try FileManager.default.createSymbolicLink(atPath: forgetful.file(name), withDestinationPath: folder.file(name))
    }
    let again = try await other.run(request(intoFolder))
    #expect(again.status == .success, "\(again.problems)")
    #expect(try await landed() == ["1", "2", "3"])
  }

  private var intoFolder: [String] {
    ["id: s, read: \(source)", "id: w, write: { from: s, to: { type: csv, path: out/ } }"]
  }
  private func landed() async throws -> [String] {
    try await rows("SELECT id FROM '\(folder.path)/out/*.csv' ORDER BY id").map { $0[0] }
  }

  @Test func aWriteOfTwoIncrementalReadsKeepsBothCursors() async throws {
    try await sql(
      "src.duckdb", "CREATE TABLE s (id BIGINT, v BIGINT)", "INSERT INTO s VALUES (1, 7)",
      "CREATE TABLE r AS SELECT 10 AS id, 20 AS v")
    let steps = [
      "id: s, read: \(source)", "id: r, read: { from: src.duckdb, table: r, mode: incremental, cursor: v }",
      "id: both, transform: { sql: SELECT id::BIGINT AS id FROM s UNION ALL SELECT id FROM r }",
      "id: w, write: { from: both, to: w.duckdb, table: t, mode: append }",
    ]
    #expect(try await run(steps).status == .success)
    #expect(
      try await workspace.store.cursors().map { "\($0.step) \($0.write ?? "") \($0.value)" } == ["r w 20", "s w 7"])
    #expect(try await rows("SELECT key FROM _weir_state ORDER BY 1", "w.duckdb") == [["trial/r/w"], ["trial/s/w"]])
    try await sql("src.duckdb", "INSERT INTO r VALUES (11, 21)")
    #expect(try await run(steps).status == .success)
    #expect(try await ids("w.duckdb") == ["1", "10", "11"])
  }

  // MARK: What is remembered

  @Test(arguments: ["", ", limit: 2"]) func aLimitedReadKeepsNoCursor(_ limit: String) async throws {
    try await sql("src.duckdb", "CREATE TABLE s AS SELECT range AS id, range AS v FROM range(10)")
    let steps = [
      "id: s, read: { from: src.duckdb, table: s, mode: incremental, cursor: v\(limit) }",
      "id: w, write: { from: s, to: w.duckdb, table: t, key: id }",
    ]
    let limited = try await run(steps) { if limit.isEmpty { $0.limit = 2 } }
    #expect(limited.status == .warning, "\(limited.problems)")
    #expect(try await ids("w.duckdb").count == 2)
    #expect(try await workspace.store.cursors().isEmpty)
    #expect(
      try await rows("SELECT count(*) FROM duckdb_tables() WHERE table_name = '_weir_state'", "w.duckdb") == [["0"]])
    guard limit.isEmpty else { return }
    #expect(try await run(steps).status == .success)
    #expect(try await ids("w.duckdb").count == 10)
  }

  @Test func aClearedCursorWinsOverTheTarget() async throws {
    try await sql("src.duckdb", "CREATE TABLE s AS SELECT range AS id, range AS v FROM range(5)")
    let steps = ["id: s, read: \(source)", "id: w, write: { from: s, to: w.duckdb, table: t, key: id }"]
    #expect(try await run(steps).status == .success)
    try await sql("w.duckdb", "DELETE FROM t WHERE id < 3")
    #expect(try await workspace.store.clearCursors(pipeline: "trial", step: "s") == 1)
    #expect(try await workspace.store.cursors().isEmpty)
    #expect(try await run(steps).status == .success)
    #expect(try await ids("w.duckdb").count == 5)
    try await sql("w.duckdb", "DELETE FROM t WHERE id < 3")
    #expect(try await run(steps).status == .success)
    #expect(try await ids("w.duckdb").count == 2, "the cursor counts again")
  }

  @Test func aTargetThatIsGoneIsFilledAgain() async throws {
    try await sql("src.duckdb", "CREATE TABLE s AS SELECT range AS id, range AS v FROM range(5)")
    let steps = ["id: s, read: \(source)", "id: w, write: { from: s, to: w.duckdb, table: t, mode: append }"]
    #expect(try await run(steps).status == .success)
    try await sql("w.duckdb", "DROP TABLE t")
    let again = try await run(steps)
    #expect(again.status == .warning)
    #expect(try await ids("w.duckdb").count == 5)
    #expect(workspace.folder(of: again.id).logLines().contains { $0.contains("is gone") })
  }

  @Test func rowsWithoutACursorAreReadAtFirstAndCountedLater() async throws {
    try await sql(
      "src.duckdb", "CREATE TABLE s (id BIGINT, v BIGINT)", "INSERT INTO s VALUES (1, 1), (2, NULL), (3, 3)")
    let steps = ["id: s, read: \(source)", "id: w, write: { from: s, to: w.duckdb, table: t, mode: append }"]
    #expect(try await run(steps).status == .success)
    #expect(try await ids("w.duckdb") == ["1", "2", "3"])
    try await sql("src.duckdb", "INSERT INTO s VALUES (4, NULL), (5, 5)")
    let second = try await run(steps)
    #expect(second.status == .success)
    #expect(try await ids("w.duckdb") == ["1", "2", "3", "5"])
    #expect(
      workspace.folder(of: second.id).logLines().contains {
        $0.contains("2 rows of step \"s\" have no finite value in \"v\"")
      })
    try await sql("src.duckdb", "UPDATE s SET v = NULL")
    try await sql("w.duckdb", "DROP TABLE t", "DROP TABLE _weir_state")
    #expect(try await run(steps).problems.map(\.code) == ["empty-cursor"])
  }

  @Test(arguments: [
    ("TIMESTAMP", "TIMESTAMP '2025-01-01'", "'infinity'"), ("DOUBLE", "1.5", "'NaN'"), ("DOUBLE", "1.5", "'inf'"),
  ])
  func anInfiniteCursorDoesNotPoisonTheNextRun(_ type: String, _ value: String, _ endless: String) async throws {
    try await sql(
      "src.duckdb", "CREATE TABLE s (id BIGINT, v \(type))", "INSERT INTO s VALUES (1, \(value)), (2, \(endless))")
    let steps = ["id: s, read: \(source)", "id: w, write: { from: s, to: w.duckdb, table: t, mode: append }"]
    #expect(try await run(steps).status == .success)
    #expect(try await ids("w.duckdb") == ["1", "2"])
    try await sql("src.duckdb", "INSERT INTO s SELECT 3, \(value) + \(type == "DOUBLE" ? "1" : "INTERVAL 1 DAY")")
    #expect(try await run(steps).status == .success)
    #expect(try await ids("w.duckdb") == ["1", "2", "3"])
  }

  @Test(arguments: [false, true]) func equalRowsAtTheBoundaryAreCountedOneByOne(_ isTransformed: Bool) async throws {
    try await sql("src.duckdb", "CREATE TABLE s (id BIGINT, v BIGINT)", "INSERT INTO s VALUES (1, 1), (2, 2), (2, 2)")
    let steps =
      isTransformed
      ? [
        "id: s, read: \(source)", "id: t, transform: { sql: SELECT id FROM s UNION ALL SELECT id + 10 FROM s }",
        "id: w, write: { from: t, to: w.duckdb, table: t, mode: append }",
      ] : ["id: s, read: \(source)", "id: w, write: { from: s, to: w.duckdb, table: t, mode: append }"]
    let more = isTransformed ? ["11", "12", "12"] : []
    #expect(try await run(steps).status == .success)
    #expect(try await ids("w.duckdb") == ["1", "2", "2"] + more)
    try await sql("src.duckdb", "INSERT INTO s VALUES (2, 2)")
    for _ in 0..<2 {
      #expect(try await run(steps).status == .success)
      #expect(try await ids("w.duckdb") == ["1", "2", "2", "2"] + more + (isTransformed ? ["12"] : []))
    }
  }

  // MARK: What is refused

  @Test func aReplaceFedByAnIncrementalReadIsRefused() async throws {
    try await sql("src.duckdb", "CREATE TABLE s AS SELECT range AS id, range AS v FROM range(5)")
    for mode in ["replace", "truncate"] {
      let steps = ["id: s, read: \(source)", "id: w, write: { from: s, to: w.duckdb, table: t, mode: \(mode) }"]
      let invalid = try await #require(throws: InvalidPipeline.self) { try await workspace.validate(request(steps)) }
      #expect(invalid.problems.all.map(\.code) == ["replace-loses-rows"])
      #expect(invalid.problems.all[0].location?.line == 4)
      let refreshed = try await run(steps) { $0.fullRefresh = true }
      #expect(refreshed.status == .success, "\(refreshed.problems)")
    }
    let one = try await run(["id: s, read: \(source)", "id: w, write: { from: s, to: out.csv }"])
    #expect(one.problems.map(\.code) == ["append-needs-folder"])
  }

  @Test func aFullRefreshDoesNotAppendEverythingAgain() async throws {
    try await sql("src.duckdb", "CREATE TABLE s AS SELECT range AS id, range AS v FROM range(5)")
    let steps = ["id: s, read: \(source)", "id: w, write: { from: s, to: w.duckdb, table: t, mode: append }"]
    #expect(try await run(steps) { $0.fullRefresh = true }.status == .success)
    #expect(try await run(steps) { $0.fullRefresh = true }.problems.map(\.code) == ["refresh-doubles-rows"])
    #expect(try await ids("w.duckdb").count == 5)
    try await sql("w.duckdb", "DROP TABLE t")
    #expect(try await run(steps) { $0.fullRefresh = true }.status == .success)
    #expect(try await ids("w.duckdb").count == 5)
  }

  @Test(arguments: ["csv", "json", "parquet", "jsonl"]) func aFileThatWouldShrinkAsks(_ ending: String) async throws {
    func load(_ rows: Int, _ options: (inout RunOptions) -> Void = { _ in }) async throws -> Run {
      try await run(
        [
          "id: s, transform: { sql: SELECT range AS id FROM range(\(rows)) }",
          "id: w, write: { from: s, to: out.\(ending) }",
        ], options)
    }
    #expect(try await load(100).status == .success)
    let shrunk = try await load(9)
    #expect(shrunk.problems.map(\.code) == ["shrinking-load"])
    #expect(shrunk.problems.first?.message.contains("100 rows by 9") == true)
    #expect(try await rows("SELECT count(*) FROM '\(folder.path)/out.\(ending)'") == [["100"]])
    #expect(try await load(10).status == .success)
    #expect(try await load(0) { $0.allowShrink = true }.status == .success)
  }

  // MARK: Running

  private func request(_ steps: [String]) -> RunRequest {
    RunRequest(
      PipelineText(file: "trial.yaml", text: "name: trial\nsteps:\n" + steps.map { "  - { \($0) }\n" }.joined()))
  }

  private func run(_ steps: [String], _ options: (inout RunOptions) -> Void = { _ in }) async throws -> Run {
    var request = request(steps)
    options(&request.options)
    return try await workspace.run(request)
  }

  /// Runs statements in a DuckDB file.
  private func sql(_ file: String, _ statements: String...) async throws {
    let connection = try await opened(file)
    for statement in statements { try await connection.execute(SQL(raw: statement)) }
  }

  private func rows(_ query: String, _ file: String? = nil) async throws -> [[String]] {
    let connection = if let file { try await opened(file) } else { try await Engine().connect() }
    return try await connection.query(SQL(raw: query)).rows.map { $0.map(\.description) }
  }

  private func opened(_ file: String) async throws -> Connection {
    let connection = try await Engine().connect()
    try await connection.execute("ATTACH \(text: folder.file(file)) AS own")
    try await connection.execute("USE own")
    return connection
  }

  private func ids(_ file: String, _ table: String = "t") async throws -> [String] {
    try await rows("SELECT id FROM \(table) ORDER BY id", file).map { $0[0] }
  }
}
