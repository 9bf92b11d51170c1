import Tabular

/// Text matches a regular expression.
package struct Pattern: Rule {
  package struct Settings: Sendable {
    var columns: [FieldName] = []
    var regex = ""
  }

  package static let manifest = OperationManifest(
    name: "pattern", aliases: ["regex", "matches", "format"], summary: "The whole text matches a regular expression.",
    example: #"- pattern: { column: order_id, regex: 'ORD-\d+' }"#,
    shown: Example(
      """
      - { order_id: ORD-17 }
      - { order_id: xORD-17 }
      - { order_id: null }
      """,
      breaking: """
        - { order_id: xORD-17 }
        """),
    badValues: "An empty value passes.",
    settings: SettingsSchema(Settings()) {
      RuleColumns.field(\.columns)
      Field(\.regex, "regex", "The regular expression (RE2).").required().also("pattern", "expression")
    })

  let settings: Settings
  package let onFail: OnFail
  package let location: Location

  package init(_ settings: Settings, onFail: OnFail, at location: Location) throws(Problem) {
    self.settings = settings
    self.onFail = onFail
    self.location = location
  }

  package var patterns: [String] { [settings.regex] }
  package var words: String { "\(RowTest.names(settings.columns)) matches \(settings.regex)" }

  package func test(over input: Relation, in context: OperationContext) throws(Problem) -> RuleTest {
    try RowTest.each(settings.columns, of: input) { access, field throws(Problem) in
      "regexp_full_match(\(try RowTest.text(access, field)), \(Literal.text(settings.regex)))"
    }
  }
}
