import Pipelines
import Tabular
import TestSupport
import Testing

@testable import Connectors

/// Loads into tables that have rules of their own: columns they fill, triggers, narrower types, dependents.
@Suite(.enabled(if: PostgresServer.isThere, "PostgreSQL is not installed")) struct PostgresTargetTests {
  private let people = Schema([Column("id", .int64), Column("name", .text)])
  private let three: [[Value]] = [[.integer(1), .text("a")], [.integer(2), .text("b")], [.integer(3), .text("c")]]

  private func problems(_ body: () async throws -> Void) async -> [Problem] {
    do {
      try await body()
      return []
    } catch { return Problems.of(error) }
  }

  private func numbers(
    _ type: DataType, _ values: [Value], into: PostgresFixture, _ mode: WriteMode, _ policy: SchemaPolicy
  ) async -> [Problem] {
    await problems { try await into.load("t", Schema([Column("v", type)]), values.map { [$0] }, mode, policy: policy) }
  }

  // MARK: Columns the table fills

  @Test(arguments: [WriteMode.append, .replace, .truncate, .merge])
  func generatedColumnsAreRefusedBeforeAnythingMoves(mode: WriteMode) async throws {
    let pg = try PostgresFixture("generated_\(mode.rawValue)")
    try pg.run("CREATE TABLE t (id bigint PRIMARY KEY, name text GENERATED ALWAYS AS ('n' || id) STORED)")
    let found = await problems { _ = try await pg.postgres.prepare(pg.request("t", people, mode, key: ["id"])) }
    #expect(found.map(\.code) == ["generated-column"])
    #expect(found.first?.message.contains("\"name\"") == true)
    #expect(found.first?.hint?.contains("EXCLUDE") == true)
  }

  @Test func identityNumbersAreKeptOnlyIfAskedForAndNotGivenAgain() async throws {
    let pg = try PostgresFixture("identities")
    try pg.run("CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text)")
    let place = Location(file: "p.yaml", line: 1, column: 1)
    var request = pg.request("t", people, .append)
    #expect(await problems { _ = try await pg.postgres.prepare(request) }.map(\.code) == ["generated-column"])
    request.options = Setting(
      .map([.init(key: "identity", keyLocation: place, value: Setting(.text("keep"), at: place))]), at: place)
    for mode in [WriteMode.append, .truncate, .replace, .merge] {
      request.mode = mode
      request.key = ["id"]
      let memory = MemoryBatch(people, rowCount: 1)
      memory.columns[0].set(0, .integer(70))
      memory.columns[1].set(0, .text("seventy"))
      try await pg.load(request, batches: [memory])
      #expect(try pg.rows("SELECT * FROM t") == [["70", "seventy"]])
    }
    try pg.run("INSERT INTO t (name) VALUES ('next')")
    #expect(try pg.value("SELECT id FROM t WHERE name = 'next'") == "71")
  }

  // MARK: Triggers and rules

  @Test(
    arguments: [WriteMode.append, .replace, .truncate, .merge, .deleteInsert, .scd2], ["swallow", "shout", "rule"])
  func whatTriggersDoIsSeen(mode: WriteMode, what: String) async throws {
    let pg = try PostgresFixture("trigger_\(what)_\(mode.rawValue)")
    let versions = mode == .scd2 ? ", valid_from timestamptz, valid_to timestamptz" : ""
    try pg.run("CREATE TABLE people (id bigint, name text\(versions)); INSERT INTO people VALUES (9, 'old')")
    if what == "rule" {
      try pg.run("CREATE RULE swallow AS ON INSERT TO people WHERE NEW.id = 2 DO INSTEAD NOTHING")
    } else {
      let body =
        what == "shout"
        ? "NEW.name = upper(NEW.name); RETURN NEW" : "IF NEW.id = 2 THEN RETURN NULL; END IF; RETURN NEW"
      try pg.run(
        """
        CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \(body); END $$;
        CREATE TRIGGER act BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION act()
        """)
    }
    let load = try await pg.postgres.prepare(pg.request("people", people, mode, key: ["id"]))
    #expect(load.strategy.contains(what == "rule" ? "rule swallow" : "trigger act"))
    let found = await problems { try await pg.load("people", people, three, mode, key: ["id"]) }
    #expect(found.map(\.code) == ["verification-failed"])
    #expect(found.first?.message.contains(what == "shout" ? "\"name\"" : "1 of the rows") == true, "\(found)")
    #expect(try pg.rows("SELECT id, name FROM people") == [["9", "old"]])
  }

  @Test func aTriggerThatLeavesTheRowsAsTheyAreIsFine() async throws {
    let pg = try PostgresFixture("harmless")
    try pg.run(
      """
      CREATE TABLE people (id bigint, name text, touched int, doc jsonb, mood varchar(5));
      CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.touched = 1; RETURN NEW; END $$;
      CREATE TRIGGER act BEFORE INSERT OR UPDATE ON people FOR EACH ROW EXECUTE FUNCTION act()
      """)
    let schema = Schema(people.columns + [Column("doc", .json), Column("mood", .text)])
    let row: [Value] = [.integer(1), .text("a"), .json("{\"b\" : 1}"), .text("fine")]
    for mode in [WriteMode.append, .replace, .truncate, .merge, .deleteInsert] {
      try await pg.load("people", schema, [row], mode, key: ["id"])
      #expect(try pg.rows("SELECT * FROM people") == [["1", "a", "1", "{\"b\": 1}", "fine"]])
    }
  }

  @Test func aChangingTriggerIsAcceptedWhereOnlyRowsAreVerified() async throws {
    let pg = try PostgresFixture("accepted")
    try pg.run(
      """
      CREATE TABLE people (id bigint, name text);
      CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name = upper(NEW.name); RETURN NEW; END $$;
      CREATE TRIGGER act BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION act()
      """)
    let memory = MemoryBatch(people, rowCount: 1)
    memory.columns[0].set(0, .integer(1))
    memory.columns[1].set(0, .text("a"))
    try await pg.load(pg.request("people", people, .append), batches: [memory], level: .count)
    try await pg.load(pg.request("people", people, .merge, key: ["id"]), batches: [memory], level: .count)
    #expect(try pg.value("SELECT string_agg(name, ',') FROM people") == "a")
  }

  // MARK: Narrower columns

  @Test(arguments: [WriteMode.append, .replace, .truncate], [SchemaPolicy.evolve, .freeze])
  func narrowerColumnsAreKeptWhileTheValuesFit(mode: WriteMode, policy: SchemaPolicy) async throws {
    let pg = try PostgresFixture("narrow_\(mode.rawValue)_\(policy.rawValue)")
    let columns: [(String, DataType, Value, String)] = [
      ("smallint", .int64, .integer(-32768), "-32768"), ("integer", .int64, .integer(2_147_483_647), "2147483647"),
      ("integer", .integer(bits: 64, signed: false), .integer(7), "7"), ("bigint", .int128, .integer(8), "8"),
      ("integer", .decimal(precision: 10, scale: 2), .integer(-1200), "-12"),
      ("numeric(6,2)", .int64, .integer(-9999), "-9999.00"),
      ("numeric(6,2)", .decimal(precision: 18, scale: 4), .integer(123_400), "12.34"),
      ("numeric(6,2)", .numeric, .text("12.300"), "12.30"),
      ("double precision", .int64, .integer(1 << 53), "9.007199254740992e+15"),
      ("real", .float64, .float(1.5), "1.5"), ("varchar(3)", .text, .text("äöü"), "äöü"),
      ("timestamp(0)", .timestampMicros, .integer(1_000_000), "1970-01-01 00:00:01"),
      ("timestamptz(3)", .timestampTZ, .integer(1000), "1970-01-01 00:00:00.001+00"),
      ("date", .timestampMicros, .integer(86_400_000_000), "1970-01-02"),
    ]
    let definitions = columns.enumerated().map { "c\($0.offset) \($0.element.0)" }.joined(separator: ", ")
    try pg.run("CREATE TABLE t (\(definitions)); INSERT INTO t DEFAULT VALUES; CREATE VIEW v AS SELECT * FROM t")
    if mode == .replace { try pg.run("DROP VIEW v") }
    let types =
      "SELECT string_agg(format_type(atttypid, atttypmod), ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0"
    let before = try pg.value(types)
    let schema = Schema(columns.enumerated().map { Column("c\($0.offset)", $0.element.1) })
    try await pg.load("t", schema, [columns.map(\.2), columns.map { _ in .null }], mode, policy: policy)
    #expect(try pg.rows("SELECT * FROM t WHERE c0 IS NOT NULL") == [columns.map { $0.3 }])
    #expect(try pg.value(types) == before)
  }

  @Test(arguments: [
    ("integer", DataType.int64, Value.integer(5_000_000_000), "5000000000"),
    ("smallint", .int64, .integer(40_000), "40000"),
    ("numeric(6,2)", .int64, .integer(10_000), "10000"),
    ("numeric(6,2)", .decimal(precision: 18, scale: 4), .integer(12_345), "1.2345"),
    ("numeric(6,2)", .numeric, .text("1.234"), "1.234"),
    ("double precision", .int64, .integer((1 << 53) + 1), "9007199254740993"),
    ("real", .float64, .float(0.1), "0.1"), ("varchar(3)", .text, .text("four"), "four"),
    ("char(3)", .text, .text("four"), "four"),
    ("timestamp(0)", .timestampMicros, .integer(1), "finer fraction"),
    ("date", .timestampMicros, .integer(1), "time of day"),
  ])
  func aValueThatDoesNotFitIsNamedWithColumnAndRow(
    column: String, type: DataType, value: Value, shown: String
  ) async throws {
    let pg = try PostgresFixture("overflow \(column) \(type) \(shown)")
    for mode in [WriteMode.append, .replace, .truncate] {
      try pg.run("DROP TABLE IF EXISTS t; CREATE TABLE t (v \(column))")
      let found = await numbers(type, [.null, value], into: pg, mode, .freeze)
      #expect(found.count == 1)
      #expect(
        found.first.map { ["value-out-of-range", "value-too-long"].contains($0.code.description) } == true, "\(found)")
      let message = found.first?.message ?? ""
      #expect(message.contains("\"v\"") && message.contains(shown) && message.contains("row 2"), "\(message)")
      #expect(try pg.value("SELECT count(*) FROM t") == "0")
    }
  }

  @Test(arguments: [WriteMode.append, .replace, .truncate, .merge])
  func aColumnIsWidenedWhenAValueNeedsIt(mode: WriteMode) async throws {
    let pg = try PostgresFixture("widened_\(mode.rawValue)")
    try pg.run("CREATE TABLE t (id int PRIMARY KEY, v smallint, n numeric(4,1)); INSERT INTO t VALUES (0, 0, 0)")
    let schema = Schema([Column("id", .int64), Column("v", .int64), Column("n", .decimal(precision: 10, scale: 3))])
    func batch(_ rows: [[Value]]) -> MemoryBatch {
      let memory = MemoryBatch(schema, rowCount: rows.count)
      for (row, values) in rows.enumerated() {
        for (column, value) in values.enumerated() { memory.columns[column].set(row, value) }
      }
      return memory
    }
    let batches = [
      batch([[.integer(1), .integer(1), .integer(1500)]]), batch([[.integer(2), .integer(70_000), .integer(2500)]]),
      batch([[.integer(3), .integer(3), .integer(1234)]]),
    ]
    try await pg.load(pg.request("t", schema, mode, key: ["id"]), batches: batches)
    #expect(
      try pg.rows("SELECT * FROM t WHERE id > 0 ORDER BY id") == [
        ["1", "1", "1.5"], ["2", "70000", "2.5"], ["3", "3", "1.234"],
      ]
        || pg.rows("SELECT * FROM t WHERE id > 0 ORDER BY id") == [
          ["1", "1", "1.500"], ["2", "70000", "2.500"], ["3", "3", "1.234"],
        ])
    #expect(
      try pg.rows(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0 ORDER BY attnum"
      )
        == [["integer"], ["bigint"], ["numeric"]])
    #expect(try pg.value("SELECT count(*) FROM t WHERE id = 0") == (mode == .append || mode == .merge ? "1" : "0"))
  }

  @Test func aViewKeepsItsColumnFromBeingWidened() async throws {
    let pg = try PostgresFixture("viewed")
    try pg.run("CREATE TABLE t (v int); CREATE VIEW seen AS SELECT v FROM t")
    let found = await numbers(.int64, [.integer(1), .integer(5_000_000_000)], into: pg, .append, .evolve)
    #expect(found.map(\.code) == ["value-out-of-range"])
    #expect(found.first?.hint?.contains("seen") == true)
    #expect(try pg.value("SELECT count(*) FROM t") == "0")
  }

  @Test(arguments: [
    ("text[]", "'{abcd}'", "varchar(3)[]"), ("bit varying", "B'10101'", "bit(3)"),
    ("bit varying", "B'10101'", "varbit(3)"),
  ])
  func nothingIsCutToTheLengthOfItsColumn(type: String, value: String, column: String) async throws {
    let pg = try PostgresFixture("cut \(column)")
    try pg.run("CREATE TABLE a (v \(type)); INSERT INTO a VALUES (\(value)); CREATE TABLE b (v \(column))")
    for mode in [WriteMode.append, .replace] {
      #expect(await problems { _ = try await pg.copy("a", to: "b", mode) }.count == 1)
    }
    #expect(try pg.value("SELECT count(*) FROM b") == "0")
  }

  @Test func aPointInTimeWithoutItsZoneIsRefusedWithTheWayOut() async throws {
    let pg = try PostgresFixture("zones")
    try pg.run("CREATE TABLE t (v timestamptz)")
    let found = await numbers(.timestampMicros, [], into: pg, .append, .evolve)
    #expect(found.map(\.code) == ["no-exact-type"])
    #expect(found.first?.hint?.contains("AT TIME ZONE") == true)
  }
}
