import Tabular

/// Values come from a list.
package struct AcceptedValues: Rule {
  package struct Settings: Sendable {
    var columns: [FieldName] = []
    var values: [Setting] = []
  }

  package static let manifest = OperationManifest(
    name: "accepted_values", aliases: ["in", "one_of", "allowed_values"], summary: "Values come from a list.",
    example: "- accepted_values: { column: status, values: [completed, pending] }",
    shown: Example(
      """
      - { id: 1, status: pending }
      - { id: 2, status: lost }
      - { id: 3, status: null }
      """,
      breaking: """
        - { id: 2, status: lost }
        """),
    badValues: "An empty value passes.",
    settings: SettingsSchema(Settings()) {
      RuleColumns.field(\.columns)
      Field(\.values, "values", "The values that may occur.").required().also("accepted")
    })

  let settings: Settings
  package let onFail: OnFail
  package let location: Location

  package init(_ settings: Settings, onFail: OnFail, at location: Location) throws(Problem) {
    self.settings = settings
    self.onFail = onFail
    self.location = location
    guard !settings.values.isEmpty else {
      throw Problem("missing-setting", "\"values\" needs at least one value.", at: location)
    }
  }

  package var words: String {
    "\(RowTest.names(settings.columns)) is one of \(settings.values.compactMap(\.text).joined(separator: ", "))"
  }

  package func test(over input: Relation, in context: OperationContext) throws(Problem) -> RuleTest {
    try RowTest.each(settings.columns, of: input) { access, field throws(Problem) in
      var list: [SQL] = []
      for value in settings.values { list.append(try Literal.comparable(value, with: access.type, field: field)) }
      return "\(access.sql) IN (\(list))"
    }
  }
}
