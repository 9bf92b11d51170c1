import DuckDB
import Pipelines
import Tabular
import Testing

/// No text of a user changes what a statement does.
@Suite struct InjectionTests {
  private static let pieces = [
    "'", "\"", ";", "--", "/*", "*/", "\\", "\0", "$$", "$1", "(", ")", "[", "]", "{", "}", ",", "\n", "E'", "e'\\'",
    "’", "ё", "\u{202E}", "\u{A0}",
    " DROP TABLE canary ", " OR 1 = 1 ", "a", "1", " UNION SELECT 1 ", "''", "%", "_", "x'", " FROM canary ", "?", ":a",
    "\u{301}",
    "'\u{301}",
    "@", "#",
  ]

  private static func texts(_ count: Int, seed: UInt64) -> [String] {
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    return (0..<count).map { _ in (0...next(7)).map { _ in pieces[next(pieces.count)] }.joined() }
  }

  private let place = Location(file: "f", line: 1, column: 1)

  @Test func valuesComeOutAsTheyWentIn() async throws {
    let connection = try Database().connect()
    for text in Self.texts(400, seed: 7) {
      let rows = try await connection.query("SELECT \(Literal.text(text)) AS v, 1 AS n").rows
      #expect(rows == [[.text(text), .integer(1)]])
    }
  }

  /// Whatever passes the guard stays one value inside its parentheses: the statement around it is what it was.
  @Test func guardedExpressionsStayInPlace() async throws {
    let bench = try await OperationBench()
    try await bench.connection.execute("CREATE TABLE canary AS SELECT 1 AS a")
    var accepted = 0
    for text in Self.texts(3000, seed: 11) {
      guard (try? ExpressionGuard.check(text, at: place)) != nil else { continue }
      accepted += 1
      let setting = Setting(
        .map([.init(key: "x", keyLocation: place, value: Setting(.text(text), at: place))]), at: place)
      let add = Setting(.map([.init(key: "add", keyLocation: place, value: setting)]), at: place)
      let input = Relation("canary", Schema([Column("a", .int64)]))
      let sql = try Operations.make(add).select(from: input, in: OperationContext(time: ""))
      // Three columns behind it and a row limit in front: if the text broke out, they would be gone.
      let probe: SQL = "SELECT count(*), min(k), max(l) FROM (SELECT *, 7 AS k, 8 AS l FROM (\(sql))) WHERE k = 7"
      if let table = try? await bench.connection.query(probe) {
        #expect(table.rows[0][1...] == [.integer(7), .integer(8)], "\(text.debugDescription)")
      }
      #expect(try await bench.connection.query("SELECT count(*) FROM canary").rows == [[.integer(1)]])
    }
    #expect(accepted > 50)
  }

  @Test func settingsOfEveryKindAreQuoted() async throws {
    let bench = try await OperationBench()
    let input = try await bench.relation(#"[{"a": "x", "b": 1}]"#)
    for text in Self.texts(60, seed: 23) {
      let value = Setting(.text(text), at: place)
      func map(_ pairs: [(String, Setting)]) -> Setting {
        Setting(.map(pairs.map { .init(key: $0.0, keyLocation: place, value: $0.1) }), at: place)
      }
      func word(_ text: String) -> Setting { Setting(.text(text), at: place) }
      let column = text.contains("\0") || text.lowercased() == "a" || text.lowercased() == "b" ? "odd \" name" : text
      let operations: [(String, Setting)] = [
        ("filter", map([("field", word("a")), ("operator", word("not_equals")), ("value", value)])),
        ("replace", map([("field", word("a")), ("find", word(text + "z")), ("with", value)])),
        (
          "field_addition",
          map([
            ("field_name", word(column)), ("operation", word("concat")), ("source_fields", word("a")),
            ("separator", value),
          ])
        ),
        ("field_addition", map([("field_name", word("c")), ("value", value)])),
        ("fill", map([("field", word("a")), ("value", value)])),
        ("lookup", map([("field", word("a")), ("table", map([(column, value)])), ("default", value)])),
        ("cleanse", map([("nulls", value), ("drop_duplicates", word("true"))])),
        ("rename", map([("a", word(column))])),
        ("mask", map([("field", word("a")), ("character", value)])),
        ("hash", map([("field", word("a")), ("salt", value)])),
      ]
      for (name, settings) in operations {
        let operation = try Operations.make(map([(name, settings)]))
        let sql = try operation.select(from: input, in: OperationContext(time: "2025-01-01T00:00:00Z"))
        let rows = try await bench.connection.query("SELECT count(*) FROM (\(sql))").rows
        #expect(rows == [[.integer(1)]], "\(name) with \(text.debugDescription)")
      }
    }
  }
}
