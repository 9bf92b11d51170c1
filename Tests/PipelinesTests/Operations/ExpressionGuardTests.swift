import Pipelines
import Tabular
import TestSupport
import Testing

@Suite struct ExpressionGuardTests {
  private let place = Location(file: "p.yaml", line: 3, column: 5)

  @Test(arguments: [
    "status = 'completed' AND amount > 0", "note = 'a;b -- c'", "\"odd;name\" > 1", "x IN (1, 2, 3)",
    "amount > 0 -- why",
    "/* a /* nested */ comment */ a", "name LIKE 'it''s%'", "E'it\\'s' = x", "{'a': 1}.a = [1, 2][1]",
    "CASE WHEN total > 1000 THEN 'High' ELSE 'Low' END", "цена > 5 AND имя <> 'ё'",
  ])
  func acceptsOneExpression(_ text: String) throws { try ExpressionGuard.check(text, at: place) }

  @Test(arguments: [
    "", "  \n", "1; DROP TABLE x", "1) OR (1 = 1", "(1", "'open", "\"open", "a /* open", "a, b", "x\0", "$$a$$",
    "E'a\\'", "[1)",
    "/* a /* b */ c", "E'a'\n'\\'' ) OR (1=1 --'", "e'a' -- b\n'c'",
  ])
  func refusesEverythingElse(_ text: String) {
    let problem = #expect(throws: Problem.self) { try ExpressionGuard.check(text, at: place) }
    #expect(problem?.code == "bad-expression")
    #expect(problem?.location == place)
  }
}

@Suite struct RegistryTests {
  @Test func namesAreFoundInAnySpelling() {
    for name in ["field_mapping", "Field Mapping", "fieldMapping", "FIELD-MAPPING"] {
      #expect(Operations.named(name)?.name == "field_mapping")
    }
    #expect(Operations.named("record_filter")?.name == "filter")
    #expect(Operations.named("aggregation")?.name == "aggregate")
    #expect(Operations.named("nothing") == nil)
    #expect(Rules.named("NotNull")?.name == "not_null")
  }

  @Test func noTwoOperationsOrRulesShareAName() {
    let operations = Operations.all.flatMap { [$0.name] + $0.aliases }.map {
      $0.lowercased().filter { !" _-".contains($0) }
    }
    #expect(
      operations.count == Set(operations).count,
      "\(Dictionary(grouping: operations) { $0 }.filter { $1.count > 1 }.keys)")
    let rules = Rules.all.flatMap { [$0.name] + $0.aliases }.map { $0.lowercased().filter { !" _-".contains($0) } }
    #expect(rules.count == Set(rules).count)
  }

  @Test func everyExampleIsReadAndEverySettingHasWords() throws {
    for type in Operations.all {
      #expect(type.summary.hasSuffix("."), "\(type.name)")
      #expect(type.settings.allSatisfy { $0.summary.hasSuffix(".") }, "\(type.name)")
      let examples = try Setting(yaml: type.example).elements
      #expect(!examples.isEmpty, "\(type.name) has no example")
      for example in examples {
        do { #expect(!(try Operations.make(example).effect).isEmpty) } catch { Issue.record("\(type.name): \(error)") }
      }
    }
    for type in Rules.all {
      #expect(type.summary.hasSuffix("."), "\(type.name)")
      for example in try Setting(yaml: type.example).elements {
        guard let entry = example.entries.first(where: { $0.key != "on_fail" }) else { continue }
        do { #expect(!(try type.make(entry.value, .stop, entry.keyLocation).words).isEmpty) } catch {
          Issue.record("\(type.name): \(error)")
        }
      }
    }
  }

  @Test func mistakesAreReportedTogetherWithTheirPlaces() throws {
    let problems = #expect(throws: Problems.self) {
      try Operations.make(
        Setting(yaml: "field_calculation:\n  source_fieds: [a, b]\n  output_field: c\n  operation: mulitply\n"))
    }
    #expect(problems?.all.map(\.code) == ["unknown-setting", "unknown-choice", "missing-setting"])
    #expect(problems?.all.first?.location?.line == 2)
    #expect(problems?.all.first?.hint == "Did you mean \"source_fields\"?")
    let unknown = #expect(throws: Problem.self) { try Operations.make(Setting(yaml: "filtr: a > 1")) }
    #expect(unknown?.hint == "Did you mean \"filter\"?")
  }
}
