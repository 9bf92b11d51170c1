import DuckDB
import Pipelines
import Tabular
import TestSupport
import Testing

@testable import Connectors

@Suite(.enabled(if: PostgresServer.isThere, "PostgreSQL is not installed")) struct PostgresReadTests {
  /// A type and values of it as SQL; each is read, written to a new table of the landing type and compared by the server.
  static let types: [(type: String, values: [String])] = [
    ("boolean", ["true", "false"]), ("smallint", ["-32768", "32767"]), ("integer", ["-2147483648", "2147483647"]),
    ("bigint", ["-9223372036854775808", "9223372036854775807", "0"]),
    ("numeric(3,1)", ["-99.9", "0.0", "12.5"]), ("numeric(9,4)", ["12345.6789", "-0.0001"]),
    ("numeric(18,2)", ["9999999999999999.99", "-9999999999999999.99", "0.01", "100"]),
    ("numeric(38,0)", ["99999999999999999999999999999999999999", "-1"]),
    ("numeric(38,37)", ["9.9999999999999999999999999999999999999", "-0.0000000000000000000000000000000000001"]),
    ("numeric", ["12345678901234567890.123456789012345678", "-0.00", "1e50", "1e-30", "'NaN'"]),
    ("numeric(50,10)", ["1234567890123456789012345678901234567890.0123456789"]),
    ("real", ["1.5", "'NaN'", "'-Infinity'", "3.4028235e38"]),
    ("double precision", ["0.1", "'-0'", "'Infinity'", "5e-324"]),
    ("text", ["''", "'twelve bytes'", "'thirteen bytes and more, äöü 😀'"]),
    ("bytea", ["'\\x00ff10'", "''"]),
    ("uuid", ["'00000000-0000-0000-0000-000000000001'", "'ffffffff-ffff-4fff-bfff-ffffffffffff'"]),
    ("date", ["'2024-02-29'", "'0044-03-15 BC'", "'infinity'", "'-infinity'"]),
    ("time", ["'23:59:59.999999'", "'24:00:00'"]),
    ("time with time zone", ["'12:00:00.5+05:30'", "'00:00:00-11'"]),
    ("timestamp", ["'1969-12-31 23:59:59.999999'", "'infinity'", "'-infinity'", "'0001-01-01'"]),
    ("timestamp with time zone", ["'2024-01-01 00:00:00+03'", "'-infinity'"]),
    ("interval", ["'1 year 2 months -3 days 04:05:06.7'", "'0'"]),
    ("bit varying", ["B'101'", "B'11111111'", "B'000000001'"]),
    ("integer[]", ["'{1,NULL,3}'", "'{}'"]), ("text[]", ["'{a,NULL,\"longer than twelve bytes\"}'"]),
    ("bigint[][]", ["'{{1,2},{3,4}}'", "'{}'"]), ("numeric[]", ["'{1.50,2}'"]),
    ("timestamp with time zone[]", ["'{2024-01-01}'"]),
    ("character varying(20)", ["'äöü'", "'  x '"]), ("character(5)", ["'ab'"]),
    ("jsonb", ["'{\"b\": [1.50, null], \"a\": \"x\"}'"]),
    ("inet", ["'10.0.0.1/8'", "'::1'"]), ("int4range", ["'[1,5)'"]),
    ("character varying(4)[]", ["'{ab,NULL}'"]), ("jsonb[]", ["ARRAY['{\"k\": 1}'::jsonb]"]),
  ]

  @Test(arguments: types.indices)
  func everyTypeComesBackAsItWas(index: Int) async throws {
    let (type, values) = Self.types[index]
    let pg = try PostgresFixture("type_\(index)")
    try pg.run("CREATE TABLE a (id int, v \(type))")
    for (id, value) in values.enumerated() { try pg.run("INSERT INTO a VALUES (\(id), \(value))") }
    try pg.run("INSERT INTO a VALUES (99, NULL)")
    #expect(try await pg.copy("a", to: "b") == 0)
    // EXCEPT takes -0 for 0 and 1.50 for 1.5; the bytes don't.
    #expect(try pg.rows("SELECT id, v::text FROM a ORDER BY id") == pg.rows("SELECT id, v::text FROM b ORDER BY id"))
  }

  @Test(arguments: types.indices)
  func everyTypeGoesThroughTheEngineUnchanged(index: Int) async throws {
    let (type, values) = Self.types[index]
    let pg = try PostgresFixture("engine_\(index)")
    try pg.run("CREATE TABLE a (id int, v \(type))")
    for (id, value) in values.enumerated() { try pg.run("INSERT INTO a VALUES (\(id), \(value))") }
    try pg.run("INSERT INTO a VALUES (99, NULL)")
    let extract = try await pg.postgres.read(ReadRequest(.table("a"), step: "read"))
    guard case .batches(let source) = extract.origin else { return }
    let engine = try Database().connect()
    try await engine.register(source, as: "pg")
    let load = try await pg.postgres.prepare(pg.request("b", source.schema, .replace))
    guard case .stream(let open) = load.work else { return }
    let run = EngineRun(try open(), FingerprintAccumulator(schema: load.landing, level: .full))
    try run.stream.begin()
    try await engine.stream("SELECT * FROM pg()") { try run.take($0) }
    try run.stream.endWriting()
    #expect(try run.stream.landed(level: .full) == run.prints.finish())
    _ = try run.stream.commit(state: []).get()
    #expect(try pg.rows("SELECT id, v::text FROM a ORDER BY id") == pg.rows("SELECT id, v::text FROM b ORDER BY id"))
  }

  @Test func typesWithoutAnEqualBecomeExactText() async throws {
    let pg = try PostgresFixture("texts")
    try pg.run(
      """
      CREATE TYPE mood AS ENUM ('ok', 'bad'); CREATE DOMAIN email AS varchar(50) NOT NULL;
      CREATE TABLE a (m mood, e email, c char(5), j json, b jsonb, ip inet, r int4range, p point, x xml, ms mood[], js jsonb[]);
      INSERT INTO a VALUES ('bad', 'a@b', 'xy', '{"a" : 1}', '{"a" : 1}', '10.0.0.0/8', '[1,5)', '(1,2)', '<a/>', '{ok,bad}',
        ARRAY['{"k": 1}'::jsonb])
      """)
    let (schema, batches, _) = try await pg.read(.table("a"))
    #expect(
      schema.columns.map(\.type) == [
        .text, .text, .text, .json, .json, .text, .text, .text, .text, .list(.text), .list(.text),
      ])
    try await pg.load(pg.request("b", schema, .replace), batches: batches)
    #expect(
      try pg.rows("SELECT * FROM b")
        == [
          [
            "bad", "a@b", "xy   ", "{\"a\" : 1}", "{\"a\": 1}", "10.0.0.0/8", "[1,5)", "(1,2)", "<a/>", "{ok,bad}",
            "{\"{\\\"k\\\": 1}\"}",
          ]
        ])
  }

  @Test func aNaNInANumericColumnIsRefusedByName() async throws {
    let pg = try PostgresFixture("nan")
    try pg.run("CREATE TABLE a (price numeric(10,2)); INSERT INTO a VALUES ('NaN')")
    await #expect {
      _ = try await pg.read(.table("a"))
    } throws: { error in
      let problem = Problems.of(error)[0]
      return problem.code == "value-not-exact" && problem.message.contains("price") && problem.message.contains("NaN")
    }
  }

  @Test(arguments: [1, 25_001])
  func rowsAcrossBatchBordersAreEqual(count: Int) async throws {
    let pg = try PostgresFixture("borders_\(count)")
    try pg.run(
      """
      CREATE TABLE a AS SELECT i::bigint AS id, CASE WHEN i % 7 > 0 THEN repeat('x', i % 40) END AS name, (i * 1.25)::numeric(18,2) AS amount, \
      timestamptz '2024-01-01' + i * interval '1.000001 s' AS at FROM generate_series(1, \(count)) i
      """)
    #expect(try await pg.copy("a", to: "b") == 0)
    #expect(try await pg.copy("a", to: "b") == 0)
  }

  @Test func queriesFiltersColumnsLimitsAndCursorsArePushedDown() async throws {
    let pg = try PostgresFixture("pushdown")
    try pg.run(
      "CREATE TABLE a AS SELECT i AS id, 'n' || i AS name, timestamptz '2024-01-01' + i * interval '1 h' AS at FROM generate_series(1, 100) i"
    )
    func count(_ subject: ReadRequest.Subject, _ change: (inout ReadRequest) -> Void) async throws -> (Int, Extract) {
      let (_, batches, extract) = try await pg.read(subject, capacity: 7, change)
      return (batches.reduce(0) { $0 + $1.rowCount }, extract)
    }
    #expect(try await count(.query("SELECT id FROM pushdown.a WHERE id > 90; \n")) { _ in }.0 == 10)
    #expect(try await count(.table("pushdown.a")) { $0.filter = "id <= 20 -- twenty" }.0 == 20)
    #expect(try await count(.table("a")) { $0.limit = 3 }.0 == 3)
    let (rows, extract) = try await count(.table("a")) {
      $0.cursor = CursorRange(column: "at", after: "2024-01-04 00:00:00+00")
    }
    #expect(rows == 100 - 72 + 1)
    #expect(extract.upperBound == "2024-01-05 04:00:00+00")
    #expect(try await count(.table("a")) { $0.cursor = CursorRange(column: "id", after: "10", upTo: "20") }.0 == 11)
    await #expect { _ = try await pg.read(.table("aa")) } throws: { Problems.of($0)[0].code == "unknown-table" }
    await #expect { _ = try await pg.read(.table("a")) { $0.columns = ["nam"] } } throws: {
      Problems.of($0)[0].hint == "Did you mean \"name\"?"
    }
  }

  @Test(arguments: [
    ("timestamptz", "'2025-01-01 00:00:00+00'", "'infinity'"), ("date", "'2025-01-01'", "'-infinity'"),
    ("float8", "1.5", "'NaN'"),
    ("numeric(9,2)", "1.50", "NULL"), ("bigint", "7", "NULL"),
  ])
  func onlyTheFirstReadTakesRowsWithoutAFiniteCursor(type: String, value: String, odd: String) async throws {
    let pg = try PostgresFixture("cursor_" + type.prefix { $0.isLetter })
    try pg.run("CREATE TABLE a (id int, v \(type)); INSERT INTO a VALUES (1, \(value)), (2, \(odd)), (3, NULL)")
    func read(_ range: CursorRange) async throws -> (rows: Int, extract: Extract) {
      let (_, batches, extract) = try await pg.read(.table("a")) { $0.cursor = range }
      return (batches.reduce(0) { $0 + $1.rowCount }, extract)
    }
    let first = try await read(CursorRange(column: "v", takesValueless: true))
    #expect(first.rows == 3 && first.extract.valueless == nil)
    #expect(first.extract.upperBound == value.filter { $0 != "'" })
    let later = try await read(CursorRange(column: "v", after: first.extract.upperBound))
    #expect(later.rows == 1 && later.extract.valueless == 2)
    #expect(later.extract.upperBound == first.extract.upperBound)
  }

  @Test func anEndBeyondTheLastRowIsNotTakenForWhatWasRead() async throws {
    let pg = try PostgresFixture("beyond")
    try pg.run("CREATE TABLE a AS SELECT i AS id FROM generate_series(1, 100) i")
    let (_, batches, extract) = try await pg.read(.table("a")) {
      $0.cursor = CursorRange(column: "id", after: "90", upTo: "500")
    }
    #expect(extract.upperBound == "100")
    #expect(batches.reduce(0) { $0 + $1.rowCount } == 11)
  }

  @Test func bytesPassThroughWithTheSameFingerprint() async throws {
    let pg = try PostgresFixture("passing")
    try pg.run(
      """
      CREATE TABLE a AS SELECT i::bigint AS id, CASE WHEN i % 5 > 0 THEN 'name of number ' || i END AS name, (i / 3.0)::numeric(12,4) AS x, \
      ARRAY[i, NULL] AS list, i::numeric / 7 AS n, now() AS at FROM generate_series(1, 5000) i
      """)
    let (schema, _, extract) = try await pg.read(.table("a"))
    let source = try #require(extract.passThrough)
    for _ in 0..<2 {
      let load = try await pg.postgres.prepare(pg.request("b", schema, .replace))
      guard case .stream(let open) = load.work else { return }
      let stream = try open()
      #expect(stream.copyFormat == source.format)
      try stream.begin()
      let sent = try source.stream(level: .full) { bytes, _ in try stream.writeBytes(bytes) }
      try stream.endWriting()
      let landed = try stream.landed(level: .full)
      #expect(sent == landed)
      #expect(sent.rows == 5000)
      _ = try stream.commit(state: []).get()
      #expect(try pg.value("SELECT count(*) FROM (TABLE a EXCEPT ALL TABLE b) d") == "0")
    }
  }
}

/// A load fed from the engine's thread.
private final class EngineRun: @unchecked Sendable {
  let stream: any StreamLoad
  var prints: FingerprintAccumulator

  init(_ stream: any StreamLoad, _ prints: FingerprintAccumulator) {
    self.stream = stream
    self.prints = prints
  }

  func take(_ batch: Batch) throws {
    prints.add(batch)
    try stream.write(batch)
  }
}
