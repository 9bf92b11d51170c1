import Tabular

/// Every row has a value.
package struct NotNull: Rule {
  package struct Settings: Sendable { var columns: [FieldName] = [] }

  package static let manifest = OperationManifest(
    name: "not_null", aliases: ["required", "completeness", "not_empty"],
    summary: "Every row has a value in these columns.",
    shorthand: "columns", example: "- not_null: [order_id, customer_id]",
    shown: Example(
      """
      - { order_id: 1, customer_id: A }
      - { order_id: 2, customer_id: null }
      """,
      breaking: """
        - { order_id: 2, customer_id: null }
        """),
    badValues: "An empty value breaks the rule; text of spaces or without characters is a value.",
    settings: SettingsSchema(Settings()) { RuleColumns.field(\.columns) })

  let columns: [FieldName]
  package let onFail: OnFail
  package let location: Location

  package init(_ settings: Settings, onFail: OnFail, at location: Location) throws(Problem) {
    columns = settings.columns
    self.onFail = onFail
    self.location = location
  }

  package var words: String { "\(RowTest.names(columns)) \(columns.count == 1 ? "has" : "have") a value" }

  package func test(over input: Relation, in context: OperationContext) throws(Problem) -> RuleTest {
    var parts: [SQL] = []
    var fields: [FieldAccess] = []
    for column in columns {
      let access = try input.field(column)
      parts.append("\(access.sql) IS NOT NULL")
      fields.append(access)
    }
    return .row("(\(parts, separator: " AND "))", columns: fields)
  }
}
