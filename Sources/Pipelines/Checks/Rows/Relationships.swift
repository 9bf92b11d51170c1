import Tabular

/// Every value occurs in another step (referential integrity).
package struct Relationships: Rule {
  package struct Settings: Sendable {
    var columns: [FieldName] = []
    var to = FieldName("", at: Location(file: "", line: 0, column: 0))
    var field: FieldName?
  }

  package static let manifest = OperationManifest(
    name: "relationships", aliases: ["referential_integrity", "references", "foreign_key"],
    summary: "Every value occurs in a column of another step.",
    example: "- relationships: { column: customer_id, to: customers, field: id }",
    shown: Example(
      """
      - { order: 1, customer_id: 10 }
      - { order: 2, customer_id: 99 }
      - { order: 3, customer_id: null }
      """, with: ["customers": "- { id: 10, name: Ann }"],
      breaking: """
        - { order: 2, customer_id: 99 }
        """),
    badValues: "An empty value passes.",
    settings: SettingsSchema(Settings()) {
      Field(\.columns, "column", "The column whose values are looked up.").required().also("columns", "field_name")
      Field(\.to, "to", "The step that must have them.").required().also("references", "table", "step")
      Field(\.field, "field", "The column there; the same name if not given.").also(
        "to_field", "referenced_column", "to_column")
    })

  let settings: Settings
  package let onFail: OnFail
  package let location: Location

  package init(_ settings: Settings, onFail: OnFail, at location: Location) throws(Problem) {
    self.settings = settings
    self.onFail = onFail
    self.location = location
    guard settings.columns.count == 1 else {
      throw Problem("wrong-type", "\"relationships\" is about one column.", at: location)
    }
  }

  package var otherInputs: [String] { [settings.to.name] }
  package var words: String {
    "every \(RowTest.names(settings.columns)) occurs in \"\(settings.to.name)\" as \"\((settings.field ?? settings.columns[0]).name)\""
  }

  package func test(over input: Relation, in context: OperationContext) throws(Problem) -> RuleTest {
    let other = try context.other(settings.to)
    let there = try other.field(settings.field ?? settings.columns[0])
    return try RowTest.each(settings.columns, of: input) { access, _ throws(Problem) in
      "\(access.sql) IN (SELECT \(there.sql) FROM \(other.sql) WHERE \(there.sql) IS NOT NULL)"
    }
  }
}
