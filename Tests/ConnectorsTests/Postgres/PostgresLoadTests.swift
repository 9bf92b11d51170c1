import Pipelines
import Tabular
import TestSupport
import Testing

@testable import Connectors

@Suite(.enabled(if: PostgresServer.isThere, "PostgreSQL is not installed")) struct PostgresLoadTests {
  private let people = Schema([Column("id", .int64), Column("name", .text)])

  private func code(_ body: () async throws -> Void) async -> [String] {
    do {
      try await body()
      return []
    } catch { return Problems.of(error).map(\.code.description) }
  }

  @Test func aNewTableIsMadeFilledAndRemembersItsCursor() async throws {
    let pg = try PostgresFixture("create_table")
    let outcome = try await pg.load(
      "people", people, [[.integer(1), .text("Ann")], [.integer(2), .null]], .replace,
      state: [StateEntry(key: "k", value: "2")])
    #expect(outcome.inserted == 2)
    #expect(try pg.rows("SELECT * FROM people ORDER BY id") == [["1", "Ann"], ["2", nil]])
    #expect(try await pg.postgres.storedState(["k", "other"], for: .table("people")) == ["k": "2"])
  }

  @Test func appendAddsMergeUpdatesDeleteInsertReplacesTheKey() async throws {
    let pg = try PostgresFixture("modes")
    try await pg.load("people", people, [[.integer(1), .text("Ann")], [.integer(2), .text("Bob")]], .append)
    try await pg.load("people", people, [[.integer(3), .text("Cy")]], .append)
    #expect(try pg.value("SELECT count(*) FROM people") == "3")
    let merged = try await pg.load(
      "people", people, [[.integer(2), .text("Bea")], [.integer(4), .text("Di")], [.integer(4), .text("Di")]], .merge,
      key: ["id"])
    #expect(merged == LoadOutcome(inserted: 1, updated: 1))
    #expect(try pg.value("SELECT string_agg(name, ',' ORDER BY id) FROM people") == "Ann,Bea,Cy,Di")
    let replaced = try await pg.load(
      "people", people, [[.integer(1), .text("Al")]], .deleteInsert, key: ["id"])
    #expect(replaced == LoadOutcome(inserted: 1, deleted: 1))
    #expect(try pg.value("SELECT string_agg(name, ',' ORDER BY id) FROM people") == "Al,Bea,Cy,Di")
    try await pg.load("people", people, [[.integer(9), .text("Zoe")]], .truncate)
    #expect(try pg.value("SELECT string_agg(name, ',' ORDER BY id) FROM people") == "Zoe")
  }

  @Test func scd2KeepsVersions() async throws {
    let pg = try PostgresFixture("versions")
    try await pg.load(
      "people", people, [[.integer(1), .text("Ann")], [.integer(2), .text("Bob")]], .scd2, key: ["id"])
    let second = try await pg.load(
      "people", people, [[.integer(1), .text("Anna")], [.integer(2), .text("Bob")]], .scd2, key: ["id"])
    #expect(second == LoadOutcome(inserted: 1, updated: 1))
    #expect(
      try pg.rows("SELECT id, name, valid_to IS NULL FROM people ORDER BY id, name")
        == [["1", "Ann", "f"], ["1", "Anna", "t"], ["2", "Bob", "t"]])
  }

  @Test func conflictingDuplicatesAndNullsInTheKeyAreRefused() async throws {
    let pg = try PostgresFixture("duplicates")
    try await pg.load("people", people, [[.integer(1), .text("Ann")]], .replace)
    let codes = await code {
      try await pg.load(
        "people", people, [[.integer(7), .text("x")], [.integer(7), .text("y")]], .merge, key: ["id"])
    }
    #expect(codes == ["duplicate-key"])
    #expect(
      await code { try await pg.load("people", people, [[.null, .text("x")]], .merge, key: ["id"]) } == ["null-key"])
    #expect(await code { try await pg.load("people", people, [], .merge, key: ["ident"]) } == ["unknown-column"])
    #expect(try pg.rows("SELECT * FROM people") == [["1", "Ann"]])
  }

  @Test func aSwapKeepsGrantsIndexesIdentityCommentsAndChecks() async throws {
    let pg = try PostgresFixture("swapped")
    try pg.run(
      """
      DROP ROLE IF EXISTS weir_reader; CREATE ROLE weir_reader;
      CREATE TABLE people (no int GENERATED ALWAYS AS IDENTITY, id bigint PRIMARY KEY, name text DEFAULT 'x' CHECK (name <> ''),
        loud text GENERATED ALWAYS AS (upper(name)) STORED);
      CREATE UNIQUE INDEX "By Name" ON people (lower(name)) WHERE id > 0; COMMENT ON TABLE people IS 'all of us';
      GRANT SELECT ON people TO weir_reader; INSERT INTO people (id, name) VALUES (1, 'old'), (2, 'older')
      """)
    let definition = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'swapped' ORDER BY 1"
    let constraints =
      "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'swapped.people'::regclass ORDER BY 1"
    let before = (
      try pg.rows(definition), try pg.rows(constraints), try pg.value("SELECT 'swapped.people'::regclass::oid")
    )
    let load = try await pg.postgres.prepare(pg.request("people", people, .replace))
    #expect(load.strategy.contains("in the place of"))
    #expect(load.existingRows == 2)
    try await pg.load("people", people, [[.integer(5), .text("new")]], .replace)
    #expect(try pg.rows("SELECT no, id, name, loud FROM people") == [["3", "5", "new", "NEW"]])
    #expect(try pg.rows(definition) == before.0)
    #expect(try pg.rows(constraints) == before.1)
    #expect(try pg.value("SELECT 'swapped.people'::regclass::oid") != before.2)
    #expect(try pg.value("SELECT has_table_privilege('weir_reader', 'swapped.people', 'SELECT')") == "t")
    #expect(try pg.value("SELECT obj_description('swapped.people'::regclass)") == "all of us")
    #expect(try pg.value("SELECT pg_get_serial_sequence('swapped.people', 'no')") == "swapped.people_no_seq")
    try pg.run("DROP TABLE people; DROP ROLE weir_reader")
  }

  @Test func aTableOthersDependOnIsEmptiedAndFilled() async throws {
    let pg = try PostgresFixture("dependents")
    try pg.run(
      """
      CREATE TABLE people (id bigint PRIMARY KEY, name text); CREATE VIEW names AS SELECT name FROM people;
      INSERT INTO people VALUES (1, 'old')
      """)
    let load = try await pg.postgres.prepare(pg.request("people", people, .replace))
    #expect(load.dependents == ["view dependents.names"])
    try await pg.load("people", people, [[.integer(2), .text("new")]], .replace)
    #expect(try pg.rows("SELECT * FROM names") == [["new"]])
    try pg.run("CREATE TABLE pets (owner bigint REFERENCES people); INSERT INTO pets VALUES (2)")
    #expect(
      await code { try await pg.load("people", people, [[.integer(3), .text("x")]], .replace) } == ["foreign-key"])
    #expect(try pg.rows("SELECT * FROM names") == [["new"]])
  }

  @Test func schemasEvolveOrStayFrozen() async throws {
    let pg = try PostgresFixture("evolution")
    try pg.run("CREATE TABLE t (id int NOT NULL, amount numeric(6,2), note text); INSERT INTO t VALUES (1, 2.50, 'a')")
    let wider = Schema([
      Column("ID", .int64), Column("amount", .decimal(precision: 18, scale: 4)), Column("extra", .boolean),
    ])
    #expect(await code { try await pg.load("t", wider, [], .append, policy: .freeze) } == ["schema-change"])
    try await pg.load("t", wider, [[.integer(5_000_000_000), .integer(123_456_789_012), .boolean(true)]], .append)
    #expect(
      try pg.rows("SELECT * FROM t ORDER BY id") == [
        ["1", "2.50", "a", nil], ["5000000000", "12345678.9012", nil, "t"],
      ])
    #expect(await code { try await pg.load("t", Schema([Column("note", .text)]), [], .append) } == ["missing-column"])
    #expect(await code { try await pg.load("t", Schema([Column("id", .text)]), [], .append) } == ["no-exact-type"])
  }

  @Test func aReplaceEvolvesTheNewTableAndLeavesGeneratedColumnsToIt() async throws {
    let pg = try PostgresFixture("replace_evolves")
    try pg.run(
      """
      CREATE TABLE t (id int PRIMARY KEY, name text, loud text GENERATED ALWAYS AS (upper(name)) STORED, kept date DEFAULT '2024-01-01');
      INSERT INTO t (id, name) VALUES (1, 'a')
      """)
    let grown = Schema([Column("id", .int64), Column("name", .text), Column("more", .decimal(precision: 5, scale: 1))])
    try await pg.load("t", grown, [[.integer(5_000_000_000), .text("b"), .integer(15)]], .replace)
    #expect(try pg.rows("SELECT id, name, loud, kept, more FROM t") == [["5000000000", "b", "B", "2024-01-01", "1.5"]])
    let generated = Schema([Column("id", .int64), Column("name", .text), Column("loud", .text)])
    #expect(
      await code { try await pg.load("t", generated, [[.integer(2), .text("c"), .text("lost")]], .replace) } == [
        "generated-column"
      ])
    #expect(try pg.rows("SELECT id, name, loud, kept, more FROM t") == [["5000000000", "b", "B", "2024-01-01", "1.5"]])
  }

  @Test func loadsOfTheSameTableWaitForEachOther() async throws {
    let pg = try PostgresFixture("concurrent")
    try await pg.load("people", people, [[.integer(0), .text("first")]], .replace)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 1...4 {
        group.addTask {
          let load = try await pg.postgres.prepare(pg.request("people", people, .merge, key: ["id"]))
          guard case .stream(let open) = load.work else { return }
          try await Blocking.run {
            let stream = try open()
            try stream.begin()
            let memory = MemoryBatch(people, rowCount: 1)
            memory.columns[0].set(0, .integer(1))
            memory.columns[1].set(0, .text("from \(number)"))
            try memory.withBatch { try stream.write($0) }
            try stream.endWriting()
            _ = try stream.commit(state: [StateEntry(key: "k", value: "\(number)")])
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try pg.value("SELECT count(*) FROM people") == "2")
    #expect(
      try pg.value("SELECT name FROM people WHERE id = 1") == "from "
        + (try pg.value("SELECT value FROM _weir_state WHERE key = 'k'") ?? ""))
  }

  @Test func partitionedTablesAndTablesWithTriggersKeepThem() async throws {
    let pg = try PostgresFixture("partitioned")
    try pg.run(
      """
      CREATE TABLE people (id bigint, name text) PARTITION BY RANGE (id);
      CREATE TABLE low PARTITION OF people FOR VALUES FROM (0) TO (10); CREATE TABLE high PARTITION OF people FOR VALUES FROM (10) TO (100);
      CREATE TABLE log (id bigint); CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO partitioned.log VALUES (NEW.id); \
      RETURN NEW; END $$;
      CREATE TRIGGER note BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION note()
      """)
    try await pg.load("people", people, [[.integer(1), .text("a")], [.integer(11), .text("b")]], .append)
    try await pg.load("people", people, [[.integer(2), .text("c")], [.integer(12), .text("d")]], .replace)
    #expect(try pg.rows("SELECT id, name FROM high") == [["12", "d"]])
    #expect(try pg.value("SELECT count(*) FROM log") == "4")
    #expect(
      await code { try await pg.load("people", people, [[.integer(500), .text("x")]], .append) } == [
        "constraint-violated"
      ])
  }

  @Test func namesThatNeedQuotingOrCollide() async throws {
    let pg = try PostgresFixture("Bad \"Schema\"; --")
    let schema = Schema([Column("select", .int64), Column("a\"b; DROP TABLE x", .text), Column("Ünï", .text)])
    try await pg.load("\"Order \"\"Items\"\".x\"", schema, [[.integer(1), .text("'"), .text("\\")]], .replace)
    try await pg.load("\"Order \"\"Items\"\".x\"", schema, [[.integer(2), .text("'"), .text("\\")]], .replace)
    try await pg.load(
      "\"Order \"\"Items\"\".x\"", schema, [[.integer(2), .text("$$"), .text("\\")]], .merge, key: ["select"])
    #expect(try pg.rows("SELECT * FROM \"Order \"\"Items\"\".x\"") == [["2", "$$", "\\"]])
    let colliding = Schema([Column("id", .int64), Column("ID", .int64)])
    #expect(await code { try await pg.load("t", colliding, [], .replace) } == ["column-collision"])
    let long = Schema([Column(String(repeating: "é", count: 32), .int64)])
    #expect(await code { try await pg.load("t", long, [], .replace) } == ["invalid-name"])
  }

  @Test func valuesGoIntoColumnsOfOtherTypesThroughACast() async throws {
    let pg = try PostgresFixture("conversions")
    try pg.run(
      "CREATE TYPE mood AS ENUM ('ok', 'bad'); CREATE TABLE t (id uuid, m mood, j jsonb, ip inet, c char(4), v varchar(3), f float8, n numeric)"
    )
    let schema = Schema([
      Column("m", .text), Column("j", .json), Column("ip", .text), Column("c", .text), Column("v", .text),
      Column("f", .float32), Column("n", .text),
    ])
    let row: [Value] = [
      .text("bad"), .json("{\"a\": [1,2]}"), .text("10.0.0.1"), .text("ab"), .text("xyz"), .float(1.5), .text("1.230"),
    ]
    try await pg.load("t", schema, [row], .append)
    try await pg.load("t", schema, [row], .replace)
    #expect(
      try pg.rows("SELECT m, j, ip, c, v, n FROM t") == [
        ["bad", "{\"a\": [1, 2]}", "10.0.0.1", "ab  ", "xyz", "1.230"]
      ])
    var bad = row
    bad[0] = .text("so-so")
    #expect(await code { try await pg.load("t", schema, [bad], .append) } == ["invalid-value"])
    bad = row
    bad[4] = .text("too long")
    #expect(await code { try await pg.load("t", schema, [bad], .append) } == ["value-too-long"])
    #expect(try pg.value("SELECT count(*) FROM t") == "1")
  }

  @Test func aNULInATextIsRefusedAndAnEmptyLoadIsFine() async throws {
    let pg = try PostgresFixture("oddities")
    #expect(
      await code { try await pg.load("t", people, [[.integer(1), .text("a\0b")]], .replace) } == ["invalid-text"])
    #expect(try pg.value("SELECT to_regclass('t')") == nil)
    try await pg.load("t", people, [], .replace)
    #expect(try pg.value("SELECT count(*) FROM t") == "0")
    let nanos = Schema([Column("at", .timestamp(.nanoseconds))])
    #expect(await code { try await pg.load("n", nanos, [[.integer(1_000_001)]], .replace) } == ["value-not-exact"])
    try await pg.load("n", nanos, [[.integer(1_000_000)], [.null]], .replace)
    #expect(try pg.value("SELECT at FROM n WHERE at IS NOT NULL") == "1970-01-01 00:00:00.001")
  }

  /// The session is ended by the server at every stage of a load; the old rows stay, nothing else does.
  @Test(arguments: [WriteMode.replace, .truncate, .append, .merge], ["begin", "write", "landed"])
  func aKilledLoadLeavesTheOldRows(mode: WriteMode, stage: String) async throws {
    let pg = try PostgresFixture("killed_\(mode.rawValue)_\(stage)")
    try await pg.load("people", people, [[.integer(1), .text("old")]], .replace)
    let tables = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = '\(pg.schema)'::regnamespace"
    let before = try pg.rows(tables)
    let load = try await pg.postgres.prepare(pg.request("people", people, mode, key: ["id"]))
    guard case .stream(let open) = load.work else { return }
    let stream = try open()
    let memory = MemoryBatch(people, rowCount: 1)
    memory.columns[0].set(0, .integer(2))
    memory.columns[1].set(0, .text("new"))
    func kill() throws {
      try pg.run(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid IN (SELECT (hashtextextended('weir:\(pg.schema).people', 0) & 4294967295)::oid)"
      )
    }
    let codes = await code {
      try stream.begin()
      if stage == "begin" { try kill() }
      try memory.withBatch { try stream.write($0) }
      if stage == "write" { try kill() }
      try stream.endWriting()
      _ = try stream.landed(level: .columns)
      try kill()
      _ = try stream.commit(state: [])
    }
    stream.rollback()
    #expect(codes == ["connection-lost"])
    #expect(try pg.rows("SELECT * FROM people") == [["1", "old"]])
    #expect(try pg.rows(tables) == before)
  }
}
