import Tabular

/// A query of the user's own that finds what is wrong; no row found = passed.
package struct Query: Rule {
  package struct Settings: Sendable { var sql: Setting? }

  package static let manifest = OperationManifest(
    name: "sql", aliases: ["custom_sql", "query"],
    summary: "A query finds no rows. It reads the rows under the name `input`.", shorthand: "sql",
    example: "- sql: SELECT * FROM input WHERE shipped_at < ordered_at",
    shown: Example(
      """
      - { id: 1, ordered_at: 2025-01-10, shipped_at: 2025-01-09 }
      - { id: 2, ordered_at: 2025-01-10, shipped_at: 2025-01-12 }
      """, observing: "1 row was found"),
    badValues: "As in SQL: a comparison with an empty value isn't true.",
    settings: SettingsSchema(Settings()) {
      Field(\.sql, "sql", "A SELECT over `input` that returns what breaks the rule.").required().also("query")
    })

  let sql: String
  package let onFail: OnFail
  package let location: Location

  package init(_ settings: Settings, onFail: OnFail, at location: Location) throws(Problem) {
    guard let setting = settings.sql else { throw Problem("wrong-type", "\"sql\" must be a query.", at: location) }
    sql = try UserSQL.query(setting)
    self.onFail = onFail
    self.location = location
  }

  package var isAboutTheWhole: Bool { true }
  package var words: String { "no row is found by: \(sql)" }

  package func test(over input: Relation, in context: OperationContext) throws(Problem) -> RuleTest {
    .relation(
      """
      WITH input AS (SELECT * FROM \(input.sql)) SELECT count(*) = 0 AS passed, count(*) || CASE WHEN count(*) = 1 THEN ' row was' ELSE ' rows were' END || ' found' AS observed \
      FROM \(SQL(enclosing: sql))
      """)
  }
}
