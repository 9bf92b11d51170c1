import DuckDB
import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing

@testable import Execution

/// What a Python function sees and what becomes of what it returns.
@Suite struct PythonTests {
  let bench: PythonBench
  init() throws { bench = try PythonBench() }

  private static let everyType: SQL = """
    SELECT * FROM (VALUES (1), (2), (3)) AS t(id) LEFT JOIN (
      SELECT 1 AS id, true AS a, (-128)::TINYINT AS b, 65535::USMALLINT AS c, 9223372036854775807 AS d,
        (-170141183460469231731687303715884105728)::HUGEINT AS e, 18446744073709551615::UBIGINT AS f,
        12345678901234567890.12345::DECIMAL(25, 5) AS g, (-0.01)::DECIMAL(4, 2) AS h, 0.1::FLOAT AS i, 'NaN'::DOUBLE AS j,
        'a"\\ü' || chr(10) || chr(1) || '😀' AS k, '\\x00\\xFF'::BLOB AS l, '{"a": [1, 1.10]}'::JSON AS m,
        'd4b5ee11-1111-4a4a-8888-aaaaaaaaaaaa'::UUID AS n, DATE '0001-01-01' AS o, TIME '23:59:59.999999' AS p,
        TIMESTAMP '1969-12-31 23:59:59.000001' AS q, TIMESTAMPTZ '2024-02-29 12:00:00+02' AS r, TIMESTAMP_S '2024-01-01 00:00:01' AS s,
        TIMESTAMP_NS '2024-01-01 00:00:00.123456789' AS t, INTERVAL '1 month 2 days 3 seconds' AS u, [1.5::DECIMAL(3,1), NULL] AS v,
        {'x': 1, 'y': [{'z': DATE '2024-01-01'}, NULL]} AS w, MAP {'k': '\\xAA'::BLOB} AS x, 'on'::ENUM('off', 'on') AS y, NULL AS z,
        array_value(1, 2) AS aa
      UNION ALL BY NAME
      SELECT 2 AS id, DATE 'infinity' AS o, TIMESTAMP '-infinity' AS q, TIMESTAMPTZ '12024-01-01 00:00:00+00' AS r, '-inf'::DOUBLE AS j,
        1e300 AS j2, [] AS v, '' AS k
    ) USING (id)
    """

  @Test(arguments: [
    "return row", "return [row]",
    "import pickle\n    return pickle.loads(pickle.dumps(row)) if row['id'] != 2 else row",
    "return {}", "row['new'] = 1\n    return row",
  ])
  func valuesComeBackAsTheyWere(_ body: String) async throws {
    let check = try bench.check()
    let settings = body.contains("new") ? "returns: { new: integer }" : ""
    let bound = try await check.check(
      try bench.plan(Self.everyType, PythonBench.python("def transform(row):\n    \(body)", settings)))
    let (before, after) = (try #require(bound[id: "source"]?.schema), try #require(bound[id: "made"]?.schema))
    for column in before.columns where column.type != .null {
      #expect(after[name: column.name]?.type == column.type, "\(column.name)")
    }
    let connection = try await check.engine.connect()
    let names: SQL = "\(names: before.names)"
    let rows = try await connection.query("SELECT \(names) FROM source EXCEPT ALL SELECT \(names) FROM made")
    #expect(rows.rows.isEmpty, "\(rows.rows)")
    #expect(try await connection.query("SELECT count(*) FROM made").rows == [[.integer(3)]])
  }

  @Test func valuesAreWhatPythonCallsThem() async throws {
    let events = try await bench.run(
      Self.everyType,
      PythonBench.python(
        "def transform(row):\n    if row['id'] == 1: print({k: type(v).__name__ for k, v in row.items()})\n    return row"
      )
        + "- select: [id]")
    #expect(events.outcome == .success, "\(events.problems)")
    let types = try #require(events.logs.first { $0.hasPrefix("{") })
    for (name, type) in [
      ("a", "bool"), ("e", "int"), ("g", "Decimal"), ("j", "float"), ("k", "str"), ("l", "bytes"), ("m", "str"),
      ("o", "date"), ("p", "time"),
      ("q", "datetime"), ("r", "datetime"), ("v", "list"), ("w", "dict"), ("x", "dict"), ("z", "NoneType"),
      ("n", "str"),
    ] { #expect(types.contains("'\(name)': '\(type)'"), "\(name) in \(types)") }
  }

  @Test func newAndChangedColumnsHaveTheirDeclaredTypes() async throws {
    let code = """
      from decimal import Decimal
      from datetime import datetime, timezone, date
      def transform(row):
          n = row["n"]
          return {"n": str(n), "half": Decimal(n) / 2, "at": datetime(2024, 1, n + 1, tzinfo=timezone.utc), "tags": ["a"] * n,
                  "place": {"city": "Rome", "since": date(2020, 1, 1)}, "raw": bytes([n])}
      """
    let settings =
      "returns: { n: text, half: \"decimal(10,1)\", at: timestamptz, tags: \"text[]\", place: { city: text, since: date }, raw: blob }"
    let check = try bench.check()
    let bound = try await check.check(
      try bench.plan("SELECT range::INTEGER AS n FROM range(2)", PythonBench.python(code, settings)))
    #expect(
      bound[id: "made"]?.schema.columns.map(\.type) == [
        .text, .decimal(precision: 10, scale: 1), .timestampTZ, .list(.text),
        .structure([Column("city", .text), Column("since", .date)]), .blob,
      ])
    let rows = try await check.engine.connect().query("SELECT * FROM made ORDER BY n")
    #expect(
      rows.rows[1].map(\.jsonText) == [
        "\"1\"", "0.5", "\"2024-01-02T00:00:00Z\"", "[\"a\"]", #"{"city":"Rome","since":"2020-01-01"}"#, "\"\\\\x01\"",
      ])
  }

  @Test func rowsAreDroppedAndSplit() async throws {
    let events = try await bench.run(
      "SELECT range AS id FROM range(25000)",
      PythonBench.python(
        "def transform(row):\n    if row['id'] % 2: return None\n    return [row, {'id': -row['id']}] if row['id'] == 4 else row"
      ))
    #expect(events.outcome == .success, "\(events.problems)")
    #expect(bench.landed?.count == 12501)
    #expect(bench.landed?.contains(#"{"id":-4}"#) == true)
  }

  @Test func aMissingKeyKeepsWhatCameIn() async throws {
    _ = try await bench.run(
      "SELECT 1 AS a, 'x' AS b", PythonBench.python("def transform(row):\n    return {'a': 2}", "returns: { c: text }"))
    #expect(bench.landed == [#"{"a":2,"b":"x","c":null}"#])
  }

  @Test func aTableIsSeenAsAWholeAndABatchInParts() async throws {
    let table = """
      - python: |
          def transform(table):
              print(type(table).__name__, len(table["n"]))
              return {"n": [sum(table["n"])]}
      """
    let rows: SQL = "SELECT range AS n FROM range(30001)"
    _ = try await bench.run(rows, table)
    #expect(bench.landed == [#"{"n":450015000}"#])
    let parts = try await bench.run(rows, table.replacing("table", with: "batch"))
    #expect((bench.landed?.count ?? 0) >= 3)
    #expect(parts.logs.count { $0.hasPrefix("dict ") } == bench.landed?.count)
  }

  @Test func functionsStandOneBehindTheOtherAndAreRunOnceForTwoWrites() async throws {
    let add = "def transform(row):\n    row['n'] += 1\n    return row"
    let events = try await bench.run(
      "SELECT range AS n FROM range(20000)",
      PythonBench.python("print('loaded')\n" + add) + "- filter: n % 2 = 0\n" + PythonBench.python(add), copies: 2)
    #expect(events.outcome == .success, "\(events.problems)")
    #expect(bench.landed?.count == 10000 && bench.landed == bench.folder.lines("out2.json"))
    #expect(events.logs.count { $0 == "loaded" } == 1)
  }

  @Test func aRegisteredFunctionBringsItsOwnTypes() async throws {
    try FileManager.default.createDirectory(atPath: bench.folder.file("functions"), withIntermediateDirectories: true)
    try "returns = {'grade': 'text'}\ndef grade(row):\n    return {'grade': 'A' if row['n'] else 'B'}\n"
      .write(toFile: bench.folder.file("functions/grade.py"), atomically: true, encoding: .utf8)
    _ = try await bench.run("SELECT range AS n FROM range(2)", "- call: grade")
    #expect(bench.landed == [#"{"n":0,"grade":"B"}"#, #"{"n":1,"grade":"A"}"#])
    let problems = await #expect(throws: Problems.self) { try await bench.run("SELECT 1 AS n", "- call: grad") }
    #expect(problems?.all.first?.code == "unknown-function" && problems?.all.first?.hint == "Did you mean \"grade\"?")
  }
}
