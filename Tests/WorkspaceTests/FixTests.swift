import DuckDB
import Execution
import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing
import Workspace

/// A run that a rule has ended says what was wrong, and can be tried again otherwise (RUN-17, RUN-18).
@Suite struct FixTests {
  @Test func aFailedRunSaysWhichValuesBrokeWhichRule() async throws {
    let trial = try await FixTrial()
    let run = try await trial.run()
    #expect(run.status == .failed && run.problems.map(\.code) == ["data-quality"])
    let violation = try #require(run.violations.first)
    #expect(run.violations.count == 1 && violation.step == "sane" && violation.errorType == "Data Quality Violation")
    #expect(violation.columns == ["email"] && violation.invalidValues == 4 && violation.rows == 6)
    #expect(violation.examples.map(\.position) == ["row 2", "row 3", "row 5"])
    #expect(violation.examples.map(\.value) == [#""notanemail""#, #""@company.com""#, #""test@test""#])
    #expect(
      violation.rule == "\"email\" is an e-mail address" && violation.actionTaken.contains("halted to prevent bad data")
    )
    let message = run.problems[0].message
    for part in ["column \"email\" contains 4 invalid values", "row 2: \"notanemail\"", "Action taken: "] {
      #expect(message.contains(part), "\(message)")
    }
    #expect(
      run.suggestedFixes.map(\.choice) == [.skip, .null, .guide, .relax]
        && run.suggestedFixes.map(\.number) == [1, 2, 3, 4])
    #expect(
      run.suggestedFixes[0].title == "Skip invalid rows (lose 4 records)"
        && run.suggestedFixes[1].title == "Set invalid \"email\" to null")
    #expect(try await trial.target().isEmpty)
    let kept = try #require(try await trial.workspace.store.run(run.id))
    #expect(kept.violations.map(\.invalidValues) == [4] && kept.suggestedFixes.count == 4)
  }

  @Test func skippingLoadsFewerRowsAndKeepsTheOthers() async throws {
    let trial = try await FixTrial()
    let failed = try await trial.run()
    let run = try await trial.fix(failed, .skip)
    #expect(
      run.status == .warning && run.resumes == failed.id
        && run.logicalTime.timeIntervalSince(failed.logicalTime).magnitude < 0.001, "\(run.problems)")
    #expect(run.appliedFixes == [RuleFix(step: "sane", place: 1, rule: "email", onFail: .skip)])
    #expect(try await trial.target() == ["1|a@x.org", "4|d@x.org"])
    #expect(try await trial.workspace.rejects(of: run).map(\.position) == ["row 2", "row 3", "row 5", "row 6"])
    #expect(try trial.text() == FixTrial.pipeline(), "The file stays as it is.")
    let replayed = try await trial.workspace.run(try await trial.workspace.requestToReplay(run.id))
    #expect(replayed.status == .warning && replayed.appliedFixes == run.appliedFixes, "A replay does what the run did.")
    #expect(try await trial.run().status == .failed, "A new run asks again.")
  }

  @Test func emptyingLoadsNulls() async throws {
    let trial = try await FixTrial()
    let run = try await trial.fix(try await trial.run(), .null)
    #expect(run.status == .warning, "\(run.problems)")
    #expect(try await trial.target() == ["1|a@x.org", "2|NULL", "3|NULL", "4|d@x.org", "5|NULL", "6|NULL"])
  }

  @Test func relaxingChangesOneLineOfTheFile() async throws {
    let trial = try await FixTrial()
    let failed = try await trial.run()
    let (request, edit) = try await trial.workspace.requestToFix(failed.id, .warn, isKept: true)
    #expect(edit?.lines == ["+ 10:           on_fail: warn"])
    #expect(try trial.text() == FixTrial.pipeline(more: "          on_fail: warn\n"))
    let run = try await trial.workspace.run(request)
    #expect(run.status == .warning && run.appliedFixes.isEmpty, "\(run.problems)")
    #expect(try await trial.target().count == 6)
    #expect(try await trial.run().status == .warning, "From now on the rule only warns.")
  }

  @Test func aFixMayBeKeptInTheFile() async throws {
    let trial = try await FixTrial()
    let failed = try await trial.run()
    let request = try await trial.workspace.requestToFix(failed.id, .null, isKept: true).request
    #expect(try await trial.workspace.run(request).status == .warning)
    #expect(try trial.text() == FixTrial.pipeline(more: "          on_fail: \"null\"\n"))
    #expect(try await trial.run().status == .warning)
  }

  @Test(arguments: [
    ("check: [ { email: email } ]", "check: [ { email: email, on_fail: skip } ]"),
    (
      "check: [ { email: { column: email, on_fail: stop } } ]", "check: [ { email: { column: email, on_fail: skip } } ]"
    ),
    (
      "check: [ { type: email, column: email, on_failure: stop } ]",
      "check: [ { type: email, column: email, on_failure: skip } ]"
    ),
    (
      "check: { on: rows, checks: [ { not_null: id }, { email: email } ] }",
      "check: { on: rows, checks: [ { not_null: id }, { email: email, on_fail: skip } ] }"
    ),
    (
      "transform: [ { trim: email }, { validate: { field: email, rule: email } } ]",
      "transform: [ { trim: email }, { validate: { field: email, rule: email, on_fail: skip } } ]"
    ),
    (
      "transform: [ { type: field_validation, field_name: email, validation_type: email_format, action: stop } ]",
      "transform: [ { type: field_validation, field_name: email, validation_type: email_format, action: skip } ]"
    ),
  ]) func everyFormOfARule(written: String, relaxed: String) async throws {
    let trial = try await FixTrial(text: FixTrial.short(written))
    let failed = try await trial.run()
    #expect(failed.violations.map(\.invalidValues) == [4], "\(failed.problems)")
    let once = try await trial.fix(failed, .skip)
    #expect(once.status == .warning, "\(once.problems)")
    #expect(try await trial.target() == ["1|a@x.org", "4|d@x.org"])
    _ = try await trial.workspace.requestToFix(failed.id, .skip, isKept: true)
    #expect(try trial.text() == FixTrial.short(relaxed))
  }

  @Test func severalRulesAreToldAtOnceAndFixedTogetherOrApart() async throws {
    let trial = try await FixTrial(
      text: FixTrial.short("check: { on: rows, rules: [ { email: email }, { range: { column: id, max: 5 } } ] }"))
    let failed = try await trial.run()
    #expect(failed.violations.map(\.kind) == ["email", "range"] && failed.violations.map(\.invalidValues) == [4, 1])
    #expect(failed.suggestedFixes[0].title == "Skip invalid rows (lose at most 5 records)")
    let still = try await trial.fix(failed, .skip, rule: "email")
    #expect(still.status == .failed && still.violations.map(\.kind) == ["range"])
    // The second fix comes on top of the first.
    let run = try await trial.fix(still, .null)
    #expect(run.status == .warning && run.appliedFixes.map(\.onFail) == [.skip, .null], "\(run.problems)")
    #expect(try await trial.target() == ["1|a@x.org", "4|d@x.org"])
  }

  @Test func rulesAboutAllRowsHaveNoRowsToSkip() async throws {
    let trial = try await FixTrial(text: FixTrial.short("check: { on: rows, rules: [ { row_count: { min: 100 } } ] }"))
    let failed = try await trial.run()
    #expect(failed.suggestedFixes.map(\.choice) == [.guide, .relax], "\(failed.problems)")
    await trial.expectProblem("no-fix") { _ = try await trial.workspace.requestToFix(failed.id, .skip, isKept: false) }
    #expect(
      try await trial.workspace.run(try await trial.workspace.requestToFix(failed.id, .warn, isKept: true).request)
        .status == .warning)
    let empty = try await FixTrial(
      rows: "id,email\n,a@x.org\n1,b@x.org\n", text: FixTrial.short("check: { on: rows, rules: [ { not_null: id } ] }"))
    let nulls = try await empty.run()
    #expect(
      nulls.suggestedFixes.map(\.choice) == [.skip, .guide, .relax], "An empty value doesn't pass by being emptied.")
    await empty.expectProblem("no-fix") { _ = try await empty.workspace.requestToFix(nulls.id, .null, isKept: false) }
  }

  /// A template is one line that stands for several rules; a rule behind it is still the one that is meant.
  @Test func rulesOfTemplates() async throws {
    let trial = try await FixTrial(
      text: FixTrial.short("check: { on: rows, rules: [ { use: both }, { range: { column: id, max: 5 } } ] }"))
    try trial.write("rules:\n  - not_null: id\n  - email: email\n", to: "rules/both.yaml")
    let failed = try await trial.run()
    #expect(failed.violations.map(\.kind) == ["email", "range"], "\(failed.problems)")
    await trial.expectProblem("cannot-edit") {
      _ = try await trial.workspace.requestToFix(failed.id, .skip, rule: "range", isKept: true)
    }
    let run = try await trial.fix(failed, .skip)
    #expect(run.status == .warning, "\(run.problems)")
    #expect(try await trial.target() == ["1|a@x.org", "4|d@x.org"])
  }

  @Test func whatCannotBeFixed() async throws {
    let trial = try await FixTrial(rows: "id,email\n1,a@x.org\n")
    let run = try await trial.run()
    #expect(run.status == .success && run.violations.isEmpty)
    await trial.expectProblem("no-fix") { _ = try await trial.workspace.requestToFix(run.id, .skip, isKept: false) }
    await trial.expectProblem("unknown-run") {
      _ = try await trial.workspace.requestToFix("nothing", .skip, isKept: false)
    }
    try trial.write("id,email\n1,a\n", to: "rows.csv")
    let failed = try await trial.run()
    await trial.expectProblem("no-fix", hint: "Did you mean \"email\"?") {
      _ = try await trial.workspace.requestToFix(failed.id, .skip, rule: "emial", isKept: false)
    }
    try trial.write(FixTrial.pipeline() + "# later\n", to: "pipelines/p.yaml")
    await trial.expectProblem("changed-text") {
      _ = try await trial.workspace.requestToFix(failed.id, .warn, isKept: true)
    }
    #expect(try trial.text().hasSuffix("# later\n"))
    #expect(try await trial.fix(failed, .skip).status == .warning, "The text as it was can be tried again.")
  }

  @Test func theGuideNamesSourceValuesAndTheWayOn() async throws {
    let trial = try await FixTrial()
    let failed = try await trial.run()
    let guide = try await trial.workspace.guide(failed.id).joined(separator: "\n")
    for part in ["rows.csv", "row 2: \"notanemail\"", "weir replay \(failed.id) --failed"] {
      #expect(guide.contains(part), "\(guide)")
    }
    try trial.write("id,email\n1,a@x.org\n2,b@x.org\n", to: "rows.csv")
    #expect(try await trial.workspace.run(try await trial.workspace.requestToResume(failed.id)).status == .success)
  }

  @Test func inAProcessOfItsOwn() async throws {
    let trial = try await FixTrial()
    let launch = WorkerProcess.Launch(program: try Program.path(), directory: trial.folder.path)
    let failed = try await trial.workspace.runIsolated(RunRequest(try trial.workspace.pipeline("p")), worker: launch)
    #expect(failed.violations.map(\.invalidValues) == [4])
    let run = try await trial.workspace.runIsolated(
      try await trial.workspace.requestToFix(failed.id, .skip, isKept: false).request, worker: launch)
    #expect(run.status == .warning, "\(run.problems)")
    #expect(try await trial.target().count == 2)
  }
}

/// Six customers, four of whom have no valid address.
private struct FixTrial {
  let folder: TemporaryFolder
  let workspace: Workspace

  /// - Parameter more: a line behind the rule.
  static func pipeline(more: String = "") -> String {
    "name: Customer Data Integration   # from the shop\nsteps:\n  - id: rows\n    read: rows.csv\n  - id: sane\n    check:\n      rules:\n"
      + "        - not_null: id\n        - email: email   # what the shop sends\n" + more
      + "  # lands here\n  - id: load\n    write: { to: shop.duckdb, table: target, mode: append }\n"
  }

  /// With the check or transform on one line.
  static func short(_ step: String) -> String {
    """
    name: p
    steps:
      - id: rows
        read: rows.csv
      - id: sane
        \(step)   # kept
      - id: load
        write: { to: shop.duckdb, table: target, mode: append }

    """
  }

  init(
    rows: String = "id,email\n1,a@x.org\n2,notanemail\n3,@company.com\n4,d@x.org\n5,test@test\n6,x y@z.org\n",
    text: String = FixTrial.pipeline()
  ) async throws {
    folder = try TemporaryFolder()
    workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
    try write(rows, to: "rows.csv")
    try write(text, to: "pipelines/p.yaml")
  }

  func write(_ text: String, to path: String) throws {
    let url = URL(fileURLWithPath: folder.file(path))
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  func text() throws -> String { try String(contentsOfFile: folder.file("pipelines/p.yaml"), encoding: .utf8) }

  func run() async throws -> Run { try await workspace.run(RunRequest(try workspace.pipeline("p"))) }

  func fix(_ run: Run, _ onFail: OnFail, rule: String? = nil) async throws -> Run {
    try await workspace.run(try await workspace.requestToFix(run.id, onFail, rule: rule, isKept: false).request)
  }

  func expectProblem(_ code: Problem.Code, hint: String? = nil, _ body: () async throws -> Void) async {
    do {
      try await body()
      Issue.record("\(code) was expected")
    } catch {
      let problem = Problems.of(error).first
      #expect(problem?.code == code, "\(error)")
      if let hint { #expect(problem?.hint == hint) }
    }
  }

  func target() async throws -> [String] {
    guard FileManager.default.fileExists(atPath: folder.file("shop.duckdb")) else { return [] }
    let connection = try Database().connect()
    _ = try await connection.execute("ATTACH \(text: folder.file("shop.duckdb")) AS shop (READ_ONLY)")
    guard try await connection.query("SELECT 1 FROM duckdb_tables() WHERE table_name = 'target'").rows.count == 1 else {
      return []
    }
    return try await connection.query("SELECT * FROM shop.target ORDER BY ALL").rows.map {
      $0.map(\.description).joined(separator: "|")
    }
  }
}
