import DuckDB
import Execution
import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing
import Workspace

@testable import Connectors

/// Rows that were set aside go in again: once, at their place, added to what has landed (guarantee 6).
@Suite struct DeadLetterTests {
  @Test func linesAreReadAgainWithTheSettingsOfToday() async throws {
    let trial = try await LetterTrial()
    let text = LetterTrial.pipeline("{ from: rows.csv, types: { amount: INTEGER } }")
    try trial.write("id,amount,name\n1,10,a\n2,n/a,\"b, b\"\n3,30,c,more\n4,40,d\n", to: "rows.csv")
    let first = try await trial.run(text)
    #expect(first.status == .warning && first.metrics.rowsFailed == 2)
    #expect(try await trial.target() == ["1|10|a", "4|40|d"])
    let fixed = text.replacing("types:", with: "\"null\": [\"\", \"n/a\"], types:")
    let second = try await trial.feed(first, fixed)
    #expect(second.status == .warning && second.feeds == first.id && second.trigger == .replay, "\(second.problems)")
    #expect(try await trial.target() == ["1|10|a", "2|NULL|b, b", "4|40|d"])
    #expect(try await trial.workspace.rejects(of: first).map(\.replayedBy) == [second.id, second.id])
    let again = try await trial.workspace.rejects(of: second)
    #expect(
      again.count == 1 && again[0].position.hasSuffix("rows.csv:4") && again[0].original == "3,30,c,more", "\(again)")
    await trial.expectProblem("no-rejects", feeding: first)
    let third = try await trial.feed(second, fixed)
    #expect(third.status == .warning && third.receipts.allSatisfy { $0.outcome.inserted == 0 })
    #expect(try await trial.target() == ["1|10|a", "2|NULL|b, b", "4|40|d"])
  }

  @Test(arguments: ["append", "replace", "truncate", "merge, key: id", "delete+insert, key: day"])
  func aRuleThatWasMendedLetsRowsThrough(mode: String) async throws {
    let trial = try await LetterTrial()
    try trial.write("id,day,amount\n1,1,10\n2,1,200\n3,1,3000\n4,2,40\n", to: "rows.csv")
    func text(_ most: Int) -> String {
      LetterTrial.pipeline("rows.csv", check: "range: { field: amount, max: \(most) }", mode: mode)
    }
    let first = try await trial.run(text(100))
    #expect(try await trial.target() == ["1|1|10", "4|2|40"])
    let second = try await trial.feed(first, text(1000))
    #expect(second.status == .warning && second.receipts.map(\.verified) == [true], "\(second.problems)")
    #expect(try await trial.target() == ["1|1|10", "2|1|200", "4|2|40"])
    await trial.expectProblem("no-rejects", feeding: first)
    _ = try await trial.feed(second, text(5000))
    #expect(try await trial.target() == ["1|1|10", "2|1|200", "3|1|3000", "4|2|40"])
  }

  @Test func aRowGoesInOnceHoweverManyRulesItBrokeAndNotIfItWasOnlyFlagged() async throws {
    let trial = try await LetterTrial()
    try trial.write("id,amount\n1,1\n2,200\n3,50\n", to: "rows.csv")
    func text(_ most: Int) -> String {
      LetterTrial.pipeline(
        "rows.csv",
        rules:
          "[{ range: { field: amount, max: \(most) }, on_fail: skip }, { expression: 'amount <> 200 OR \(most) > 100', on_fail: skip }, { range: { field: amount, max: 20 }, on_fail: flag }]"
      )
    }
    let first = try await trial.run(text(100))
    #expect(try await trial.workspace.rejects(of: first).count == 4)
    let second = try await trial.feed(first, text(1000), rule: "expression")
    #expect(second.status == .warning, "\(second.problems)")
    #expect(try await trial.rows("SELECT id, amount FROM shop.target ORDER BY id") == ["1|1", "2|200", "3|50"])
    #expect(try await trial.workspace.rejects(of: first).count { $0.replayedBy != nil } == 2)
    await trial.expectProblem("no-rejects", feeding: first)
  }

  @Test func valuesComeBackExactly() async throws {
    let trial = try await LetterTrial()
    let select = """
      SELECT 1 AS id, 12345678901234567890.123456789012345678::DECIMAL(38,18) AS d, 170141183460469231731687303715884105727::HUGEINT AS h,
        0.1::DOUBLE AS f, 'NaN'::DOUBLE AS n, ''::VARCHAR AS empty, NULL::VARCHAR AS nothing, 'a"b\\c' || chr(10) || chr(133) || 'ü' AS t,
        'ab'::BLOB AS b, TIMESTAMPTZ '2025-01-02 03:04:05.123456+00' AS ts, TIMESTAMP '2025-01-02 03:04:05.123456' AS local, DATE '2025-01-02' AS day,
        TIME '01:02:03.5' AS clock, [1, NULL, 3] AS list, {'a': 'x', 'b': 2} AS s, true AS flag, '9f8f9f8f-0000-4000-8000-000000000001'::UUID AS u
      """
    func text(_ rule: String) -> String {
      """
      name: exact
      steps:
        - id: rows
          transform: { sql: \(JSONText.quote(select)) }
        - id: sane
          check: { on: rows, rules: [{ expression: '\(rule)', on_fail: skip }] }
        - id: load
          write: { from: sane, to: shop.duckdb, table: target, mode: append }
      """
    }
    let first = try await trial.run(text("id > 1"))
    #expect(first.status == .warning, "\(first.problems)")
    let second = try await trial.feed(first, text("id > 0"))
    #expect(second.status == .success, "\(second.problems)")
    let lost = try await trial.rows(
      "SELECT count(*) FROM (\(select)) AS one WHERE EXISTS (SELECT 1 FROM shop.target AS other WHERE to_json(one)::VARCHAR = to_json(other)::VARCHAR)"
    )
    let types = try await trial.rows(
      "SELECT d = 12345678901234567890.123456789012345678, t = 'a\"b\\c' || chr(10) || chr(133) || 'ü', ts, b FROM shop.target"
    )
    #expect(lost == ["1"], "\(types)")
    #expect(types[0].hasPrefix("true|true|"))
  }

  @Test func rowsOfOtherSourcesDoNotLandAgain() async throws {
    let trial = try await LetterTrial()
    try trial.write("id,amount\n1,10\n2,x\n", to: "rows.csv")
    try trial.write("id,amount\n7,70\n", to: "more.csv")
    try trial.write("id,label\n1,one\n2,two\n7,seven\n", to: "labels.csv")
    func text(_ null: String) -> String {
      """
      name: two
      steps:
        - id: rows
          read: { from: rows.csv, types: { amount: INTEGER }, "null": [\(null)] }
        - id: more
          read: more.csv
        - id: labels
          read: labels.csv
        - id: all_rows
          transform: { sql: "SELECT id, amount FROM rows UNION ALL SELECT id, amount FROM more" }
        - id: labelled
          transform: { sql: "SELECT id, amount, label FROM all_rows LEFT JOIN labels USING (id)" }
        - id: load
          write: { from: labelled, to: shop.duckdb, table: target, mode: append }
      """
    }
    let first = try await trial.run(text("\"\""))
    #expect(try await trial.target() == ["1|10|one", "7|70|seven"], "\(first.problems)")
    let second = try await trial.feed(first, text("x"))
    #expect(second.status == .success, "\(second.problems)")
    let landed = try await trial.target()
    #expect(landed == ["1|10|one", "2|NULL|two", "7|70|seven"])
  }

  @Test(arguments: [
    "SELECT amount % 2 AS odd, sum(amount) AS total FROM sane GROUP BY ALL", "SELECT DISTINCT amount FROM sane",
    "SELECT *, rank() OVER (ORDER BY amount) AS r FROM sane",
    "SELECT * FROM sane LIMIT 1", "WITH a AS (SELECT * FROM sane) SELECT a.id, b.amount FROM a JOIN a AS b USING (id)",
    "SELECT l.id, amount FROM labels l LEFT JOIN sane USING (id)",
    "SELECT id, amount FROM sane UNION ALL SELECT 0, 0", "SELECT id FROM sane UNION ALL SELECT count(*) FROM labels",
    "SELECT id FROM sane UNION SELECT id FROM labels",
    "SELECT * FROM sane WHERE amount = (SELECT max(amount) FROM sane)",
  ])
  func whatDependsOnAllRowsIsRefused(sql: String) async throws {
    let trial = try await LetterTrial()
    try trial.write("id,amount\n1,10\n2,200\n", to: "rows.csv")
    try trial.write("id,label\n1,one\n", to: "labels.csv")
    func text(_ most: Int) -> String {
      """
      name: all
      steps:
        - id: rows
          read: rows.csv
        - id: labels
          read: labels.csv
        - id: sane
          check: { on: rows, rules: [{ range: { field: amount, max: \(most) }, on_fail: skip }] }
        - id: made
          transform: { sql: \(JSONText.quote(sql)) }
        - id: load
          write: { from: made, to: shop.duckdb, table: target, mode: append }
      """
    }
    let first = try await trial.run(text(100))
    #expect(first.status == .warning, "\(first.problems)")
    let before = try await trial.target()
    let second = try await trial.feed(first, text(1000))
    #expect(second.status == .failed && second.problems.map(\.code) == ["not-row-by-row"], "\(second.problems)")
    #expect(try await trial.target() == before)
    // What was refused is free to be fed in another way.
    #expect(try await trial.workspace.store.feeds(of: first.id).isEmpty)
  }

  @Test func aRuleAmongOperationsTakesItsRowsBack() async throws {
    let trial = try await LetterTrial()
    try trial.write("id,mail\n1,A@B.CO\n2,c at d.co\n", to: "rows.csv")
    func text(_ pattern: String) -> String {
      """
      name: operations
      steps:
        - id: rows
          read: rows.csv
        - id: clean
          transform:
            on: rows
            operations:
              - lowercase: mail
              - field_validation: { field: mail, rule: regex, pattern: '\(pattern)', on_fail: skip }
              - replace: { field: mail, find: ' at ', with: '@' }
        - id: load
          write: { from: clean, to: shop.duckdb, table: target, mode: append }
      """
    }
    let first = try await trial.run(text(".+@.+"))
    #expect(first.status == .warning, "\(first.problems)")
    let second = try await trial.feed(first, text(".+"))
    #expect(second.status == .success, "\(second.problems)")
    #expect(try await trial.target() == ["1|a@b.co", "2|c@d.co"])
    let third = try await trial.feedAnyway(
      first, text(".+").replacing("- lowercase: mail\n", with: "- lowercase: mail\n            - trim: mail\n"))
    #expect(third == nil)
  }

  @Test func cursorsStayWhereTheyAre() async throws {
    let trial = try await LetterTrial()
    try trial.write("id,amount\n1,10\n2,200\n", to: "rows.csv")
    func text(_ most: Int) -> String {
      LetterTrial.pipeline(
        "{ from: rows.csv, mode: incremental, cursor: id }", check: "range: { field: amount, max: \(most) }",
        mode: "append")
    }
    let first = try await trial.run(text(100))
    #expect(first.status == .warning, "\(first.problems)")
    let cursors = try await trial.workspace.store.cursors()
    let kept = try await trial.rows("SELECT key, value FROM shop._weir_state ORDER BY key")
    try trial.write("id,amount\n1,10\n2,200\n3,30\n", to: "rows.csv")
    let second = try await trial.feed(first, text(1000))
    #expect(second.status == .success, "\(second.problems)")
    #expect(try await trial.workspace.store.cursors() == cursors)
    #expect(
      try await trial.rows("SELECT key, value FROM shop._weir_state WHERE key NOT LIKE '%/letters/%' ORDER BY key")
        == kept)
    _ = try await trial.run(text(1000))
    #expect(try await trial.target() == ["1|10", "2|200", "3|30"])
  }

  @Test func aFileThatIsReplacedAsAWholeIsLeftAlone() async throws {
    let trial = try await LetterTrial()
    try trial.write("id,amount\n1,10\n2,200\n", to: "rows.csv")
    func text(_ most: Int) -> String {
      LetterTrial.pipeline("rows.csv", check: "range: { field: amount, max: \(most) }", to: "out.csv", mode: "replace")
    }
    let first = try await trial.run(text(100))
    let second = try await trial.feed(first, text(1000))
    #expect(second.problems.map(\.code) == ["append-needs-folder"])
    #expect(try String(contentsOfFile: trial.folder.file("out.csv"), encoding: .utf8) == "id,amount\n1,10\n")
  }

  @Test func aFailedRunHasNothingToAddTo() async throws {
    let trial = try await LetterTrial()
    try trial.write("id,amount\n1,10\n2,200\n", to: "rows.csv")
    let rules = "[{ range: { field: amount, max: 100 }, on_fail: skip }, { expression: 'id > 1', on_fail: stop }]"
    let first = try await trial.run(LetterTrial.pipeline("rows.csv", rules: rules))
    #expect(first.status == .failed)
    await trial.expectProblem("nothing-landed", feeding: first)
  }

  @Test func aSecretInARowLandsAsItWas() async throws {
    let trial = try await LetterTrial()
    try trial.workspace.vault.set("pw", to: "kanarek-77")
    try trial.write("id,name\n1,a\n2,kanarek-77\n", to: "rows.csv")
    func text(_ most: Int) -> String {
      LetterTrial.pipeline(
        "{ from: rows.csv, filter: \"name <> '{{ secret('pw') }}x'\" }", check: "range: { field: id, max: \(most) }")
    }
    let first = try await trial.run(text(1))
    #expect(first.status == .warning, "\(first.problems)")
    #expect(try await trial.workspace.rejects(of: first)[0].original.contains("•••"))
    let second = try await trial.feed(first, text(5))
    #expect(second.status == .success, "\(second.problems)")
    #expect(try await trial.target() == ["1|a", "2|kanarek-77"])
  }

  /// The process is killed at each of its messages; the next replay completes the work, and no row is there twice.
  @Test func killedAnywhereRowsLandOnce() async throws {
    let trial = try await LetterTrial()
    try trial.write("id,amount\n1,10\n2,200\n3,300\n", to: "rows.csv")
    func text(_ most: Int) -> String {
      LetterTrial.pipeline("rows.csv", check: "range: { field: amount, max: \(most) }", mode: "replace")
    }
    var (kill, isOver) = (0, false)
    while !isOver {
      kill += 1
      try? FileManager.default.removeItem(atPath: trial.folder.file("shop.duckdb"))
      let first = try await trial.run(text(100))
      try trial.write(text(1000), to: "pipelines/p.yaml")
      let point = KillPoint(at: kill)
      let killed = try await trial.workspace.runIsolated(
        try await trial.workspace.requestToFeed(first.id), worker: point.launch(in: trial.folder.path))
      #expect(killed.problems.map(\.code) == point.expectedCodes, "\(killed.problems) after kill \(kill)")
      isOver = point.toldTheEnd
      let seen = try await trial.target()
      let (old, new) = (["1|10"], ["1|10", "2|200", "3|300"])
      let possible = !killed.receipts.isEmpty ? [new] : point.diedCommitting ? [old, new] : [old]
      #expect(possible.contains(seen), "\(seen) after kill \(kill)")
      if killed.status == .failed {
        let second = try await trial.workspace.run(try await trial.workspace.requestToFeed(first.id))
        #expect(second.status == .success, "\(second.problems)")
      }
      #expect(try await trial.target() == ["1|10", "2|200", "3|300"], "after kill \(kill)")
      await trial.expectProblem("no-rejects", feeding: first)
      try #require(kill < 100)
    }
  }

  @Test(
    .enabled(if: PostgresServer.isThere, "PostgreSQL is not installed"),
    arguments: ["replace", "append", "merge, key: id"])
  func rowsAreAddedInPostgres(mode: String) async throws {
    let trial = try await LetterTrial()
    let port = try PostgresServer.shared.get().port
    let url = "postgres://postgres:secret@127.0.0.1:\(port)/postgres?sslmode=disable"
    let table = "letters_\(UInt32.random(in: 0...UInt32.max))"
    try trial.write("id,amount\n1,10\n2,x\n3,3000\n", to: "rows.csv")
    func text(_ most: Int, _ null: String) -> String {
      LetterTrial.pipeline(
        "{ from: rows.csv, types: { amount: INTEGER }, \"null\": [\(null)] }",
        rules: "[{ expression: 'coalesce(amount, 0) <= \(most)', on_fail: skip }]",
        to: JSONText.quote(url), table: table, mode: mode)
    }
    func rows() async throws -> [String] {
      try await trial.workspace.query("SELECT id, amount FROM \(table) ORDER BY id", connection: url, rows: 10).rows.map
      { $0.map(\.description).joined(separator: "|") }
    }
    let first = try await trial.run(text(100, "\"\""))
    #expect(try await rows() == ["1|10"], "\(first.problems)")
    let second = try await trial.feed(first, text(100, "x"))
    #expect(try await rows() == ["1|10", "2|NULL"], "\(second.problems)")
    let third = try await trial.feed(second, text(5000, "x"))
    #expect(third.status == .success, "\(third.problems)")
    #expect(try await rows() == ["1|10", "2|NULL", "3|3000"])
    await trial.expectProblem("no-rejects", feeding: second)
  }
}

/// A workspace with one pipeline into a table of a DuckDB file.
private struct LetterTrial {
  let folder: TemporaryFolder
  let workspace: Workspace

  init() async throws {
    folder = try TemporaryFolder()
    workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
  }

  static func pipeline(
    _ read: String, check: String? = nil, rules: String? = nil, to: String = "shop.duckdb", table: String = "target",
    mode: String = "append"
  ) -> String {
    let given = rules ?? check.map { "[{ \($0), on_fail: skip }]" }
    let checks = given.map { "  - id: sane\n    check: { on: rows, rules: \($0) }\n" } ?? ""
    let place = to == "out.csv" ? "" : "table: \(table), "
    return """
      name: p
      steps:
        - id: rows
          read: \(read)
      \(checks)  - id: load
          write: { from: \(given == nil ? "rows" : "sane"), to: \(to), \(place)mode: \(mode) }
      """
  }

  func write(_ text: String, to path: String) throws {
    let url = URL(fileURLWithPath: folder.file(path))
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  func run(_ text: String) async throws -> Run {
    try write(text, to: "pipelines/p.yaml")
    return try await workspace.run(RunRequest(try workspace.pipeline("p")))
  }

  func feed(_ run: Run, _ text: String, rule: String? = nil) async throws -> Run {
    try write(text, to: "pipelines/p.yaml")
    return try await workspace.run(try await workspace.requestToFeed(run.id, rule: rule))
  }

  func feedAnyway(_ run: Run, _ text: String) async throws -> Run? {
    do { return try await feed(run, text) } catch let problem as Problem where problem.code == "no-rejects" {
      return nil
    }
  }

  func expectProblem(_ code: Problem.Code, feeding run: Run) async {
    do {
      _ = try await workspace.requestToFeed(run.id)
      Issue.record("\(code) was expected")
    } catch {
      #expect((error as? Problem)?.code == code, "\(error)")
    }
  }

  func target() async throws -> [String] { try await rows("SELECT * FROM shop.target ORDER BY ALL") }

  func rows(_ sql: String) async throws -> [String] {
    let connection = try Database().connect()
    _ = try await connection.execute("SET TimeZone = 'UTC'")
    _ = try await connection.execute("ATTACH \(text: folder.file("shop.duckdb")) AS shop (READ_ONLY)")
    return try await connection.query(SQL(raw: sql)).rows.map { $0.map(\.description).joined(separator: "|") }
  }
}
