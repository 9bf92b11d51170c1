import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing

/// Numbers with more digits than the engine's types hold stay exact, become text, or are set aside; they are never rounded.
@Suite struct ExactNumbersTests {
  let files: FileRuns
  init() throws { files = try FileRuns() }

  static let long = "0.12345678901234567890123456789"
  static let huge = "12345678901234567890123456789012345678901234567890"

  @Test(arguments: ["json", "jsonl"]) func jsonKeepsEveryDigit(_ ending: String) async throws {
    let rows = [
      #"{"id": 1, "a": \#(Self.long), "b": 9223372036854775808, "c": 1e400, "d": \#(Self.huge), "e": 0.5, "f": 6.02e23, "n": {"x": [1.5, \#(Self.long)]}, "m": "x"}"#,
      #"{"id": 2, "a": 9007199254740993, "b": 1, "c": -1E-400, "d": 1, "e": 9007199254740993, "f": 0.30000000000000004, "n": {"x": []}, "m": 5.1234567890123456789}"#,
    ]
    try files.put("n.\(ending)", ending == "json" ? "[\(rows.joined(separator: ",\n"))]" : rows.joined(separator: "\n"))
    let result = try await files.read("json", "n.\(ending)", sorted: true)
    #expect(result.names == ["id", "a", "b", "c", "d", "e", "f", "n", "m"])
    #expect(
      result.types.prefix(7) == [
        "BIGINT", "DECIMAL(38,29)", "HUGEINT", "VARCHAR", "VARCHAR", "DECIMAL(38,1)", "DOUBLE",
      ]
        || result.types[1] == "VARCHAR", "\(result.types)")
    #expect(
      result.rows[0][2] == "9223372036854775808" && result.rows[0][3] == "1e400" && result.rows[1][3] == "-1E-400")
    #expect(result.rows[0][4] == Self.huge)
    #expect(result.rows[1][5].hasPrefix("9007199254740993"))
    #expect(result.rows[0][7].contains(Self.long))
    #expect(result.rows[1][8].contains("5.1234567890123456789"))
    #expect(result.rows[0][1] == Self.long && result.rows[1][1] == "9007199254740993")
    #expect(!result.rows.joined().contains { $0.lowercased().contains("inf") })
  }

  @Test func wholeNumbersOfJSONHaveSixtyFourBitsWhereTheyFit() async throws {
    try files.put(
      "w.json",
      #"[{"a": 5, "b": {"c": 5}, "d": -9223372036854775808, "e": 9223372036854775808}, {"a": -1, "b": {"c": -1}, "d": 9223372036854775807, "e": -1}]"#
    )
    let result = try await files.read("json", "w.json")
    #expect(result.types == ["BIGINT", "STRUCT(\"c\" BIGINT)", "BIGINT", "HUGEINT"])
    #expect(result.rows.map { $0[3] }.sorted() == ["-1", "9223372036854775808"])
  }

  @Test func aDeclaredJSONTypeIsHeldToTheDigit() async throws {
    try files.put("d.jsonl", "{\"id\": 1.5}\n")
    await #expect { _ = try await files.read("json", "d.jsonl", ["types": ["id": "BIGINT"]]) } throws: {
      "\($0)".contains("Column \"id\" holds \"1.5\"")
    }
    try files.put("e.jsonl", "{\"id\": 12345678901234567890.12}\n")
    let result = try await files.read("json", "e.jsonl", ["types": ["id": "DECIMAL(38,2)"]])
    #expect(result.types == ["DECIMAL(38,2)"] && result.rows == [["12345678901234567890.12"]])
  }

  @Test func csvKeepsEveryDigit() async throws {
    try files.put(
      "n.csv", "id,a,b,c,d,e\n1,\(Self.long),9223372036854775808,1e400,\(Self.huge),6.02e23\n2,1,1,1e-400,1,1.5e-7\n")
    let result = try await files.read("csv", "n.csv", sorted: true)
    #expect(result.types == ["BIGINT", "DECIMAL(38,29)", "DECIMAL(38,0)", "VARCHAR", "VARCHAR", "DOUBLE"])
    #expect(result.rows[0].prefix(5) == ["1", Self.long, "9223372036854775808", "1e400", Self.huge])
    #expect(result.rows[1][3] == "1e-400")
  }

  @Test func laterNumbersThatDoNotFitAreSetAside() async throws {
    let good = (1...5000).map { "\($0),\($0),\($0)e3\n" }.joined()
    try files.put(
      "l.csv", "n,id,x\n" + good + "5001,1.5,1e3\n5002,99999999999999999999,1e3\n5003,7,1e400\n5004,8,1e5\n")
    let result = try await files.read("csv", "l.csv", ["sample_rows": 20], sorted: true)
    #expect(result.types == ["BIGINT", "BIGINT", "DOUBLE"])
    #expect(result.rows.count == 5001)
    #expect(result.rows.map { $0[1] }.filter { $0 == "2" }.count == 1)
    #expect(result.rejects.count == 3)
    try files.put("s.csv", "id,big\n1,123456789012345678\n2,1.5\n3,4\n")
    let declared = try await files.read("csv", "s.csv", ["types": ["id": "SMALLINT", "big": "BIGINT"]], sorted: true)
    #expect(declared.rows == [["1", "123456789012345678"], ["3", "4"]])
    #expect(declared.types == ["SMALLINT", "BIGINT"])
  }
}
