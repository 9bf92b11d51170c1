import DuckDB
import Pipelines
import Tabular
import TestSupport
import Testing

/// What `cast` and `date` make of values, and which of them they refuse.
@Suite struct ExactCastTests {
  /// Values of a column `a` as JSON, the type, and the values afterwards with `on_error: null`.
  static let casts: [(values: [String], type: String, results: [String])] = [
    (
      [
        #""2025-06-30 12:00:00 Asia/Tokyo""#, #""2025-06-30 12:00:00""#, #""2025-06-30""#,
        #""2025-06-30T12:00:00-05:00""#,
      ],
      "timestamptz",
      [
        #""2025-06-30T03:00:00Z""#, #""2025-06-30T12:00:00Z""#, #""2025-06-30T00:00:00Z""#, #""2025-06-30T17:00:00Z""#,
      ]
    ),
    (
      [
        #""2025-03-30 02:30:00 Europe/Berlin""#, #""2025-03-30 03:30:00 Europe/Berlin""#,
        #""2025-10-26 02:30:00 Europe/Berlin""#, #""2025-06-30 12:00:00 Nowhere/Town""#,
        #""2025-01-31 10:00:00.123456789Z""#,
      ],
      "timestamptz", ["null", #""2025-03-30T01:30:00Z""#, #""2025-10-26T01:30:00Z""#, "null", "null"]
    ),
    (["9007199254740993", "9007199254740992", "-5"], "double", ["null", "9007199254740992.0", "-5.0"]),
    (
      [#""9007199254740993""#, #""0.1""#, #""1e3""#, #""1e400""#, #"" 12.50 ""#, #""x""#], "double",
      ["null", "0.1", "1000.0", "null", "12.5", "null"]
    ),
    (
      [
        #""2025-01-31 23:59:00""#, #""2025-01-31 00:00:00""#, #""2025-01-31""#, #""2025-01-31T00:00:00Z""#,
        #""2025-01-31T00:00:00-05:00""#, #""2025-01-31 x""#, #""2025-02-30""#, #""5000000-01-01""#,
      ],
      "date",
      ["null", #""2025-01-31""#, #""2025-01-31""#, #""2025-01-31""#, "null", "null", "null", #""5000000-01-01""#]
    ),
    (
      [
        #""2025-01-31T23:30:00-05:00""#, #""2025-01-31T23:30:00Z""#, #""2025-01-31 23:30:00.123456789""#,
        #""2025-01-31 23:30:00.123456000""#,
      ],
      "timestamp", ["null", #""2025-01-31T23:30:00""#, "null", #""2025-01-31T23:30:00.123456""#]
    ),
    (
      [#""10:30""#, #""10:30:00.123456789""#, #""2025-01-31 10:30:00""#, #""10:30+05""#], "time",
      [#""10:30:00""#, "null", "null", "null"]
    ),
    (
      [#""1e-19""#, #""0.0000000000000000004""#, #""1e3""#, #""7.00""#, #""9223372036854775808""#], "integer",
      ["null", "null", "1000", "7", "null"]
    ),
    (["1.5", "2.0", "1e300"], "integer", ["null", "2", "null"]),
    (
      [#""1234567890123456789012e-4""#, #""123456789012345678901.5""#, #""1.999""#, #""1.990""#], "decimal(38,2)",
      ["null", "123456789012345678901.50", "null", "1.99"]
    ),
    (["2.675", "0.1"], "decimal(38,20)", ["2.67500000000000000000", "0.10000000000000000000"]),
    (["5", "-1", "1", "0"], "boolean", ["null", "null", "true", "false"]),
    (["0.5", "1.0"], "boolean", ["null", "true"]),
    ([#""5""#, #""yes""#, #""0""#], "boolean", ["null", "true", "false"]),
    ([#"" as it is ""#], "text", [#"" as it is ""#]),
  ]

  @Test(arguments: casts)
  func keepsOrEmpties(_ test: (values: [String], type: String, results: [String])) async throws {
    let rows = "[\(test.values.map { #"{"a":\#($0)}"# }.joined(separator: ","))]"
    let result = try await OperationBench().run(#"[cast: {columns: {a: "\#(test.type)"}, on_error: null}]"#, on: rows)
    #expect(result == "[\(test.results.map { #"{"a":\#($0)}"# }.joined(separator: ","))]")
    let isWhole = !test.results.contains("null")
    let stopping = try? await OperationBench().run(#"[cast: {a: "\#(test.type)"}]"#, on: rows)
    #expect((stopping != nil) == isWhole)
  }

  @Test func castsOfOtherTypesLoseNothing() async throws {
    let bench = try await OperationBench()
    let input = try await bench.bound(
      """
      (SELECT TIMESTAMP '2025-01-31 10:00:00' AS t, TIMESTAMP '2025-01-31 00:00:00' AS m, \
      TIMESTAMPTZ '2025-01-31 10:00:00+00' AS z, CAST(1.50 AS DECIMAL(10, 2)) AS d, CAST(2.00 AS DECIMAL(10, 2)) AS w, \
      9223372036854775807 AS i)
      """)
    let output = try await bench.apply(
      """
      [cast: {columns: {t: date, m: date, z: date, d: integer, w: integer, i: "decimal(38,30)"}, on_error: null}]
      """, to: input)
    #expect(try await bench.json(output) == #"[{"t":null,"m":"2025-01-31","z":null,"d":null,"w":2,"i":null}]"#)
  }

  @Test func formatsLoseNothing() async throws {
    let bench = try await OperationBench()
    let cast = "[cast: {columns: {a: date}, formats: ['%d.%m.%Y %H:%M', '%d.%m.%Y'], on_error: null}]"
    #expect(
      try await bench.run(cast, on: #"[{"a": "31.01.2025 09:05"}, {"a": "31.01.2025 00:00"}, {"a": "31.01.2025"}]"#)
        == #"[{"a":null},{"a":"2025-01-31"},{"a":"2025-01-31"}]"#)
    let rows = #"[{"a": "31.01.2025"}]"#
    let problem = try await bench.problem("[cast: {columns: {a: timestamp}, formats: ['%d.%m.%Y %z']}]", on: rows)
    #expect(problem?.code == "wrong-type")
  }

  @Test(arguments: [
    ("formats: ['%d.%m.%Y %-H:%-M']", "31.01.2025 9:05", "2025-01-31T09:05:00"),
    ("formats: ['%d.%m.%Y %I:%M %p']", "31.01.2025 09:05 PM", "2025-01-31T21:05:00"),
    ("formats: ['%d.%m.%Y', '%Y-%m-%d %H:%M']", "31.01.2025", "2025-01-31T00:00:00"),
    ("formats: ['%Y%m%d %H:%M:%S%z']", "20250131 10:00:00+02:00", "2025-01-31T08:00:00Z"),
    ("formats: ['%d.%m.%Y']", "31.01.2025", "2025-01-31"),
    ("formats: ['%d.%m.%Y']", "2025-01-31T00:00:00", "2025-01-31"),
  ])
  func parsesTimes(_ formats: String, _ text: String, _ expected: String) async throws {
    let result = try await OperationBench().run(
      "[date: {field: a, operation: parse, \(formats)}]", on: #"[{"a": "\#(text)"}]"#)
    #expect(result == #"[{"a":"\#(expected)"}]"#)
  }

  @Test(arguments: [
    ("parse", "2025-01-31T15:30:00", "has none of the formats, or a time of day that none of them reads"),
    ("parse", "2025-01-31T00:00:00-05:00", "has none of the formats, or a time of day that none of them reads"),
    ("truncate", "2025-01-31T23:30:00-05:00", "has an offset; cast the column to timestamptz first"),
  ])
  func datesRefuseWhatTheyWouldDrop(_ operation: String, _ text: String, _ reason: String) async throws {
    let error = await #expect(throws: DuckDBError.self) {
      _ = try await OperationBench().run("[date: {field: a, operation: \(operation)}]", on: #"[{"a": "\#(text)"}]"#)
    }
    let problem = Refusal.problem(in: error?.message ?? "", at: nil)
    #expect(problem?.message == #""date" of column "a": "\#(text)" \#(reason)."#)
  }

  @Test func constantsAreExactOrRefused() async throws {
    let bench = try await OperationBench()
    #expect(
      try await bench.run(
        "[field_addition: {field_name: n, value: 9223372036854775808}, field_addition: {field_name: e, value: null}, add: {y: null}]",
        on: #"[{"a": 1}]"#) == #"[{"a":1,"n":9223372036854775808,"e":null,"y":null}]"#)
    let added = try await bench.apply(
      "[field_addition: {field_name: e, value: null}]", to: bench.relation(#"[{"a": 1}]"#))
    #expect(added.schema[name: "e"]?.type == .text)
    for constant in ["0.12345678901234567891", "1e400", "[1, 2]"] {
      let problem = try await bench.problem("[field_addition: {field_name: n, value: \(constant)}]", on: #"[{"a": 1}]"#)
      #expect(problem?.code == "wrong-type", "\(constant)")
    }
  }

  @Test func fillRefusesWhatTheColumnCannotHold() async throws {
    let bench = try await OperationBench()
    #expect(try await bench.problem("[fill: {n: 1.5}]", on: #"[{"n": 1}, {"n": null}]"#)?.code == "wrong-type")
    #expect(try await bench.problem("[fill: {n: 9223372036854775808}]", on: #"[{"n": 1}]"#)?.code == "wrong-type")
    #expect(try await bench.run("[fill: {n: 2.0}]", on: #"[{"n": 1}, {"n": null}]"#) == #"[{"n":1},{"n":2}]"#)
    #expect(try await bench.run("[fill: {n: 2}]", on: #"[{"n": 1.5}, {"n": null}]"#) == #"[{"n":1.5},{"n":2.0}]"#)
  }

  @Test func divisionByZeroIsEmpty() async throws {
    let bench = try await OperationBench()
    let rows = #"[{"a": 1, "d": 1.5}]"#
    #expect(
      try await bench.run("[add: {b: a / 0, e: -d / 0, f: 0 / 0}]", on: rows)
        == #"[{"a":1,"d":1.5,"b":null,"e":null,"f":null}]"#)
    #expect(try await bench.run("[filter: a / 0 > 1]", on: rows) == "[]")
  }

  @Test func calculationsThatGrowTooLargeAreRefused() async throws {
    let rows = #"[{"a": 1e308, "b": 1e308}]"#
    for operation in ["add", "multiply"] {
      let calculation = "field_calculation: {operation: \(operation), source_fields: [a, b], output_field: c"
      let error = await #expect(throws: DuckDBError.self) {
        _ = try await OperationBench().run("[\(calculation)}]", on: rows)
      }
      #expect(error?.message.contains("has no result that fits") == true)
      let empty = try await OperationBench().run("[\(calculation), on_error: null}, select: c]", on: rows)
      #expect(empty == #"[{"c":null}]"#)
    }
  }
}
