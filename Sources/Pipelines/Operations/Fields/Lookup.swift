import Tabular

/// Replaces values by a table of the pipeline file.
package struct Lookup: FieldOperation {
  package struct Settings: Sendable {
    var field: FieldName?
    var output: FieldName?
    var table = NamedSettings()
    var fallback: Setting?
  }

  package static let manifest = OperationManifest(
    name: "lookup", aliases: ["map_values", "value_map", "replace_values", "decode"],
    summary: "Replaces values by a table; a value that isn't in it stays, or becomes the default.",
    example: "- lookup: { field: status, table: { P: pending, C: completed }, default: unknown }",
    shown: Example(
      """
      - { order: 1, status: C }
      - { order: 2, status: X }
      - { order: 3, status: null }
      """,
      gives: """
        - { order: 1, status: completed }
        - { order: 2, status: unknown }
        - { order: 3, status: unknown }
        """),
    badValues: "A value that isn't in the table, an empty one too, becomes the default; without a "
      + "default it stays.",
    settings: SettingsSchema(Settings()) {
      Field(\.field, "field", "The column.").required().also("field_name", "column")
      Field(\.table, "table", "Value → replacement.").required().also("mapping", "values", "map", "lookup_table")
      Field(\.fallback, "default", "For values that aren't in the table.").also("default_value", "else")
      Field(\.output, "output_field", "Column that takes the result; the same one if not given.").also(
        "as", "target_field", "into")
    })

  let settings: Settings
  let field: FieldName
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    guard let field = settings.field else { throw Problem("missing-setting", "\"field\" is required.", at: location) }
    guard !settings.table.entries.isEmpty else {
      throw Problem("missing-setting", "\"table\" needs at least one value.", at: location)
    }
    self.settings = settings
    self.field = field
    self.location = location
  }

  package var effect: String { "Replaces \(settings.table.entries.count) values of \(field.name) by a table." }

  package func assignments(over input: Relation, in context: OperationContext) throws(Problem) -> [Assignment] {
    let access = try input.field(field)
    let key: SQL = access.type == .text ? access.sql : "CAST(\(access.sql) AS VARCHAR)"
    var cases: [SQL] = []
    var types: Set<DataType> = []
    for (value, replacement) in settings.table.entries {
      let (sql, type) = try Literal.constant(replacement)
      types.insert(type)
      cases.append("WHEN \(Literal.text(value.name)) THEN \(sql)")
    }
    if let fallback = settings.fallback { types.insert(try Literal.constant(fallback).type) }
    types.remove(.null)
    let isMixed = types.count > 1 && !types.isSubset(of: [.int64, .float64])
    guard !isMixed else { throw Problem("wrong-type", "The replacements are of different types.", at: location) }
    let type = types.count == 1 ? types.first ?? .text : .float64
    let rest: SQL
    if let fallback = settings.fallback {
      rest = try Literal.constant(fallback).sql
    } else {
      rest = type == .text ? key : "CAST(\(access.sql) AS \(type))"
    }
    let output = settings.output ?? FieldName(access.root.name, at: field.location)
    if settings.output == nil, !access.path.isEmpty {
      throw Problem(
        "missing-setting", "\"output_field\" is required for a value inside \"\(access.root.name)\".", at: location)
    }
    return [
      Assignment(output.name, "CASE \(key) \(cases, separator: " ") ELSE \(rest) END", type, after: access.root.name)
    ]
  }
}
