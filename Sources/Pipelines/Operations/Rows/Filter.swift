import Tabular

/// Keeps the rows a condition holds for.
package struct Filter: Operation {
  package struct Settings: Sendable {
    var condition = Condition.all([])
  }

  package static let manifest = OperationManifest(
    name: "filter", aliases: ["record_filter", "where", "filter_rows"],
    summary: "Keeps the rows a condition holds for.",
    shorthand: "condition", mapShorthand: "condition",
    example: """
      - filter: "status = 'completed' AND amount > 0"
      - filter: { field: status, operator: in, value: [completed, shipped] }
      - filter: { or: [ { field: amount, operator: ">", value: 100 }, "vip" ] }
      """,
    shown: Example(
      """
      - { id: 1, status: completed, amount: 10 }
      - { id: 2, status: completed, amount: 0 }
      - { id: 3, status: null, amount: 5 }
      """,
      gives: """
        - { id: 1, status: completed, amount: 10 }
        """),
    badValues: "A row for which the condition can't be told, because a value is empty, goes. `equals` "
      + "and `not_equals` count empty as a value of its own. Whether a text column is more or less than a number is refused before "
      + "anything runs: `cast` it first. A value inside JSON is read as a number there; one that isn't counts as empty.",
    settings: SettingsSchema(Settings()) {
      Field(\.condition, "condition", "SQL text, `{field, operator, value}`, or a list under `and`, `or` or `not`.")
        .required()
        .also("where", "conditions")
    })

  let condition: Condition
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    condition = settings.condition
    self.location = location
  }

  package var reach: OperationReach { .rows }
  package var patterns: [String] { condition.patterns }
  package var effect: String { "Keeps rows where \(condition.words)." }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    "SELECT * FROM \(input.sql) WHERE \(try condition.sql(over: input))"
  }
}
