import Tabular

/// Keeps the first rows.
package struct Limit: Operation {
  package struct Settings: Sendable {
    var rows = 100
    var offset = 0
  }

  package static let manifest = OperationManifest(
    name: "limit", aliases: ["head", "top", "first_rows"], summary: "Keeps the first rows, in the order of reading.",
    shorthand: "rows",
    example: "- limit: 2",
    shown: Example(
      """
      - { id: 1 }
      - { id: 2 }
      - { id: 3 }
      """,
      gives: """
        - { id: 1 }
        - { id: 2 }
        """),
    badValues: "Values don't matter.",
    settings: SettingsSchema(Settings()) {
      Field(\.rows, "rows", "How many.").required().also("limit", "n", "count")
      Field(\.offset, "offset", "How many to leave out before.").also("skip")
    })

  let settings: Settings
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    self.settings = settings
    self.location = location
    guard settings.rows >= 0, settings.offset >= 0 else {
      throw Problem("wrong-type", "Numbers of rows can't be negative.", at: location)
    }
  }

  package var reach: OperationReach { .rows }
  package var effect: String { "Keeps the first \(settings.rows) rows." }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    "SELECT * FROM \(input.sql) LIMIT \(settings.rows) OFFSET \(settings.offset)"
  }
}
