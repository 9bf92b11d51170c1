import DuckDB
import Execution
import Pipelines
import Tabular
import TestSupport
import Testing

@Suite struct RuleTests {
  /// The values of column `v` for which the rule fails, or the observation of a rule about the whole.
  private func failing(_ rule: String, on rows: String, others: [String: String] = [:]) async throws -> [String] {
    let bench = try await OperationBench()
    let input = try await bench.relation(rows)
    var relations: [String: Relation] = [:]
    for (name, json) in others { relations[name] = try await bench.relation(json) }
    let entry = try Setting(yaml: rule).entries[0]
    let made = try #require(Rules.named(entry.key)).make(entry.value, .stop, entry.keyLocation)
    let test = try made.test(over: input, in: OperationContext(time: "2025-01-16T08:00:00Z", others: relations))
    switch try await test.settled(over: input, on: bench.connection) {
    case .row(let condition, let columns):
      #expect(columns.allSatisfy { input.schema[name: $0.root.name] != nil })
      #expect(
        try await bench.connection.query("SELECT count(*) FROM \(input.sql) WHERE (\(condition)) IS NULL").rows == [
          [.integer(0)]
        ])
      return try await bench.connection.query("SELECT v FROM \(input.sql) WHERE NOT (\(condition))").rows.map {
        $0[0].description
      }
    case .rowAmongOthers(let condition, _):
      let numbered: SQL = "SELECT *, row_number() OVER () AS \(name: RuleTest.position) FROM \(input.sql)"
      return try await bench.connection.query(
        "SELECT v FROM (SELECT *, \(condition) AS passes FROM (\(numbered)) ORDER BY \(name: RuleTest.position)) WHERE NOT passes"
      ).rows.map { $0[0].description }
    case .relation(let query):
      let table = try await bench.connection.query(query)
      #expect(Array(table.schema.names.prefix(2)) == ["passed", "observed"])
      #expect(table.rows.count == 1)
      return table.rows[0][0] == .boolean(true) ? [] : [table.rows[0][1].description]
    case .condition: throw Problem("internal", "A settled test is no open condition.")
    }
  }

  private func rows(_ values: [String]) -> String {
    "[" + values.map { #"{"v": \#($0)}"# }.joined(separator: ",") + "]"
  }

  @Test func emailAddresses() async throws {
    let good = ["john.doe@example.com", "a+b@x.co.uk", "o'neil@ex-ample.org", "иван@почта.рф", "x_1@sub.domain.travel"]
    let bad = [
      "notanemail", "@company.com", "test@test", "a b@x.com", "a..b@x.com", ".a@x.com", "a@-x.com", "a@x..com", "a@x.c",
      "a@x.com\\nb", "a@@x.com", "",
    ]
    let list = rows((good + bad).map { "\"\($0)\"" } + ["null"])
    #expect(try await failing("email: v", on: list) == bad.map { $0.replacing("\\n", with: "\n") })
  }

  @Test func phoneNumbers() async throws {
    let list = rows([#""+79001234567""#, #""89001234567""#, #""+7900123456""#, #""+14155550123""#, "null"])
    #expect(
      try await failing("phone: {column: v, format: +7XXXXXXXXXX}", on: list) == [
        "89001234567", "+7900123456", "+14155550123",
      ])
    #expect(try await failing("phone: v", on: list) == ["89001234567"])
  }

  @Test func valuesOfRows() async throws {
    #expect(try await failing("not_null: v", on: rows(["1", "null"])) == ["NULL"])
    #expect(
      try await failing(
        "accepted_values: {column: v, values: [a, it's]}", on: rows([#""a""#, #""it's""#, #""b""#, "null"])) == ["b"])
    #expect(
      try await failing("range: {column: v, min: 1, max: 2.5}", on: rows(["0.5", "1", "2.5", "3", "null"])) == [
        "0.5", "3.0",
      ])
    #expect(
      try await failing(#"pattern: {column: v, regex: 'ORD-\d+'}"#, on: rows([#""ORD-1""#, #""xORD-1""#])) == ["xORD-1"]
    )
    #expect(
      try await failing("expression: v >= 0 AND v < 100", on: rows(["-1", "0", "100", "null"])) == [
        "-1", "100", "NULL",
      ])
    #expect(
      try await failing("type: {column: v, is: integer}", on: rows([#""1""#, #""1.5""#, #""x""#, "null"])) == [
        "1.5", "x",
      ])
    #expect(
      try await failing(
        "relationships: {column: v, to: customers, field: id}", on: rows(["1", "2", "null"]),
        others: ["customers": #"[{"id": 1}, {"id": null}]"#])
        == ["2"])
  }

  @Test func factsAboutAllRows() async throws {
    #expect(
      try await failing("unique: v", on: rows(["1", "2", "1", "null", "null"])) == [
        "1 value occurs more than once, such as 1"
      ])
    #expect(try await failing("unique: v", on: rows(["1", "2"])) == [])
    #expect(try await failing("row_count: {min: 3}", on: rows(["1"])) == ["1 row"])
    #expect(try await failing("row_count: {min: 1, max: 1}", on: rows(["1"])) == [])
    #expect(try await failing("freshness: {column: v, max_age: 1 day}", on: rows([#""2025-01-15T09:00:00Z""#])) == [])
    #expect(
      try await failing("freshness: {column: v, max_age: 2 hours}", on: rows([#""2025-01-15 09:00:00""#])) == [
        "the newest is 2025-01-15 09:00:00"
      ])
    #expect(try await failing("expression: max(v) >= 5", on: rows(["1", "4"])) == ["it is false"])
    #expect(try await failing("sql: SELECT * FROM input WHERE v > 3", on: rows(["1", "4"])) == ["1 row was found"])
  }

  @Test(arguments: [
    ("list_sum(l) > 0", ["2"]), ("s <> 'max(5)'", []), ("v > 1 /* max(v) */", ["1"]),
    ("v IN (SELECT max(x) FROM (VALUES (1)) t(x))", ["2"]), ("max(v) > 5", ["it is false"]), ("bool_and(v > 0)", []),
    ("bool_and(v > 1)", ["it is false"]), ("geometric_mean(v) > 100", ["it is false"]), ("MAX (v) = 2", []),
    ("count(*) FILTER (v > 1) = 1", []), ("max(v) > 5 OR sum(v) > min(l[1])", []),
  ])
  func theEngineTellsAnAggregate(_ condition: String, _ broken: [String]) async throws {
    let rows = #"[{"v": 1, "l": [1], "s": "a"}, {"v": 2, "l": [-5], "s": "b"}]"#
    #expect(try await failing("expression: \"\(condition)\"", on: rows) == broken)
  }

  @Test(arguments: [
    ("s NOT IN ('v', 'no id')", ["s"]), ("v > 0 AND r.b > 0", ["v", "r.b"]), ("r['b'] + (r).b > 0", ["r.b"]),
    ("r IS NOT NULL AND r.b > 0", ["r"]), ("list_sum(list_filter(l, lambda v: v > 0)) > 0", ["l"]),
    ("EXISTS (SELECT 1 FROM (VALUES (1)) t(id) WHERE t.id = v)", ["v"]),
    ("s IN (SELECT v FROM (VALUES ('a')) t(v))", ["s"]), ("\\\"V\\\" > 0", ["v"]), ("1 = 2", []),
    ("v > avg(v) OVER ()", ["v"]), ("l[1] > 0", ["l"]),
  ])
  func theParserTellsTheColumns(_ condition: String, _ columns: [String]) async throws {
    let bench = try await OperationBench()
    let input = try await bench.relation(#"[{"id": 1, "v": 1, "l": [1], "s": "a", "r": {"a": 1, "b": 2}}]"#)
    let entry = try Setting(yaml: "expression: \"\(condition)\"").entries[0]
    let rule = try #require(Rules.named("expression")).make(entry.value, .null, entry.keyLocation)
    let test = try rule.test(over: input, in: OperationContext(time: "2025-01-16T08:00:00Z"))
    guard case .row(_, let found) = try await test.settled(over: input, on: bench.connection) else {
      Issue.record("It is about each row.")
      return
    }
    #expect(Set(found.map(\.name)) == Set(columns))
  }

  @Test func freshnessKnowsTheFutureAndWhatIsNoDate() async throws {
    func found(_ value: String, _ age: String = "1 day") async throws -> [String] {
      try await failing("freshness: {column: v, max_age: \(age)}", on: rows([value, "null"]))
    }
    #expect(try await found(#""2999-01-01 00:00:00""#) == ["the newest is 2999-01-01 00:00:00, in the future"])
    #expect(try await found(#""infinity""#) == ["the newest is infinity, in the future"])
    #expect(try await found(#""soon""#) == ["1 value is no date, such as soon"])
    #expect(try await found(#""2025-01-16 08:04:00""#) == [])
    for age in ["1 decade", "1 millennium", "1 dayz", "1 m2", "1 sex"] {
      await #expect(throws: (any Error).self, "\(age)") { _ = try await found(#""2025-01-16 08:04:00""#, age) }
    }
    for age in ["90", "90 Seconds", "2h", "3 wks", "1 month"] { _ = try await found(#""2025-01-16 08:04:00""#, age) }
  }

  @Test(arguments: [
    ("range: { column: v, min: 10, max: 1 }", "impossible-range"), ("range: { column: v, min: 1, max: 1 }", nil),
    ("range: { column: v, min: 2025-02-01, max: 2025-01-01 }", "impossible-range"),
    ("range: { column: v, min: 9, max: 10.5 }", nil), ("row_count: { min: 3, max: 2 }", "impossible-range"),
  ])
  func boundsThatNothingLiesBetweenAreRefused(_ rule: String, _ code: Problem.Code?) throws {
    let entry = try Setting(yaml: rule).entries[0]
    let type = try #require(Rules.named(entry.key))
    do {
      _ = try type.make(entry.value, .warn, entry.keyLocation)
      #expect(code == nil)
    } catch { #expect(Problems.of(error).map(\.code) == [code]) }
  }

  @Test func validationsCarryTheirRule() throws {
    let operation = try Operations.make(
      Setting(yaml: "{type: field_validation, field_name: email, validation_type: email_format, on_fail: skip}"))
    #expect(operation.rule?.onFail == .skip)
    #expect(operation.rule?.words == "\"email\" is an e-mail address")
    #expect(operation.effect == "Checks that \"email\" is an e-mail address (if not: skip).")
    #expect(
      try Operations.make(Setting(yaml: "validate: {field: x, validation_type: phone, format: +7XXXXXXXXXX}")).rule?
        .onFail == .stop)
    #expect(try Operations.make(Setting(yaml: "filter: a > 1")).rule == nil)
  }
}
