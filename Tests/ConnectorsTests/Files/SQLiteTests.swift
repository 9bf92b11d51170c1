import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing

@Suite struct SQLiteTests {
  let files: FileRuns
  init() throws { files = try FileRuns() }

  /// Statements in SQLite's own SQL, run by its own program.
  private func make(_ statements: String) throws {
    let child = try ChildProcess("/usr/bin/sqlite3", [files.folder.file("a.sqlite"), statements])
    try #require(child.wait() == .exited(0))
  }

  private func read(_ subject: ReadRequest.Subject, filter: String? = nil) async throws -> (FileRuns.Result, [Problem])
  {
    let source = try #require(files.connector("sqlite", ["path": "a.sqlite"]) as? any Source)
    let extract = try await source.read(ReadRequest(subject, filter: filter, step: "read"))
    return (try await files.run(extract, sorted: true), extract.notes)
  }

  @Test func everyValueComesBackAsItWas() async throws {
    let rows: SQL = """
      SELECT 1 AS id, 'ы😀 "q"' AS t, 29.90::DECIMAL(18,2) AS price, 99999999999999999999999999999999999999::HUGEINT AS huge,
        0.1::DOUBLE + 0.2::DOUBLE AS d, true AS b, DATE '2024-02-29' AS day, TIMESTAMP '2025-01-15 10:30:00.123456' AS at,
        TIMESTAMPTZ '2025-01-15 10:30:00Z' AS z, '\\x00\\xFF'::BLOB AS bytes, 9007199254740993::BIGINT AS big
      UNION ALL SELECT 2, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
      UNION ALL SELECT 3, NULL, -0.01, -1, 1e300, false, DATE '0001-01-01', TIMESTAMP '1969-12-31 23:59:59.999999',
        TIMESTAMPTZ '1900-01-01 00:00:00Z', ''::BLOB, -1
      """
    let file = try #require(files.connector("sqlite", ["path": "a.sqlite"]) as? any Destination)
    #expect(try await files.write(to: file, .table("v"), rows))
    let (result, _) = try await read(.table("v"))
    #expect(
      result.rows[0] == [
        "1", "ы😀 \"q\"", "29.90", "99999999999999999999999999999999999999", "0.30000000000000004", "1", "2024-02-29",
        "2025-01-15 10:30:00.123456", "2025-01-15T10:30:00Z", "\\x00ff", "9007199254740993",
      ])
    #expect(try await files.write(to: file, .table("many"), "SELECT range AS id, 'v' || range AS t FROM range(25001)"))
    #expect(try await read(.table("many")).0.rows.count == 25_001)
  }

  @Test func storedValuesDecideTheTypes() async throws {
    try make(
      """
      CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, p DECIMAL(10,2), d DATE, at DATETIME, z DATETIME, ok BOOLEAN, x, big NUMERIC);
      INSERT INTO t VALUES(1, 5, 29.90, '2025-01-01', '2025-01-01 10:00:00.5', '2025-01-01 10:00:00+02:00', 1, x'01ff', 9007199254740993),
        (2, 'text', 5, '2025-02-28', '2025-01-01T11:00:00', NULL, 0, 2.5, 1.5);
      """)
    let (result, notes) = try await read(.table("t"))
    #expect(
      result.types == [
        "BIGINT", "VARCHAR", "DECIMAL(10,2)", "DATE", "TIMESTAMP", "VARCHAR", "BOOLEAN", "VARCHAR", "VARCHAR",
      ])
    #expect(
      result.rows == [
        [
          "1", "5", "29.90", "2025-01-01", "2025-01-01T10:00:00.5", "2025-01-01 10:00:00+02:00", "true", "\\x01ff",
          "9007199254740993",
        ],
        ["2", "text", "5.00", "2025-02-28", "2025-01-01T11:00:00", "NULL", "false", "2.5", "1.5"],
      ])
    #expect(notes.map(\.code) == ["mixed-types", "mixed-types", "mixed-types"])
    let (some, _) = try await read(.query("SELECT n + 1 AS m FROM t WHERE id = 1"))
    #expect(some.types == ["BIGINT"] && some.rows == [["6"]])
    #expect(try await read(.table("t"), filter: "typeof(n) = 'text'").0.rows.map { $0[0] } == ["2"])
    await #expect { _ = try await read(.table("tt")) } throws: { ($0 as? Problem)?.hint == "Did you mean \"t\"?" }
  }

  @Test func describesTablesKeysAndIndexes() async throws {
    try make(
      """
      CREATE TABLE a(id INTEGER PRIMARY KEY, v VARCHAR(20) NOT NULL); CREATE INDEX av ON a(v); INSERT INTO a VALUES(1,'x'),(2,'y');
      CREATE TABLE b(a_id INTEGER REFERENCES a(id), k TEXT, PRIMARY KEY(a_id, k)); CREATE VIEW c AS SELECT id FROM a;
      """)
    let resources = try await files.connector("sqlite", ["path": "a.sqlite"]).resources()
    #expect(resources.map { "\($0.name) \($0.kind)" } == ["a table", "b table", "c view"])
    #expect(
      resources[0].columns.map { "\($0.name) \($0.type) \($0.isNullable)" } == [
        "id INTEGER true", "v VARCHAR(20) false",
      ])
    #expect(resources[0].primaryKey == ["id"] && resources[0].indexes == ["av"] && resources[0].approximateRows == 2)
    #expect(resources[1].primaryKey == ["a_id", "k"] && resources[1].foreignKeys.first?.references == "a")
  }

  @Test func aFailedLoadLeavesNothingBehind() async throws {
    try make("CREATE TABLE a(id INTEGER PRIMARY KEY, v TEXT); INSERT INTO a VALUES(1,'x')")
    let file = try #require(files.connector("sqlite", ["path": "a.sqlite"]) as? any Destination)
    await #expect(throws: (any Error).self) {
      _ = try await files.write(to: file, .table("a"), "SELECT 1::BIGINT AS id, 'again' AS v", mode: .append)
    }
    #expect(try await read(.table("a")).0.rows == [["1", "x"]])
    #expect(try await file.resources().map(\.name) == ["a"])
    await #expect { _ = try await files.write(to: file, .table("a"), "SELECT 'no' AS id", mode: .append) } throws: {
      ($0 as? Problem)?.code == "no-exact-type"
    }
    try files.put("bad.sqlite", "no database at all, but long enough to be looked at")
    let report = try await files.connector("sqlite", ["path": "bad.sqlite"]).check()
    #expect(!report.succeeded)
  }
}
