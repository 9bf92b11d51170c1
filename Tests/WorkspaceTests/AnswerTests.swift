import DuckDB
import Execution
import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing
import Workspace

/// A run that meets a new field with `schema: ask` pauses before anything moves, and goes on once it is answered (MI-01 to MI-06).
@Suite struct AnswerTests {
  @Test func theDocumentedExample() async throws {
    let trial = try await DriftTrial()
    let run = try await trial.run()
    #expect(
      run.status == .paused && run.pauseReason == .awaitingInput && run.statusWords == "Paused - Awaiting user input")
    #expect(run.finishedAt == nil && run.receipts.isEmpty && run.steps.map(\.status) == [.pending, .pending])
    let question = try #require(run.questions.first)
    #expect(run.questions.count == 1 && question.step == "load" && question.field == "customer_segment_v2")
    #expect(question.candidates.map(\.column) == ["customer_segment", "customer_category"])
    #expect(question.candidates.map(\.similarity) == [87, 72])
    #expect(question.samples == ["Premium_2024", "Standard_2024", "Basic_2024"])
    #expect(try await trial.target() == ["1|Old|x"], "Nothing may move before somebody has answered.")
    let log = trial.workspace.folder(of: run.id).logLines().joined(separator: "\n")
    #expect(log.contains("paused - awaiting user input") && log.contains("87%"))
  }

  @Test(arguments: [
    (
      "map:customer_segment",
      ["1|Old|x", "2|Premium_2024|NULL", "3|Standard_2024|NULL", "4|Basic_2024|NULL", "5|Basic_2024|NULL"]
    ),
    (
      "create",
      [
        "1|Old|x|NULL", "2|NULL|NULL|Premium_2024", "3|NULL|NULL|Standard_2024", "4|NULL|NULL|Basic_2024",
        "5|NULL|NULL|Basic_2024",
      ]
    ),
    ("ignore", ["1|Old|x", "2|NULL|NULL", "3|NULL|NULL", "4|NULL|NULL", "5|NULL|NULL"]),
  ]) func eachChoice(choice: String, expected: [String]) async throws {
    let trial = try await DriftTrial()
    let paused = try await trial.run()
    let run = try await trial.answer(paused, "customer_segment_v2=\(choice)")
    #expect(run.status == .success && run.id == paused.id && run.pauseReason == nil, "\(run.problems)")
    #expect(run.receipts.map(\.verified) == [true] && run.questions.map { $0.answer?.words } == [choice])
    #expect(try await trial.target() == expected)
    #expect(
      run.logicalTime.timeIntervalSince(paused.logicalTime).magnitude < 0.001
        && run.startedAt.timeIntervalSince(paused.startedAt).magnitude < 0.002)
    let again = try await trial.run()
    // A column that was created is there now; the others are asked about again.
    #expect(again.status == (choice == "create" ? .success : .paused), "\(again.problems)")
  }

  @Test func decisionsHoldForFutureRunsUntilTheyAreRemoved() async throws {
    let trial = try await DriftTrial()
    let first = try await trial.answer(try await trial.run(), "customer_segment_v2=map:customer_segment", isKept: true)
    #expect(first.status == .success)
    let second = try await trial.run()
    #expect(second.status == .success && second.questions.isEmpty, "\(second.problems)")
    #expect(try await trial.target().count == 9)
    let kept = try await trial.workspace.store.decisions(pipeline: "Customers")
    #expect(kept.map(\.answer.words) == ["map:customer_segment"] && kept.map(\.run) == [first.id])
    #expect(try await trial.workspace.store.decisions(pipeline: "other").isEmpty)
    #expect(
      try await trial.workspace.store.forgetDecisions(pipeline: "customers", field: "CUSTOMER_SEGMENT_V2", step: nil)
        == 1)
    #expect(try await trial.run().status == .paused)
  }

  @Test func twoFieldsAreAskedAtOnceAndAnsweredOneByOne() async throws {
    let trial = try await DriftTrial(rows: "id,customer_segment_v2,note\n2,a,n1\n3,b,\n")
    let paused = try await trial.run()
    #expect(paused.questions.map(\.field) == ["customer_segment_v2", "note"])
    #expect(paused.questions[1].candidates.isEmpty && paused.questions[1].samples == ["n1"])
    let half = try await trial.workspace.answer(paused.id, ["note=ignore"])
    #expect(half.status == .paused && half.openQuestions.map(\.field) == ["customer_segment_v2"])
    await trial.expectProblem("missing-answer") { _ = try await trial.workspace.requestToContinue(paused.id) }
    await trial.expectProblem("taken-column") {
      _ = try await trial.workspace.answer(
        paused.id, ["note=map:customer_segment", "customer_segment_v2=map:customer_segment"])
    }
    #expect(
      try await trial.workspace.store.run(paused.id)?.questions[1].answer?.words == "ignore",
      "All answers of a call count, or none.")
    let run = try await trial.answer(paused, "customer_segment_v2=map:CUSTOMER_SEGMENT")
    #expect(
      run.status == .success && run.questions.map { $0.answer?.words } == ["map:customer_segment", "ignore"],
      "\(run.problems)")
    #expect(try await trial.target() == ["1|Old|x", "2|a|NULL", "3|b|NULL"])
  }

  @Test func answersThatDoNotFit() async throws {
    let trial = try await DriftTrial()
    let paused = try await trial.run()
    let workspace = trial.workspace
    await trial.expectProblem("unknown-field", hint: "Did you mean \"customer_segment_v2\"?") {
      _ = try await workspace.answer(paused.id, ["customer_segment_v3=create"])
    }
    await trial.expectProblem("unknown-choice") {
      _ = try await workspace.answer(paused.id, ["customer_segment_v2=drop"])
    }
    await trial.expectProblem("unknown-choice") {
      _ = try await workspace.answer(paused.id, ["customer_segment_v2=map"])
    }
    await trial.expectProblem("unknown-column", hint: "Did you mean \"customer_segment\"?") {
      _ = try await workspace.answer(paused.id, ["customer_segment_v2=map:customer_segmnt"])
    }
    await trial.expectProblem("unknown-column") {
      _ = try await workspace.answer(paused.id, ["customer_segment_v2=map:id"])
    }
    await trial.expectProblem("usage") { _ = try await workspace.answer(paused.id, ["create"]) }
    await trial.expectProblem("unknown-run") {
      _ = try await workspace.answer("nothing", ["customer_segment_v2=create"])
    }
    let run = try await trial.answer(paused, "load.customer_segment_v2=create")
    #expect(run.status == .success)
    await trial.expectProblem("not-paused") { _ = try await workspace.answer(run.id, ["customer_segment_v2=create"]) }
    await trial.expectProblem("not-paused") { _ = try await workspace.requestToContinue(run.id) }
    await trial.expectProblem("not-paused") { _ = try await workspace.cancelPaused(run.id) }
  }

  @Test func onlyOneContinuesARun() async throws {
    let trial = try await DriftTrial()
    let paused = try await trial.run()
    _ = try await trial.workspace.answer(paused.id, ["customer_segment_v2=ignore"])
    let request = try await trial.workspace.requestToContinue(paused.id)
    #expect(try await trial.workspace.run(request).status == .success)
    await trial.expectProblem("not-paused") { _ = try await trial.workspace.run(request) }
    #expect(try await trial.target().count == 5)
  }

  @Test func twoTargetsAreAnsweredTogetherOrApart() async throws {
    let trial = try await DriftTrial(second: "people")
    let paused = try await trial.run()
    #expect(paused.questions.map(\.step) == ["load", "more"])
    let half = try await trial.workspace.answer(paused.id, ["load.customer_segment_v2=map:customer_segment"])
    #expect(half.openQuestions.map(\.step) == ["more"])
    // "people" has a column "segment" only, which the other has not.
    await trial.expectProblem("unknown-column") {
      _ = try await trial.workspace.answer(paused.id, ["customer_segment_v2=map:segment"])
    }
    let run = try await trial.answer(paused, "more.customer_segment_v2=map:segment")
    #expect(run.status == .success, "\(run.problems)")
    #expect(try await trial.target().count == 5)
    #expect(
      try await trial.rows("SELECT segment FROM shop.people ORDER BY id") == [
        "Premium_2024", "Standard_2024", "Basic_2024", "Basic_2024",
      ])
    let both = try await trial.run()
    #expect(try await trial.answer(both, "customer_segment_v2=ignore").status == .success)
  }

  /// Nothing of a paused run lives in a process: another one answers, with the text as it was.
  @Test func aPausedRunOutlivesItsProcessAndItsFile() async throws {
    let trial = try await DriftTrial()
    let paused = try await trial.run(parameters: ["floor": "3"])
    try trial.write("name: customers\nsteps: []\n", to: "pipelines/p.yaml")
    let later = try await Workspace(directory: URL(fileURLWithPath: trial.folder.path))
    #expect(try await later.store.run(paused.id)?.status == .paused)
    _ = try await later.answer(paused.id, ["customer_segment_v2=map:customer_segment"])
    let request = try await later.requestToContinue(paused.id)
    #expect(later.changeSince(request)?.code == "changed-text" && request.parameters == ["floor": "3"])
    let run = try await later.run(request)
    #expect(run.status == .success, "\(run.problems)")
    #expect(try await trial.target() == ["1|Old|x", "3|Standard_2024|NULL", "4|Basic_2024|NULL", "5|Basic_2024|NULL"])
  }

  /// What has changed at source or target meanwhile is seen.
  @Test func theWorldMayHaveChangedMeanwhile() async throws {
    let trial = try await DriftTrial()
    let paused = try await trial.run()
    try trial.write("id,customer_segment_v2,extra\n2,a,b\n", to: "rows.csv")
    let again = try await trial.answer(paused, "customer_segment_v2=ignore")
    #expect(again.status == .paused && again.openQuestions.map(\.field) == ["extra"] && again.id == paused.id)
    #expect(try await trial.answer(again, "extra=create").status == .success)
    let third = try await trial.run()
    #expect(third.openQuestions.map(\.field) == ["customer_segment_v2"])
    try FileManager.default.removeItem(atPath: trial.folder.file("rows.csv"))
    let failed = try await trial.answer(third, "customer_segment_v2=ignore")
    #expect(failed.status == .failed && failed.problems.map(\.code) == ["file-not-found"])
  }

  @Test func cancelling() async throws {
    let trial = try await DriftTrial()
    let paused = try await trial.run()
    #expect(try await trial.workspace.cancelPaused(paused.id).status == .cancelled)
    let run = try #require(try await trial.workspace.store.run(paused.id))
    #expect(run.status == .cancelled && run.pauseReason == nil && run.finishedAt != nil)
    #expect(try await trial.target() == ["1|Old|x"])
  }

  @Test func inAProcessOfItsOwn() async throws {
    let trial = try await DriftTrial()
    let launch = WorkerProcess.Launch(program: try Program.path(), directory: trial.folder.path)
    let paused = try await trial.workspace.runIsolated(
      RunRequest(try trial.workspace.pipeline("p"), parameters: ["floor": "0"]), worker: launch)
    #expect(paused.status == .paused && paused.questions.count == 1, "\(paused.problems)")
    _ = try await trial.workspace.answer(paused.id, ["customer_segment_v2=map:customer_segment"])
    let run = try await trial.workspace.runIsolated(
      try await trial.workspace.requestToContinue(paused.id), worker: launch)
    #expect(run.status == .success && run.id == paused.id, "\(run.problems)")
    #expect(try await trial.target().count == 5)
  }

  /// Looking at values for a question leaves no dead letters, and rejects of the run itself count once.
  @Test func rowsSetAsideWhileLookingAreNotCounted() async throws {
    let trial = try await DriftTrial(rules: "[{ expression: id <> 3, on_fail: skip }]")
    let paused = try await trial.run()
    #expect(paused.status == .paused && paused.rejects.isEmpty)
    #expect(try await trial.workspace.rejects(of: paused).isEmpty)
    let run = try await trial.answer(paused, "customer_segment_v2=ignore")
    #expect(run.status == .warning && run.metrics.rowsFailed == 1, "\(run.problems)")
    #expect(try await trial.workspace.rejects(of: run).count == 1)
  }

  @Test func planAndPreviewSayWhatWouldBeAsked() async throws {
    let trial = try await DriftTrial()
    let request = RunRequest(try trial.workspace.pipeline("p"), parameters: ["floor": "0"])
    await trial.expectProblem("awaiting-input") { _ = try await trial.workspace.explain(request) }
    #expect(try await trial.workspace.preview(request, step: "load", rows: 2).rows.rows.count == 2)
  }

  @Test func spellingsAndMissingTargetsAreNoQuestion() async throws {
    let trial = try await DriftTrial(rows: "ID,Customer-Segment\n2,a\n")
    let run = try await trial.run()
    #expect(run.status == .success, "\(run.questions) \(run.problems)")
    #expect(try await trial.target() == ["1|Old|x", "2|a|NULL"])
    #expect(
      trial.workspace.folder(of: run.id).logLines().contains {
        $0.contains("INFO") && $0.contains("lands in column \"customer_segment\"")
      })
    let fresh = try await DriftTrial(table: "nowhere")
    #expect(try await fresh.run().status == .success)
  }

  @Test func filesAndSQLiteAreAskedAbout() async throws {
    for place in ["out.csv", "out.parquet", "shop.sqlite, table: t"] {
      let trial = try await DriftTrial(rows: "id,customer_segment\n1,a\n", to: place)
      #expect(try await trial.run().status == .success)
      try trial.write("id,customer_segment_v2\n2,b\n", to: "rows.csv")
      let paused = try await trial.run()
      #expect(
        paused.status == .paused && paused.questions.first?.candidates.map(\.similarity) == [87],
        "\(place): \(paused.problems)")
      #expect(try await trial.answer(paused, "customer_segment_v2=map:customer_segment").status == .success)
    }
  }
}

/// The documents' customers: a table with segments and categories, and a file whose field has another name now.
private struct DriftTrial {
  let folder: TemporaryFolder
  let workspace: Workspace

  init(
    rows: String = "id,customer_segment_v2\n2,Premium_2024\n3,Standard_2024\n4,Basic_2024\n5,Basic_2024\n",
    table: String = "customers",
    to: String? = nil, second: String? = nil, rules: String? = nil
  ) async throws {
    folder = try TemporaryFolder()
    workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
    try write(rows, to: "rows.csv")
    let more =
      second.map {
        "\n  - id: more\n    write: { from: kept, to: shop.duckdb, table: \($0), mode: append, schema: ask }"
      } ?? ""
    let checks = rules.map { "\n  - id: sane\n    check: { on: kept, rules: \($0) }" } ?? ""
    try write(
      """
      name: Customers
      parameters: { floor: { default: "0" } }
      steps:
        - id: kept
          read: { from: rows.csv }\(checks)
        - id: load
          write: { from: \(rules == nil ? "kept" : "sane"), to: \(to ?? "shop.duckdb, table: \(table), mode: append"), schema: ask, filter: "id >= {{ floor }}" }\(more)
      """, to: "pipelines/p.yaml")
    let connection = try Database().connect()
    _ = try await connection.execute("ATTACH \(text: folder.file("shop.duckdb")) AS shop")
    _ = try await connection.execute(
      "CREATE TABLE shop.customers (id BIGINT, customer_segment VARCHAR, customer_category VARCHAR)")
    _ = try await connection.execute("INSERT INTO shop.customers VALUES (1, 'Old', 'x')")
    if let second { _ = try await connection.execute("CREATE TABLE shop.\(name: second) (id BIGINT, segment VARCHAR)") }
    _ = try await connection.execute("DETACH shop")
  }

  func write(_ text: String, to path: String) throws {
    let url = URL(fileURLWithPath: folder.file(path))
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  func run(parameters: [String: String] = ["floor": "0"]) async throws -> Run {
    try await workspace.run(RunRequest(try workspace.pipeline("p"), parameters: parameters))
  }

  func answer(_ run: Run, _ text: String, isKept: Bool = false) async throws -> Run {
    _ = try await workspace.answer(run.id, [text], isKept: isKept)
    return try await workspace.run(try await workspace.requestToContinue(run.id))
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

  func target() async throws -> [String] { try await rows("SELECT * FROM shop.customers ORDER BY ALL") }

  func rows(_ sql: String) async throws -> [String] {
    let connection = try Database().connect()
    _ = try await connection.execute("ATTACH \(text: folder.file("shop.duckdb")) AS shop (READ_ONLY)")
    return try await connection.query(SQL(raw: sql)).rows.map { $0.map(\.description).joined(separator: "|") }
  }
}
