import Tabular

/// Cuts text into columns at a separator.
package struct SplitText: FieldOperation {
  package struct Settings: Sendable {
    var field: FieldName?
    var separator = " "
    var into: [FieldName] = []
  }

  package static let manifest = OperationManifest(
    name: "split_text", aliases: ["split_field", "split_column"],
    summary: "Cuts text at a separator into columns; the last one takes what remains.",
    example: "- split_text: { field: name, separator: \" \", into: [first_name, last_name] }",
    shown: Example(
      """
      - { id: 1, name: Ada Augusta King }
      - { id: 2, name: Plato }
      - { id: 3, name: null }
      """,
      gives: """
        - { id: 1, name: Ada Augusta King, first_name: Ada, last_name: Augusta King }
        - { id: 2, name: Plato, first_name: Plato, last_name: null }
        - { id: 3, name: null, first_name: null, last_name: null }
        """),
    badValues: "Parts that aren't there are empty. A column that isn't text is refused before anything "
      + "runs.",
    settings: SettingsSchema(Settings()) {
      Field(\.field, "field", "The column.").required().also("field_name", "column")
      Field(\.separator, "separator", "Where to cut.").also("by", "delimiter")
      Field(\.into, "into", "Names of the columns.").required().also("output_fields", "as", "target_fields")
    })

  let settings: Settings
  let field: FieldName
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    guard let field = settings.field else { throw Problem("missing-setting", "\"field\" is required.", at: location) }
    guard !settings.separator.isEmpty, !settings.into.isEmpty else {
      throw Problem("missing-setting", "\"split_text\" needs a separator and names under \"into\".", at: location)
    }
    self.settings = settings
    self.field = field
    self.location = location
  }

  package var effect: String { "Cuts \(field.name) into \(settings.into.map(\.name).joined(separator: ", "))." }

  package func assignments(over input: Relation, in context: OperationContext) throws(Problem) -> [Assignment] {
    let access = try input.field(field)
    guard access.type.isText || access.type.isUnknown else {
      throw Problem(
        "wrong-type", "\"split_text\" works on text; column \"\(field.name)\" is \(access.type.inWords).",
        at: field.location)
    }
    let separator = Literal.text(settings.separator)
    let parts: SQL = "string_split(\(access.sql), \(separator))"
    var after = access.root.name
    return settings.into.enumerated().map { index, name in
      let isLast = index == settings.into.count - 1
      let value: SQL =
        isLast ? "nullif(array_to_string(\(parts)[\(index + 1):], \(separator)), '')" : "\(parts)[\(index + 1)]"
      defer { after = name.name }
      return Assignment(name.name, value, .text, after: after)
    }
  }
}
