import Pipelines
import Tabular
import TestSupport
import Testing

@testable import Connectors

@Suite(.serialized, .enabled(if: PostgresServer.isThere, "PostgreSQL is not installed")) struct PostgresReadOnlyTests {
  /// A source is only read, whatever its query says.
  static let changes: [(String, String)] = [
    ("DELETE FROM read_only.t RETURNING id", "invalid-sql"),
    ("WITH gone AS (DELETE FROM read_only.t RETURNING id) SELECT * FROM gone", "database-error"),
    ("SELECT read_only.take() AS id", "read-only"), ("SELECT nextval('read_only.numbers') AS id", "read-only"),
  ]

  @Test(arguments: changes)
  func aQueryChangesNothing(query: String, code: String) async throws {
    let pg = try PostgresFixture.readOnly.get()
    await #expect {
      let extract = try await pg.postgres.read(ReadRequest(.query(query), step: "read"))
      guard case .batches(let source) = extract.origin else { return }
      let reader = try source.open(columns: [0])
      _ = try reader.read(into: [LentVector(source.schema.columns[0].type, capacity: 100)], capacity: 100)
    } throws: {
      Problems.of($0).first?.code.description == code
    }
    #expect(try pg.value("SELECT count(*) FROM read_only.t") == "3")
    #expect(try pg.value("SELECT is_called FROM read_only.numbers") == "f")
  }
}

extension PostgresFixture {
  fileprivate static let readOnly = Result {
    let pg = try PostgresFixture("read_only")
    try pg.run(
      """
      CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2), (3); CREATE SEQUENCE numbers;
      CREATE FUNCTION take() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM read_only.t; RETURN 1; END'
      """)
    return pg
  }
}
