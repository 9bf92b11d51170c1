import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing

@testable import Connectors

/// Names, keys, columns, cursors, states and settings of any text reach the server as just that text, or are refused.
@Suite(.serialized, .enabled(if: PostgresServer.isThere, "PostgreSQL is not installed"))
struct PostgresInjectionTests {
  private static let schema = Schema([Column("id", .int64), Column("v", .text)])

  /// A text as the server has it, without any of our quoting.
  private static func server(_ text: String) -> String {
    "convert_from('\\x\(text.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())'::bytea, 'UTF8')"
  }

  private static func quoted(_ text: String) -> String { SQL.quote(text, with: "\"") }

  private func canary(_ name: String) throws -> PostgresFixture {
    let pg = try PostgresFixture(name)
    try pg.run("CREATE TABLE canary AS SELECT 1 AS a")
    return pg
  }

  private func expectCanary(_ pg: PostgresFixture, _ label: String) throws {
    #expect(try pg.value("SELECT sum(a) FROM canary") == "1", "\(label)")
  }

  @Test func tablesColumnsKeysAndStatesAreNames() async throws {
    let pg = try canary("hostile_names")
    var written = 0
    for text in HostileText.some(8, seed: 4) {
      let label = text.debugDescription
      let schema = Schema([Column(text, .int64), Column("v_", .text)])
      func rows(_ id: Int) -> [[Value]] { [[.integer(Int128(id)), .text(text.filter { $0 != "\0" })]] }
      do {
        let (table, entries) = (Self.quoted(text), [StateEntry(key: text, value: text)])
        try await pg.load(table, schema, rows(1), .append, state: entries)
        try await pg.load(table, schema, rows(1), .merge, key: [text], state: entries)
        try await pg.load(table, schema, rows(2), .deleteInsert, key: [text], state: entries)
        #expect(try await pg.postgres.storedState([text, "x"], for: .table(table)) == [text: text], "\(label)")
      } catch {
        #expect(error is Problem || error is Problems, "\(label): \(error)")
        #expect(text.contains("\0") || text.utf8.count > 63, "\(label): \(error)")
        try expectCanary(pg, label)
        continue
      }
      written += 1
      let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'hostile_names' AND tablename "
      #expect(try pg.value(tables + "= \(Self.server(text))") == "1", "\(label)")
      #expect(try pg.value(tables + "NOT IN ('canary', '_weir_state')") == "1", "\(label)")
      #expect(try pg.value("SELECT count(*) FROM _weir_state WHERE key = \(Self.server(text))") == "1", "\(label)")
      let (found, batches, _) = try await pg.read(.table(Self.quoted(text))) { $0.columns = ["v_", text] }
      #expect(found.names == ["v_", text], "\(label)")
      #expect(batches.reduce(0) { $0 + $1.rowCount } == 2, "\(label)")
      let later = try await pg.read(.table(Self.quoted(text))) { $0.cursor = CursorRange(column: text, after: "2") }
      #expect(later.batches.reduce(0) { $0 + $1.rowCount } == 1 && later.extract.upperBound == "2", "\(label)")
      try expectCanary(pg, label)
      try pg.run("DROP TABLE \(Self.quoted(text)); DELETE FROM _weir_state")
    }
    #expect(written > 50)
  }

  /// Without quotation marks of its own a name is read by `TableName`: still one table, or none.
  @Test func bareNamesOfTablesAreOneTableOrNone() async throws {
    let pg = try canary("hostile_bare")
    for text in HostileText.some(10, seed: 14) {
      let label = text.debugDescription
      _ = try? await pg.load(text, Self.schema, [[.integer(1), .text("x")]], .append)
      let made = try pg.rows(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'hostile_bare' AND tablename NOT IN ('canary', '_weir_state')"
      )
      let name = try? TableName(text)
      #expect(made.isEmpty || made == [[name?.name]], "\(label): \(made)")
      try expectCanary(pg, label)
      for row in made { try pg.run("DROP TABLE \(Self.quoted(row[0] ?? ""))") }
    }
  }

  @Test func schemasOfSettingsAreNames() async throws {
    let pg = try canary("hostile_schemas")
    for text in HostileText.list where !text.contains("\0") {
      let label = text.debugDescription
      try pg.run("DROP SCHEMA IF EXISTS \(Self.quoted(text)) CASCADE; CREATE SCHEMA \(Self.quoted(text))")
      let postgres = Postgres(try PostgresFixture.settings(schema: text), context: PostgresFixture.context)
      try pg.run("CREATE TABLE \(Self.quoted(text)).t AS SELECT 5 AS a")
      guard case .batches(let source) = try await postgres.read(ReadRequest(.table("t"), step: "read")).origin else {
        Issue.record("\(label)")
        continue
      }
      let memory = MemoryBatch(source.schema, rowCount: 10)
      let reader = try source.open(columns: [0])
      #expect(try reader.read(into: memory.columns, capacity: 10) == 1, "\(label)")
      #expect(memory.columns[0].vector.load(0, as: Int32.self) == 5, "\(label)")
      try pg.run("DROP SCHEMA \(Self.quoted(text)) CASCADE")
      try expectCanary(pg, label)
    }
  }

  /// Host, database, user and the name of the application are values of their keys; none can bring other keys along.
  @Test func settingsOfAConnectionAreValues() async throws {
    let pg = try canary("hostile_settings")
    let extra = [
      "postgres host=127.0.0.1", "postgresql://postgres:secret@127.0.0.1/postgres", "dbname=postgres", "postgres\0x",
    ]
    for text in HostileText.list + extra {
      let label = text.debugDescription
      for change: (inout PostgresSettings) -> Void in [{ $0.database = text }, { $0.username = text }] {
        var settings = try PostgresFixture.settings()
        change(&settings)
        #expect(throws: Problem.self, "\(label)") { _ = try PostgresConnection(settings) }
      }
      var settings = try PostgresFixture.settings()
      settings.applicationName = text
      guard let connection = try? PostgresConnection(settings) else { continue }
      // The server shows what isn't printable ASCII as `?` or `\x…`.
      let isPlain = text.utf8.allSatisfy { (32...126).contains($0) } && text.utf8.count < 64
      let shown = try connection.value("SELECT current_setting('application_name')")
      #expect(!isPlain || shown == text, "\(label): \(shown ?? "")")
    }
    try expectCanary(pg, "settings")
  }

  /// What passes the guard stays between its parentheses; the condition around it holds for nothing.
  @Test func conditionsAndQueriesStayInPlace() async throws {
    let pg = try canary("hostile_conditions")
    let place = Location(file: "f", line: 1, column: 1)
    let tricks = [
      "E'a'\n'\\'' ) OR (1=1 --'", "1=1) OR (1=1", "1=1 -- \r) OR (1=1", "1=1 /* /* */ ) OR (1=1 -- */",
      "U&'\\0027) OR (1=1'",
      "$a$) OR (1=1 --$a$ = ''", "1=1; DROP TABLE hostile_conditions.canary; --", "'\\') OR (1=1 --'",
      "1=1) UNION SELECT 1; DELETE FROM hostile_conditions.canary; --", "a = 1 AND pg_sleep(0) IS NOT NULL",
    ]
    var numbers = SeededNumbers(seed: 15)
    var accepted = 0
    for text in tricks + (0..<250).map({ _ in "1=1 " + HostileText.random(&numbers) }) {
      let label = text.debugDescription
      if let condition = try? UserSQL.condition(Setting(.text(text), at: place)) {
        let filtered = try? await pg.read(.table("canary")) {
          $0.filter = condition
          $0.cursor = CursorRange(column: "a", after: "5")
        }
        if let filtered {
          accepted += 1
          #expect(filtered.batches.allSatisfy { $0.rowCount == 0 }, "\(label)")
        }
      }
      if let query = try? UserSQL.query(Setting(.text("SELECT 1 AS a WHERE false AND (\(text))"), at: place)) {
        _ = try? await pg.read(.query(query)) { $0.filter = "a > 5" }
      }
    }
    #expect(accepted > 5)
    try expectCanary(pg, "conditions")
  }
}
