import DuckDB
import Execution
import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing
import Workspace

/// What becomes of rows and values that break a rule, and what a run tells of it (C42).
@Suite struct RuleAnswerTests {
  private func pipeline(_ rules: String, write: String = "to: out.json, mode: replace") -> String {
    """
    name: p
    steps:
      - { id: a, read: a.json }
      - id: c
        check:
          on: a
          rules:
            - \(rules)
      - { id: w, write: { from: c, \(write) } }
    """
  }

  private func trial(_ rows: String) async throws -> QualityTrial {
    let trial = try await QualityTrial()
    try trial.write(rows, to: "a.json")
    return trial
  }

  @Test(arguments: [
    "list_sum(l) > 0", "n <> 'max(5)' OR n IS NULL AND list_sum(l) > 0", "list_sum(l) > 0 /* max(n) */",
  ])
  func everyRowIsLookedAt(_ condition: String) async throws {
    let trial = try await trial(#"{"l":[1],"n":"a"}"# + "\n" + #"{"l":[-5],"n":"max(5)"}"# + "\n")
    let run = try await trial.run(pipeline("expression: \"\(condition)\""))
    #expect(run.status == .failed && run.checks.map(\.outcome.failedRows) == [1], "\(run.problems)")
  }

  @Test func anAggregateIsAboutTheWholeWhateverItsName() async throws {
    let trial = try await trial("{\"n\":1}\n{\"n\":-1}\n")
    let run = try await trial.run(pipeline("{ expression: bool_and(n > 0), on_fail: warn }"))
    #expect(run.status == .warning && run.checks.first?.outcome.observed == "it is false", "\(run.problems)")
    #expect(run.steps.first { $0.id == "c" }?.rows == 2)
    let log = trial.workspace.folder(of: run.id).logLines()
    #expect(log.contains { $0.hasSuffix("Check \"c\" complete: 2 rows passed") }, "\(log)")
    for rule in ["{ expression: bool_and(n > 0), on_fail: skip }", "{ expression: max(n) > 3, on_fail: \"null\" }"] {
      let found = await trial.problems(pipeline(rule))
      #expect(found.map(\.code) == ["rule-about-the-whole"] && found.first?.location?.line == 8, "\(found)")
    }
  }

  @Test func onlyWhatTheRuleIsAboutIsEmptiedAndKeptAsItWas() async throws {
    let trial = try await trial(
      #"{"id":1,"s":"good","a":{"b":"y","c":1}}"# + "\n" + #"{"id":2,"s":"bad","a":{"b":"n","c":2}}"# + "\n"
        + #"{"id":3,"s":"good","a":null}"# + "\n")
    let run = try await trial.run(
      pipeline(
        """
        { expression: "s NOT IN ('bad', 'no id')", on_fail: "null" }
                - { pattern: { column: a.b, regex: y }, on_fail: "null" }
        """))
    #expect(run.status == .warning, "\(run.problems)")
    let landed = try trial.read("out.json").split(separator: "\n").map { $0.filter { $0 != " " } }
    #expect(
      landed == [
        #"{"id":1,"s":"good","a":{"b":"y","c":1}}"#, #"{"id":2,"s":null,"a":{"b":null,"c":2}}"#,
        #"{"id":3,"s":"good","a":null}"#,
      ])
    #expect(run.rejects.map { $0.summary.words(of: $0.step) } == Array(repeating: "1 value of c emptied", count: 2))
    #expect(
      run.checks.map(\.outcome.columns) == [["s"], ["a.b"]] && run.checks.map(\.outcome.emptiedValues) == [1, 1])
    #expect(run.metrics.rowsFailed == 0)
    let kept = try await trial.workspace.rejects(of: run)
    #expect(kept.count == 2 && kept.allSatisfy { $0.isEmptied && !$0.isFlagged }, "\(kept)")
    #expect(kept.first?.original.contains(#""s":"bad""#) == true)
    await #expect(throws: Problem.self) { _ = try await trial.workspace.requestToFeed(run.id) }
    #expect(
      await trial.problems(pipeline("{ expression: \"1 = 2\", on_fail: \"null\" }")).map(\.code) == ["invalid-rule"])
  }

  @Test func anEmptiedKeyIsNoKey() async throws {
    let trial = try await trial("{\"id\":1,\"n\":1}\n{\"id\":-2,\"n\":2}\n")
    for mode in ["merge", "delete+insert"] {
      let run = try await trial.run(
        pipeline(
          "{ expression: id > 0, on_fail: \"null\" }",
          write: "to: shop.duckdb, table: t, mode: \(mode), key: id"))
      #expect(run.status == .failed && run.problems.map(\.code) == ["null-key"], "\(mode): \(run.problems)")
    }
  }

  @Test func flaggedRowsAreCalledSoAndTheirColumnIsNoGap() async throws {
    let trial = try await trial("{\"id\":1,\"n\":1}\n{\"id\":2,\"n\":200}\n")
    let run = try await trial.run(pipeline("{ range: { column: n, max: 100 }, on_fail: flag }"))
    #expect(run.rejects.map { $0.summary.words(of: $0.step) } == ["1 row of c flagged"] && run.metrics.rowsFailed == 0)
    #expect(run.quality?.completeness?.percent == 100 && run.quality?.completeness?.values == 4)
    #expect(trial.workspace.folder(of: run.id).logLines().contains { $0.contains("1 row of \"c\" flagged: ") })
  }

  @Test func aBrokenRuleIsShownWhereItIsWritten() async throws {
    let trial = try await trial("{\"id\":1,\"d\":\"soon\"}\n{\"id\":null,\"d\":\"later\"}\n")
    let rows = await trial.problems(pipeline("row_count: { min: 1 }\n        - not_null: id"))
    #expect(rows.map(\.code) == ["data-quality"] && rows.first?.location?.line == 9, "\(rows)")
    let whole = await trial.problems(pipeline("row_count: { min: 5 }"))
    #expect(whole.first?.location?.line == 8)
    #expect(whole.first?.hint?.contains("skip") == false && whole.first?.hint?.contains("`on_fail: warn`") == true)
    let run = try await trial.run(pipeline("{ freshness: { column: d, max_age: 1 day }, on_fail: warn }"))
    #expect(run.status == .warning && run.checks.first?.outcome.observed?.contains("2 values are no date") == true)
  }

  @Test func aPreviewTellsWhatBreaks() async throws {
    let trial = try await trial("{\"id\":1,\"n\":1}\n{\"id\":null,\"n\":200}\n")
    func shown(_ rules: String) async throws -> StepShown {
      let text = PipelineText(file: "pipeline.yaml", text: pipeline(rules))
      return try await trial.workspace.preview(RunRequest(text), step: "c", rows: 10)
    }
    let stopped = try await shown(
      "not_null: id\n        - { unique: id, on_fail: skip }\n        - row_count: { min: 1 }")
    #expect(
      stopped.effects.map(\.impact) == [["1 row breaks it; the run would stop"], ["Holds"], ["Holds: 2 rows"]],
      "\(stopped.effects)")
    #expect(stopped.rowsIn == 2 && stopped.rowsOut == nil)
    let skipped = try await shown("{ range: { column: n, max: 100 }, on_fail: skip }")
    #expect(skipped.effects.map(\.impact) == [["1 row breaks it; they would be set aside"]] && skipped.rowsOut == 1)
  }
}
