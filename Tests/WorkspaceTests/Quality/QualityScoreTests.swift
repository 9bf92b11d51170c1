import Execution
import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing
import Workspace

@Suite struct QualityScoreTests {
  private func pipeline(_ rules: String, _ rest: String = "") -> String {
    """
    name: orders
    \(rest)
    steps:
      - { id: customers, transform: { sql: "SELECT range AS id FROM range(998)" } }
      - { id: orders, transform: { sql: "SELECT range AS customer_id, CASE WHEN range >= 26 THEN 'x' END AS note, TIMESTAMP '2025-01-16 07:30:00' - INTERVAL 1 DAY * range AS day, range - 2 AS total FROM range(1000)" } }
      - { id: sane, check: { on: orders, rules: [\(rules)] } }
      - { id: out, write: { from: orders, to: out.parquet, mode: replace } }
    """
  }
  /// 2025-01-16 08:00 UTC.
  private let time = Date(timeIntervalSince1970: 1_737_014_400)

  @Test func theScoreIsTheMeanOfHowFarTheRulesHold() async throws {
    let trial = try await QualityTrial()
    let run = try await trial.run(
      pipeline(
        """
        { not_null: note, on_fail: warn }, { relationships: { column: customer_id, to: customers, field: id }, on_fail: warn },
        { expression: total >= 0 AND total < 100000, on_fail: flag }, { freshness: { column: day, max_age: 1 hour }, on_fail: alert }, row_count: { min: 1 }
        """), at: time)
    #expect(run.status == .warning, "\(run.problems)")
    let quality = try #require(run.quality)
    #expect(
      quality.completeness?.percent == 97.4 && quality.completeness?.nulls == 26
        && quality.completeness?.basis == .rules)
    #expect(quality.accuracy?.percent == 99.87 && quality.accuracy?.rules == 3 && quality.accuracy?.passed == 1)
    #expect(quality.freshness?.ageSeconds == 1800 && quality.freshness?.isCurrent == true)
    #expect(quality.score == 99.4)
    let valid = Dictionary(run.checks.map { ($0.outcome.rule, $0.outcome.validPercent) }, uniquingKeysWith: { $1 })
    #expect(valid["relationships"] == 99.8 && valid["expression"] == 99.8 && valid["not_null"] == 97.4)
    #expect(run.alerts.isEmpty)
    #expect(trial.workspace.folder(of: run.id).logLines().contains { $0.hasSuffix("INFO: Quality score: 99.4%") })
  }

  @Test func withoutRulesItIsHowMuchOfWhatLandedIsThere() async throws {
    let trial = try await QualityTrial()
    try trial.write("id,a,b,c\n1,x,,z\n2,x,y,z\n", to: "rows.csv")
    let run = try await trial.run(
      "name: p\nsteps:\n  - { id: rows, read: rows.csv }\n  - { id: out, write: { to: out.csv, mode: replace } }\n")
    #expect(run.quality?.score == 87.5 && run.quality?.completeness?.basis == .landed && run.quality?.accuracy == nil)
    #expect(run.status == .success)
  }

  @Test func staleRowsRaiseAnAlert() async throws {
    let trial = try await QualityTrial()
    let later = time.addingTimeInterval(3 * 86_400)
    for rule in [
      "{ freshness: { column: day, max_age: 1 day }, on_fail: alert }",
      "{ expression: max(day) >= TIMESTAMP '2025-01-18', on_fail: alert }",
    ] {
      let run = try await trial.run(pipeline(rule), at: later)
      #expect(run.status == .warning && run.receipts.count == 1)
      #expect(run.alerts.map(\.step) == ["sane"] && run.alerts[0].alert.severity == .warning, "\(run.alerts)")
    }
    let found = try await trial.workspace.store.alerts()
    #expect(found.count == 2 && found.allSatisfy { $0.pipeline == "orders" && $0.step == "sane" })
  }

  @Test func aRunBelowItsTargetEndsWithAWarning() async throws {
    let trial = try await QualityTrial()
    let rule = "{ not_null: note, on_fail: flag }"
    let good = try await trial.run(pipeline("not_null: customer_id", "quality: { target: 95% }"), at: time)
    #expect(good.quality?.score == 100 && good.quality?.target == 95 && good.quality?.isBelowTarget == false)
    #expect(!trial.workspace.folder(of: good.id).logLines().contains { $0.contains("below the target") })
    let bad = try await trial.run(pipeline(rule, "quality: { target: 98 }"), at: time)
    #expect(bad.quality?.isBelowTarget == true && bad.status == .warning)
    #expect(trial.workspace.folder(of: bad.id).logLines().contains { $0.contains("97.4%, below the target of 98%") })
    #expect(await trial.problems(pipeline(rule, "quality: { target: 120 }")).map(\.code) == ["wrong-type"])
  }

  @Test func aRuleThatStopsTheRunCountsAndIsCritical() async throws {
    let trial = try await QualityTrial()
    let run = try await trial.run(pipeline("not_null: note"), at: time)
    #expect(run.status == .failed && run.quality?.score == 97.4 && run.alerts.map(\.alert.severity) == [.critical])
    #expect(
      run.alerts[0].alert.message
        == "Data Quality Violation in \"sane\": column \"note\" contains 26 invalid values; 26 of 1,000 rows break the rule: \"note\" has a value."
    )
  }

  @Test func validatingOperationsCountAlsoWhenTheyHold() async throws {
    let trial = try await QualityTrial()
    try trial.write("id,email\n1,a@example.com\n2,b@example.com\n", to: "rows.csv")
    let run = try await trial.run(
      """
      name: p
      steps:
        - { id: rows, read: rows.csv }
        - { id: valid, transform: [{ field_validation: { field_name: email, validation_type: email_format } }] }
        - { id: out, write: { to: out.csv, mode: replace } }
      """)
    #expect(run.status == .success && run.quality?.accuracy?.rules == 1 && run.quality?.score == 100, "\(run.problems)")
  }
}
