import Tabular

/// Takes a part of a value: by JSON path, or by regular expression.
package struct ExtractPart: FieldOperation {
  package struct Settings: Sendable {
    var field: FieldName?
    var output: FieldName?
    var path: String?
    var regex: String?
    var group = 0
  }

  package static let manifest = OperationManifest(
    name: "extract", aliases: ["json_extract", "regex_extract", "parse_json"],
    summary: "Takes a part of a value, by JSON path or by regular expression, into a column.",
    example: """
      - extract: { field: payload, path: $.customer.id, output_field: customer_id }
      - extract: { field: sku, regex: '([A-Z]+)-\\d+', group: 1, output_field: family }
      """,
    shown: Example(
      """
      - { id: 1, payload: '{"customer": {"id": "C-7"}}' }
      - { id: 2, payload: '{}' }
      - { id: 3, payload: no JSON }
      """, gives: """
      - { id: 1, payload: '{"customer": {"id": "C-7"}}', customer_id: C-7 }
      - { id: 2, payload: '{}', customer_id: null }
      - { id: 3, payload: no JSON, customer_id: null }
      """),
    badValues: "Where the path leads nowhere, the expression doesn't match or the text isn't JSON, the "
      + "part is empty.",
    settings: SettingsSchema(Settings()) {
      Field(\.field, "field", "The column.").required().also("field_name", "column", "source_field")
      Field(\.output, "output_field", "Column that takes the part.").required().also("as", "target_field", "into")
      Field(\.path, "path", "JSON path, such as `$.customer.id`.").also("json_path")
      Field(\.regex, "regex", "Regular expression.").also("pattern")
      Field(\.group, "group", "Which group of the expression; 0 = the whole match.")
    })

  let settings: Settings
  let field: FieldName
  let output: FieldName
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    guard let field = settings.field, let output = settings.output else {
      throw Problem("missing-setting", "\"field\" and \"output_field\" are required.", at: location)
    }
    guard (settings.path == nil) != (settings.regex == nil) else {
      throw Problem("missing-setting", "\"extract\" needs either \"path\" or \"regex\".", at: location)
    }
    self.settings = settings
    self.field = field
    self.output = output
    self.location = location
  }

  package var patterns: [String] { [settings.regex].compactMap(\.self) }
  package var effect: String { "Takes \(settings.path ?? settings.regex ?? "") of \(field.name) into \(output.name)." }

  package func assignments(over input: Relation, in context: OperationContext) throws(Problem) -> [Assignment] {
    let access = try input.field(field)
    let value: SQL
    if let path = settings.path {
      let json: SQL = access.type.isText ? "TRY_CAST(\(access.sql) AS JSON)" : "to_json(\(access.sql))"
      value =
        "json_extract_string(\(json), \(Literal.text(path.hasPrefix("$") || path.hasPrefix("/") ? path : "$." + path)))"
    } else {
      let text: SQL = access.type == .text ? access.sql : "CAST(\(access.sql) AS VARCHAR)"
      value = "nullif(regexp_extract(\(text), \(Literal.text(settings.regex ?? "")), \(settings.group)), '')"
    }
    return [Assignment(output.name, value, .text, after: access.root.name)]
  }
}
