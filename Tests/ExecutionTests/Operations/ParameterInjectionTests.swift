import DuckDB
import Pipelines
import Tabular
import TestSupport
import Testing

/// A run's parameters are values in SQL: whatever is given, the statement around them means what its author wrote.
@Suite struct ParameterInjectionTests {
  /// A SELECT with `{{ who }}` in it that yields one row of `v` and 7.
  struct Slot: Sendable, CustomTestStringConvertible {
    var select: String
    /// What `v` must be; nil = any value.
    var meaning: @Sendable (String) -> Value?
    /// Whether the engine may refuse it.
    var mayFail = false
    var testDescription: String { select }

    init(_ select: String, mayFail: Bool = false, _ meaning: @escaping @Sendable (String) -> Value?) {
      (self.select, self.meaning, self.mayFail) = (select, meaning, mayFail)
    }
  }

  static let slots = [
    Slot("SELECT '{{ who }}' AS v, 7 AS k") { .text($0) },
    Slot("SELECT 'it''s {{ who }}''' AS v, 7 AS k") { .text("it's \($0)'") },
    Slot("SELECT '{{ who }}{{ who }}' AS v, 7 AS k") { .text($0 + $0) },
    Slot(#"SELECT E'{{ who }}' AS v, 7 AS k"#) { .text($0) },
    // Behind a `\'` the engine takes no-break spaces in a text with escapes for spaces.
    Slot(#"SELECT e'\'{{ who }}\n''{{ who }}' AS v, 7 AS k"#) { text in
      text.unicodeScalars.contains("\u{A0}") ? nil : .text("'\(text)\n'\(text)")
    },
    Slot("SELECT upper({{ who }}) IS NULL AS v, 7 AS k") { .boolean($0 == "null") },
    Slot("SELECT 7 AS v -- {{ who }}\n, 7 AS k") { _ in .integer(7) },
    Slot("SELECT 7 AS v /* {{ who }} */, 7 AS k") { _ in .integer(7) },
    Slot("SELECT 7 AS v /*/ {{ who }} */, 7 AS k") { _ in .integer(7) },
    Slot("SELECT 7 AS v /* a /* b */ {{ who }} */, 7 AS k") { _ in .integer(7) },
    Slot("SELECT 2 /* a */* length('{{ who }}') AS v, 7 AS k") { .integer(2 * Int128($0.unicodeScalars.count)) },
    Slot("SELECT v, k FROM (SELECT 7 AS \"{{ who }}\", 8 AS v, 7 AS k)") { _ in .integer(8) },
    // A careless author: no text may come out of its quotation marks all the same.
    Slot("SELECT 'a'{{ who }} AS v, 7 AS k", mayFail: true) { _ in nil },
    Slot("SELECT E'a'{{ who }} AS v, 7 AS k", mayFail: true) { _ in nil },
    Slot("SELECT E'a'\n{{ who }} AS v, 7 AS k", mayFail: true) { _ in nil },
    Slot("SELECT e{{ who }} AS v, 7 AS k", mayFail: true) { _ in nil },
    Slot("SELECT {{ who }}'{{ who }}' AS v, 7 AS k", mayFail: true) { _ in nil },
    Slot("SELECT (SELECT 7 WHERE 1 = -{{ who }} AND false) AS v, 7 AS k", mayFail: true) { _ in .null },
    Slot("SELECT (SELECT 7 WHERE '1' = {{ who }} AND false) AS v, 7 AS k", mayFail: true) { _ in .null },
  ]

  private struct NoSecrets: SecretLookup {
    func secret(named name: String) throws(Problem) -> Secret {
      throw Problem("unknown-secret", "There is no secret \"\(name)\".")
    }
  }

  private static func select(_ text: String, _ value: String) throws -> SQL? {
    let parser = PipelineParser(
      environment: ["HOME": "x"], parameters: ["who": value], secrets: NoSecrets(), run: .preview,
      redactor: Redactor())
    let spec = try parser.parse(
      "parameters: { who: x }\nsteps:\n  - id: a\n    transform: { sql: \(Value.text(text).jsonText) }\n",
      file: "p.yaml")
    guard case .transform(let transform) = spec.steps[0].work, case .sql(let setting) = transform.body else {
      return nil
    }
    return SQL(raw: setting.text ?? "")
  }

  @Test(arguments: slots) func aParameterIsAValue(_ slot: Slot) async throws {
    let connection = try Database().connect()
    try await connection.execute("CREATE TABLE canary AS SELECT 1 AS a")
    var (meant, refused) = (0, 0)
    for value in HostileText.list + ["-1", "1", "e", "a.b", "1e5", ""] {
      let label = "\(value.debugDescription) in \(slot.select)"
      let select: SQL
      do { select = try #require(try Self.select(slot.select, value)) } catch let problems as Problems {
        refused += 1
        #expect(problems.all.allSatisfy { $0.location != nil }, "\(label): \(problems)")
        continue
      }
      do {
        let table = try await connection.query(select)
        meant += 1
        #expect(table.schema.names.count == 2 && table.rows.count == 1, "\(label): \(select)")
        if let meaning = slot.meaning(value) { #expect(table.rows[0][0] == meaning, "\(label): \(select)") }
        #expect(table.rows[0][1] == .integer(7), "\(label): \(select)")
      } catch {
        refused += 1
        // A name that can't be, such as an empty one.
        #expect(
          slot.mayFail || slot.select.contains("\"{{") || slot.select.contains("({{"), "\(label): \(error) \(select)")
      }
    }
    #expect(try await connection.query("SELECT a FROM canary").rows == [[.integer(1)]])
    #expect(slot.mayFail ? refused > 0 : meant > 40, "\(meant) meant, \(refused) refused")
  }

  @Test(arguments: [
    ("SELECT 10 -{{ who }} AS v", "-1", "11"), ("SELECT {{ who }}-{{ who }} AS v", "-1", "0"),
    ("SELECT 10 - {{ who }} AS v", "-1.5", "11.5"), ("SELECT {{ who }} AS v FROM (SELECT 3 AS a)", "a", "3"),
    ("SELECT {{ who }} AS v", "12345678901234567890", "12345678901234567890"),
  ])
  func numbersAndNamesStayWhatTheyAre(_ text: String, _ value: String, _ expected: String) async throws {
    let select = try #require(try Self.select(text, value))
    #expect(try await Database().connect().query(select).rows[0][0].description == expected, "\(select)")
  }

  /// What passes the guard stays between the parentheses, whatever tricks with texts and comments it knows.
  @Test func conditionsStayBetweenTheirParentheses() async throws {
    let connection = try Database().connect()
    let place = Location(file: "f", line: 1, column: 1)
    let tricks = [
      "E'a'\n'\\'' ) OR (1=1 --'", "E'a' -- c\n'\\'' ) OR (1=1 --'", "E'a'\u{A0}\n'\\'' ) OR (1=1 --'", "1=1) OR (1=1",
      "1=1 -- \r) OR (1=1", "1=1 /* /* */ ) OR (1=1 -- */", "1=1 /*/ ) OR (1=1 /*/", "'\\') OR (1=1 --'",
      "\"a\\\") OR (1=1 --\"", "x'41') OR (1=1", "1=1 --\u{0B}) OR (1=1", "1=1 --\u{0C}) OR (1=1",
      "1=1 --\u{85}) OR (1=1",
    ]
    var numbers = SeededNumbers(seed: 8)
    var accepted = 0
    for text in tricks + HostileText.list + (0..<1500).map({ _ in "1=1 " + HostileText.random(&numbers) }) {
      guard let condition = try? UserSQL.condition(Setting(.text(text), at: place)) else { continue }
      accepted += 1
      let rows = try? await connection.query("SELECT 1 WHERE \(SQL(enclosing: condition)) AND false").rows
      #expect(rows == nil || rows == [], "\(text.debugDescription)")
    }
    #expect(accepted > 50)
  }
}
