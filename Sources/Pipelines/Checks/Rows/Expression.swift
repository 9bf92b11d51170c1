import Tabular

/// A business rule as SQL: about each row, or with an aggregate about all rows.
package struct Expression: Rule {
  package struct Settings: Sendable { var expression: UserExpression? }

  package static let manifest = OperationManifest(
    name: "expression", aliases: ["custom", "business_rule", "condition", "custom_rule"],
    summary: "A SQL condition holds for every row, or, when it has an aggregate, for the rows as a whole.",
    shorthand: "expression",
    example: """
      - { expression: order_total >= 0 AND order_total < 100000, on_fail: flag }
      - { expression: max(order_date) >= current_date - 1, on_fail: alert }
      """,
    shown: Example(
      """
      - { id: 1, order_total: 10 }
      - { id: 2, order_total: -1 }
      - { id: 3, order_total: null }
      """,
      breaking: """
        - { id: 2, order_total: -1 }
        - { id: 3, order_total: null }
        """),
    badValues:
      "Where the condition can't be told, because a value is empty, it counts as broken. With `on_fail: null` the columns "
      + "and fields it names are emptied.",
    settings: SettingsSchema(Settings()) {
      Field(\.expression, "expression", "The condition; a row where it can't be told fails.").required()
        .also("rule", "condition", "check", "sql_condition")
    })

  package let expression: UserExpression
  package let onFail: OnFail
  package let location: Location

  package init(_ settings: Settings, onFail: OnFail, at location: Location) throws(Problem) {
    guard let expression = settings.expression else {
      throw Problem("missing-setting", "\"expression\" is required.", at: location)
    }
    self.expression = expression
    self.onFail = onFail
    self.location = location
  }

  package var words: String { expression.text }

  package func test(over input: Relation, in context: OperationContext) throws(Problem) -> RuleTest {
    .condition(expression)
  }
}
