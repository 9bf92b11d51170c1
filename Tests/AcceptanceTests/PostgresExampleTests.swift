import Foundation
import TestSupport
import Testing

/// The examples that need PostgreSQL, against a real server, each in a database of its own.
@Suite(
  .timeLimit(.minutes(10)), .enabled(if: PostgresServer.isThere, "PostgreSQL isn't installed; script/setup installs it")
)
struct PostgresExampleTests {
  @Test func aFileBecomesATableAndATableParquet() async throws {
    let database = try await ExampleDatabase.make()
    let program = try Program(environment: ["EXAMPLE_POSTGRES": database.url])
    for _ in 1...2 {
      let loaded = try await program.weir("run", "examples/csv-to-postgres/pipeline.yaml")
      try #require(loaded.status == 0, "\(loaded)")
      #expect(!loaded.output.contains("secret") && !loaded.errors.contains("secret"))
    }
    let there = try await database.psql(
      "SELECT count(*), sum(balance), max(name) FILTER (WHERE id = 4), count(email) FROM customers")
    #expect(there == "5|12345678902572.40|Zoë \"Zed\" Müller|4")

    let exported = try await program.weir("run", "examples/postgres-to-parquet/pipeline.yaml")
    try #require(exported.status == 0, "\(exported)")
    let rows = try await program.rows(
      "SELECT id, name, joined FROM read_parquet('$here/uploads/examples/postgres-to-parquet/customers.parquet') ORDER BY id"
    )
    #expect(
      rows == [
        "1|Ada Lovelace|2024-12-10", "2|Grace Hopper|2025-01-15", "3|O'Neill, Søren|2025-02-01",
        "4|Zoë \"Zed\" Müller|2025-02-28",
      ])
  }

  @Test func onlyWhatChangedIsReadAndMerged() async throws {
    let database = try await ExampleDatabase.make()
    let program = try Program(environment: ["EXAMPLE_POSTGRES": database.url])
    _ = try await database.psql(
      try String(contentsOfFile: program.folder.file("examples/incremental-merge/orders.sql"), encoding: .utf8))
    try await runMerge(program)
    _ = try await database.psql(
      """
      UPDATE orders SET total = 21.00, updated_at = '2025-02-01' WHERE id = 1;
      INSERT INTO orders VALUES (4, 'Zoë', 7.77, '2025-02-02')
      """)
    try await runMerge(program)
    try await runMerge(program)
    let rows = try await program.rows(
      "SELECT id, customer, total FROM shop.orders ORDER BY id",
      attaching: "uploads/examples/incremental-merge/copy.duckdb")
    #expect(rows == ["1|Ada|21.00", "2|Grace|99.99", "3|Søren|0.10", "4|Zoë|7.77"])
  }

  private func runMerge(_ program: Program) async throws {
    let outcome = try await program.weir("run", "examples/incremental-merge/pipeline.yaml")
    try #require(outcome.status == 0, "\(outcome)")
  }
}

/// An empty database on the tests' server.
private struct ExampleDatabase {
  let url: String
  private static let password = "secret"

  static func make() async throws -> ExampleDatabase {
    let server = try PostgresServer.shared.get()
    let name = "example_" + UUID().uuidString.lowercased().replacing("-", with: "")
    let address = "postgres://postgres:\(password)@127.0.0.1:\(server.port)/"
    _ = try await ExampleDatabase(url: address + "postgres").psql("CREATE DATABASE \(name)")
    return ExampleDatabase(url: address + name)
  }

  /// psql's answer, unaligned and without headings.
  func psql(_ sql: String) async throws -> String {
    let outcome = try await Program().run(
      "/usr/bin/env", ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-tA", "-d", url, "-c", sql])
    try #require(outcome.status == 0, "\(outcome)")
    return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
