import DuckDB
import Execution
import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing
import Workspace

@testable import Connectors

/// A workspace with a connection `shop` to a schema of its own on a real PostgreSQL.
struct DifferenceTrial {
  let folder: TemporaryFolder
  let workspace: Workspace
  let postgres: PostgresConnection

  init(_ schema: String) async throws {
    folder = try TemporaryFolder()
    var settings = PostgresSettings()
    settings.host = "127.0.0.1"
    settings.port = try PostgresServer.shared.get().port
    settings.database = "postgres"
    settings.password = Secret("secret")
    settings.sslMode = .disable
    postgres = try PostgresConnection(settings)
    try postgres.run(
      "DROP SCHEMA IF EXISTS \(name: schema) CASCADE; CREATE SCHEMA \(name: schema); SET search_path = \(name: schema)")
    let file = """
      type: postgres
      host: 127.0.0.1
      port: \(settings.port)
      database: postgres
      username: postgres
      password: secret
      ssl_mode: disable
      schema: \(schema)
      """
    try FileManager.default.createDirectory(atPath: folder.file("connections"), withIntermediateDirectories: true)
    try Data(file.utf8).write(to: URL(filePath: folder.file("connections/shop.yaml")))
    workspace = try await Workspace(directory: URL(filePath: folder.path), environment: [:])
  }

  /// Runs statements in the engine; `$here` is the folder.
  func engine(_ sql: String) async throws {
    let connection = try Database().connect()
    try await connection.execute("SET TimeZone = 'UTC'")
    try await connection.execute(SQL(raw: sql.replacing("$here", with: folder.path)))
  }

  func server(_ sql: String) throws { try postgres.run(SQL(raw: sql)) }

  func diff(
    _ a: String, _ b: String, key: [String] = [], _ change: (inout DifferenceRequest) -> Void = { _ in }
  ) async throws -> ComparisonReport {
    var request = DifferenceRequest(a, b)
    request.options.key = key
    change(&request)
    return try await workspace.difference(request).report
  }

  func problems(_ a: String, _ b: String, key: [String] = []) async -> [Problem] {
    do {
      _ = try await diff(a, b, key: key)
      return []
    } catch { return Problems.of(error) }
  }
}

extension ComparisonReport {
  var counts: [Int] { [equal, changed, onlyInA, onlyInB] }
  var told: [String] {
    differences.map { difference in
      let key = difference.key.map(\.description).joined(separator: ",")
      guard let column = difference.column else { return "\(difference.kind.rawValue) \(key)" }
      return "\(key) \(column): \(difference.a?.description ?? "") → \(difference.b?.description ?? "")"
    }
  }
}

@Suite(.enabled(if: PostgresServer.isThere, "PostgreSQL is not installed")) struct DifferenceTests {
  /// The same thousand rows as PostgreSQL and as the engine spell them, in types of their own.
  static let server = """
    SELECT g::int AS id, 'name ' || g || ' äöü 😀' AS name, (g * 1.25)::numeric(12,4) AS amount, (g % 7 = 0) AS flag, \
    CASE WHEN g % 5 > 0 THEN 'note ' || g END AS note, '2024-01-01'::date + g AS day, \
    timestamptz '2024-01-01 12:00:00+02' + g * interval '1 minute' AS at, (g / 8.0)::float8 AS weight, g::numeric * 1000000000000 AS big, \
    ('00000000-0000-4000-8000-' || lpad(g::text, 12, '0'))::uuid AS code
    """
  static let engine = """
    SELECT g AS id, 'name ' || g || ' äöü 😀' AS name, (g * 1.25)::DECIMAL(10,2) AS amount, (g % 7 = 0) AS flag, \
    CASE WHEN g % 5 > 0 THEN 'note ' || g END AS note, DATE '2024-01-01' + g::INTEGER AS day, \
    TIMESTAMPTZ '2024-01-01 10:00:00+00' + to_minutes(g) AS at, (g / 8.0)::DOUBLE AS weight, g::HUGEINT * 1000000000000 AS big, \
    ('00000000-0000-4000-8000-' || lpad(g::VARCHAR, 12, '0'))::UUID AS code
    """

  @Test func equalAcrossSystems() async throws {
    let trial = try await DifferenceTrial("diff_equal")
    try trial.server("CREATE TABLE orders AS \(Self.server) FROM generate_series(1, 1000) g")
    let rows = "SELECT * FROM (\(Self.engine) FROM range(1, 1001) t(g)) ORDER BY hash(id)"
    try await trial.engine(
      """
      COPY (\(rows)) TO '$here/orders.parquet'; COPY (\(rows)) TO '$here/orders.csv';
      ATTACH '$here/shop.duckdb' AS f; CREATE TABLE f.orders AS \(rows); DETACH f
      """)
    for other in ["orders.parquet", "shop.duckdb/orders", "orders.csv"] {
      let report = try await trial.diff("shop/orders", other, key: ["id"])
      #expect(report.isIdentical, "\(other): \(report.told) \(report.changes)")
      #expect(report.counts == [1000, 0, 0, 0])
      #expect(report.a.rows == 1000 && report.b.rows == 1000)
      #expect(report.columnsOnlyInA.isEmpty && report.columnsOnlyInB.isEmpty)
    }
    let hashed = try await trial.diff("shop/orders", "orders.parquet", key: ["id"])
    #expect(hashed.a.isHashed && hashed.a.rowsRead == 0, "\(hashed.a)")
    #expect(hashed.b.rowsRead == 1000)
    let files = try await trial.diff("orders.parquet", "orders.csv", key: ["id"])
    #expect(files.isIdentical, "\(files.told) \(files.changes)")
  }

  @Test func whatDiffersIsTold() async throws {
    let trial = try await DifferenceTrial("diff_told")
    try trial.server("CREATE TABLE orders AS \(Self.server) FROM generate_series(1, 1000) g")
    let rows = """
      SELECT * REPLACE (CASE id WHEN 500 THEN NULL ELSE name END AS name, CASE id WHEN 500 THEN 0.01 ELSE amount END AS amount) \
      FROM (\(Self.engine) FROM range(1, 1002) t(g)) WHERE id <> 7
      """
    try await trial.engine("COPY (\(rows)) TO '$here/orders.parquet'")
    let report = try await trial.diff("shop/orders", "orders.parquet", key: ["id"])
    #expect(report.counts == [998, 1, 1, 1])
    #expect(
      report.told == [
        "500 name: name 500 äöü 😀 → NULL", "500 amount: 625.0000 → 0.01", "only_in_a 7", "only_in_b 1001",
      ])
    #expect(report.changes.map(\.column) == ["name", "amount"])
    #expect(report.changes.map(\.rows) == [1, 1])
    #expect(!report.isIdentical)
    let part = try await trial.diff("shop/orders", "orders.parquet", key: ["id"]) {
      $0.filter = "id BETWEEN 10 AND 509"
      $0.options.exclude = ["name", "amount"]
    }
    #expect(part.isIdentical && part.equal == 500, "\(part.told)")
    let named = try await trial.diff(
      "orders.parquet", "shop?query=SELECT id, name FROM diff_told.orders WHERE id <= 600", key: ["id"])
    #expect(named.counts == [598, 1, 401, 1])
    #expect(named.columnsOnlyInA.contains("amount") && named.columnsOnlyInB.isEmpty)
    let json = try Document.text(Difference(report: report, a: "shop/orders", b: "orders.parquet"))
    #expect(
      json.contains("\"only_in_a\" : 1") && json.contains("\"column_changes\" : {") && json.contains("\"rows_read\" :"),
      "\(json)")
  }

  @Test func valuesCountNotTypes() async throws {
    let trial = try await DifferenceTrial("diff_types")
    try trial.server(
      """
      CREATE TABLE t (id text PRIMARY KEY, n int, price numeric, plain numeric(8,3), at timestamptz, flag boolean, code uuid, doc jsonb);
      INSERT INTO t VALUES ('1', 42, 1.500, 2.000, '2024-05-01 10:00+02', true, '00000000-0000-0000-0000-0000000000AB', '{"a":1}'),
      ('2', -7, 100, -0.000, '2024-05-01 23:00-03', false, NULL, '[1, 2]')
      """)
    try await trial.engine(
      """
      COPY (SELECT * FROM (VALUES
      (1, '42', '1.50', 2.0::DECIMAL(4,1), TIMESTAMP '2024-05-01 08:00:00', 'true', '00000000-0000-0000-0000-0000000000ab', '{ "a": 1}'::JSON),
      (2, '-7', '100.0', 0.0, TIMESTAMP '2024-05-02 02:00:00', 'false', NULL, '[1,2]'))
      v(id, n, price, plain, "at", flag, code, doc)) TO '$here/t.parquet'
      """)
    let report = try await trial.diff("shop/t", "t.parquet")
    #expect(report.key == ["id"])
    #expect(report.counts == [2, 0, 0, 0], "\(report.told)")
    let types = Dictionary(
      uniqueKeysWithValues: report.typeDifferences.map { ($0.column, [$0.a, $0.b, $0.comparedAs]) })
    #expect(types["n"] == ["INTEGER", "VARCHAR", "number"])
    #expect(types["price"] == ["NUMERIC", "VARCHAR", "number"])
    #expect(types["at"]?[2] == "TIMESTAMP WITH TIME ZONE")
    try trial.server("UPDATE t SET n = 43 WHERE id = '1'")
    #expect(try await trial.diff("shop/t", "t.parquet").told == ["1 n: 43 → 42"])
  }

  /// Whatever a type is called in PostgreSQL, the server hashes it as the engine does.
  @Test func everyTypeIsHashedAlike() async throws {
    let trial = try await DifferenceTrial("diff_hashes")
    try trial.server(
      """
      CREATE TYPE mood AS ENUM ('sad', 'ok');
      CREATE TABLE t AS SELECT g AS id, 'ok'::mood AS mood, 'v'::varchar(9) AS short, 'p'::char(4) AS padded, '10.0.0.1'::inet AS place, \
      g::int2 AS small, g / 3.0::float4 AS single, '\\x00ff'::bytea AS bytes, time '12:30:00.5' AS clock, interval '1 month 2 days 3 s' AS span, \
      ARRAY[g, NULL] AS list, timestamp '2024-01-01 00:00:00.000001' AS moment, B'101' AS bits, 12345678901234567890.5::numeric AS wide, \
      NULL::text AS nothing FROM generate_series(1, 300) g
      """)
    let copy =
      "name: copy\nsteps:\n  - { id: rows, read: { from: shop, table: t } }\n  - { id: land, write: { from: rows, to: copy.duckdb, table: t, mode: replace } }\n"
    let run = try await trial.workspace.run(RunRequest(PipelineText(file: "copy.yaml", text: copy)))
    #expect(run.status == .success, "\(run.problems)")
    let report = try await trial.diff("shop/t", "copy.duckdb/t", key: ["id"])
    #expect(report.isIdentical, "\(report.changes) \(report.told.prefix(3))")
    #expect(report.a.isHashed && report.a.rowsRead == 0)
    try trial.server("UPDATE t SET padded = 'q', list[2] = 5 WHERE id = 9")
    #expect(try await trial.diff("shop/t", "copy.duckdb/t", key: ["id"]).changes.map(\.column) == ["padded", "list"])
  }

  @Test func onlyWhatDiffersIsRead() async throws {
    let trial = try await DifferenceTrial("diff_large")
    try trial.server(
      """
      CREATE TABLE a AS SELECT g AS id, md5(g::text) AS name, g * 0.01 AS amount FROM generate_series(1, 200000) g; ALTER TABLE a ADD PRIMARY KEY (id);
      CREATE TABLE b AS TABLE a; ALTER TABLE b ADD PRIMARY KEY (id);
      UPDATE b SET name = 'changed' WHERE id = 77777; DELETE FROM b WHERE id = 5; INSERT INTO b VALUES (200001, 'new', 1)
      """)
    try await trial.engine(
      "COPY (SELECT g AS id, md5(g::VARCHAR) AS name, (g * 0.01)::DECIMAL(12,2) AS amount FROM range(1, 200001) t(g)) TO '$here/a.parquet'"
    )
    for source in ["shop/a", "a.parquet"] {
      let report = try await trial.diff(source, "shop/b", key: ["id"])
      #expect(report.counts == [199_998, 1, 1, 1])
      #expect(
        report.told.map { $0.prefix(12) } == ["77777 name: ", "only_in_a 5", "only_in_b 20"]
          && report.told[0].hasSuffix("→ changed"))
      #expect(report.b.rows == 200_000 && report.b.isHashed)
      #expect(report.b.rowsRead > 0 && report.b.rowsRead * 20 < report.b.rows, "\(report.b.rowsRead)")
      #expect(source == "a.parquet" || report.a.rowsRead * 20 < report.a.rows, "\(report.a.rowsRead)")
    }
  }

  /// Keys that are no ranges, of two columns, or spread unevenly.
  @Test(arguments: [
    ("'k-' || g", ["id"]), ("md5(g::text)::uuid", ["id"]),
    ("CASE WHEN g = 1 THEN -9223372036854775808 WHEN g = 2 THEN 9223372036854775807 ELSE g END", ["id"]),
    ("g % 3", ["id", "part"]),
  ])
  func keysOfManyKinds(_ id: String, _ key: [String]) async throws {
    let trial = try await DifferenceTrial("diff_keys_\(abs(id.hashValue))")
    try trial.server(
      """
      CREATE TABLE a AS SELECT \(id) AS id, 'p' || g AS part, g AS n FROM generate_series(1, 60000) g; CREATE TABLE b AS TABLE a;
      UPDATE b SET n = -1 WHERE n = 4000; DELETE FROM b WHERE n = 50000
      """)
    let report = try await trial.diff("shop/a", "shop/b", key: key)
    #expect(report.counts == [59_998, 1, 1, 0])
    #expect(report.changes.map(\.column) == ["n"])
    #expect(report.a.rowsRead * 5 < 60_000, "\(report.a.rowsRead)")
  }

  /// Whichever way two sides are compared, the counts are those the server finds by joining everything.
  @Test(arguments: [1, 2, 3, 4, 5]) func everyWayFindsWhatAJoinFinds(_ seed: Int) async throws {
    let schema = "diff_join_\(seed)"
    let trial = try await DifferenceTrial(schema)
    var random = SeededNumbers(seed: UInt64(seed))
    func some(_ most: Int) -> Int { Int(random.next() % UInt64(most)) + 1 }
    try trial.server(
      """
      CREATE TABLE a AS SELECT g * \(some(1000)) - \(some(100_000)) AS id, 'k' || g % 7 AS part, nullif(g % 5, 0) * 0.5 AS amount, \
      CASE WHEN g % 4 > 0 THEN md5(g::text) END AS note FROM generate_series(1, \(some(20_000))) g;
      CREATE TABLE b AS TABLE a;
      UPDATE b SET amount = nullif(amount, 1) WHERE id % \(some(3000)) = 0; UPDATE b SET note = note || '.' WHERE abs(id) < \(some(2000));
      DELETE FROM b WHERE id % \(some(5000)) = 1; DELETE FROM a WHERE id % \(some(5000)) = 2
      """)
    let ways = [("shop/a", "shop/b"), ("a.parquet", "shop/b"), ("shop/a", "b.parquet"), ("a.parquet", "b.parquet")]
    let copy =
      "name: copy\nsteps:\n"
      + ["a", "b"].map {
        "  - { id: \($0), read: { from: shop, table: \($0) } }\n  - { id: land_\($0), write: { from: \($0), to: \($0).parquet, mode: replace } }\n"
      }.joined()
    let run = try await trial.workspace.run(RunRequest(PipelineText(file: "copy.yaml", text: copy)))
    #expect(run.status == .success, "\(run.problems)")
    let row = try trial.postgres.rows(
      """
      SELECT count(*) FILTER (WHERE a.id = b.id AND (a.amount, a.note) IS NOT DISTINCT FROM (b.amount, b.note)), \
      count(*) FILTER (WHERE a.id = b.id AND (a.amount, a.note) IS DISTINCT FROM (b.amount, b.note)), \
      count(*) FILTER (WHERE b.id IS NULL), count(*) FILTER (WHERE a.id IS NULL) FROM a FULL JOIN b USING (id, part)
      """
    )[0]
    let expected = row.map { Int($0 ?? "") ?? -1 }
    for (a, b) in ways {
      let report = try await trial.diff(a, b, key: seed % 2 == 0 ? ["id", "part"] : ["part", "id"])
      #expect(report.counts == expected, "\(a) \(b)")
    }
  }

  @Test func missingAndDoubleKeysAreToldNotJoined() async throws {
    let trial = try await DifferenceTrial("diff_double")
    try trial.server(
      "CREATE TABLE a (id int, v text); INSERT INTO a VALUES (1, 'x'), (2, 'y'), (2, 'z'), (NULL, 'n'), (3, 'c'); CREATE TABLE b AS TABLE a; DELETE FROM b WHERE v IN ('z', 'n')"
    )
    let report = try await trial.diff("shop/a", "shop/b", key: ["id"])
    #expect(report.counts == [2, 0, 0, 0])
    #expect(report.a.nullKeys == 1 && report.a.nullKeyExamples.map { $0.map(\.description) } == [["NULL", "n"]])
    #expect(report.a.duplicateKeys == 1 && report.a.duplicateRows == 2 && report.a.duplicateExamples == [[.integer(2)]])
    #expect(report.b.duplicateKeys == 0 && !report.isIdentical)
  }

  @Test func oddNamesStayNames() async throws {
    let trial = try await DifferenceTrial("diff_names")
    try trial.server(
      """
      CREATE TABLE keep (id int); CREATE TABLE "x""; DROP TABLE keep; --" ("ключ ""1'" int, "a'; DROP TABLE keep; --" text, "c0" int);
      INSERT INTO "x""; DROP TABLE keep; --" VALUES (1, 'it''s', 1), (2, '"; DROP TABLE keep; --', 2)
      """)
    try await trial.engine(
      """
      COPY (SELECT * FROM (VALUES (1, 'it''s', 1), (2, 'other', 2)) v("ключ ""1'", "a'; DROP TABLE keep; --", "C0")) TO '$here/x.parquet'
      """)
    let report = try await trial.diff("shop/\"x\"\"; DROP TABLE keep; --\"", "x.parquet", key: ["ключ \"1'"])
    #expect(report.told == ["2 a'; DROP TABLE keep; --: \"; DROP TABLE keep; -- → other"])
    #expect(try trial.postgres.value("SELECT count(*) FROM keep") == "0")
  }

  @Test func floatsWithinTheToleranceAreEqual() async throws {
    let trial = try await DifferenceTrial("diff_floats")
    try trial.server(
      "CREATE TABLE a AS SELECT g AS id, g + 0.0000001::float8 AS x FROM generate_series(1, 10) g; CREATE TABLE b AS SELECT id, id::float8 AS x FROM a"
    )
    #expect(try await trial.diff("shop/a", "shop/b", key: ["id"]).changed == 10)
    #expect(try await trial.diff("shop/a", "shop/b", key: ["id"]) { $0.options.tolerance = 0.001 }.isIdentical)
  }

  @Test func sqliteIsReadOnceIntoTheEngine() async throws {
    let trial = try await DifferenceTrial("diff_sqlite")
    try trial.server("CREATE TABLE t AS SELECT g AS id, 'v' || g AS v FROM generate_series(1, 5000) g")
    try await trial.engine(
      "LOAD '\(Library.extensions)/sqlite_scanner.duckdb_extension'; ATTACH '$here/app.sqlite' AS s (TYPE sqlite); CREATE TABLE s.t AS SELECT g AS id, 'v' || g AS v FROM range(1, 5001) t(g); UPDATE s.t SET v = 'w' WHERE id = 17"
    )
    let report = try await trial.diff("app.sqlite/t", "shop/t", key: ["id"])
    #expect(report.told == ["17 v: w → v17"])
    #expect(report.a.rowsRead == 5000 && report.b.rowsRead < 1000)
  }

  /// More rows than memory: they are spilled, and nothing is left behind.
  @Test func whatDoesNotFitIsSpilled() async throws {
    let trial = try await DifferenceTrial("diff_spill")
    try await trial.engine(
      """
      COPY (SELECT g AS id, repeat(md5(g::VARCHAR), 8) AS text FROM range(400000) t(g)) TO '$here/a.parquet';
      COPY (SELECT g AS id, CASE WHEN g = 399999 THEN 'x' ELSE repeat(md5(g::VARCHAR), 8) END AS text FROM range(400000) t(g)) TO '$here/b.parquet'
      """)
    let report = try await trial.diff("a.parquet", "b.parquet", key: ["id"]) {
      $0.limits = EngineLimits(memoryBytes: ProcessMemory.resident + 250_000_000, threads: 2)
    }
    #expect(report.counts == [399_999, 1, 0, 0])
    let left = try FileManager.default.contentsOfDirectory(atPath: trial.folder.file(".weir/runs"))
    #expect(left.isEmpty, "\(left)")
  }

  @Test func mistakesAreNamed() async throws {
    let trial = try await DifferenceTrial("diff_mistakes")
    try trial.server(
      "CREATE TABLE orders (order_id int, status text, tags text[]); CREATE TABLE days (order_id date, status text)")
    func codes(_ a: String, _ b: String, key: [String] = []) async -> [String] {
      await trial.problems(a, b, key: key).map { "\($0.code): \($0.message) \($0.hint ?? "")" }
    }
    func expect(_ found: [String], _ texts: String...) {
      for text in texts { #expect(found.joined(separator: "\n").contains(text), "\(found)") }
    }
    expect(await codes("shop/orders", "shop/orders"), "missing-key", "--key order_id", "status")
    expect(
      await codes("shop/orders", "shop/orders", key: ["order_ids"]), "unknown-column", "Did you mean \"order_id\"?")
    expect(await codes("shop/orders", "shop/days", key: ["order_id"]), "incomparable-key", "INTEGER in A and DATE in B")
    expect(await codes("shop/orders", "shop/orders", key: ["tags"]), "incomparable-key")
    expect(await codes("shop/ordres", "shop/orders", key: ["order_id"]), "unknown-table", "Did you mean")
    try await trial.engine("ATTACH '$here/shop.duckdb' AS f; CREATE TABLE f.orders AS SELECT 1 AS order_id")
    expect(
      await codes("shop.duckdb/order", "shop/orders", key: ["order_id"]), "unknown-table", "Did you mean \"orders\"?")
    expect(await codes("shpo/orders", "shop/orders"), "unknown-connection", "Did you mean \"shop\"?")
    expect(
      await codes("shop?query=SELECT 1 AS order_id; DROP TABLE orders", "shop/orders", key: ["order_id"]),
      "bad-expression")
    await #expect(throws: Problems.self) {
      _ = try await trial.diff("shop/orders", "shop/orders", key: ["order_id"]) {
        $0.filter = "true); DROP TABLE orders; --"
      }
    }
    expect(await codes("shop", "shop/orders"), "missing-setting", "shop/table")
    expect(await codes("nothing.csv", "shop/orders"), "file-not-found")
    expect(
      await codes("postgres://u:hunter2@127.0.0.1:1/db/orders", "shop/orders", key: ["order_id"]), "connection-refused")
    #expect(await !codes("postgres://u:hunter2@127.0.0.1:1/db/orders", "shop/orders").joined().contains("hunter2"))
    try await trial.engine("COPY (SELECT 1 AS other) TO '$here/other.csv'")
    expect(await codes("other.csv", "shop/orders"), "nothing-in-common")
  }
}
