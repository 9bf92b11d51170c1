import Tabular

/// Values are phone numbers.
package struct Phone: Rule {
  package struct Settings: Sendable {
    var columns: [FieldName] = []
    var format = ""
  }

  package static let manifest = OperationManifest(
    name: "phone", aliases: ["phone_format", "valid_phone"],
    summary: "Values are phone numbers: of a given shape, or international (`+` and 7 to 15 digits).",
    shorthand: "columns",
    example: "- phone: { column: phone, format: \"+7XXXXXXXXXX\" }",
    shown: Example(
      """
      - { phone: "+79001234567" }
      - { phone: "89001234567" }
      - { phone: null }
      """,
      breaking: """
        - { phone: "89001234567" }
        """),
    badValues: "An empty value passes.",
    settings: SettingsSchema(Settings()) {
      RuleColumns.field(\.columns)
      Field(\.format, "format", "The shape, with X for each digit.").example("+7XXXXXXXXXX")
    })

  let settings: Settings
  package let onFail: OnFail
  package let location: Location

  package init(_ settings: Settings, onFail: OnFail, at location: Location) throws(Problem) {
    self.settings = settings
    self.onFail = onFail
    self.location = location
  }

  package var words: String {
    "\(RowTest.names(settings.columns)) is a phone number\(settings.format.isEmpty ? "" : " of the form \(settings.format)")"
  }

  package func test(over input: Relation, in context: OperationContext) throws(Problem) -> RuleTest {
    try RowTest.each(settings.columns, of: input) { access, field throws(Problem) in
      "regexp_full_match(\(try RowTest.text(access, field)), \(Literal.text(regex)))"
    }
  }

  /// `+`, the country's code and at most 15 digits in all (ITU E.164).
  package static let international = #"\+[1-9][0-9]{6,14}"#

  private var regex: String {
    if settings.format.isEmpty { return Self.international }
    return settings.format.map { character in
      if character == "X" || character == "x" { return "[0-9]" }
      return character.isLetter || character.isNumber ? String(character) : "\\\(character)"
    }.joined()
  }
}
