import DuckDB
import Execution
import Pipelines
import Tabular
import TestSupport
import Testing

/// Hostile text in any place of any operation's or rule's settings ends as a located problem, or as one SELECT that changes nothing.
@Suite struct InjectionFuzzTests {
  private static let pieces = [
    "'", "\"", ";", "--", "/*", "*/", "\\", "\0", "$$", "$1", "(", ")", "[", "]", "{", "}", ",", "\n", "E'", "e'\\'",
    "''", "\"\"",
    "’", "‘", "“", "＇", "ё", "\u{202E}", "\u{A0}", "%", "_", "?", ":a", "@", "#", "x'", "U&'", "a", "1", "0x", "1e999",
    "%Y", "\\1", "`",
    "'; DROP TABLE canary; --", "\"; DROP TABLE canary; --", "') OR 1 = 1 --", "*/ DROP TABLE canary /*",
    " UNION SELECT 1 ", " FROM canary ",
    "; DELETE FROM canary", "$$; DROP TABLE canary; $$", "COPY canary TO '/dev/null'", "ATTACH 'x' AS y",
    "; SET threads = 1", "\u{301}", "'\u{301}", "\"\u{200D}",
  ]

  private struct Target {
    let kind: String
    let settings: Setting
    let shown: Example
    /// The SQL of these settings over an input: each a whole statement.
    let statements: @Sendable (Setting, Relation, OperationContext) throws -> [SQL]
  }

  private static func targets() throws -> [Target] {
    func first(_ example: String) throws -> Setting? {
      try SettingReader.read(example, file: "fuzz.yaml").elements.first
    }
    let operations = try Operations.all.compactMap { type -> Target? in
      guard let setting = try first(type.example), let shown = type.shown, type.name != "python", type.name != "call"
      else { return nil }
      return Target(kind: "operation \(type.name)", settings: setting, shown: shown) { setting, input, context in
        let operation = try Operations.make(setting)
        return [try operation.select(from: input, in: context)]
      }
    }
    let rules = try Rules.all.compactMap { type -> Target? in
      guard let setting = try first(type.example)?.entries.first?.value, let shown = type.shown else { return nil }
      return Target(kind: "rule \(type.name)", settings: setting, shown: shown) { setting, input, context in
        switch try type.make(setting, .stop, setting.location).test(over: input, in: context) {
        case .row(let condition, _), .rowAmongOthers(let condition, _):
          ["SELECT * FROM \(input.sql) WHERE \(condition)"]
        case .relation(let query): [query]
        case .condition(let expression): ["SELECT * FROM \(input.sql) WHERE coalesce(\(expression.sql), FALSE)"]
        }
      }
    }
    return operations + rules
  }

  /// Those that take a SQL expression or query, whose misspelling only the engine finds.
  private static let withExpressions: Set<String> = [
    "operation add", "operation filter", "operation conditional", "operation aggregate", "operation resample",
    "operation sql",
    "rule expression", "rule sql",
  ]

  @Test(arguments: [UInt64(3), 29]) func nothingBreaksOut(_ seed: UInt64) async throws {
    let bench = try await OperationBench()
    try await bench.connection.execute("CREATE TABLE canary AS SELECT 1 AS a")
    var numbers = SeededChoice(seed: seed)
    var (refused, accepted) = (0, 0)
    for target in try Self.targets() {
      let input = try await bench.bound("(\(SampleRows(SettingReader.read(target.shown.rows, file: "rows")).select))")
      var others: [String: Relation] = [:]
      for (id, rows) in target.shown.others {
        others[id] = try await bench.bound("(\(SampleRows(SettingReader.read(rows, file: "rows")).select))")
      }
      let context = OperationContext(time: bench.time, others: others, history: target.shown.history)
      for _ in 0..<40 {
        let text = (0...numbers.below(4)).map { _ in numbers.pick(Self.pieces) }.joined()
        let changed = Self.poisoned(target.settings, with: text, &numbers)
        let label = "seed \(seed), \(target.kind), \(text.debugDescription)"
        do {
          for sql in try target.statements(changed, input, context) {
            accepted += 1
            try await Self.expectOneSelect(
              sql, on: bench.connection, label, mayMisspell: Self.withExpressions.contains(target.kind))
          }
        } catch let problem as Problem {
          refused += 1
          #expect(problem.location != nil, "\(label): \(problem)")
        } catch let problems as Problems {
          refused += 1
          #expect(!problems.all.isEmpty && problems.all.allSatisfy { $0.location != nil }, "\(label): \(problems)")
        }
      }
    }
    #expect(refused > 100 && accepted > 100, "\(refused) refused, \(accepted) accepted")
  }

  /// The engine's own parser sees one SELECT; running it leaves everything as it was, whether it succeeds or not.
  private static func expectOneSelect(
    _ sql: SQL, on connection: Connection, _ label: String, mayMisspell: Bool
  ) async throws {
    if sql.text.utf8.contains(0) {
      Issue.record("\(label): a NUL would cut the statement short")
      return
    }
    let parsed = try await connection.query(
      "SELECT json_array_length(j, '$.statements'), j->>'$.error_type' FROM (SELECT json_serialize_sql(\(text: sql.text)) AS j)"
    ).rows[0]
    // A misspelt expression is refused as a whole; nothing else of the user's may end up as anything but a name or a value.
    if mayMisspell, parsed[1] == .text("parser") { return }
    #expect(parsed[0] == .integer(1), "\(label): not one SELECT (\(parsed)): \(sql)")
    let probe: SQL = "SELECT min(k), max(l) FROM (SELECT 7 AS k, *, 8 AS l FROM (\(sql)))"
    if let row = try? await connection.query(probe).rows.first, row != [.null, .null] {
      #expect(row == [.integer(7), .integer(8)], "\(label): \(sql)")
    }
    let tables = try await connection.query("SELECT count(*), (SELECT sum(a) FROM canary) FROM duckdb_tables()").rows
    #expect(tables == [[.integer(1), .integer(1)]], "\(label): \(sql)")
  }

  /// `setting` with one of its texts, keys or list elements replaced or lengthened by `text`.
  private static func poisoned(_ setting: Setting, with text: String, _ numbers: inout SeededChoice) -> Setting {
    var left = numbers.below(max(1, places(setting)))
    return poisoned(setting, text, &left, numbers.below(3))
  }

  private static func places(_ setting: Setting) -> Int {
    switch setting.content {
    case .map(let entries): entries.reduce(0) { $0 + 1 + places($1.value) }
    case .list(let elements): elements.reduce(0) { $0 + places($1) }
    default: 1
    }
  }

  private static func poisoned(_ setting: Setting, _ text: String, _ left: inout Int, _ manner: Int) -> Setting {
    func mixed(_ old: String) -> String { manner == 0 ? text : manner == 1 ? old + text : text + old }
    var copy = setting
    switch setting.content {
    case .map(let entries):
      copy.content = .map(
        entries.map { entry in
          var entry = entry
          if left == 0 { entry.key = mixed(entry.key) }
          left -= 1
          entry.value = poisoned(entry.value, text, &left, manner)
          return entry
        })
    case .list(let elements): copy.content = .list(elements.map { poisoned($0, text, &left, manner) })
    default:
      if left == 0 { copy.content = .text(mixed(setting.text ?? "")) }
      left -= 1
    }
    return copy
  }
}
