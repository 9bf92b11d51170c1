import DuckDB
import Execution
import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing
import Workspace

/// A broken rule with `on_fail: ask` pauses the run before its rows are visible; each decision continues it accordingly (DQ-02).
@Suite struct RuleQuestionTests {
  private static let rows = "id,email\n1,a@x.org\n2,nobody\n3,\n4,d@x.org\n5,none\n"

  private struct Trial {
    let folder: TemporaryFolder
    let workspace: Workspace

    init(
      _ text: String = Trial.pipeline("[ { email: email, on_fail: ask } ]"), rows: String = RuleQuestionTests.rows
    )
      async throws
    {
      folder = try TemporaryFolder()
      workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
      try FileManager.default.createDirectory(atPath: folder.file("pipelines"), withIntermediateDirectories: true)
      try write(text, to: "pipelines/p.yaml")
      try write(rows, to: "rows.csv")
    }

    static func pipeline(_ rules: String, more: String = "") -> String {
      """
      name: p
      steps:
        - id: rows
          read: rows.csv
        - id: sane
          check: { on: rows, rules: \(rules) }
        - id: load
          write: { from: sane, to: shop.duckdb, table: target, mode: append }
      \(more)
      """
    }

    func write(_ text: String, to path: String) throws {
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file(path)))
    }

    func run() async throws -> Run {
      try await workspace.run(RunRequest(try workspace.pipeline(folder.file("pipelines/p.yaml"))))
    }

    func answer(_ run: Run, _ answers: String...) async throws -> Run {
      _ = try await workspace.answer(run.id, answers)
      return try await workspace.run(try await workspace.requestToContinue(run.id))
    }

    /// `1|a@x.org`; nil = there is no such table.
    func target(_ table: String = "target") async throws -> [String]? {
      guard FileManager.default.fileExists(atPath: folder.file("shop.duckdb")) else { return nil }
      let connection = try Database().connect()
      _ = try await connection.execute("ATTACH \(text: folder.file("shop.duckdb")) AS shop (READ_ONLY)")
      let rows = try? await connection.query("SELECT * FROM shop.\(name: table) ORDER BY ALL").rows
      return rows?.map { $0.map(\.description).joined(separator: "|") }
    }

    func letters(_ run: Run) async throws -> [String] { try await workspace.rejects(of: run).map(\.position) }
  }

  @Test func theRunWaitsAndNothingIsVisible() async throws {
    let trial = try await Trial()
    let run = try await trial.run()
    #expect(run.status == .paused && run.statusWords == "Paused - Awaiting user input", "\(run.problems)")
    #expect(run.finishedAt == nil && run.receipts.isEmpty && run.problems.isEmpty && run.checks.isEmpty)
    let question = try #require(run.ruleQuestions.first)
    #expect(run.ruleQuestions.count == 1 && question.name == "sane.1" && question.outcome.failedRows == 2)
    #expect(question.outcome.examples.map(\.value) == [#""nobody""#, #""none""#])
    #expect(question.choices == [.proceed, .skip, .null, .fixed])
    #expect(try await trial.target() == nil)
    let log = trial.workspace.folder(of: run.id).logLines().joined(separator: "\n")
    #expect(log.contains("paused - awaiting user input") && log.contains("2 of 5 rows break the rule"))
    let kept = try #require(try await trial.workspace.store.run(run.id))
    #expect(kept.openRuleQuestions.map(\.name) == ["sane.1"])
    await #expect(throws: Problem.self) { try await trial.workspace.requestToContinue(run.id) }
  }

  @Test(arguments: [
    ("proceed", RunStatus.warning, ["1|a@x.org", "2|nobody", "3|NULL", "4|d@x.org", "5|none"], []),
    ("skip", .warning, ["1|a@x.org", "3|NULL", "4|d@x.org"], ["row 2", "row 5"]),
    ("sane.1=null", .warning, ["1|a@x.org", "2|NULL", "3|NULL", "4|d@x.org", "5|NULL"], ["row 2", "row 5"]),
  ])
  func eachAnswer(_ answer: String, _ status: RunStatus, _ target: [String], _ letters: [String]) async throws {
    let trial = try await Trial()
    let paused = try await trial.run()
    let run = try await trial.answer(paused, answer)
    #expect(run.id == paused.id && run.status == status && run.pauseReason == nil, "\(run.problems)")
    #expect(run.receipts.map(\.verified) == [true])
    #expect(try await trial.target() == target)
    #expect(try await trial.letters(run) == letters)
    #expect(run.checks.map(\.outcome.failedRows) == [2] && run.appliedFixes.map(\.step) == ["sane"])
    #expect(
      run.logicalTime.timeIntervalSince(paused.logicalTime).magnitude < 0.001 && run.ruleQuestions[0].answer != nil)
    let kept = try #require(try await trial.workspace.store.run(run.id))
    #expect(kept.status == status && kept.appliedFixes == run.appliedFixes && kept.checks.count == 1)
    #expect(try await trial.run().status == .paused, "The next run asks again.")
  }

  @Test func rowsThatWereCorrectedAreJudgedAgain() async throws {
    let trial = try await Trial()
    let paused = try await trial.run()
    let again = try await trial.answer(paused, "fixed")
    #expect(again.status == .paused && again.id == paused.id && again.ruleQuestions.map(\.answer) == [nil])
    try trial.write("id,email\n1,a@x.org\n2,b@x.org\n", to: "rows.csv")
    let run = try await trial.answer(again, "fixed")
    #expect(run.status == .success && run.id == paused.id, "\(run.problems)")
    #expect(try await trial.target() == ["1|a@x.org", "2|b@x.org"])
  }

  @Test func stoppingLeavesTheTargetAsItWas() async throws {
    let trial = try await Trial()
    let paused = try await trial.run()
    let run = try await trial.workspace.cancelPaused(paused.id)
    #expect(run.status == .cancelled && run.finishedAt != nil)
    #expect(try await trial.target() == nil)
  }

  @Test func cleanRowsAskNothing() async throws {
    let trial = try await Trial(rows: "id,email\n1,a@x.org\n")
    #expect(try await trial.run().status == .success)
  }

  @Test func rulesOfAllKindsAreAskedAboutAtOnceAndAnsweredApart() async throws {
    let trial = try await Trial(
      Trial.pipeline(
        "[ { email: email, on_fail: ask }, { range: { column: id, max: 4 }, on_fail: skip }, { not_null: email, on_fail: ask } ]"
      ))
    let paused = try await trial.run()
    #expect(paused.ruleQuestions.map(\.name) == ["sane.1", "sane.3"] && paused.rejects.isEmpty)
    #expect(try await trial.letters(paused).isEmpty, "What is set aside anew isn't kept twice.")
    #expect(paused.ruleQuestions[1].choices == [.proceed, .skip, .fixed])
    let half = try await trial.workspace.answer(paused.id, ["not_null=skip"])
    #expect(half.openRuleQuestions.map(\.name) == ["sane.1"])
    let run = try await trial.answer(paused, "sane.1=proceed")
    #expect(run.status == .warning, "\(run.problems)")
    #expect(try await trial.target() == ["1|a@x.org", "2|nobody", "4|d@x.org"])
    #expect(try await trial.letters(run).sorted() == ["row 3", "row 5"])
  }

  @Test func answersThatDoNotFit() async throws {
    let trial = try await Trial(
      Trial.pipeline("[ { row_count: { min: 9 }, on_fail: ask } ]"))
    let paused = try await trial.run()
    #expect(
      paused.status == .paused && paused.ruleQuestions.first?.choices == [.proceed, .fixed], "\(paused.problems)")
    for (answer, code) in [("skip", "unknown-choice"), ("sane.2=proceed", "unknown-rule"), ("yes", "unknown-choice")] {
      await #expect {
        _ = try await trial.workspace.answer(paused.id, [answer])
      } throws: { ($0 as? Problem)?.code.description == code }
    }
    await #expect {
      _ = try await trial.workspace.answer(paused.id, ["proceed"], isKept: true)
    } throws: { ($0 as? Problem)?.code == "usage" }
    let run = try await trial.answer(paused, "proceed")
    #expect(run.status == .warning && run.checks.map(\.outcome.passed) == [false], "\(run.problems)")
    #expect(try await trial.target()?.count == 5)
  }

  @Test func writesThatAreDoneStayDone() async throws {
    let other = """
        - id: others
          read: others.csv
        - id: few
          check: { on: others, rules: [ { not_null: name, on_fail: skip } ] }
        - id: load_others
          write: { from: few, to: others.duckdb, table: target, mode: append }
      """
    let trial = try await Trial(Trial.pipeline("[ { email: email, on_fail: ask } ]", more: other))
    try trial.write("id,name\n7,seven\n8,\n", to: "others.csv")
    let paused = try await trial.run()
    #expect(paused.status == .paused && paused.receipts.map(\.step) == ["load_others"], "\(paused.problems)")
    #expect(try await trial.letters(paused) == ["row 2"] && paused.metrics.rowsFailed == 1)
    let again = try await trial.answer(paused, "fixed")
    #expect(again.status == .paused && again.receipts.map(\.step) == ["load_others"], "\(again.problems)")
    let run = try await trial.answer(again, "skip")
    #expect(run.status == .warning && run.receipts.map(\.step) == ["load_others", "load"], "\(run.problems)")
    #expect(try await trial.letters(run).sorted() == ["row 2", "row 2", "row 5"] && run.metrics.rowsFailed == 3)
    let connection = try Database().connect()
    _ = try await connection.execute("ATTACH \(text: trial.folder.file("others.duckdb")) AS shop (READ_ONLY)")
    #expect(try await connection.query("SELECT count(*) FROM shop.target").rows == [[.integer(1)]])
  }

  @Test func aStopBesideItEndsTheRun() async throws {
    let trial = try await Trial(
      Trial.pipeline("[ { email: email, on_fail: ask }, { not_null: email, on_fail: stop } ]"))
    let run = try await trial.run()
    #expect(run.status == .failed && run.ruleQuestions.isEmpty)
    #expect(run.violations.map(\.kind) == ["email", "not_null"])
  }

  @Test func aFailureElsewhereEndsTheRun() async throws {
    let other = """
        - id: none
          read: others.csv
        - id: broken
          check: { on: none, rules: [ { not_null: name } ] }
        - id: load_others
          write: { from: broken, to: others.duckdb, table: target, mode: append }
      """
    let trial = try await Trial(Trial.pipeline("[ { email: email, on_fail: ask } ]", more: other))
    try trial.write("id,name\n7,\n", to: "others.csv")
    let run = try await trial.run()
    #expect(run.status == .failed && Set(run.violations.map(\.kind)) == ["email", "not_null"], "\(run.problems)")
    #expect(try await trial.target() == nil)
  }

  @Test func inAProcessOfItsOwn() async throws {
    let trial = try await Trial()
    let launch = WorkerProcess.Launch(program: try Program.path(), directory: trial.folder.path)
    let paused = try await trial.workspace.runIsolated(
      RunRequest(try trial.workspace.pipeline(trial.folder.file("pipelines/p.yaml"))), worker: launch)
    #expect(paused.status == .paused && paused.ruleQuestions.count == 1, "\(paused.problems)")
    _ = try await trial.workspace.answer(paused.id, ["skip"])
    let run = try await trial.workspace.runIsolated(
      try await trial.workspace.requestToContinue(paused.id), worker: launch)
    #expect(run.status == .warning && run.id == paused.id, "\(run.problems)")
    #expect(try await trial.target()?.count == 3)
  }

  @Test func validationsAmongOperationsAskToo() async throws {
    let text = Trial.pipeline("").replacing(
      "check: { on: rows, rules:  }",
      with:
        "transform: [ { trim: email }, { field_validation: { field: email, validation_type: email, on_fail: ask } } ]")
    let trial = try await Trial(text)
    let paused = try await trial.run()
    #expect(paused.ruleQuestions.map(\.name) == ["sane.2"], "\(paused.problems)")
    let run = try await trial.answer(paused, "skip")
    #expect(run.status == .warning, "\(run.problems)")
    #expect(try await trial.target()?.count == 3)
  }
}
