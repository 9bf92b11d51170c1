import Tabular

/// Turns columns into rows (wide to long).
package struct Unpivot: Operation {
  package struct Settings: Sendable {
    var columns: [FieldName] = []
    var keep: [FieldName] = []
    var name: FieldName?
    var value: FieldName?
    var keepEmpty = true
  }

  package static let manifest = OperationManifest(
    name: "unpivot", aliases: ["melt", "wide_to_long"],
    summary: "Turns columns into rows: one row for each of them, with its name and value.",
    shorthand: "columns", example: "- unpivot: { columns: [jan, feb, mar], name: month, value: sales }",
    shown: Example(
      """
      - { shop: North, jan: 10, feb: 12, mar: null }
      """,
      gives: """
        - { shop: North, month: jan, sales: 10 }
        - { shop: North, month: feb, sales: 12 }
        - { shop: North, month: mar, sales: null }
        """),
    badValues: "Empty values keep their row, or lose it with `keep_empty: false`. Columns of different "
      + "types are refused before anything runs.",
    settings: SettingsSchema(Settings()) {
      Field(\.columns, "columns", "The columns that become rows; all but `keep` if not given.").also(
        "fields", "value_columns")
      Field(\.keep, "keep", "Columns that stay; used if `columns` isn't given.").also("keys", "id_columns", "group_by")
      Field(\.name, "name", "Column for the names; `name` if not given.").also("name_field", "into_name", "variable")
      Field(\.value, "value", "Column for the values; `value` if not given.").also("value_field", "into_value")
      Field(\.keepEmpty, "keep_empty", "Keep rows whose value is empty.").also("include_nulls")
    })

  let settings: Settings
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    self.settings = settings
    self.location = location
    guard !settings.columns.isEmpty || !settings.keep.isEmpty else {
      throw Problem("missing-setting", "\"unpivot\" needs \"columns\" or \"keep\".", at: location)
    }
  }

  package var effect: String {
    "Turns \(settings.columns.isEmpty ? "all columns but \(settings.keep.map(\.name).joined(separator: ", "))" : settings.columns.map(\.name).joined(separator: ", ")) into rows."
  }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    let keep = try input.columns(settings.keep)
    let columns =
      settings.columns.isEmpty
      ? input.schema.columns.filter { !keep.contains($0) } : try input.columns(settings.columns)
    let kept = input.schema.columns.filter { !columns.contains($0) }
    let name = settings.name?.name ?? "name"
    let value = settings.value?.name ?? "value"
    for new in [name, value] where Schema(kept)[name: new] != nil || name.lowercased() == value.lowercased() {
      throw Problem(
        "name-taken", "Two columns would be called \"\(new)\".", hint: "Give another \"name\" or \"value\".",
        at: location)
    }
    let kinds = Set(columns.map { $0.type.isText ? 0 : $0.type.isNumber ? 1 : $0.type.isUnknown ? 2 : 3 }).subtracting([
      2
    ])
    guard kinds.count <= 1 else {
      throw Problem(
        "wrong-type", "The columns to turn into rows are of different types.", hint: "Cast them to text first.",
        at: location)
    }
    let pairs = columns.map { column -> SQL in "struct_pack(n := \(text: column.name), v := \(name: column.name))" }
    let list = kept.map { column -> SQL in "\(name: column.name)" }
    let pair = Self.free("__pair", in: input.schema)
    let condition: SQL = settings.keepEmpty ? "" : " WHERE struct_extract(\(name: pair), 'v') IS NOT NULL"
    let all =
      list + [
        "struct_extract(\(name: pair), 'n') AS \(name: name)", "struct_extract(\(name: pair), 'v') AS \(name: value)",
      ]
    let inner = list + ["unnest([\(pairs)]) AS \(name: pair)"]
    return "SELECT \(all) FROM (SELECT \(inner) FROM \(input.sql))\(condition)"
  }

  private static func free(_ name: String, in schema: Schema) -> String {
    var name = name
    while schema[name: name] != nil { name += "_" }
    return name
  }
}
