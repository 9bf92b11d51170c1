import DuckDB
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
    switch try made.test(over: input, in: OperationContext(time: "2025-01-16T08:00:00Z", others: relations)) {
    case .row(let condition, let columns):
      #expect(columns.allSatisfy { input.schema[name: $0] != nil })
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
        "1 values occur more than once, such as 1"
      ])
    #expect(try await failing("unique: v", on: rows(["1", "2"])) == [])
    #expect(try await failing("row_count: {min: 3}", on: rows(["1"])) == ["1 rows"])
    #expect(try await failing("row_count: {min: 1, max: 1}", on: rows(["1"])) == [])
    #expect(try await failing("freshness: {column: v, max_age: 1 day}", on: rows([#""2025-01-15T09:00:00Z""#])) == [])
    #expect(
      try await failing("freshness: {column: v, max_age: 2 hours}", on: rows([#""2025-01-15 09:00:00""#])) == [
        "the newest is 2025-01-15 09:00:00"
      ])
    #expect(try await failing("expression: max(v) >= 5", on: rows(["1", "4"])) == ["it is false"])
    #expect(try await failing("sql: SELECT * FROM input WHERE v > 3", on: rows(["1", "4"])) == ["1 rows were found"])
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
