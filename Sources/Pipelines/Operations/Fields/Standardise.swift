import Tabular

/// Brings the spellings of categories together.
package struct Standardise: FieldOperation {
  package enum Case: String, SettingChoice { case title, lower, upper, keep }

  package struct Settings: Sendable {
    var fields: [FieldName] = []
    var values: NamedSettings?
    var style = Case.title
  }

  package static let manifest = OperationManifest(
    name: "standardize", aliases: ["standardise", "standardize_naming", "normalize_categories", "harmonize"],
    summary: "Brings spellings that differ in case and spaces together, and maps known ones to a name.",
    shorthand: "fields",
    example: "- standardize: { field: category, values: { elec: Electronics, e-goods: Electronics } }",
    shown: Example(
      """
      - { id: 1, category: Elec }
      - { id: 2, category: " e-goods" }
      - { id: 3, category: HOME  garden }
      - { id: 4, category: null }
      """,
      gives: """
        - { id: 1, category: Electronics }
        - { id: 2, category: Electronics }
        - { id: 3, category: Home Garden }
        - { id: 4, category: null }
        """),
    badValues: "Empty values stay empty. A column that isn't text is refused before anything runs.",
    settings: SettingsSchema(Settings()) {
      Field(\.fields, "fields", "Columns.").required().also("field", "field_name", "column", "columns")
      Field(\.values, "values", "Spelling → name; case and superfluous spaces don't matter.").also("mapping", "map")
      Field(\.style, "case", "How values without a mapping are written: title, lower, upper or keep.").also("style")
    })

  let settings: Settings
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    self.settings = settings
    self.location = location
    for (field, value) in settings.values?.entries ?? [] where value.text == nil {
      throw Problem("wrong-type", "The name for \"\(field.name)\" must be text.", at: value.location)
    }
  }

  package var effect: String {
    "Brings the spellings of \(settings.fields.map(\.name).joined(separator: ", ")) together."
  }

  package func assignments(over input: Relation, in context: OperationContext) throws(Problem) -> [Assignment] {
    var result: [Assignment] = []
    for field in settings.fields {
      let column = try input.column(field)
      guard column.type.isText || column.type.isUnknown else {
        throw Problem(
          "wrong-type", "\"standardize\" works on text; column \"\(field.name)\" is \(column.type.inWords).",
          at: field.location)
      }
      let clean: SQL = "trim(regexp_replace(CAST(\(name: column.name) AS VARCHAR), '\\s+', ' ', 'g'))"
      let written: SQL =
        switch settings.style {
        case .title: TextShape.titleCase(clean)
        case .lower: "lower(\(clean))"
        case .upper: "upper(\(clean))"
        case .keep: clean
        }
      let cases = (settings.values?.entries ?? []).map { entry -> SQL in
        let folded = entry.field.name.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return "WHEN \(Literal.text(folded)) THEN \(Literal.text(entry.value.text ?? ""))"
      }
      let value: SQL = cases.isEmpty ? written : "CASE lower(\(clean)) \(cases, separator: " ") ELSE \(written) END"
      result.append(Assignment(column.name, value, .text))
    }
    return result
  }
}
