import Tabular
import Testing

@testable import Pipelines

@Suite struct PlannerTests {
  @Test func resolvesAPipeline() throws {
    let text = try Fixtures.text("daily-orders.yaml")
      .replacing(
        "- add: { total: quantity * price }\n      - deduplicate\n      - { type: rename, columns: { price: unit_price } }",
        with: "- trim: product_name")
    let plan = try planned(text)
    #expect(plan.steps.map(\.id) == ["orders", "clean", "daily", "sane", "publish", "copy"])
    #expect(
      plan[id: "clean"]?.inputs == ["orders"] && plan[id: "daily"]?.inputs == ["clean"]
        && plan[id: "sane"]?.inputs == ["daily"])
    #expect(
      plan[id: "publish"]?.inputs == ["daily"] && plan[id: "publish"]?.after == ["sane"]
        && plan[id: "copy"]?.after == ["sane"])
    #expect(plan[id: "daily"]?.retry.maxRetries == 1 && plan[id: "orders"]?.retry.plannedDelays == [5, 10])
    #expect(plan.warnings.isEmpty)
    guard case .read(let source, _)? = plan[id: "orders"]?.work, let server = source as? FakeServer,
      case .write(let destination, _)? = plan[id: "copy"]?.work, let target = destination as? FakeFile,
      case .transform(.operations(let operations))? = plan[id: "clean"]?.work
    else {
      Issue.record("wrong kinds")
      return
    }
    #expect(
      server.settings.database == "shop" && target.settings.path == "./out/revenue.parquet" && operations.count == 3)
  }

  private func problems(_ text: String) -> [Problem] {
    do {
      _ = try planned(text)
      return []
    } catch {
      return Problems.of(error)
    }
  }

  @Test(arguments: [
    (
      "[{ id: a, read: a.csv }, { id: one, write: { to: postgres://h/d, table: t, mode: append } }, { id: two, write: { from: a, to: postgres://h/d, table: t, mode: append } }]",
      ["same-target"]
    ),
    (
      "[{ id: a, read: a.csv }, { id: one, write: { to: postgres://h/d, table: t } }, { id: two, write: { from: a, to: postgres://h/d, table: u } }]",
      []
    ),
  ])
  func twoWritesMayNotMeet(_ steps: String, _ codes: [String]) {
    #expect(problems("steps: \(steps)").map(\.code.description) == codes)
  }

  @Test(arguments: [
    ("row_count: { min: 1 }", "skip", true), ("row_count: { min: 1 }", "stop", false), ("freshness: d", "flag", true),
    ("expression: d > 3", "null", false), ("unique: d", "skip", false),
    ("sql: SELECT * FROM input", "skip", true),
  ])
  func rulesAboutTheWholeCanNotSkipRows(_ rule: String, _ onFail: String, _ isRefused: Bool) {
    let found = problems(
      """
      steps:
        - { id: a, read: a.csv }
        - id: c
          check:
            rules:
              - { \(rule), on_fail: \(onFail) }
        - { id: out, write: out.csv }
      """)
    #expect(found.map(\.code) == (isRefused ? ["rule-about-the-whole"] : []), "\(found)")
    if isRefused { #expect(found.first?.location?.line == 6) }
  }

  @Test func stepsMayStandInAnyOrder() throws {
    let plan = try planned(
      """
      steps:
        - { id: out, write: { from: both, to: out.csv } }
        - { id: both, transform: { sql: SELECT * FROM a JOIN b USING (id) } }
        - { id: b, read: b.csv }
        - { id: a, read: a.csv }
      """)
    #expect(plan.steps.map(\.id) == ["b", "a", "both", "out"])
    #expect(plan[id: "both"]?.inputs == ["a", "b"])
  }

  @Test func theStepBeforeIsTheUsualInput() throws {
    let plan = try planned(
      """
      steps:
        - { id: a, read: a.csv }
        - { id: raw, write: raw.csv }
        - { id: t, transform: [trim: name] }
        - { id: c, check: [not_null: name] }
        - { id: out, write: out.csv }
      """)
    #expect(
      plan[id: "t"]?.inputs == ["a"] && plan[id: "c"]?.inputs == ["t"] && plan[id: "out"]?.inputs == ["c"]
        && plan[id: "raw"]?.inputs == ["a"])
    #expect(plan[id: "out"]?.after == [] && plan[id: "raw"]?.after == [])
  }

  @Test(arguments: [
    (
      "postgres://app:p%40ss%3A1@db.example.com:6432/sales?sslmode=require",
      "db.example.com 6432 sales app p@ss:1 require"
    ),
    ("postgresql://db/sales", "db 5432 sales   prefer"), ("postgres://u:a@b@[::1]:5433/s", "::1 5433 s u a@b prefer"),
  ])
  func urlsBecomeSettings(_ url: String, _ expected: String) throws {
    let redactor = Redactor()
    let plan = try planned(
      "steps:\n  - { id: a, read: { from: \"\(url)\", table: t } }\n  - { id: b, write: b.csv }", redactor: redactor)
    guard case .read(let source, _)? = plan[id: "a"]?.work, let settings = (source as? FakeServer)?.settings else {
      Issue.record("wrong kind")
      return
    }
    let facts = [
      settings.host, String(settings.port), settings.database, settings.user, settings.password.revealed,
      settings.sslmode,
    ]
    #expect(facts.joined(separator: " ") == expected)
    #expect(
      settings.password.revealed.count < 4
        || !redactor.redact("x \(settings.password.revealed) y").contains(settings.password.revealed))
  }

  @Test func addressesOfFilesGoByTheirEnding() throws {
    for path in ["./a.csv", "https://example.com/x/a.csv?v=1", "data/*.parquet", "a.csv.gz"] {
      let plan = try planned("steps:\n  - { id: a, read: \"\(path)\" }\n  - { id: b, write: b.csv }")
      guard case .read(let source, _)? = plan[id: "a"]?.work else { continue }
      #expect((source as? FakeFile)?.settings.path == path)
    }
  }

  @Test func secretsOfConnectionsAreHidden() throws {
    let redactor = Redactor()
    _ = try planned(
      "steps:\n  - { id: a, read: { from: shop, table: t } }\n  - { id: b, write: b.csv }", redactor: redactor)
    #expect(redactor.redact("sesame-shop") == "•••")
  }

  @Test func aCheckThatIsPassedByIsAWarning() throws {
    let plan = try planned(
      """
      steps:
        - { id: a, read: a.csv }
        - { id: c, check: { on: a, rules: [{ not_null: name, on_fail: skip }] } }
        - { id: unused, read: b.csv }
        - { id: out, write: { from: a, to: out.csv } }
      """)
    #expect(plan.warnings.map(\.code.description) == ["unused-step", "check-passed-by"])
    #expect(plan.warnings.allSatisfy { $0.location != nil && $0.severity == .warning })
  }

  @Test func theEngineMayBeAwaited() async throws {
    let text =
      "steps:\n  - { id: a, read: a.csv }\n  - { id: t, transform: { sql: SELECT 1 FROM a } }\n  - { id: b, write: b.csv }"
    let spec = try PipelineParser().parse(text, file: "p.yaml")
    let plan = try await Planner(catalog: .fake).plan(spec) { _ async throws in ["a"] }
    #expect(plan[id: "t"]?.inputs == ["a"])
    await #expect(throws: Problems.self) {
      try await Planner(catalog: .fake).plan(spec) { _ async throws in throw Problem("sql-syntax", "No SQL.") }
    }
  }

  @Test(arguments: ["graph", "connections", "operations"])
  func mistakes(_ name: String) throws {
    var words = "no problem\n"
    do {
      _ = try planned(Fixtures.text("plans/\(name).yaml"), file: "\(name).yaml")
    } catch let error as Problems {
      words = error.description + "\n"
      #expect(error.all.allSatisfy { $0.location != nil })
    }
    try Fixtures.expect(words, equals: "plans/\(name).yaml.txt")
  }
}
