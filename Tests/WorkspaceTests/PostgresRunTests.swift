import DuckDB
import Execution
import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing
import Workspace

@testable import Connectors

/// Whole runs from and to a real server.
@Suite(.enabled(if: PostgresServer.isThere, "PostgreSQL is not installed")) struct PostgresRunTests {
  private func connection(_ schema: String) throws -> PostgresConnection {
    var settings = PostgresSettings()
    settings.host = "127.0.0.1"
    settings.port = try PostgresServer.shared.get().port
    settings.database = "postgres"
    settings.password = Secret("secret")
    settings.sslMode = .disable
    let connection = try PostgresConnection(settings)
    try connection.run(
      "DROP SCHEMA IF EXISTS \(name: schema) CASCADE; CREATE SCHEMA \(name: schema); SET search_path = \(name: schema)")
    return connection
  }

  private func run(_ steps: String, in folder: TemporaryFolder) async throws -> Run {
    let port = try PostgresServer.shared.get().port
    let text =
      "name: trial\nsteps:\n"
      + steps.replacing("PG", with: "\"postgres://postgres:secret@127.0.0.1:\(port)/postgres?sslmode=disable\"")
    return try await Workspace(directory: URL(fileURLWithPath: folder.path)).run(
      RunRequest(PipelineText(file: "trial.yaml", text: text)))
  }

  @Test func rowsThatPassThroughAreCountedForTheReadToo() async throws {
    let pg = try connection("passing_run")
    try pg.run("CREATE TABLE a AS SELECT i AS id, 'name ' || i AS name FROM generate_series(1, 5000) i")
    let run = try await run(
      """
        - { id: rows, read: { from: PG, table: passing_run.a } }
        - { id: load, write: { to: PG, table: passing_run.b, mode: replace } }
      """, in: TemporaryFolder())
    #expect(run.status == .success, "\(run.problems)")
    for step in run.steps {
      #expect(step.rows == 5000, "\(step.id)")
      #expect((step.bytes ?? 0) > 50_000, "\(step.id)")
    }
  }

  @Test func jsonbComesThroughToFiles() async throws {
    let pg = try connection("jsonb_run")
    try pg.run(
      """
      CREATE TABLE a (id int, doc jsonb, docs jsonb[]);
      INSERT INTO a VALUES (1, '{"b": 1.50, "a": [1, 12345678901234567890.123456789], "é": "x\\"y\\n"}', ARRAY['{"k": [1]}', '2']::jsonb[]),
        (2, 'null', NULL), (3, NULL, '{}'), (4, '"text"', NULL), (5, '-0.10', NULL), (6, '[]', NULL)
      """)
    let folder = try TemporaryFolder()
    let run = try await run(
      """
        - { id: rows, read: { from: PG, table: jsonb_run.a } }
        - { id: told, read: { from: PG, query: "SELECT * FROM jsonb_run.a WHERE id <> 2" } }
        - { id: one, write: { from: told, to: out.json, mode: replace } }
        - { id: two, write: { from: rows, to: out.parquet, mode: replace } }
      """, in: folder)
    #expect(run.status == .success && run.receipts.map(\.verified) == [true, true], "\(run.problems)")
    let documents = try pg.rows("SELECT id, doc::text FROM a ORDER BY id")
    let text = try String(contentsOfFile: folder.file("out.json"), encoding: .utf8)
    // In a JSON file the document `null` and no document would look the same.
    for document in documents where document[0] != "2" {
      let compact = (document[1] ?? "null").replacing("\": ", with: "\":").replacing(", ", with: ",")
      #expect(text.contains("{\"id\":\(document[0] ?? ""),\"doc\":\(compact),"), "\(text)")
    }
    let engine = try Database().connect()
    let stored = try await engine.query(
      "SELECT id::VARCHAR, doc::VARCHAR, doc FROM \(text: folder.file("out.parquet")) ORDER BY id")
    #expect(stored.rows.map { $0.prefix(2).map { $0 == .null ? nil : $0.description } } == documents)
    #expect(stored.schema.columns[2].type == .json)
  }

  /// Sessions end with what they were opened for, whatever became of it.
  @Test func noSessionStaysOpen() async throws {
    let pg = try connection("idle_run")
    _ = try? pg.run("CREATE DATABASE weir_idle")
    let folder = try TemporaryFolder()
    func run(_ steps: String) async throws -> Run {
      let port = try PostgresServer.shared.get().port
      let address = "\"postgres://postgres:secret@127.0.0.1:\(port)/weir_idle?sslmode=disable\""
      return try await Workspace(directory: URL(fileURLWithPath: folder.path)).run(
        RunRequest(
          PipelineText(
            file: "trial.yaml", text: "name: trial\nsteps:\n" + steps.replacing("PG", with: address))))
    }
    let rows = "  - { id: rows, transform: { sql: \"SELECT range AS id, 'x' AS v FROM range(10)\" } }\n"
    let good = try await run(rows + "  - { id: load, write: { from: rows, to: PG, table: t, mode: replace } }")
    #expect(good.status == .success, "\(good.problems)")
    for (steps, code) in [
      (
        "  - { id: r, read: { from: PG, table: nowhere } }\n  - { id: w, write: { from: r, to: a.json } }",
        "unknown-table"
      ),
      (
        "  - { id: r, read: { from: PG, query: \"SELECT 1 / (id - 5) AS x FROM t\" } }\n  - { id: w, write: { from: r, to: a.json, mode: replace } }",
        nil
      ),
      (
        "  - { id: r, read: { from: PG, table: t } }\n  - { id: c, transform: { sql: \"SELECT error('no') AS id FROM r\" } }\n  - { id: w, write: { from: c, to: PG, table: u, mode: replace } }",
        nil
      ),
      (
        rows
          + "  - { id: two, transform: \"SELECT 1 AS id, v || id AS v FROM rows\" }\n  - { id: w, write: { from: two, to: PG, table: t, mode: merge, key: id } }",
        "duplicate-key"
      ),
    ] as [(String, String?)] {
      let run = try await run(steps)
      #expect(run.status == .failed && (code == nil || run.problems.first?.code.description == code), "\(run.problems)")
    }
    let deadline = Date(timeIntervalSinceNow: 20)
    var open = "?"
    repeat {
      open = try pg.value("SELECT count(*) FROM pg_stat_activity WHERE datname = 'weir_idle'") ?? ""
    } while open != "0" && Date() < deadline
    let left = try pg.rows("SELECT application_name, state, query FROM pg_stat_activity WHERE datname = 'weir_idle'")
    #expect(open == "0", "\(left)")
  }

  @Test func aNewTableHasTheSourcesOwnTypesAlsoBehindTransforms() async throws {
    let pg = try connection("natives_run")
    try pg.run(
      """
      CREATE TYPE mood AS ENUM ('ok', 'bad');
      CREATE TABLE a (id int, n numeric, big numeric(50,10), v varchar(20), c char(3), doc jsonb, ip inet, m natives_run.mood, u uuid,
        at timestamptz, price numeric(10,2), tags varchar(5)[], m2 natives_run.mood[]);
      INSERT INTO a VALUES (1, 12345678901234567890.12345678901234567890, 1.5, 'äö', 'x', '{"k": [1]}', '10.0.0.1', 'bad',
        '00000000-0000-0000-0000-000000000001', '2024-01-01', 9.99, '{a,b}', '{ok}'); INSERT INTO a (id) VALUES (2)
      """)
    let types =
      "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute WHERE attnum > 0 AND attrelid = "
    let straight = try await run(
      """
        - { id: rows, read: { from: PG, table: natives_run.a } }
        - { id: load, write: { to: PG, table: natives_run.b, mode: replace } }
      """, in: TemporaryFolder())
    #expect(straight.status == .success, "\(straight.problems)")
    #expect(try pg.value(SQL(raw: types + "'b'::regclass")) == pg.value(SQL(raw: types + "'a'::regclass")))
    #expect(try pg.rows("SELECT b::text FROM b ORDER BY id") == pg.rows("SELECT a::text FROM a ORDER BY id"))
    let changed = try await run(
      """
        - { id: rows, read: { from: PG, table: natives_run.a } }
        - { id: other, transform: "SELECT n AS amount, doc, ip, m, upper(v) AS v, v AS name, c || '' AS c, id FROM rows WHERE upper(v) <> 'x' OR v IS NULL ORDER BY n" }
        - { id: third, transform: [{ filter: "id > 0" }] }
        - { id: load, write: { to: PG, table: natives_run.d, mode: replace, mapping: { ip: address } } }
      """, in: TemporaryFolder())
    #expect(changed.status == .success, "\(changed.problems)")
    #expect(
      try pg.value(SQL(raw: types + "'d'::regclass"))
        == "amount numeric, doc jsonb, address inet, m mood, v text, name character varying(20), c text, id integer")
    #expect(try pg.value("SELECT amount FROM d WHERE id = 1") == "12345678901234567890.12345678901234567890")
  }

  @Test func numbersOfAFileLandInTheTablesOwnTypes() async throws {
    let pg = try connection("narrow_run")
    try pg.run("CREATE TABLE t (id int, kind smallint, note varchar(4)); CREATE VIEW v AS SELECT * FROM t")
    let folder = try TemporaryFolder()
    try "id,kind,note\n1,2,ab\n3,4,12\n".write(toFile: folder.file("rows.csv"), atomically: true, encoding: .utf8)
    let steps = """
        - { id: rows, read: { from: rows.csv } }
        - { id: load, write: { to: PG, table: narrow_run.t, mode: append } }
      """
    let good = try await run(steps, in: folder)
    #expect(good.status == .success, "\(good.problems)")
    #expect(try pg.rows("SELECT * FROM t ORDER BY id") == [["1", "2", "ab"], ["3", "4", "12"]])
    try "id,kind,note\n1,2,ab\n5000000000,4,12\n".write(
      toFile: folder.file("rows.csv"), atomically: true, encoding: .utf8)
    let bad = try await run(steps, in: folder)
    #expect(bad.status == .failed)
    let problem = try #require(bad.problems.first)
    #expect(
      problem.code == "value-out-of-range" && problem.message.contains("5000000000") && problem.location != nil,
      "\(problem)")
    #expect(try pg.value("SELECT count(*) FROM t") == "2")
  }

  @Test(arguments: [
    "postgres://postgres:pass-half/word-half@127.0.0.1:PORT/postgres",
    "postgres://postgres:pa@pass-half/word-half@127.0.0.1:PORT/postgres",
    "postgres://postgres:pass-half?word-half@127.0.0.1:PORT/postgres",
    "postgres://postgres:12?word-half@127.0.0.1:PORT/postgres",
    "postgres://postgres:pass-half%2@127.0.0.1:PORT/postgres", "postgres://postgres:pass-half@127.0.0.1:port/postgres",
    "postgres://postgres:pass-half@no-such-host.invalid/postgres?sslmode=require",
    "postgres://postgres:pass-half@127.0.0.1:PORT/postgres",
    "postgres://postgres:pass-half%40%2F%3Aword-half@127.0.0.1:PORT/postgres?sslmode=disable",
    "postgres://nobody:pass-half@127.0.0.1:PORT/postgres",
    "postgres://postgres:pass-half@127.0.0.1:PORT/nowhere",
    "postgres://postgres:pass-half@127.0.0.1:PORT/postgres?sslmode=verify-full",
    "postgres://postgres:pass-half@127.0.0.1:PORT/postgres?sslmode=sometimes",
    "postgres://postgres:pass-half@127.0.0.1:PORT/postgres?options=-csearch_path%3Dx",
    "postgres://postgres@127.0.0.1:PORT/postgres?password=pass-half",
    "postgres://postgres:pass-half@127.0.0.1:1/postgres",
    "postgresq://postgres:pass-half@127.0.0.1/postgres", "postgres://postgres:pass-half@[::1/postgres",
  ])
  func noMessageShowsThePassword(address: String) async throws {
    let port = try PostgresServer.shared.get().port
    let url = address.replacing("PORT", with: String(port))
    let text = """
      name: trial
      steps:
        - { id: rows, read: { from: "\(url)", table: t } }
        - { id: load, write: { to: rows.parquet } }
      """
    let folder = try TemporaryFolder()
    let request = RunRequest(PipelineText(file: "trial.yaml", text: text))
    let workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
    var said = ""
    do {
      let run = try await workspace.run(request)
      #expect(run.status == .failed)
      said = run.problems.map { "\($0)" }.joined()
    } catch { said = "\(error)" }
    #expect(!said.isEmpty)
    #expect(!said.contains("pass-half") && !said.contains("word-half"), "\(said)")
  }
}
