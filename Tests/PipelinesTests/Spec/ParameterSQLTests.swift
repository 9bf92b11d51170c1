import Testing

@testable import Pipelines

/// Parameters in SQL are values, whatever stands in them.
@Suite struct ParameterSQLTests {
  private func filter(_ text: String, _ value: String) throws -> String? {
    let parser = PipelineParser(
      environment: [:], parameters: ["who": value], secrets: KnownSecrets(values: [:]), run: .preview,
      redactor: Redactor())
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { "        \($0)" }.joined(
      separator: "\n")
    let spec = try parser.parse(
      "parameters: { who: x }\nsteps:\n  - id: a\n    read:\n      from: shop\n      table: t\n      filter: |-\n\(lines)",
      file: "p.yaml")
    guard case .read(let read) = spec.steps[0].work else { return nil }
    return read.filter
  }

  @Test(arguments: [
    ("name = '{{ who }}'", "O'Brien", "name = 'O''Brien'"),
    ("name = '{{ who }}' AND x = 'a'", "x' OR '1'='1", "name = 'x'' OR ''1''=''1' AND x = 'a'"),
    ("name = 'it''s {{ who }}'", "'", "name = 'it''s '''"),
    (
      "name = {{ who }}", "x')); COPY (SELECT 42) TO 'pwn.csv'; --",
      "name = 'x'')); COPY (SELECT 42) TO ''pwn.csv''; --'"
    ),
    ("day >= {{ who }}", "2025-01-01", "day >= '2025-01-01'"),
    ("amount > {{ who }}", "-12.50", "amount > -12.50"),
    ("{{ who }} IS NOT NULL", "public.amount", "public.amount IS NOT NULL"),
    ("({{ who }})", "1 = 1", "('1 = 1')"),
    ("id = 1 -- {{ who }}", "x\n OR 1 = 1", "id = 1 -- "),
    ("id = 1 /* '{{ who }} */ AND n = '{{ who }}'", "*/'", "id = 1 /* ' */ AND n = '*/'''"),
    ("n > 5-{{ who }} AND m", "-1", "n > 5- -1 AND m"), ("n = e{{ who }}", #"\'x"#, #"n = e '\''x'"#),
    ("n = E'{{ who }}'", #"\' OR 1=1 --"#, #"n = E'\\'' OR 1=1 --'"#),
    ("n = {{ who }} OR 'a'", "' b", "n = ''' b' OR 'a'"),
    ("n = 1 /*/ {{ who }} */", "*/ OR 1=1 --", "n = 1 /*/  */"), ("a /* b */* {{ who }} > 1", "2", "a /* b */* 2 > 1"),
    ("a /* b /* c */ {{ who }} */", "*/", "a /* b /* c */  */"),
    (#""{{ who }}" = 1"#, #"a" = 1 OR "b"#, #""a"" = 1 OR ""b" = 1"#),
  ])
  func parametersAreValues(_ text: String, _ value: String, _ expected: String) throws {
    #expect(try filter(text, value) == expected)
  }

  @Test(arguments: ["id = 1; DROP TABLE t", "id = 1) OR (1 = 1", "id = 'open"])
  func aConditionIsOneCondition(_ text: String) {
    #expect { try filter(text, "x") } throws: { ($0 as? Problems)?.all.map(\.code.description) == ["bad-expression"] }
  }
}
