import Execution
import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing
import Workspace

@Suite struct AnomalyTests {
  private func pipeline(_ rules: String, name: String = "daily") -> String {
    """
    name: \(name)
    steps:
      - { id: rows, read: { from: rows.csv, types: { amount: double } } }
      - { id: usual, check: [\(rules)] }
      - { id: out, write: { to: out.csv, mode: replace } }
    """
  }

  private func rows(_ count: Int, amount: Double = 10, missing: Int = 0) -> String {
    "id,amount\n" + (0..<count).map { "\($0),\($0 < missing ? "" : "\(amount + Double($0 % 3))")\n" }.joined()
  }

  @Test func learnsFirstAndThenTellsWhatIsUnusual() async throws {
    let trial = try await QualityTrial()
    let text = pipeline("{ anomaly: row_count, on_fail: alert }")
    for count in [1000, 1010, 990, 1005, 400] {
      try trial.write(rows(count), to: "rows.csv")
      let run = try await trial.run(text)
      #expect(run.status == .success, "\(run.problems) \(run.checks)")
      #expect(
        run.checks.map { $0.outcome.measure?.name } == ["row_count"]
          && run.checks.map { $0.outcome.measure?.value } == [Double(count)])
    }
    try trial.write(rows(1000), to: "rows.csv")
    let usual = try await trial.run(text)
    #expect(usual.status == .success && usual.alerts.isEmpty && usual.checks.first?.outcome.passed == true)
    #expect(usual.checks.first?.outcome.observed?.hasPrefix("it is 1000; usual is 9") == true, "\(usual.checks)")
    try trial.write(rows(1100), to: "rows.csv")
    let unusual = try await trial.run(text)
    #expect(unusual.status == .warning)
    #expect(unusual.alerts.map(\.alert.rule) == ["anomaly"] && unusual.alerts[0].alert.severity == .warning)
    #expect(unusual.alerts[0].alert.message.contains("the number of rows is as usual. Observed: it is 1100; usual is"))
    #expect(unusual.receipts.map(\.sent.rows) == [1100])
  }

  @Test func stopsARunBeforeAnythingIsVisibleAndDoesNotLearnFromIt() async throws {
    let trial = try await QualityTrial()
    let text = pipeline("anomaly: { measure: mean, column: amount, min_runs: 3 }")
    for _ in 0..<3 {
      try trial.write(rows(300), to: "rows.csv")
      #expect(try await trial.run(text).status == .success)
    }
    try trial.write(rows(300, amount: 100), to: "rows.csv")
    for _ in 0..<4 {
      let run = try await trial.run(text)
      #expect(run.status == .failed && run.problems.map(\.code) == ["data-quality"])
      #expect(run.alerts.map(\.alert.severity) == [.critical])
    }
    #expect(try trial.read("out.csv").contains("100.") == false)
    try trial.write("id,amount\n", to: "rows.csv")
    #expect(try await trial.run(text).problems.first?.message.contains("there is no value") == true)
  }

  @Test func watchesMissingValues() async throws {
    let trial = try await QualityTrial()
    let text = pipeline("{ anomaly: { measure: null_share, column: amount, min_runs: 3 }, on_fail: warn }")
    for missing in [0, 0, 0, 2] {
      try trial.write(rows(200, missing: missing), to: "rows.csv")
      #expect(try await trial.run(text).status == .success)
    }
    try trial.write(rows(200, missing: 20), to: "rows.csv")
    let run = try await trial.run(text)
    #expect(run.status == .warning && run.alerts.isEmpty)
    #expect(run.checks.first?.outcome.observed == "it is 0.1; usual is -0.035 to 0.035, from 4 runs")
  }

  @Test func pipelinesAndPartialRunsDoNotTeachEachOther() async throws {
    let trial = try await QualityTrial()
    try trial.write(rows(100), to: "rows.csv")
    let text = pipeline("{ anomaly: { measure: row_count, min_runs: 2 }, on_fail: warn }")
    for _ in 0..<3 { try await trial.run(text) { $0.options.limit = 5 } }
    try await trial.run(text)
    let second = try await trial.run(text)
    #expect(second.checks[0].outcome.observed == "it is 100, 1 of 2 earlier runs are known")
    try trial.write(rows(500), to: "rows.csv")
    let other = try await trial.run(
      pipeline("{ anomaly: { measure: row_count, min_runs: 2 }, on_fail: warn }", name: "other"))
    #expect(other.status == .success && other.checks[0].outcome.observed == "it is 500, 0 of 2 earlier runs are known")
    #expect(try await trial.run(text).status == .warning)
  }

  @Test(arguments: [
    ("anomaly: mean", "missing-setting"), ("anomaly: { column: id, measure: sum, threshold: 0 }", "wrong-type"),
    ("anomaly: { column: nope }", "unknown-column"), ("anomaly: { column: name }", "wrong-type"),
    ("anomaly: means", "unknown-choice"),
    ("{ anomaly: row_count, on_fail: skip }", "rule-about-the-whole"),
    ("anomaly: { min_runs: 50, window: 10 }", "wrong-type"),
  ])
  func wrongSettingsHaveAPlace(_ rule: String, _ code: String) async throws {
    let trial = try await QualityTrial()
    try trial.write("id,name,amount\n1,a,1\n", to: "rows.csv")
    let problems = await trial.problems(pipeline(rule))
    let found = problems.map { "\($0.code) \($0.location?.line ?? 0)" }
    #expect(found == ["\(code) 4"])
  }
}
