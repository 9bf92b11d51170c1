import DuckDB
import Tabular
import TestSupport
import Testing

@testable import Pipelines

/// Mistakes in operations are found before anything runs, with their place.
@Suite struct OperationRefusalTests {
  @Test(
    arguments: [
      ("filter: { field: t, operator: regex, value: '[' }", "invalid-regex", "\"[\""),
      ("filter: { or: [ n > 1, { not: { field: t, operator: regex, value: '(' } } ] }", "invalid-regex", "\"(\""),
      ("split: { into: { a: { field: t, operator: regex, value: '[' }, b: else } }", "invalid-regex", "\"[\""),
      (
        "conditional: { if: n > 1, then: [ { replace: { field: t, regex: '[', with: '' } } ] }", "invalid-regex",
        "\"[\""
      ),
      ("field_mapping: { field: t, operation: format, regex: '[', pattern: x }", "invalid-regex", "\"[\""),
      ("date: { field: d, operation: format, format: '%Q' }", "invalid-format", "\"%Q\""),
      ("date: { field: t, operation: parse, formats: ['%d.%m.%Y', '%'] }", "invalid-format", "\"%\""),
      ("cast: { columns: { t: date }, formats: ['%Q'] }", "invalid-format", "\"%Q\""),
      (
        "conditional: { if: n > 1, then: [ { date: { field: d, operation: format, format: '%Q', output_field: x } } ] }",
        "invalid-format", "\"%Q\""
      ),
      (
        "extract: { field: t, regex: '(a)', group: 5, output_field: x }", "unknown-group",
        "1 group; there is no group 5"
      ),
      ("replace: { field: t, regex: '(a)', with: 'x$2' }", "unknown-group", "1 group; there is no $2"),
      ("format: { field: t, regex: '(a)(?:b)(c)', pattern: '$1$3' }", "unknown-group", "2 groups; there is no $3"),
      (
        "conditional: { if: n > 1, then: [ { add: { a: 1 } } ], else: [ { field_addition: { field_name: a, value: text } } ] }",
        "wrong-type",
        "would be text"
      ),
      (
        "conditional: { if: n > 1, then: [ { field_addition: { field_name: n, value: many } } ] }", "wrong-type",
        "would be text"
      ),
      ("filter: { field: t, operator: '>', value: 10 }", "wrong-type", "more or less than the number 10"),
      ("lookup: { field: t, table: { a: 1 } }", "wrong-type", "The replacements are numbers"),
      ("lookup: { field: t, table: { a: 9007199254740993, b: 1.5 }, default: null }", "wrong-type", "no exact place"),
      ("lookup: { field: n, table: { one: x } }", "wrong-type", "can't be compared with \"one\""),
      ("pivot: { on: n, values: [one], group_by: t }", "wrong-type", "can't be compared with \"one\""),
    ] as [(String, Problem.Code, String)])
  func isRefused(_ operation: String, _ code: Problem.Code, _ words: String) async throws {
    let step = "- id: result\n  transform:\n    on: given\n    operations:\n      - \(operation)"
    do {
      _ = try await PlannedBench().bind([("given", "SELECT 'a' AS t, 1 AS n, DATE '2025-01-31' AS d")], step)
      Issue.record("nothing was refused")
    } catch let problems as Problems {
      let problem = try #require(problems.all.first)
      #expect(problem.code == code)
      #expect(problem.message.contains(words), "\(problem.message)")
      #expect(problem.location?.line ?? 0 > 4)
    }
  }

  @Test(arguments: [
    ("", 0), ("a(b)c", 1), (#"\((a)\)"#, 1), ("[(](a)", 1), ("[]()](a)", 1), ("[^]()](a)", 1), ("(?:a)(?i)(b)", 1),
    ("(?P<x>a)(?<y>b)", 2), ("((a)(b(c)))", 4), (#"\Q(((\E(a)"#, 1), (#"[\](](a)"#, 1), ("(?<=a)(b)", 1),
  ])
  func groupsAreCounted(_ regex: String, _ groups: Int) { #expect(RegexGroups.count(in: regex) == groups) }
}
