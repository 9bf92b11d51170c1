import Execution
import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing
import Workspace

@testable import Connectors

/// `schema: ask` before a table on a real server.
@Suite(.enabled(if: PostgresServer.isThere, "PostgreSQL is not installed")) struct PostgresAnswerTests {
  @Test(
    arguments: [
      ("map:customer_segment", [["1", "Old"], ["2", "Gold"]], ["id", "customer_segment"]),
      ("create", [["1", "Old", nil], ["2", nil, "Gold"]], ["id", "customer_segment", "customer_segment_v2"]),
      ("ignore", [["1", "Old"], ["2", nil]], ["id", "customer_segment"]),
    ] as [(String, [[String?]], [String])]) func eachChoiceLands(
      choice: String, rows: [[String?]], columns: [String]
    ) async throws
  {
    let schema = "ask_\(choice.prefix { $0 != ":" })"
    var settings = PostgresSettings()
    settings.host = "127.0.0.1"
    settings.port = try PostgresServer.shared.get().port
    settings.database = "postgres"
    settings.password = Secret("secret")
    settings.sslMode = .disable
    let pg = try PostgresConnection(settings)
    try pg.run(
      """
      DROP SCHEMA IF EXISTS \(name: schema) CASCADE; CREATE SCHEMA \(name: schema); SET search_path = \(name: schema);
      CREATE TABLE customers (id bigint, customer_segment text); INSERT INTO customers VALUES (1, 'Old')
      """)
    let folder = try TemporaryFolder()
    let workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
    try Data("id,customer_segment_v2\n2,Gold\n".utf8).write(to: URL(fileURLWithPath: folder.file("rows.csv")))
    try FileManager.default.createDirectory(atPath: folder.file("pipelines"), withIntermediateDirectories: true)
    let address = "postgres://postgres:secret@127.0.0.1:\(settings.port)/postgres?sslmode=disable"
    try Data(
      """
      name: Customers
      steps:
        - { id: rows, read: { from: rows.csv } }
        - { id: load, write: { to: "\(address)", table: \(schema).customers, mode: append, schema: ask } }
      """.utf8
    ).write(to: URL(fileURLWithPath: folder.file("pipelines/p.yaml")))
    let paused = try await workspace.run(RunRequest(try workspace.pipeline("p")))
    #expect(paused.status == .paused && paused.questions.map(\.field) == ["customer_segment_v2"], "\(paused.problems)")
    #expect(try pg.rows("SELECT * FROM customers") == [["1", "Old"]])
    _ = try await workspace.answer(paused.id, ["customer_segment_v2=\(choice)"], isKept: false)
    let run = try await workspace.run(try await workspace.requestToContinue(paused.id))
    #expect(run.status == .success && run.receipts.map(\.verified) == [true], "\(run.problems)")
    #expect(try pg.rows("SELECT * FROM customers ORDER BY id") == rows)
    let names = try pg.rows(
      "SELECT attname FROM pg_attribute WHERE attrelid = 'customers'::regclass AND attnum > 0 ORDER BY attnum")
    #expect(names == columns.map { [$0] as [String?] })
  }
}
