import Pipelines
import Tabular
import TestSupport
import Testing

@testable import Connectors

@Suite(.enabled(if: PostgresServer.isThere, "PostgreSQL is not installed")) struct PostgresConnectionTests {
  private func report(_ change: (inout PostgresSettings) throws -> Void) async throws -> ConnectionReport {
    var settings = try PostgresFixture.settings()
    try change(&settings)
    return await Postgres(settings, context: PostgresFixture.context).check()
  }

  @Test func aGoodConnectionAnswersThreeLinesAndALatency() async throws {
    let report = try await report { _ in }
    #expect(
      report.lines.map(\.title) == [
        "Connection established", "Authentication successful", "Query execution successful",
      ])
    #expect(report.succeeded)
    #expect(report.latencyMilliseconds != nil)
  }

  @Test func aWrongPasswordIsNotTransientAndNotShown() async throws {
    let report = try await report { $0.password = Secret("hunter2") }
    let problem = try #require(report.lines.last?.problem)
    #expect(report.lines.map(\.title) == ["Connection established", "Authentication failed"])
    #expect(
      report.passed(.connection) && !report.passed(.authentication) && !report.passed(.query) && !report.succeeded)
    #expect(problem.code == "authentication-failed")
    #expect(!problem.isTransient)
    #expect(!problem.description.contains("hunter2"))
  }

  @Test func aServerThatIsDownIsNamedAndTransient() async throws {
    let port = try PostgresServer.freePort()
    let problem = try #require(try await report { $0.port = port }.lines.last?.problem)
    #expect(problem.code == "connection-refused")
    #expect(problem.isTransient)
    #expect(problem.message.contains("127.0.0.1:\(port)"))
  }

  @Test(arguments: [("database", "unknown-database"), ("user", "authentication-failed"), ("tls", "tls-refused")])
  func otherRefusals(what: String, code: String) async throws {
    let report = try await report {
      switch what {
      case "database": $0.database = "nowhere"
      case "user": $0.username = "nobody"
      default: $0.sslMode = .require
      }
    }
    #expect(report.lines.last?.problem?.code.description == code)
  }

  @Test func resourcesHaveAllFacts() async throws {
    let pg = try PostgresFixture("discovery")
    try pg.run(
      """
      CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
      CREATE TABLE orders (id bigint, line int, customer int REFERENCES customers (id), PRIMARY KEY (id, line));
      CREATE INDEX orders_customer ON orders (customer); CREATE VIEW big AS SELECT * FROM orders; ANALYZE customers, orders
      """)
    let found = try await pg.postgres.resources().filter { $0.name.hasPrefix("discovery.") }
    #expect(found.map(\.name) == ["discovery.big", "discovery.customers", "discovery.orders"])
    #expect(found.map(\.kind) == ["view", "table", "table"])
    let orders = found[2]
    #expect(orders.primaryKey == ["id", "line"])
    #expect(orders.indexes == ["orders_customer", "orders_pkey"])
    #expect(orders.foreignKeys.first?.references == "discovery.customers")
    #expect(orders.foreignKeys.first?.referencedColumns == ["id"])
    #expect(orders.columns.map(\.type) == ["bigint", "integer", "integer"])
    #expect(found[1].columns.map(\.isNullable) == [false, false])
    #expect(orders.approximateRows == 0)
    #expect(orders.bytes != nil)
  }

  @Test func cancelEndsABlockedCall() async throws {
    let connection = try PostgresConnection(PostgresFixture.settings())
    let sleep = Task { try await Blocking.run { try connection.run("SELECT pg_sleep(600)") } }
    let watcher = try PostgresConnection(PostgresFixture.settings())
    while try watcher.value("SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)' AND state = 'active'")
      == nil
    {}
    connection.cancel()
    await #expect { _ = try await sleep.value } throws: { ($0 as? Problem)?.code == "cancelled" }
  }

  /// A server that neither answers nor closes: the line is cut.
  @Test func cancelEndsACallToAServerThatIsAway() async throws {
    let line = try CutLine(to: PostgresServer.shared.get().port, cutting: "pg_sleep", .silence)
    var settings = try PostgresFixture.settings()
    settings.port = line.port
    let connection = try PostgresConnection(settings)
    let sleep = Task { try await Blocking.run { try connection.run("SELECT pg_sleep(600)") } }
    while !line.hasCut { await Task.yield() }
    connection.cancel()
    await #expect { _ = try await sleep.value } throws: { ($0 as? Problem)?.code == "connection-lost" }
  }

  @Test func aSnapshotIsLetGoWhenAllPiecesAreTaken() async throws {
    let pg = try PostgresFixture("snapshot")
    try pg.run("CREATE TABLE t AS SELECT g AS id, repeat('x', 900) AS pad FROM generate_series(1, 80000) g; ANALYZE t")
    let keepers =
      "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'snapshot' AND query LIKE '%pg_export_snapshot%'"
    var settings = try PostgresFixture.settings(schema: "snapshot")
    settings.applicationName = "snapshot"
    guard
      case .batches(let source) = try await Postgres(settings, context: PostgresFixture.context).read(
        ReadRequest(.table("t"), step: "read")
      ).origin, source.partitions > 1
    else { return }
    let scan = source.scan()
    let first = try scan.open(columns: [0])
    #expect(try pg.value(keepers) == "1")
    let memory = MemoryBatch(Schema([source.schema.columns[0]]), rowCount: 2048)
    var rows = 0
    while case let count = try first.read(into: memory.columns, capacity: 2048), count > 0 { rows += count }
    #expect(rows == 80000)
    while try pg.value(keepers) != "0" { await Task.yield() }
    let late = try scan.open(columns: [0])
    #expect(try late.read(into: memory.columns, capacity: 2048) == 0)
  }
}
