import Tabular

/// Makes rows with a SELECT of the user's.
package struct SQLQuery: Operation {
  package struct Settings: Sendable {
    var query: UserQuery?
  }

  package static let manifest = OperationManifest(
    name: "sql", aliases: ["sql_query", "query"],
    summary:
      "Makes rows with a SELECT; `input` stands for the rows that come in, and the names of other steps for theirs.",
    shorthand: "query",
    example: """
      - sql: SELECT status, count(*) AS orders, sum(amount) AS total FROM input GROUP BY status
      """,
    shown: Example(
      """
      - { status: open, amount: 10 }
      - { status: open, amount: 5 }
      """,
      gives: """
        - { status: open, orders: 2, total: 15 }
        """),
    badValues: "As SQL has it; a column that isn't there is refused before anything runs.",
    settings: SettingsSchema(Settings()) {
      Field(\.query, "query", "One SELECT that reads `input`.").required().also("sql", "select", "statement", "code")
    })

  private let written: UserQuery
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    guard let query = settings.query else { throw Problem("missing-setting", "\"query\" is required.", at: location) }
    written = query
    self.location = location
  }

  package var query: UserQuery? { written }
  package var effect: String {
    "Makes rows by \(written.text.split(whereSeparator: \.isWhitespace).joined(separator: " "))"
  }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    var named: [SQL] = ["\(name: UserQuery.input) AS NOT MATERIALIZED (SELECT * FROM \(input.sql))"]
    for (name, other) in context.others.sorted(by: { $0.key < $1.key }) where name.lowercased() != UserQuery.input {
      if other.sql != "\(name: name)" { named.append("\(name: name) AS NOT MATERIALIZED (SELECT * FROM \(other.sql))") }
    }
    return "WITH \(named) SELECT * FROM \(SQL(enclosing: written.text))"
  }
}

/// One SELECT as the user wrote it.
package struct UserQuery: SettingValue {
  /// What the rows that come in are called in it.
  package static let input = "input"

  package let text: String
  package let location: Location
  package static var kind: SettingKind { .text }
  package var display: String? { text }

  package init(setting: Setting) throws(Problem) {
    text = try UserSQL.query(setting)
    location = setting.location
  }
}
