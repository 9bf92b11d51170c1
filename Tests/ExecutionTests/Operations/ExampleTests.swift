import DuckDB
import Execution
import Pipelines
import Tabular
import TestSupport
import Testing

/// Every example of the reference does what the page shows, to the last digit.
@Suite struct ExampleTests {
  private let bench: PlannedBench
  init() throws { bench = try PlannedBench() }

  @Test(arguments: Operations.all.map(\.name))
  func operationsDoWhatTheirExampleShows(_ name: String) async throws {
    let type = try #require(Operations.named(name))
    let shown = try #require(type.shown)
    guard case .rows(let result) = shown.outcome else {
      Issue.record("The example of \(name) shows no rows.")
      return
    }
    try bench.write(
      "import re\n\n\ndef transform(row):\n    row['phone'] = row['phone'] and re.sub('[^0-9]', '', row['phone'])\n    return row\n",
      to: "functions/clean_phone.py")
    let step =
      "- id: result\n  transform:\n    on: given\n    operations:\n" + indented(firstForm(of: type.example), by: 6)
    let (schema, rows) = try await bench.rows(of: "result", given(shown), step)
    let found = jsonRows(schema, rows)
    #expect(found == (try json(result)), "\(name) gives \(found)")
  }

  @Test(arguments: Rules.all.map(\.name))
  func rulesFindWhatTheirExampleShows(_ name: String) async throws {
    let type = try #require(Rules.named(name))
    let shown = try #require(type.shown)
    let step = "- id: checked\n  check:\n    on: given\n    rules:\n" + indented(firstForm(of: type.example), by: 6)
    _ = try await bench.bind(given(shown), step)
    let setting = try #require(try SettingReader.read(firstForm(of: type.example), file: "example").elements.first)
    let entry = try #require(setting.entries.first)
    let rule = try type.make(entry.value, .stop, entry.keyLocation)
    let operations = try await OperationBench()
    let input = try await operations.bound("(\(select(shown.rows)))")
    var others: [String: Relation] = [:]
    for (id, rows) in shown.others { others[id] = try await operations.bound("(\(select(rows)))") }
    let test = try rule.test(
      over: input, in: OperationContext(time: operations.time, others: others, history: shown.history))
    switch (try await test.settled(over: input, on: operations.connection), shown.outcome) {
    case (.row(let condition, _), .breaking(let rows)):
      let table = try await operations.connection.query("SELECT * FROM \(input.sql) WHERE NOT (\(condition))")
      #expect(jsonRows(table.schema, table.rows) == (try json(rows)), "\(name)")
    case (.relation(let query), .observation(let words)):
      let row = try await operations.connection.query(query).rows[0]
      #expect(row[0] == .boolean(false) && row[1].description == words, "\(name): \(row)")
    default: Issue.record("The example of \(name) is of another kind than the rule.")
    }
  }

  private func given(_ shown: Example) throws -> [(String, SQL)] {
    try [("given", select(shown.rows))] + shown.others.sorted { $0.key < $1.key }.map { ($0.key, try select($0.value)) }
  }

  private func select(_ rows: String) throws -> SQL { try SampleRows(SettingReader.read(rows, file: "example")).select }

  /// The first entry of a YAML list.
  private func firstForm(of example: String) -> String {
    var lines = example.split(separator: "\n", omittingEmptySubsequences: false)
    if let next = lines.dropFirst().firstIndex(where: { $0.hasPrefix("- ") }) { lines = Array(lines[..<next]) }
    return lines.joined(separator: "\n")
  }

  private func indented(_ text: String, by count: Int) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { String(repeating: " ", count: count) + $0 }
      .joined(separator: "\n")
  }

  /// YAML rows as JSON, numbers as written.
  private func json(_ rows: String) throws -> String {
    "[" + (try SettingReader.read(rows, file: "example").elements.map(json)).joined(separator: ",\n") + "]"
  }

  private func json(_ setting: Setting) -> String {
    switch setting.content {
    case .map(let entries):
      "{" + entries.map { Value.text($0.key).jsonText + ":" + json($0.value) }.joined(separator: ",") + "}"
    case .list(let elements): "[" + elements.map(json).joined(separator: ",") + "]"
    case .null: "null"
    case .text(let text): Value.text(text).jsonText
    default: setting.text ?? ""
    }
  }
}
