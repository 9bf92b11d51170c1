import Tabular

/// Replaces parts of text.
package struct Replace: FieldOperation {
  package struct Settings: Sendable {
    var fields: [FieldName] = []
    var find: String?
    var regex: String?
    var with = ""
  }

  package static let manifest = OperationManifest(
    name: "replace", aliases: ["replace_text", "regex_replace", "substitute"],
    summary: "Replaces every occurrence of a text, or every match of a regular expression.",
    example: "- replace: { field: phone, regex: '[^0-9+]', with: \"\" }",
    shown: Example(
      """
      - { name: Ann, phone: "+1 (555) 0100" }
      - { name: Bob, phone: null }
      """,
      gives: """
        - { name: Ann, phone: "+15550100" }
        - { name: Bob, phone: null }
        """),
    badValues: "Empty values stay empty; text without a match stays as it is. A column that isn't text "
      + "is refused before anything runs.",
    settings: SettingsSchema(Settings()) {
      Field(\.fields, "fields", "Columns.").required().also("field", "field_name", "column", "columns", "field_names")
      Field(\.find, "find", "The text to replace.").also("search", "old", "from")
      Field(\.regex, "regex", "Or the regular expression whose matches are replaced.").also("pattern")
      Field(\.with, "with", "What takes its place; `$1` is the first group of the expression.").also(
        "replacement", "new", "to", "replace_with")
    })

  let settings: Settings
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    guard (settings.find == nil) != (settings.regex == nil), settings.find != "" else {
      throw Problem("missing-setting", "\"replace\" needs either \"find\" or \"regex\".", at: location)
    }
    if let regex = settings.regex { try RegexGroups.check(settings.with, for: regex, at: location) }
    self.settings = settings
    self.location = location
  }

  package var patterns: [String] { [settings.regex].compactMap(\.self) }
  package var effect: String {
    "Replaces \(settings.find ?? settings.regex ?? "") in \(settings.fields.map(\.name).joined(separator: ", ")) by \"\(settings.with)\"."
  }

  package func assignments(over input: Relation, in context: OperationContext) throws(Problem) -> [Assignment] {
    var changes: [(access: FieldAccess, value: SQL)] = []
    for field in settings.fields {
      let access = try input.field(field)
      guard access.type.isText || access.type.isUnknown else {
        throw Problem(
          "wrong-type", "\"replace\" works on text; column \"\(field.name)\" is \(access.type.inWords).",
          at: field.location)
      }
      let changed: SQL
      if let regex = settings.regex {
        changed =
          "regexp_replace(\(access.sql), \(Literal.text(regex)), \(Literal.text(TextShape.rewrite(settings.with))), 'g')"
      } else {
        changed = "replace(\(access.sql), \(Literal.text(settings.find ?? "")), \(Literal.text(settings.with)))"
      }
      changes.append((access, changed))
    }
    return NestedRecord.assignments(changes)
  }
}
