import Tabular

/// Values can be read as a type.
package struct OfType: Rule {
  package struct Settings: Sendable {
    var columns: [FieldName] = []
    var type = TypeName(type: .text, text: "text")
  }

  package static let manifest = OperationManifest(
    name: "type", aliases: ["data_type", "of_type"], summary: "Values can be read as a type without loss.",
    example: "- type: { column: amount, is: \"decimal(18,2)\" }",
    shown: Example(
      """
      - { id: 1, amount: "12.50" }
      - { id: 2, amount: "12.505" }
      - { id: 3, amount: abc }
      - { id: 4, amount: null }
      """,
      breaking: """
        - { id: 2, amount: "12.505" }
        - { id: 3, amount: abc }
        """),
    badValues: "An empty value passes.",
    settings: SettingsSchema(Settings()) {
      RuleColumns.field(\.columns)
      Field(\.type, "is", "The type.").required().also("as", "data_type", "expected_type", "type")
    })

  let settings: Settings
  package let onFail: OnFail
  package let location: Location

  package init(_ settings: Settings, onFail: OnFail, at location: Location) throws(Problem) {
    self.settings = settings
    self.onFail = onFail
    self.location = location
  }

  package var words: String { "\(RowTest.names(settings.columns)) can be read as \(settings.type.text)" }

  package func test(over input: Relation, in context: OperationContext) throws(Problem) -> RuleTest {
    try RowTest.each(settings.columns, of: input) { access, _ throws(Problem) in
      ExactCast.fits(access.sql, from: access.type, to: settings.type.type)
    }
  }
}
