import Tabular
import Testing

@testable import Pipelines

@Suite struct PipelineParserTests {
  private func parse(_ text: String) throws -> PipelineSpec { try PipelineParser().parse(text, file: "p.yaml") }

  @Test func readsTheCanonicalForm() throws {
    let spec = try PipelineParser().parse(Fixtures.text("daily-orders.yaml"), file: "daily-orders.yaml")
    #expect(spec.name == "daily-orders")
    #expect(spec.schedule == .cron(expression: "0 6 * * *", timezone: "Europe/Berlin"))
    #expect(spec.parameters.map(\.name) == ["start_date", "region"])
    #expect(spec.steps.map(\.id) == ["orders", "clean", "daily", "sane", "publish", "copy"])
    #expect(spec.retry.plannedDelays == [5, 10])
    #expect(spec.steps[0].timeout == 600)
    #expect(spec.steps[2].retry?.maxRetries == 1)
    guard case .read(let read) = spec.steps[0].work, case .transform(let clean) = spec.steps[1].work,
      case .operations(let operations) = clean.body, case .transform(let daily) = spec.steps[2].work,
      case .sql(let sql) = daily.body, case .check(let sane) = spec.steps[3].work,
      case .write(let write) = spec.steps[4].work,
      case .write(let copy) = spec.steps[5].work
    else {
      Issue.record("the steps are of other kinds")
      return
    }
    #expect(read.from.kind == .named("shop"))
    #expect(read.subject == .table("public.orders"))
    #expect(read.mode == .incremental(cursor: "updated_at", lag: 7200))
    #expect(read.options?["fetch_size"]?.text == "10000")
    #expect(operations.map(\.name) == ["filter", "title_case", "add", "deduplicate", "rename"])
    #expect(operations[4].settings["columns"]?["price"]?.text == "unit_price")
    #expect(sql.text?.contains(">= '2025-01-01'") == true)
    #expect(sql.location.line == 24 && sql.location.column == 9)
    #expect(sane.on == "daily" && sane.rules.map(\.onFail) == [.stop, .warn])
    #expect(
      write.mode == .merge && write.key == ["order_date"] && write.verify == .full
        && write.mapping == ["revenue": "amount"])
    #expect(copy.to.kind == .url("./out/revenue.parquet") && copy.mode == .replace)
    #expect(copy.options?["compression"]?.text == "zstd")
    #expect(spec.tests.first?.given.keys.first == "orders")
    #expect(spec.sections["alerts"]?.elements.first?["text"]?.text == "{{ pipeline }} failed")
  }

  @Test func anAddressAloneIsEnough() throws {
    let spec = try parse("steps:\n  - { id: a, read: ./orders.csv }\n  - { id: b, write: ./orders.parquet }")
    guard case .read(let read) = spec.steps[0].work, case .write(let write) = spec.steps[1].work else {
      Issue.record("wrong kinds")
      return
    }
    #expect(spec.name == "p")
    #expect(read.from.kind == .url("./orders.csv") && read.subject == .whole)
    #expect(write.to.kind == .url("./orders.parquet") && write.mode == .replace && write.from == nil)
  }

  @Test(arguments: [
    ("append", WriteMode.append), ("upsert", .merge), ("full-refresh", .replace), ("truncate", .truncate),
    ("delete_insert", .deleteInsert),
    ("delete+insert", .deleteInsert), ("snapshot", .scd2), ("Replace", .replace),
  ])
  func writeModesHaveSynonyms(_ word: String, _ mode: WriteMode) throws {
    let spec = try parse("steps: [{ id: w, write: { to: db, table: t, key: id, mode: \(word) } }]")
    guard case .write(let write) = spec.steps[0].work else {
      Issue.record("wrong kind")
      return
    }
    #expect(write.mode == mode)
  }

  @Test(arguments: [
    ("3", [1.0, 2, 4]), ("false", []),
    ("{ max_retries: 3, backoff_multiplier: 1.5, initial_delay_seconds: 1 }", [1, 1.5, 2.25]),
    ("{ max_retries: 3, retry_delay: 5 minutes, exponential_backoff: true }", [300, 600, 1200]),
    ("{ enabled: true, maximum_attempts: 3, delays: [1m, 5m, PT15M], backoff_type: Exponential }", [60, 300, 900]),
    ("{ max_retries: 2, delay: 10s, backoff: fixed }", [10, 10]),
  ])
  func retryPoliciesOfAllDocuments(_ text: String, _ delays: [Double]) throws {
    let spec = try parse("retry: \(text)\nsteps: [{ id: r, read: a.csv }]")
    #expect(spec.retry.plannedDelays == delays)
  }

  @Test func retryKnowsTheNamesOfTheForm() throws {
    let spec = try parse(
      "retry: { retry_on: [Connection timeout, Authentication failures] }\nsteps: [{ id: r, read: a.csv }]")
    #expect(spec.retry.retryOn == [.timeout, .authentication])
  }

  @Test(arguments: [
    ("\"0 2 * * *\"", ScheduleSpec.cron(expression: "0 2 * * *", timezone: "UTC")),
    ("\"@daily\"", .cron(expression: "@daily", timezone: "UTC")), ("every 6 hours", .interval(seconds: 21600)),
    ("{ type: interval, interval_seconds: 30 }", .interval(seconds: 30)),
    ("{ once_at: 2025-01-01T00:00:00Z }", .once(at: "2025-01-01T00:00:00Z")),
    ("{ type: cron, expression: 0 8 * * *, timezone: UTC }", .cron(expression: "0 8 * * *", timezone: "UTC")),
    ("manual", .manual),
  ])
  func schedulesOfAllDocuments(_ text: String, _ schedule: ScheduleSpec) throws {
    #expect(try parse("schedule: \(text)\nsteps: [{ id: r, read: a.csv }]").schedule == schedule)
  }

  @Test(arguments: [
    ("30s", 30.0), ("5m", 300), ("2h", 7200), ("1h30m", 5400), ("PT10S", 10), ("P1DT1H", 90000), ("250ms", 0.25),
    ("7", 7), ("2 hours", 7200),
  ])
  func timeSpans(_ text: String, _ seconds: Double) {
    #expect(TimeSpan.seconds(text) == seconds)
    #expect(TimeSpan.seconds(TimeSpan.text(seconds)) == seconds)
  }

  @Test(arguments: ["", "s", "5x", "P1M", "P", "PT", "-5s", "1..5s", "٣s"])
  func noTimeSpans(_ text: String) { #expect(TimeSpan.seconds(text) == nil) }

  @Test func anchorsAndMergeKeysWork() throws {
    let spec = try parse(
      """
      steps:
        - { id: a, read: &base { from: shop, table: a, limit: 5 } }
        - { id: b, read: { <<: *base, table: b } }
      """)
    guard case .read(let read) = spec.steps[1].work else {
      Issue.record("wrong kind")
      return
    }
    #expect(read.subject == .table("b") && read.limit == 5)
  }

  @Test func aliasesCanNotBlowUp() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...12 {
      text += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", "))]\n"
    }
    #expect(throws: Problems.self) { try SettingReader.read(text, file: "bomb.yaml") }
  }
}
