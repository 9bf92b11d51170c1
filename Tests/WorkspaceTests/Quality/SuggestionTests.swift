import Execution
import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing
import Workspace

/// Suggestions, and that a run with them gives what they promise.
@Suite struct SuggestionTests {
  private func suggestions(
    _ rows: String, with others: [String: String] = [:]
  ) async throws -> (QualityTrial, [Suggestion]) {
    let trial = try await QualityTrial()
    try trial.write(rows, to: "rows.csv")
    for (file, text) in others { try trial.write(text, to: file) }
    let found = try await trial.workspace.suggestions(
      for: trial.folder.file("rows.csv"), with: others.keys.sorted().map { trial.folder.file($0) })
    return (trial, found.suggestions)
  }

  /// Runs a pipeline with all of these suggestions over the rows; the rows that come out.
  private func apply(_ suggestions: [Suggestion], in trial: QualityTrial, reads: String = "") async throws -> String {
    func list(_ place: Suggestion.Place) -> String {
      suggestions.filter { $0.place == place }.map { "      - \($0.yaml)\n" }.joined()
    }
    var text = "name: p\nsteps:\n\(reads)  - { id: source, read: rows.csv }\n"
    if !list(.transform).isEmpty { text += "  - id: made\n    transform:\n\(list(.transform))" }
    if !list(.check).isEmpty { text += "  - id: sane\n    check:\n\(list(.check))" }
    text += "  - { id: out, write: { to: out.csv, mode: replace } }\n"
    let run = try await trial.run(text)
    #expect([.success, .warning].contains(run.status), "\(run.problems)\n\(text)")
    // Which row comes first is nobody's promise.
    let lines = try trial.read("out.csv").split(separator: "\n")
    return ([lines[0]] + lines.dropFirst().sorted()).map { $0 + "\n" }.joined()
  }

  @Test func monthsSideBySideBecomeRows() async throws {
    let (trial, found) = try await suggestions("product,Jan,Feb,Mar,note\nchair,1,2,3,\ntable,4,5,6,\n")
    #expect(found.map(\.kind) == [.empty, .unpivot], "\(found)")
    #expect(found[1].reason == "3 columns are one figure for several months: \"Jan\", \"Feb\", \"Mar\".")
    #expect(
      try await apply(found, in: trial)
        == "product,month,value\nchair,Feb,2\nchair,Jan,1\nchair,Mar,3\ntable,Feb,5\ntable,Jan,4\ntable,Mar,6\n")
    let (_, years) = try await suggestions("region,sales 2022,sales 2023,sales 2024\nn,1,2,3\n")
    #expect(
      years.first?.yaml
        == "unpivot: { columns: [\"sales 2022\", \"sales 2023\", \"sales 2024\"], name: year, value: value }",
      "\(years)")
    let (_, mixed) = try await suggestions("2024-01,2024-02,2024-03,may\n1,2,3,x\n")
    #expect(mixed.map(\.columns).first == ["2024-01", "2024-02", "2024-03"], "\(mixed)")
  }

  @Test func spellingsComeTogetherUnderTheMostFrequent() async throws {
    let words = [
      "Electronics", "Electronics", "electronics ", "ELECTRONICS", "USA toys", "USA toys", "usa  Toys", "Books",
    ]
    let (trial, found) = try await suggestions("category\n" + words.map { "\"\($0)\"\n" }.joined())
    let one = try #require(found.first { $0.kind == .standardize }, "\(found)")
    #expect(one.reason == "\"category\" has 5 spellings of 2 values: Electronics, USA toys.")
    let rows = try await apply([one], in: trial).split(separator: "\n").dropFirst()
    #expect(
      rows.map(String.init) == [
        "Books", "Electronics", "Electronics", "Electronics", "Electronics", "USA toys", "USA toys", "USA toys",
      ])
    #expect(found.contains { $0.kind == .trim && $0.columns == ["category"] })
  }

  @Test func datesInSeveralFormsBecomeDates() async throws {
    let (trial, found) = try await suggestions("id,day\n1,2025-01-31\n2,31/01/2025\n3,15.02.2025\n4,01/02/2025\n")
    let one = try #require(found.first { $0.kind == .dates }, "\(found)")
    #expect(one.reason == "\"day\" is a date in 3 forms: 2025-01-31, 31.01.2025, 31/01/2025.")
    #expect(try await apply([one], in: trial) == "id,day\n1,2025-01-31\n2,2025-01-31\n3,2025-02-15\n4,2025-02-01\n")
    let (_, american) = try await suggestions(
      "day\n01/31/2025\nJan 5\n02/28/2025\n" + String(repeating: "03/15/2025\n", count: 30))
    let cast = try #require(american.first { $0.kind == .dates }, "\(american)")
    #expect(
      cast.yaml == "cast: { columns: { day: date }, formats: [\"%m/%d/%Y\"], on_error: null }"
        && cast.reason.contains("1 values are none"))
  }

  @Test func equalRowsAndRepeatedKeysAreFound() async throws {
    let (trial, found) = try await suggestions("id,name\n1,a\n1,a\n2,b\n")
    let one = try #require(found.first { $0.kind == .dedupe }, "\(found)")
    #expect(one.yaml == "dedupe" && one.reason.hasPrefix("1 row is the same"))
    #expect(try await apply([one], in: trial) == "id,name\n1,a\n2,b\n")
    let rows = (1...10).map { "user\($0 == 10 ? 1 : $0)@example.com,\($0)\n" }.joined()
    let (again, repeated) = try await suggestions("email,n\n" + rows)
    let key = try #require(repeated.first { $0.kind == .dedupe }, "\(repeated)")
    #expect(key.yaml == "dedupe: email" && key.reason == "\"email\" looks like a key, but 1 of 10 rows repeat one.")
    #expect(try await apply([key], in: again).split(separator: "\n").count == 10)
  }

  @Test func addressesPhonesKeysAndNumbersAreFound() async throws {
    let rows = (1...20).map {
      "C-\($0),\($0 == 7 ? "none" : "user\($0)@example.com"),+7900123\(1000 + $0),\(200 + $0)-555-0\(100 + $0),\"\($0).5\"\n"
    }.joined()
    let (trial, found) = try await suggestions("customer_id,email,mobile,phone,price\n" + rows)
    let yaml = found.map(\.yaml)
    #expect(yaml.contains("{ email: email, on_fail: flag }") && yaml.contains("unique: customer_id"), "\(yaml)")
    #expect(
      yaml.contains("{ phone: mobile, on_fail: flag }")
        && yaml.contains("{ phone: { column: phone, format: \"XXX-XXX-XXXX\" }, on_fail: flag }"), "\(yaml)")
    #expect(found.first { $0.kind == .email }?.reason == "\"email\" is an e-mail address, but for 1 of 20 values.")
    _ = try await apply(found, in: trial)
    #expect(
      try await trial.workspace.store.run("latest")?.checks.first { $0.outcome.rule == "email" }?.outcome.failedRows
        == 1)
  }

  @Test func joinsAreFoundByNameAndValues() async throws {
    let customers = "id,name\n" + (1...10).map { "\($0),name \($0)\n" }.joined()
    let orders = "order_id,customer_id,amount\n" + (1...30).map { "\($0 + 1000),\($0 % 10 + 1),\($0)\n" }.joined()
    let (trial, found) = try await suggestions(orders, with: ["customers.csv": customers])
    let join = try #require(found.first { $0.kind == .join }, "\(found)")
    #expect(join.yaml == "join: { with: customers, on: { customer_id: id } }" && found.count { $0.kind == .join } == 1)
    #expect(join.reason == "100% of the values of \"customer_id\" are a \"id\" of customers.")
    let rows = try await apply([join], in: trial, reads: "  - { id: customers, read: customers.csv }\n")
    #expect(rows.hasPrefix("order_id,customer_id,amount,name\n1001,2,1,name 2\n"))
  }

  /// Names that would break out of a line of YAML or of SQL.
  @Test func oddNamesAndValuesStayWhatTheyAre() async throws {
    let header = #""it's ""x"": [a, b]","on","a b""#
    let rows = (1...12).map {
      #""\#($0 % 2 == 0 ? "Ab: {c}" : "ab: {C}")","\#($0 % 2 == 0 ? "it's" : "IT'S")"," v\#($0)""# + "\n"
    }.joined()
    let (trial, found) = try await suggestions(header + "\n" + rows)
    #expect(found.count { $0.kind == .standardize } == 2 && found.contains { $0.kind == .trim }, "\(found)")
    let result = try await apply(found, in: trial)
    #expect(result.contains("v12") && !result.contains(" v12"))
  }

  @Test func nothingIsSuggestedWhereNothingIsWrong() async throws {
    let (_, none) = try await suggestions("a,b\n")
    #expect(none.isEmpty, "\(none)")
    let (_, plain) = try await suggestions("x,y\n1.5,2.5\n3.5,4.5\n")
    #expect(plain.isEmpty, "\(plain)")
  }
}
