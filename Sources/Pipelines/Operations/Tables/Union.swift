import Tabular

/// Puts the rows of other steps below these, column by name.
package struct Union: Operation {
  package struct Settings: Sendable {
    var with: [FieldName] = []
    var distinct = false
  }

  package static let manifest = OperationManifest(
    name: "union", aliases: ["append_rows", "merge", "concat_rows", "union_all"],
    summary: "Puts the rows of other steps below these, column by name; a column one side lacks is empty there.",
    shorthand: "with", example: "- union: [woocommerce_orders]",
    shown: Example(
      """
      - { id: 1, total: 10.50 }
      """, with: ["woocommerce_orders": "- { total: 3.00, id: 9, coupon: SPRING }"],
      gives: """
        - { id: 1, total: 10.50, coupon: null }
        - { id: 9, total: 3.00, coupon: SPRING }
        """),
    badValues: "A column that one side lacks is empty there. Columns of one name and types that don't go "
      + "together are refused before anything runs.",
    settings: SettingsSchema(Settings()) {
      Field(\.with, "with", "The other steps.").required().also("sources", "source", "steps", "inputs")
      Field(\.distinct, "distinct", "Keep one of rows that are equal in every column.")
    })

  let settings: Settings
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    self.settings = settings
    self.location = location
    guard !settings.with.isEmpty else {
      throw Problem("missing-setting", "\"with\" needs at least one step.", at: location)
    }
  }

  package var otherInputs: [String] { settings.with.map(\.name) }
  package var effect: String { "Adds the rows of \(settings.with.map(\.name).joined(separator: ", "))." }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    var sql: SQL = "SELECT * FROM \(input.sql)"
    var known = input.schema
    for step in settings.with {
      let other = try context.other(step)
      for column in other.schema.columns {
        guard let mine = known[name: column.name] else {
          known.columns.append(column)
          continue
        }
        if !Self.areCompatible(mine.type, column.type) {
          throw Problem(
            "wrong-type",
            "Column \"\(column.name)\" is \(mine.type.inWords) here and \(column.type.inWords) in \"\(step.name)\".",
            hint: "Cast it on one side first: `- cast: { \(column.name): text }`.", at: step.location)
        }
      }
      sql = "\(sql) UNION ALL BY NAME SELECT * FROM \(other.sql)"
    }
    return settings.distinct ? "SELECT DISTINCT * FROM (\(sql))" : sql
  }

  /// Whether values of both can stand in one column without changing what they are.
  private static func areCompatible(_ left: DataType, _ right: DataType) -> Bool {
    if left == right || left.isUnknown || right.isUnknown { return true }
    if left.isNumber && right.isNumber || left.isText && right.isText || left.isMoment && right.isMoment { return true }
    switch (left, right) {
    case (.list, .list), (.list, .array), (.array, .list), (.structure, .structure), (.map, .map), (.json, .text),
      (.text, .json):
      return true
    default: return false
    }
  }
}
