import Pipelines
import Tabular
import TestSupport
import Testing

@testable import Connectors

/// What a target says of keys that tell no rows apart is the same in every database.
@Suite(.serialized, .enabled(if: PostgresServer.isThere, "PostgreSQL is not installed")) struct KeyContractTests {
  private let schema = Schema([Column("id", .int64), Column("v", .text)])

  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var key: [String]
    var rows: [[Value]]
    /// The problem's code; nil = the rows land.
    var code: String?
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "no value", key: ["id"], rows: [[.integer(1), .text("a")], [.null, .text("b")]], code: "null-key"),
    Case(name: "part without value", key: ["id", "v"], rows: [[.integer(1), .null]], code: "null-key"),
    Case(
      name: "copies without value", key: ["id"], rows: [[.null, .text("b")], [.null, .text("b")]], code: "null-key"),
    Case(
      name: "different rows", key: ["id"], rows: [[.integer(7), .text("a")], [.integer(7), .text("b")]],
      code: "duplicate-key"),
    Case(
      name: "one of them null", key: ["id"], rows: [[.integer(7), .text("a")], [.integer(7), .null]],
      code: "duplicate-key"),
    Case(name: "copies", key: ["id"], rows: [[.integer(7), .text("a")], [.integer(7), .text("a")]]),
    Case(name: "copies with null", key: ["ID"], rows: [[.integer(7), .null], [.integer(7), .null]]),
    Case(name: "no key", key: [], rows: [], code: "missing-key"),
    Case(name: "unknown key", key: ["ident"], rows: [], code: "unknown-column"),
  ]

  @Test(arguments: cases, [WriteMode.merge, .deleteInsert, .scd2])
  func everyTargetSaysTheSame(_ one: Case, _ mode: WriteMode) async throws {
    var problems: [Problem?] = []
    var landed: [[[String]]] = []
    for id in ["duckdb", "sqlite"] {
      let files = try FileRuns()
      let connector = try files.connector(id, ["path": "k.\(id)"])
      let destination = try #require(connector as? any Destination)
      let source = try #require(connector as? any Source)
      try await files.write(to: destination, .table("t"), "SELECT 1::BIGINT AS id, 'old' AS v", mode: .append)
      problems.append(
        try await problem {
          try await files.write(to: destination, .table("t"), query(one.rows), mode: mode, key: one.key)
        })
      let extract = try await source.read(
        ReadRequest(.table("t"), columns: ["id", "v"], destinations: [destination], step: "read"))
      landed.append(try await files.run(extract, sorted: true).rows)
    }
    let pg = try PostgresFixture("key_contract")
    try await pg.load("t", schema, [[.integer(1), .text("old")]], .append)
    problems.append(try await problem { try await pg.load("t", schema, one.rows, mode, key: one.key) })
    landed.append(try pg.rows("SELECT id, v FROM t ORDER BY id").map { $0.map { $0 ?? "NULL" } })
    #expect(problems.map { $0?.code.description } == [one.code, one.code, one.code])
    let words = Set(problems.map { "\($0?.message ?? "")|\($0?.hint ?? "")" })
    #expect(words.count == 1, "\(words)")
    #expect(Set(landed).count == 1, "\(landed)")
    #expect(landed[0].count == (one.code == nil ? 2 : 1))
  }

  private func problem(_ body: () async throws -> Void) async throws -> Problem? {
    do {
      try await body()
      return nil
    } catch { return Problems.of(error).first }
  }

  private func query(_ rows: [[Value]]) -> SQL {
    let texts = rows.map { row -> SQL in
      let id: SQL = row[0] == .null ? "NULL" : "\(SQL(raw: row[0].description))"
      let text: SQL = row[1] == .null ? "NULL" : "\(text: row[1].description)"
      return "SELECT \(id)::BIGINT AS id, \(text)::VARCHAR AS v"
    }
    return rows.isEmpty
      ? "SELECT NULL::BIGINT AS id, NULL::VARCHAR AS v LIMIT 0" : "\(texts, separator: " UNION ALL ")"
  }
}
