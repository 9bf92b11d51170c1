import Pipelines
import Tabular
import TestSupport
import Testing

@testable import Connectors

/// What hangs on a table stays when its rows are replaced, and loads of the same table don't disturb each other.
@Suite(.enabled(if: PostgresServer.isThere, "PostgreSQL is not installed")) struct PostgresReplaceTests {
  private let people = Schema([Column("id", .int64), Column("name", .text)])

  /// Each makes something of `people`, and asks for it before and after.
  private static let attachments: [(name: String, make: String, ask: String)] = [
    ("view", "CREATE VIEW names AS SELECT name FROM people", "SELECT count(*) FROM names"),
    (
      "materialized view", "CREATE MATERIALIZED VIEW names AS SELECT name FROM people",
      "SELECT pg_get_viewdef('names'::regclass)"
    ),
    (
      "grants", "GRANT SELECT, INSERT ON people TO weir_guest WITH GRANT OPTION; GRANT UPDATE ON people TO PUBLIC",
      "SELECT relacl FROM pg_class WHERE oid = 'people'::regclass"
    ),
    (
      "column grants", "GRANT SELECT (name) ON people TO weir_guest",
      "SELECT string_agg(attacl::text, ',') FROM pg_attribute WHERE attrelid = 'people'::regclass"
    ),
    (
      "default privileges", "ALTER DEFAULT PRIVILEGES IN SCHEMA attached GRANT DELETE ON TABLES TO weir_guest",
      "SELECT has_table_privilege('weir_guest', 'people', 'DELETE')"
    ),
    (
      "owner", "GRANT ALL ON SCHEMA attached TO weir_guest; ALTER TABLE people OWNER TO weir_guest",
      "SELECT relowner::regrole FROM pg_class WHERE oid = 'people'::regclass"
    ),
    (
      "indexes",
      "CREATE UNIQUE INDEX \"By Name\" ON people (lower(name) DESC) INCLUDE (id) WHERE id > 0; COMMENT ON INDEX \"By Name\" IS 'x'",
      "SELECT string_agg(indexdef || coalesce(obj_description(format('%I', indexname)::regclass), ''), ';' ORDER BY indexname) FROM pg_indexes WHERE tablename = 'people' AND schemaname = 'attached'"
    ),
    (
      "clustered index", "CLUSTER people USING people_pkey",
      "SELECT indisclustered FROM pg_index WHERE indrelid = 'people'::regclass"
    ),
    (
      "foreign key of another",
      "CREATE TABLE pets (owner bigint REFERENCES people DEFERRABLE); INSERT INTO pets VALUES (1)",
      "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'pets'::regclass"
    ),
    (
      "own foreign key",
      "CREATE TABLE ids (id bigint PRIMARY KEY); INSERT INTO ids VALUES (1), (2); ALTER TABLE people ADD FOREIGN KEY (id) REFERENCES ids",
      "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'people'::regclass AND contype = 'f'"
    ),
    (
      "row security", "ALTER TABLE people ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON people USING (id > 0)",
      "SELECT string_agg(polname || pg_get_expr(polqual, polrelid), ',') FROM pg_policy WHERE polrelid = 'people'::regclass"
    ),
    (
      "trigger",
      "CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; CREATE TRIGGER act BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION act()",
      "SELECT string_agg(pg_get_triggerdef(oid), ',') FROM pg_trigger WHERE tgrelid = 'people'::regclass"
    ),
    (
      "rule", "CREATE RULE r AS ON DELETE TO people DO ALSO NOTHING",
      "SELECT definition FROM pg_rules WHERE tablename = 'people' AND schemaname = 'attached'"
    ),
    (
      "column default", "ALTER TABLE people ALTER name SET DEFAULT 'x' || 'y'",
      "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'people'::regclass"
    ),
    (
      "owned sequence", "ALTER TABLE people ADD no serial",
      "SELECT pg_get_serial_sequence('people', 'no') || (SELECT last_value FROM people_no_seq) * 0"
    ),
    (
      "comments", "COMMENT ON TABLE people IS 'all'; COMMENT ON COLUMN people.name IS 'given'",
      "SELECT obj_description('people'::regclass) || col_description('people'::regclass, 2)"
    ),
    (
      "replica identity", "ALTER TABLE people REPLICA IDENTITY FULL",
      "SELECT relreplident FROM pg_class WHERE oid = 'people'::regclass"
    ),
    (
      "storage options", "ALTER TABLE people SET (fillfactor = 70)",
      "SELECT reloptions FROM pg_class WHERE oid = 'people'::regclass"
    ),
    (
      "statistics", "CREATE STATISTICS s ON id, name FROM people",
      "SELECT stxname FROM pg_statistic_ext WHERE stxrelid = 'people'::regclass"
    ),
    (
      "checks", "ALTER TABLE people ADD CONSTRAINT c CHECK (id > 0) NO INHERIT NOT VALID",
      "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'c' AND conrelid = 'people'::regclass"
    ),
    (
      "function", "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM people; END",
      "SELECT pg_get_functiondef('f'::regproc)"
    ),
    (
      "publication", "CREATE PUBLICATION weir_attached FOR TABLE people",
      "SELECT pubname FROM pg_publication_tables WHERE schemaname = 'attached'"
    ),
    (
      "inheritance", "CREATE TABLE children () INHERITS (people)",
      "SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = 'children'::regclass"
    ),
  ]

  @Test func whatHangsOnATableStays() async throws {
    let server = try PostgresFixture("attached_roles")
    try server.run("DROP PUBLICATION IF EXISTS weir_attached; DROP ROLE IF EXISTS weir_guest; CREATE ROLE weir_guest")
    for attachment in PostgresReplaceTests.attachments {
      let pg = try PostgresFixture("attached")
      try pg.run("CREATE TABLE people (id bigint PRIMARY KEY, name text); INSERT INTO people VALUES (1, 'old')")
      try pg.run(attachment.make)
      let before = try pg.value(attachment.ask)
      #expect(before != nil, "\(attachment.name)")
      try await pg.load("people", people, [[.integer(1), .text("new")]], .replace)
      #expect(try pg.value("SELECT string_agg(name, ',') FROM people") == "new", "\(attachment.name)")
      #expect(try pg.value(attachment.ask) == before, "\(attachment.name)")
    }
    try server.run(
      "DROP SCHEMA attached CASCADE; DROP PUBLICATION IF EXISTS weir_attached; DROP OWNED BY weir_guest; DROP ROLE weir_guest"
    )
  }

  @Test func thePlanNamesWhatDependsAndWhyTheTableStays() async throws {
    let pg = try PostgresFixture("named_dependents")
    try pg.run(
      """
      CREATE TABLE people (id bigint PRIMARY KEY, name text); CREATE VIEW names AS SELECT name FROM people;
      CREATE TABLE pets (owner bigint CONSTRAINT owned REFERENCES people)
      """)
    let load = try await pg.postgres.prepare(pg.request("people", people, .replace))
    #expect(load.dependents == ["view named_dependents.names", "foreign key owned of named_dependents.pets"])
    #expect(load.strategy.contains("the table itself stays because of view named_dependents.names and 1 more"))
  }

  @Test(arguments: [WriteMode.replace, .truncate, .deleteInsert])
  func rowsOfOtherTablesAreNotDeletedAlong(mode: WriteMode) async throws {
    let pg = try PostgresFixture("cascades_\(mode.rawValue)")
    try pg.run(
      """
      CREATE TABLE people (id bigint PRIMARY KEY, name text); CREATE TABLE pets (owner bigint REFERENCES people ON DELETE CASCADE);
      INSERT INTO people VALUES (1, 'old'); INSERT INTO pets VALUES (1)
      """)
    await #expect {
      try await pg.load("people", people, [[.integer(1), .text("new")]], mode, key: ["id"])
    } throws: { Problems.of($0)[0].code == "cascading-delete" }
    #expect(try pg.value("SELECT count(*) FROM pets") == "1")
  }

  // MARK: Two loads at the same time

  @Test(arguments: [WriteMode.append, .replace, .truncate, .merge], [true, false])
  func aSecondLoadWaitsForTheFirst(mode: WriteMode, exists: Bool) async throws {
    let pg = try PostgresFixture("second_\(mode.rawValue)_\(exists)")
    if exists {
      try pg.run("CREATE TABLE people (id bigint PRIMARY KEY, name text); INSERT INTO people VALUES (9, 'old')")
    }
    func open() async throws -> any StreamLoad {
      let load = try await pg.postgres.prepare(pg.request("people", people, mode, key: ["id"]))
      guard case .stream(let open) = load.work else { throw Problem("internal", "not a stream") }
      return try open()
    }
    func fill(_ stream: any StreamLoad, _ id: Int128) throws {
      let memory = MemoryBatch(people, rowCount: 1)
      memory.columns[0].set(0, .integer(id))
      memory.columns[1].set(0, .text("from \(id)"))
      try memory.withBatch { try stream.write($0) }
      try stream.endWriting()
      _ = try stream.landed(level: .columns)
    }
    let first = try await open()
    let second = Waiting(try await open())
    try first.begin()
    try fill(first, 1)
    let waiting = Task {
      try await Blocking.run {
        try second.load.begin()
        let memory = MemoryBatch(people, rowCount: 1)
        memory.columns[0].set(0, .integer(2))
        memory.columns[1].set(0, .text("from 2"))
        try memory.withBatch { try second.load.write($0) }
        try second.load.endWriting()
        _ = try second.load.landed(level: .columns)
        _ = try second.load.commit(state: [])
      }
    }
    while try pg.value(
      "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = (hashtextextended('weir:\(pg.schema).people', 0) & 4294967295)::oid"
    ) == nil {
      await Task.yield()
    }
    #expect(
      try pg.value(
        "SELECT count(*) FROM pg_class WHERE relname LIKE '\\_weir\\_%' AND relnamespace = '\(pg.schema)'::regnamespace"
      ) == "0")
    _ = try first.commit(state: [])
    try await waiting.value
    let expected = mode == .replace || mode == .truncate ? "2" : exists ? "1,2,9" : "1,2"
    #expect(try pg.value("SELECT string_agg(id::text, ',' ORDER BY id) FROM people") == expected)
  }

  private struct Waiting: @unchecked Sendable {
    let load: any StreamLoad
    init(_ load: any StreamLoad) { self.load = load }
  }
}
