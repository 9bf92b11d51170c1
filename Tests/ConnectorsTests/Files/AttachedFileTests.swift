import DuckDB
import Pipelines
import Tabular
import TestSupport
import Testing

@testable import Execution

/// What DuckDB and SQLite files have in common: every write mode, in one transaction.
@Suite struct AttachedFileTests {
  let files: FileRuns
  init() throws { files = try FileRuns() }

  private func open(_ id: String) throws -> (destination: any Destination, rows: () async throws -> [[String]]) {
    let connector = try files.connector(id, ["path": "w.\(id)"])
    let destination = try #require(connector as? any Destination)
    let source = try #require(connector as? any Source)
    return (
      destination,
      {
        try await files.run(
          source.read(ReadRequest(.table("t"), destinations: [destination], step: "read")), sorted: true
        ).rows
      }
    )
  }

  @Test(arguments: ["duckdb", "sqlite"]) func everyModeLandsInOneTransactionWithItsState(_ id: String) async throws {
    let (file, rows) = try open(id)
    func write(
      _ query: SQL, _ mode: WriteMode, key: [String] = [], visible: Bool = true, state: [StateEntry] = []
    ) async throws -> Bool {
      try await files.write(to: file, .table("t"), query, mode: mode, key: key, visible: visible, state: state)
    }
    #expect(try await write("SELECT 1::BIGINT AS id, 'a' AS v", .replace, state: [StateEntry(key: "k", value: "6")]))
    #expect(try await write("SELECT 2::BIGINT AS id, 'b' AS v", .append, state: [StateEntry(key: "k", value: "7")]))
    #expect(try await rows() == [["1", "a"], ["2", "b"]])
    #expect(
      try await write(
        "SELECT 2::BIGINT AS id, 'B' AS v UNION ALL SELECT 3, 'c' UNION ALL SELECT 3, 'c'", .merge, key: ["id"]))
    #expect(try await rows() == [["1", "a"], ["2", "B"], ["3", "c"]])
    #expect(try await write("SELECT 2::BIGINT AS id, 'x' AS v", .deleteInsert, key: ["id"]))
    #expect(try await rows() == [["1", "a"], ["2", "x"], ["3", "c"]])
    #expect(
      try await write(
        "SELECT 9::BIGINT AS id, 'z' AS v", .replace, visible: false, state: [StateEntry(key: "k", value: "8")]))
    #expect(try await rows().count == 3)
    #expect(try await write("SELECT 4::BIGINT AS id, 'd' AS v, 5::BIGINT AS extra", .append))
    #expect(try await rows().last == ["4", "d", "5"])
    #expect(try await write("SELECT 8::BIGINT AS id, 'z' AS v", .truncate))
    #expect(try await rows() == [["8", "z", "NULL"]])
    #expect(try await file.storedState(["k", "other"], for: .table("t")) == ["k": "7"])
    #expect(try await file.resources().map(\.name) == ["_weir_state", "t"])
  }

  @Test(arguments: ["duckdb", "sqlite"]) func versionsAreKept(_ id: String) async throws {
    let (file, rows) = try open(id)
    #expect(
      try await files.write(
        to: file, .table("t"), "SELECT 1::BIGINT AS id, 'a' AS v UNION ALL SELECT 2, 'b'", mode: .scd2, key: ["id"]))
    #expect(
      try await files.write(
        to: file, .table("t"), "SELECT 1::BIGINT AS id, 'A' AS v UNION ALL SELECT 2, 'b'", mode: .scd2, key: ["id"]))
    let all = try await rows()
    #expect(all.map { $0[0] } == ["1", "1", "2"])
    #expect(all.filter { $0[3] == "NULL" }.map { $0[1] }.sorted() == ["A", "b"])
    #expect(all.first { $0[1] == "a" }?[3].hasPrefix("2025-01-01") == true)
  }

  @Test(arguments: ["duckdb", "sqlite"]) func keysMustTellRowsApart(_ id: String) async throws {
    let (file, rows) = try open(id)
    #expect(try await files.write(to: file, .table("t"), "SELECT 1::BIGINT AS id, 'a' AS v", mode: .append))
    for (query, code) in [
      ("SELECT NULL::BIGINT AS id, 'a' AS v", "null-key"),
      ("SELECT 5::BIGINT AS id, 'a' AS v UNION ALL SELECT 5, 'b'", "duplicate-key"),
    ] as [(SQL, String)] {
      await #expect {
        _ = try await files.write(to: file, .table("t"), query, mode: .merge, key: ["id"])
      } throws: { ($0 as? Problem)?.code.description == code }
    }
    await #expect { _ = try await files.write(to: file, .table("t"), "SELECT 1 AS id", mode: .merge) } throws: {
      ($0 as? Problem)?.code == "missing-key"
    }
    await #expect {
      _ = try await files.write(
        to: file, .table("t"), "SELECT 1::BIGINT AS id, 'a' AS v, 2::BIGINT AS w", mode: .append, policy: .freeze)
    } throws: { ($0 as? Problem)?.code == "schema-changed" }
    #expect(try await rows() == [["1", "a"]])
  }

  @Test func aTableOfDuckDBKeepsItsConstraintsAndGrowsItsTypes() async throws {
    let (file, rows) = try open("duckdb")
    let path = files.folder.file("w.duckdb")
    for statement in [
      "ATTACH \(text: path) AS own", "CREATE TABLE own.t (id INTEGER PRIMARY KEY, v VARCHAR NOT NULL)",
      "INSERT INTO own.t VALUES (1, 'a')", "CREATE TABLE own.n (n INTEGER)", "INSERT INTO own.n VALUES (1)",
      "DETACH own",
    ] as [SQL] { try await files.engine.connection.execute(statement) }
    #expect(try await files.write(to: file, .table("t"), "SELECT 2::BIGINT AS id, 'b' AS v", mode: .replace))
    #expect(try await rows() == [["2", "b"]])
    #expect(try await file.resources().first { $0.name == "t" }?.primaryKey == ["id"])
    await #expect { _ = try await files.write(to: file, .table("t"), "SELECT 3 AS id", mode: .append) } throws: {
      ($0 as? Problem)?.code == "missing-value"
    }
    #expect(try await files.write(to: file, .table("n"), "SELECT 9999999999::BIGINT AS n", mode: .append))
    #expect(try await file.resources().first { $0.name == "n" }?.columns.first?.type == "BIGINT")
  }

  @Test func aQueryOfADuckDBFileReadsItsTablesAndChangesNothing() async throws {
    let (file, _) = try open("duckdb")
    #expect(
      try await files.write(
        to: file, .table("t"), "SELECT 1::BIGINT AS id, 'a' AS v UNION ALL SELECT 2, 'b'", mode: .append))
    let reading = try FileRuns(folder: files.folder)
    let source = try #require(reading.connector("duckdb", ["path": "w.duckdb"]) as? any Source)
    let query =
      "WITH t2 AS (SELECT id + 1 AS id FROM t WHERE v <> 'x') SELECT t.id, v, 0.10 AS d FROM main.t JOIN t2 USING (id) -- the end"
    let extract = try await source.read(ReadRequest(.query(query), filter: "v IS NOT NULL -- always", step: "t"))
    #expect(try await reading.run(extract).rows == [["2", "b", "0.10"]])
    let isReadOnly = try await reading.engine.connection.query(
      "SELECT readonly FROM duckdb_databases() WHERE path LIKE '%w.duckdb'")
    #expect(isReadOnly.rows == [[.boolean(true)]])
    await #expect(throws: Problem.self) { _ = try await source.read(ReadRequest(.query("DROP TABLE t"), step: "t")) }
  }
}
