import Execution
import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing
import Workspace

@Suite struct RuleTemplateTests {
  private func pipeline(_ rules: String) -> String {
    """
    name: p
    steps:
      - { id: rows, read: { from: rows.csv, types: { amount: double } } }
      - { id: sane, check: [\(rules)] }
      - { id: out, write: { to: out.csv, mode: replace } }
    """
  }

  private func trial() async throws -> QualityTrial {
    let trial = try await QualityTrial()
    try trial.write("id,email,amount\n1,a@example.com,5\n1,notanemail,\n3,c@example.com,500\n", to: "rows.csv")
    try trial.write(
      """
      description: Contacts can be written to.
      parameters: { column: email, least: }
      rules:
        - not_null: "{{ column }}"
        - { email: "{{ column }}", on_fail: flag }
        - range: { column: amount, min: "{{ least }}", max: 100 }
        - expression: "length({{ column }}) > 2"
      """, to: "rules/contacts.yaml")
    return trial
  }

  @Test func rulesOfAFileAreUsedByName() async throws {
    let trial = try await trial()
    let run = try await trial.run(pipeline("{ use: contacts, on_fail: skip }"))
    #expect(run.status == .warning, "\(run.problems)")
    #expect(run.checks.map(\.outcome.rule) == ["not_null", "email", "range", "expression"])
    #expect(run.checks.map(\.outcome.onFail) == ["skip", "flag", "skip", "skip"])
    #expect(run.checks.map(\.outcome.failedRows) == [0, 1, 1, 0])
    #expect(run.receipts.map(\.sent.rows) == [2])
  }

  @Test func parametersStandForValuesOfAnyKind() async throws {
    let trial = try await trial()
    let bounded = try await trial.run(pipeline("{ use: contacts, with: { least: 10 }, on_fail: warn }"))
    #expect(bounded.checks.map(\.outcome.words)[2] == "\"amount\" is between 10 and 100")
    let keys = try await trial.run(
      pipeline("{ use: { template: duplicate_detection, with: { columns: [id, email] } }, on_fail: skip }"))
    #expect(
      keys.checks.map(\.outcome.words) == ["no \"id\" with \"email\" occurs twice"]
        && keys.receipts.map(\.sent.rows) == [3])
    let key = try await trial.run(pipeline("{ use: duplicate_detection, with: { columns: id }, on_fail: skip }"))
    #expect(key.receipts.map(\.sent.rows) == [2])
  }

  @Test(arguments: [
    ("{ use: duplicate_detection, with: { columns: id }, on_fail: warn }", ["unique"]),
    ("{ use: format_validation, with: { column: email, regex: '.+@.+' }, on_fail: warn }", ["not_null", "pattern"]),
    ("{ use: range_checks, with: { column: amount, max: 100 }, on_fail: warn }", ["not_null", "range"]),
    ("{ use: contact, with: { phone: email } }", ["email", "phone"]), ("use: usual_volume", ["row_count", "anomaly"]),
  ])
  func whatComesWithWeirMakesRules(_ rule: String, _ kinds: [String]) async throws {
    let trial = try await trial()
    let run = try await trial.run(pipeline(rule))
    #expect(run.checks.map(\.outcome.rule).sorted() == kinds.sorted(), "\(run.problems)")
    #expect(
      BuiltInTemplates().templateNames.allSatisfy { name in
        trial.workspace.rules().contains { $0.name == name && $0.problem == nil }
      })
  }

  @Test func templatesThatMultiplyAreRefused() async throws {
    let trial = try await trial()
    for level in 0..<20 {
      try trial.write("rules: [{ use: t\(level + 1) }, { use: t\(level + 1) }]", to: "rules/t\(level).yaml")
    }
    try trial.write("rules: [{ not_null: email }]", to: "rules/t20.yaml")
    let failure = await #expect(throws: InvalidPipeline.self) { _ = try await trial.run(pipeline("use: t0")) }
    #expect(failure?.problems.all.map(\.code) == ["too-many-rules"])
  }

  @Test(arguments: [
    ("use: contact_s", "unknown-template", 4), ("{ use: contacts, with: { colum: email } }", "unknown-setting", 4),
    ("use: [a]", "wrong-type", 4), ("use: circle", "template-circle", 2), ("use: broken", "unknown-rule", 3),
    ("use: empty", "missing-setting", 1), ("use: odd", "unknown-parameter", 2),
    ("use: ../pipeline", "unknown-template", 4),
    ("{ use: range_checks, with: { min: 1 } }", "missing-parameter", 4), ("use: gap", "missing-parameter", 3),
  ])
  func mistakesHaveAPlace(_ rule: String, _ code: String, _ line: Int) async throws {
    let trial = try await trial()
    try trial.write("rules:\n  - use: circle\n", to: "rules/circle.yaml")
    try trial.write("description: x\nrules:\n  - not_nul: id\n", to: "rules/broken.yaml")
    try trial.write("description: x\n", to: "rules/empty.yaml")
    try trial.write("rules:\n  - not_null: \"{{ what }}\"\n", to: "rules/odd.yaml")
    try trial.write("parameters: { what: }\nrules:\n  - expression: \"{{ what }} > 1\"\n", to: "rules/gap.yaml")
    let problems = await trial.problems(pipeline(rule))
    let found = problems.prefix(1).map { "\($0.code) \($0.location?.line ?? 0)" }
    #expect(found == ["\(code) \(line)"])
  }

  @Test func aPipelineThatUsesATemplateIsWrittenAsItWas() throws {
    let text = pipeline("{ use: contacts, with: { least: 10 }, on_fail: warn }, use: usual_volume")
    let spec = try PipelineParser.asWritten.parse(text, file: "p.yaml")
    let again = try PipelineParser.asWritten.parse(PipelineWriter().write(spec), file: "p.yaml")
    for spec in [spec, again] {
      guard case .check(let check) = spec.steps[1].work else { throw Problem("test", "no check") }
      #expect(check.rules.map(\.name) == ["use", "use"] && check.rules[0].settings["with"]?["least"]?.text == "10")
      #expect(check.rules[0].onFail == .warn && check.rules[1].settings.text == "usual_volume")
    }
  }
}
