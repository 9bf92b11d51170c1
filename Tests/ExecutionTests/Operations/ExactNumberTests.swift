import DuckDB
import Pipelines
import Tabular
import Testing

@Suite struct ExactNumberTests {
  @Test(arguments: [
    ("multiply", "3", "9.99", "29.97"), ("multiply", "1.1", "1.1", "1.21"), ("add", "0.1", "0.2", "0.3"),
    ("subtract", "0.3", "0.1", "0.2"),
    ("divide", "0.3", "0.1", "3.0"), ("divide", "449.97", "3", "149.99"),
    ("multiply", "1e200", "10.5", "1.05e+201"),
    ("multiply", "1e-9", "0.5", "5e-10"), ("add", "123456789012.25", "0.5", "123456789012.75"),
    ("multiply", "null", "2.5", "null"),
    ("multiply", "3", "4", "12"), ("divide", "7", "2", "3.5"), ("subtract", "1", "3", "-2"),
  ])
  func calculatesAsOnPaper(_ sign: String, _ left: String, _ right: String, _ expected: String) async throws {
    let rows = try await OperationBench().run(
      "[field_calculation: {operation: \(sign), source_fields: [a, b], output_field: r}, select: r]",
      on:
        #"[{"a": \#(left), "b": \#(right)}, {"a": 1\#(left.contains(".") ? ".5" : ""), "b": 1\#(right.contains(".") ? ".5" : "")}]"#
    )
    #expect(rows.hasPrefix(#"[{"r":\#(expected)}"#), "\(rows)")
  }

  /// Quotients have the digits they have on paper, also where a DOUBLE of either side would not.
  @Test(arguments: [
    ("27021597764222979::BIGINT", "3::BIGINT", "9007199254740992.0"),
    ("9223372036854775807::BIGINT", "9223372036854775807::BIGINT", "1.0"),
    ("(-9223372036854775807 - 1)::BIGINT", "2::INTEGER", "-4.611686018427388e+18"),
    ("1::BIGINT", "9223372036854775807::BIGINT", "1.0842021724855044e-19"),
    ("-7::INTEGER", "2::INTEGER", "-3.5"),
    ("12345678901234567.89::DECIMAL(19,2)", "1::INTEGER", "12345678901234567.890000"),
    ("2.00::DECIMAL(3,2)", "3::INTEGER", "0.666667"), ("-0.50::DECIMAL(3,2)", "0.25::DECIMAL(18,2)", "-2.000000"),
    ("0.0000005::DECIMAL(8,7)", "2::INTEGER", "0.0000003"),
    ("1::DECIMAL(38,18)", "3::DECIMAL(38,18)", "0.333333333333333333"),
    ("9999999999999999.99::DECIMAL(18,2)", "2::INTEGER", "4999999999999999.995000"),
  ])
  func quotientsAreExact(_ left: String, _ right: String, _ expected: String) async throws {
    let bench = try await OperationBench()
    let input = try await bench.bound("(SELECT \(SQL(raw: left)) AS a, \(SQL(raw: right)) AS b)")
    let result = try await bench.apply("[calculate: {operation: divide, source_fields: [a, b], as: r}]", to: input)
    let row = try await bench.connection.query("SELECT CAST(r AS VARCHAR) FROM \(result.sql)").rows[0]
    #expect(row[0].description == expected)
  }

  /// Means and medians have the digits they have on paper.
  @Test(arguments: [
    ("1234567890123456.78::DECIMAL(18,2), 1234567890123456.79", "1234567890123456.785000", "1234567890123456.785"),
    ("1.01::DECIMAL(18,2), 1.02, 9.00", "3.676667", "1.020"), ("1.01::DECIMAL(18,2), 1.02", "1.015000", "1.015"),
    ("-0.03::DECIMAL(4,2), -0.02", "-0.025000", "-0.025"), ("NULL::DECIMAL(4,2)", "NULL", "NULL"),
    ("0.1::DOUBLE, 0.2", "0.15", "0.15"), ("0.1::DOUBLE, NULL", "0.1", "0.1"),
    ("9223372036854775807::BIGINT, 9223372036854775805", "9.223372036854776e+18", "9.223372036854776e+18"),
    ("1::BIGINT, 2, 4, 8", "3.75", "3.0"), ("NULL::BIGINT", "NULL", "NULL"),
  ])
  func meansAndMediansAreExact(_ values: String, _ mean: String, _ median: String) async throws {
    let bench = try await OperationBench()
    let input = try await bench.bound("(SELECT unnest([\(SQL(raw: values))]) AS v)")
    let result = try await bench.apply("[aggregate: {aggregates: {a: avg(v), m: median(v)}}]", to: input)
    let row = try await bench.connection.query("SELECT CAST(a AS VARCHAR), CAST(m AS VARCHAR) FROM \(result.sql)").rows[
      0]
    #expect(row.map(\.description) == [mean, median])
  }

  /// A value that would lose digits, or its time of day, is no exact cast.
  @Test(arguments: [
    ("9007199254740993::BIGINT", "double"), ("9007199254740992::BIGINT", "double"), ("16777217::INTEGER", "float4"),
    ("29.99::DECIMAL(18,2)", "double"), ("9999999999999999.99::DECIMAL(18,2)", "double"),
    ("'2024-05-06 07:08:09'", "date"), ("'2024-05-06 00:00:00'", "date"), ("'2024-05-06'", "date"),
    ("'2024-02-30'", "date"),
  ])
  func castsLoseNothing(_ value: String, _ type: String) async throws {
    let bench = try await OperationBench()
    let input = try await bench.bound("(SELECT \(SQL(raw: value)) AS v)")
    let result = try await bench.apply("[cast: {columns: {v: \(type)}, on_error: null}]", to: input)
    let isNull = try await bench.connection.query("SELECT v IS NULL FROM \(result.sql)").rows[0][0] == .boolean(true)
    let lossy = ["9007199254740993", "16777217", "9999999999999999.99", "'2024-05-06 07", "'2024-02-30"]
    #expect(isNull == lossy.contains { value.hasPrefix($0) }, "\(value) as \(type)")
  }

  @Test func decimalsStayDecimals() async throws {
    let bench = try await OperationBench()
    let input = try await bench.bound("(SELECT 2::INTEGER AS q, 29.99::DECIMAL(10,2) AS p)")
    let result = try await bench.apply(
      "[calculate: {operation: multiply, source_fields: [q, p], as: t}, calculate: {operation: divide, source_fields: [p, q], as: h}]",
      to: input)
    #expect(try await bench.json(result) == #"[{"q":2,"p":29.99,"h":14.995000,"t":59.98}]"#)
  }

  /// Sums and means that whole-number arithmetic can't hold: many digits after the point, very large, infinite, absent.
  @Test(arguments: [
    ("0.1, 0.2, 0.3", "0.6", "0.2"), ("0.00000001, 0.00000002", "3e-08", "1.5e-08"), ("1e20, 0.5", "1e+20", "5e+19"),
    ("123456789012.25, 0.25", "123456789012.5", "61728394506.25"), ("449.97, 0.0000001", "449.9700001", "224.98500005"),
    ("NULL, 1.5", "1.5", "1.5"), ("NULL::DOUBLE", "NULL", "NULL"), ("-0.1, -0.2", "-0.3", "-0.15"),
    ("1e300, 1e300", "2e+300", "1e+300"),
    ("'inf'::DOUBLE, 1.5", "inf", "inf"),
  ])
  func totalsAreExact(_ values: String, _ sum: String, _ average: String) async throws {
    let bench = try await OperationBench()
    let input = try await bench.bound("(SELECT unnest([\(SQL(raw: values))]::DOUBLE[]) AS x)")
    let totals = try await bench.apply("[aggregate: {aggregates: {s: sum(x), a: avg(x)}}]", to: input)
    let row = try await bench.connection.query("SELECT CAST(s AS VARCHAR), CAST(a AS VARCHAR) FROM \(totals.sql)").rows[
      0]
    #expect(row.map(\.description) == [sum, average])
  }

  /// Cents never gain noise: products and sums equal whole-number arithmetic in cents.
  @Test func centsAreExact() async throws {
    let bench = try await OperationBench()
    let input = try await bench.bound(
      "(SELECT i % 97 AS q, (i * 7919 % 1000003) / 100::DOUBLE AS p, i * 7919 % 1000003 AS cents, i % 5 AS g FROM range(20000) t(i))"
    )
    let product = try await bench.apply("[calculate: {operation: multiply, source_fields: [q, p], as: r}]", to: input)
    let wrong = try await bench.connection.query(
      "SELECT count(*) FROM \(product.sql) WHERE CAST(r AS VARCHAR) <> CAST(q * cents / 100 AS VARCHAR)")
    #expect(wrong.rows == [[.integer(0)]])
    let sums = try await bench.apply("[aggregate: {group_by: g, aggregates: {s: sum(p), c: sum(cents)}}]", to: input)
    let wrongSums = try await bench.connection.query("SELECT count(*) FROM \(sums.sql) WHERE s <> c / 100")
    #expect(wrongSums.rows == [[.integer(0)]])
  }
}

/// Values an operation can't use end the step with what, where and why.
@Suite struct RefusalTests {
  @Test(arguments: [
    (
      "[field_calculation: {operation: divide, source_fields: [a, b], output_field: c}]", #"[{"a": 1, "b": 0}]"#,
      #""field_calculation" of "c": 1 ÷ 0 has no result that fits."#
    ),
    (
      "[field_calculation: {operation: add, source_fields: [a, b], output_field: c}]",
      #"[{"a": 9223372036854775807, "b": 2}]"#,
      #""field_calculation" of "c": 9223372036854775807 + 2 has no result that fits."#
    ),
    (
      "[aggregate: {aggregates: {s: sum(a)}}]", #"[{"a": 9223372036854775807}, {"a": 1}]"#,
      #""sum" of column "a" is 9223372036854775808, too large for a whole number of 64 bits."#
    ),
    ("[cast: {d: date}]", #"[{"d": "x"}, {"d": "2025-02-30"}]"#, #""cast" of column "d": "x" is no exact date."#),
    (
      "[date: {field: d, operation: add, amount: 1, unit: day}]", #"[{"d": "x"}, {"d": "2025-02-30"}]"#,
      #""date" of column "d": "x" is no date or time that exists."#
    ),
  ])
  func namesOperationColumnAndValue(_ operations: String, _ rows: String, _ message: String) async throws {
    let error = await #expect(throws: DuckDBError.self) { _ = try await OperationBench().run(operations, on: rows) }
    let problem = Refusal.problem(in: error?.message ?? "", at: Location(file: "p.yaml", line: 9, column: 9))
    #expect(problem?.message == message)
    #expect(problem?.code == "bad-value" && problem?.location?.file == "p.yaml" && problem?.location?.line == 1)
  }

  @Test func whereItIsAskedForAValueBecomesEmpty() async throws {
    let rows = try await OperationBench().run(
      "[field_calculation: {operation: divide, source_fields: [a, b], output_field: c, on_error: null}]",
      on: #"[{"a": 1, "b": 0}, {"a": 3, "b": 2}]"#)
    #expect(rows == #"[{"a":1,"b":0,"c":null},{"a":3,"b":2,"c":1.5}]"#)
  }
}
