import Execution
import Foundation
import Glibc
import Pipelines
import Synchronization
import Tabular
import TestSupport
import Testing

@Suite struct RunnerTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  @Test func movesRowsThroughSQLAndProvesIt() async throws {
    let events = try await run([
      read("orders", "SELECT range AS id, range % 3 AS kind FROM range(5000)"),
      transform("daily", ["orders"], "SELECT kind, count(*) AS n FROM orders GROUP BY kind"),
      write("publish", "daily"),
    ])
    #expect(folder.lines("out.json") == [#"{"kind":0,"n":1667}"#, #"{"kind":1,"n":1667}"#, #"{"kind":2,"n":1666}"#])
    #expect(events.outcome == .success)
    let receipt = try #require(events.receipts.first)
    #expect(receipt.verified)
    #expect(receipt.sent == receipt.landed)
    #expect(receipt.sent.columns[1].sum == "5000")
    #expect(events.rows == ["orders": 5000, "daily": 3, "publish": 3])
    #expect(!FileManager.default.fileExists(atPath: folder.file("out.json.tmp")))
  }

  @Test func aTargetThatChangesValuesFailsTheRunAndShowsNothing() async throws {
    let destination = JSONFileDestination(
      path: folder.file("out.json"), readBack: "SELECT range + 1 AS id FROM range(10)")
    let events = try await run([
      read("orders", "SELECT range AS id FROM range(10)"), write("publish", "orders", to: destination),
    ])
    #expect(events.outcome == .failed)
    #expect(events.problems.map(\.code) == ["verification-failed"])
    #expect(events.problems.first?.message.contains("column \"id\": the sum is 45 on the way and 55") == true)
    #expect(folder.lines("out.json") == nil && folder.lines("out.json.tmp") == nil)
  }

  @Test func aBrokenStopRuleLeavesTheOldData() async throws {
    try "old\n".write(toFile: folder.file("out.json"), atomically: true, encoding: .utf8)
    let events = try await run([
      read("orders", "SELECT range AS id, CASE WHEN range % 5 = 0 THEN NULL ELSE 'a' END AS email FROM range(20)"),
      check("sane", "orders", [Expectation("\(name: "email") IS NOT NULL", ["email"], .stop)]),
      write("publish", "orders"),
    ])
    #expect(events.outcome == .failed)
    #expect(events.problems.map(\.code) == ["data-quality"])
    #expect(events.problems.first?.message.contains("4 of 20 rows break the rule") == true)
    #expect(folder.lines("out.json") == ["old"])
  }

  @Test func skippedRowsGoToTheDeadLetters() async throws {
    let events = try await run([
      read("orders", "SELECT range AS id FROM range(10)"),
      check("sane", "orders", [Expectation("id <> 3", ["id"], .skip), Expectation("id <> 4", ["id"], .null)]),
      write("publish", "orders"),
    ])
    #expect(events.outcome == .warning)
    #expect(folder.lines("out.json")?.count == 9)
    #expect(folder.lines("out.json")?.contains(#"{"id":null}"#) == true)
    #expect(folder.lines("rejects.jsonl")?.first?.contains(#""original":"{\"id\":3}","position":"row 4""#) == true)
    #expect(folder.lines("rejects.jsonl")?.count == 2)
    #expect(folder.lines("rejects.jsonl")?.last?.contains(#""isEmptied":true,"original":"{\"id\":4}""#) == true)
  }

  @Test func whatSeveralStepsReadIsReadOnce() async throws {
    let attempts = Attempts()
    let events = try await run([
      read("numbers", NumberSource(attempts: attempts, rows: 3000)),
      write("one", "numbers", to: destination("one.json")),
      write("two", "numbers", to: destination("two.json")),
    ])
    #expect(events.outcome == .success)
    #expect(attempts.made == 1)
    #expect(folder.lines("one.json")?.count == 3000 && folder.lines("two.json")?.count == 3000)
  }

  @Test func aSourceThatComesBackIsTriedAgain() async throws {
    let attempts = Attempts(failing: 2)
    let policy = RetryPolicy(maxRetries: 3, initialDelay: 0)
    let events = try await run([
      read("numbers", NumberSource(attempts: attempts, rows: 3), retry: policy), write("publish", "numbers"),
    ])
    #expect(events.outcome == .success)
    #expect(attempts.made == 3)
    #expect(folder.lines("out.json")?.count == 3)
  }

  @Test func aWrongPasswordIsNotTriedAgain() async throws {
    let attempts = Attempts(failing: 9, with: Problem("authentication-failed", "Wrong password."))
    let policy = RetryPolicy(maxRetries: 3, initialDelay: 0)
    let events = try await run([
      read("numbers", NumberSource(attempts: attempts, rows: 3), retry: policy), write("publish", "numbers"),
    ])
    #expect(events.outcome == .failed)
    #expect(attempts.made == 1)
  }

  @Test func aReplaceThatWouldShrinkItsTargetAsks() async throws {
    let destination = JSONFileDestination(path: folder.file("out.json"), existingRows: 1000)
    let steps = [read("orders", "SELECT range AS id FROM range(10)"), write("publish", "orders", to: destination)]
    #expect(try await run(steps).problems.map(\.code) == ["shrinking-load"])
    #expect(try await run(steps) { $0.allowShrink = true }.outcome == .success)
  }

  @Test func anUnknownColumnIsFoundBeforeAnythingMoves() async throws {
    let problems = await #expect(throws: Problems.self) {
      try await run([
        read("orders", "SELECT range AS amount FROM range(10)"),
        transform("daily", ["orders"], "SELECT sum(amout) FROM orders"),
        write("publish", "daily"),
      ])
    }
    #expect(problems?.all.map(\.code) == ["unknown-column"])
    #expect(problems?.all.first?.message == "Step \"daily\" uses column \"amout\", which its input does not have.")
    #expect(problems?.all.first?.hint == "Did you mean \"amount\"?")
    #expect(problems?.all.first?.location?.column == 12)
  }

  @Test func aStepThatTakesTooLongIsStopped() async throws {
    let events = try await run([
      read("orders", "SELECT count(*) AS n FROM range(100000000000) a, range(1000) b"),
      write("publish", "orders", timeout: 0.2),
    ])
    #expect(events.problems.map(\.code) == ["timeout"])
    #expect(folder.lines("out.json.tmp") == nil)
  }

  @Test func cancellingTakesEverythingBack() async throws {
    let (runner, plan) = try await bind([
      read("orders", "SELECT count(*) AS n FROM range(100000000000) a, range(1000) b"), write("publish", "orders"),
    ])
    let run = runner.run(plan)
    var events: [RunEvent] = []
    for await event in run.events {
      events.append(event)
      if case .stepStarted = event.kind { run.cancel() }
    }
    #expect(events.outcome == .cancelled)
    #expect(folder.lines("out.json") == nil && folder.lines("out.json.tmp") == nil)
  }

  @Test func anIncrementalReadTakesWhatIsNewAndTheBoundaryOnce() async throws {
    func events(rows: Int, after kept: String?) async throws -> [RunEvent] {
      let sql: SQL = "SELECT range AS id, (range / 2)::BIGINT AS version FROM range(\(rows))"
      return try await run(
        [
          read("orders", sql, mode: .incremental(cursor: "version", lag: 0)), write("publish", "orders", mode: .append),
        ],
        cursors: kept.map { [CursorKey(read: "orders", write: "publish"): KeptCursor(value: $0)] } ?? [:])
    }
    // 5 rows: ids 0…4, versions 0 0 1 1 2 (half values round to even).
    let first = try await events(rows: 5, after: nil)
    let cursor = try #require(first.cursors["test/orders/publish"])
    let firstIDs = try #require(folder.lines("out.json"))
    let second = try await events(rows: 8, after: cursor)
    let secondIDs = try #require(folder.lines("out.json"))
    #expect(first.outcome == .success && second.outcome == .success)
    #expect(Set(firstIDs).isDisjoint(with: secondIDs))
    #expect(firstIDs.count + secondIDs.count == 8)
    let third = try await events(rows: 8, after: second.cursors["test/orders/publish"])
    #expect(third.receipts.first?.untouched == "there was nothing new" && third.receipts.first?.verified == false)
    #expect(third.receipts.first?.outcome.inserted == 0)
  }

  @Test(arguments: [
    (OnFail.skip, ["1|a", "2|c", "null|d", "null|e"]), (.flag, ["1|a", "1|b", "2|c", "null|d", "null|e"]),
    (.null, ["1|a", "2|c", "null|b", "null|d", "null|e"]), (.warn, ["1|a", "1|b", "2|c", "null|d", "null|e"]),
  ])
  func rowsBeyondTheFirstOfAKeyBreakUnique(_ onFail: OnFail, _ landed: [String]) async throws {
    let rule = try #require(Rules.named("unique")).make(Setting(yaml: "[id]"), onFail, here)
    let events = try await run([
      read("rows", "SELECT * FROM (VALUES (1, 'a'), (1, 'b'), (2, 'c'), (NULL, 'd'), (NULL, 'e')) t(id, v)"),
      check("sane", "rows", [rule]),
      transform("texts", ["sane"], "SELECT concat(coalesce(id::VARCHAR, 'null'), '|', v) AS t FROM sane"),
      write("publish", "texts"),
    ])
    #expect(events.outcome == .warning)
    #expect(folder.lines("out.json")?.map { String($0.dropFirst(6).dropLast(2)) } == landed)
    let outcome = try #require(events.checks.first)
    #expect(outcome.failedRows == 1 && outcome.rows == 5 && !outcome.passed)
    let isKept = onFail != .warn
    #expect(folder.lines("rejects.jsonl")?.count == (isKept ? 1 : nil))
    if isKept {
      let letter = folder.lines("rejects.jsonl")?.first ?? ""
      #expect(
        letter.contains(
          #""original":"{\"id\":1,\"v\":\"b\"}","position":"row 2","reason":"Breaks the rule: no \"id\" occurs twice""#)
      )
    }
  }

  @Test(arguments: [(OnFail.skip, 2), (.flag, 3), (.warn, 3)])
  func whatAnotherStepLacksIsSetAside(_ onFail: OnFail, _ rows: Int) async throws {
    let rule = try #require(Rules.named("relationships")).make(
      Setting(yaml: "{column: customer, to: customers, field: id}"), onFail, here)
    let events = try await run([
      read("customers", "SELECT 7 AS id"), read("orders", "SELECT * FROM (VALUES (7), (8), (NULL)) t(customer)"),
      step("sane", ["orders", "customers"], .check([rule])), write("publish", "sane"),
    ])
    #expect(events.outcome == .warning && folder.lines("out.json")?.count == rows)
    #expect(events.checks.first?.failedRows == 1)
    #expect(folder.lines("rejects.jsonl")?.count == (onFail == .warn ? nil : 1))
  }

  @Test func orderHoldsForEveryWriteAfterASort() async throws {
    let events = try await run([
      read("rows", "SELECT (range * 7919) % 300007 AS id FROM range(300000)"),
      transform("sorted", ["rows"], "SELECT id FROM rows ORDER BY id"),
      write("one", "sorted", to: destination("one.json")),
      write("two", "sorted", to: destination("two.json")),
    ]) { $0.verify = .off }
    #expect(events.outcome == .success)
    for name in ["one.json", "two.json"] {
      let numbers = try String(contentsOfFile: folder.file(name), encoding: .utf8).split(separator: "\n")
        .compactMap { Int($0.dropFirst(6).dropLast(1)) }
      #expect(numbers.count == 300_000 && zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
    }
  }

  @Test func anAttemptThatIsMadeAgainLeavesItsBadRowsOnce() async throws {
    let attempts = Attempts(failing: 2)
    let destination = JSONFileDestination(path: folder.file("out.json"), publishing: { try attempts.make() })
    let events = try await run([
      read("orders", "SELECT range AS id FROM range(10)"),
      check("sane", "orders", [Expectation("id <> 3", ["id"], .skip)]),
      step(
        "publish", ["sane"], .write(destination, WriteSpec(to: nowhere, target: .path("out.json"), mode: .replace)),
        retry: RetryPolicy(maxRetries: 3, initialDelay: 0)),
    ])
    #expect(attempts.made == 3 && events.outcome == .warning)
    #expect(folder.lines("rejects.jsonl")?.count == 1)
    #expect(folder.lines("rejects.jsonl")?.first?.contains(#""position":"row 4""#) == true)
    #expect(events.checks.map(\.failedRows) == [1] && events.checks.map(\.rows) == [10])
    #expect(events.count { if case .rejected = $0.kind { true } else { false } } == 1)
  }

  @Test func aStepRunsAfterThoseItIsToldToWaitFor() async throws {
    var second = write("second", "rows", to: destination("two.json"))
    second.after = ["first"]
    let steps = [read("rows", "SELECT 1 AS id"), write("first", "rows", to: destination("one.json")), second]
    let told = try await run(steps).compactMap { event -> String? in
      switch event.kind {
      case .stepStarted where event.step != "rows": "\(event.step ?? "") begins"
      case .stepFinished where event.step != "rows": "\(event.step ?? "") ends"
      default: nil
      }
    }
    #expect(told == ["first begins", "first ends", "second begins", "second ends"])
  }

  @Test func aWriteWaitsForACheckWhoseRowsAnotherWriteTakes() async throws {
    var second = write("second", "rows", to: destination("two.json"))
    second.after = ["sane"]
    // The check comes last, so that the second write doesn't read what it lets through.
    let events = try await run([
      read("rows", "SELECT range AS id FROM range(10)"), second,
      check("sane", "rows", [Expectation("id <> 3", ["id"], .stop)]),
      write("first", "sane", to: destination("one.json")),
    ])
    #expect(events.outcome == .failed)
    #expect(folder.lines("one.json") == nil && folder.lines("two.json") == nil)
  }

  @Test func aCancellationAfterTheRowsAreVisibleChangesNothing() async throws {
    let cancel = Mutex<(@Sendable () -> Void)?>(nil)
    let path = folder.file("out.json")
    let destination = JSONFileDestination(
      path: path, publishing: { while cancel.withLock({ $0 == nil }) { sched_yield() } },
      published: { cancel.withLock { $0?() } })
    let (runner, plan) = try await bind([
      read("orders", "SELECT range AS id FROM range(10)"), write("publish", "orders", to: destination),
    ])
    let run = runner.run(plan)
    cancel.withLock { $0 = run.cancel }
    var events: [RunEvent] = []
    for await event in run.events { events.append(event) }
    #expect(events.outcome == .success)
    #expect(events.receipts.first?.verified == true && folder.lines("out.json")?.count == 10)
  }

  // MARK: Building plans

  private func destination(_ name: String) -> JSONFileDestination { JSONFileDestination(path: folder.file(name)) }
  private let here = Location(file: "test.yaml", line: 1, column: 1)
  private var nowhere: ConnectionReference { ConnectionReference(.named("test"), at: here) }

  private func step(
    _ id: String, _ inputs: [String], _ work: Work, retry: RetryPolicy = .none, timeout: Double? = nil
  ) -> PlannedStep {
    PlannedStep(id: id, inputs: inputs, work: work, retry: retry, timeout: timeout, location: here)
  }

  private func read(_ id: String, _ sql: SQL, mode: ReadSpec.Mode = .full) -> PlannedStep {
    step(id, [], .read(QuerySource(sql), ReadSpec(from: nowhere, subject: .whole, mode: mode)))
  }

  private func read(_ id: String, _ rows: any BatchSource, retry: RetryPolicy = .none) -> PlannedStep {
    step(id, [], .read(QuerySource(rows), ReadSpec(from: nowhere, subject: .whole)), retry: retry)
  }

  private func transform(_ id: String, _ inputs: [String], _ sql: String) -> PlannedStep {
    step(id, inputs, .transform(.sql(sql, here)))
  }

  private func check(_ id: String, _ input: String, _ rules: [any Rule]) -> PlannedStep {
    step(id, [input], .check(rules))
  }

  private func write(
    _ id: String, _ input: String, to destination: JSONFileDestination? = nil, mode: WriteMode = .replace,
    timeout: Double? = nil
  ) -> PlannedStep {
    step(
      id, [input],
      .write(
        destination ?? self.destination("out.json"), WriteSpec(to: nowhere, target: .path("out.json"), mode: mode)),
      timeout: timeout)
  }

  private func bind(
    _ steps: [PlannedStep], cursors: [CursorKey: KeptCursor] = [:], _ options: (inout RunOptions) -> Void = { _ in }
  )
    async throws -> (Runner, BoundPlan)
  {
    var context = RunContext(runID: "run", pipeline: "test", time: Date(timeIntervalSince1970: 0), folder: folder.path)
    context.cursors = cursors
    options(&context.options)
    let check = SchemaCheck(try Engine(folder: folder.path), context)
    return (Runner(check), try await check.check(Plan(name: "test", steps: steps)))
  }

  private func run(
    _ steps: [PlannedStep], cursors: [CursorKey: KeptCursor] = [:], _ options: (inout RunOptions) -> Void = { _ in }
  )
    async throws -> [RunEvent]
  {
    let (runner, plan) = try await bind(steps, cursors: cursors, options)
    var events: [RunEvent] = []
    for await event in runner.run(plan).events { events.append(event) }
    return events
  }
}

/// A rule made of a condition.
private struct Expectation: Rule {
  static let manifest = OperationManifest<String>(
    name: "expectation", summary: "For tests.", settings: SettingsSchema("") { Field(\.self, "it", "It.") })
  let condition: SQL
  let columns: [String]
  let onFail: OnFail
  let location = Location(file: "test.yaml", line: 1, column: 1)
  var words: String { condition.text }

  init(_ condition: SQL, _ columns: [String], _ onFail: OnFail) {
    self.condition = condition
    self.columns = columns
    self.onFail = onFail
  }

  init(_ settings: String, onFail: OnFail, at location: Location) throws(Problem) { self.init("true", [], onFail) }

  func test(over input: Relation, in context: OperationContext) throws(Problem) -> RuleTest {
    .row(condition, columns: try columns.map { name throws(Problem) in try input.field(FieldName(name, at: location)) })
  }
}

extension [RunEvent] {
  var outcome: RunEvent.Outcome? {
    if case .runFinished(let outcome, _)? = last?.kind { outcome } else { nil }
  }
  var receipts: [Receipt] { compactMap { if case .receipt(let receipt) = $0.kind { receipt } else { nil } } }
  var problems: [Problem] { compactMap { if case .stepFailed(let problem, _, nil) = $0.kind { problem } else { nil } } }
  var checks: [CheckOutcome] { compactMap { if case .checked(let outcome) = $0.kind { outcome } else { nil } } }
  var cursors: [String: String] {
    reduce(into: [:]) { if case .cursor(let entry, _) = $1.kind { $0[entry.key] = entry.value } }
  }
  var rows: [String: Int] {
    reduce(into: [:]) { if case .stepFinished(let rows?, _, _, _) = $1.kind, let step = $1.step { $0[step] = rows } }
  }
}
