import Tabular

/// Puts a value where a column is empty.
package struct Fill: FieldOperation {
  package struct Settings: Sendable {
    var columns = NamedSettings()
    var field: FieldName?
    var value: Setting?
  }

  package static let manifest = OperationManifest(
    name: "fill", aliases: ["fill_empty", "fill_null", "fill_missing", "default_value", "fillna", "coalesce"],
    summary: "Puts a value where a column is empty: null, or text without characters other than spaces.",
    mapShorthand: "columns",
    example: "- fill: { city: Unknown }",
    shown: Example(
      """
      - { id: 1, city: Oslo }
      - { id: 2, city: null }
      - { id: 3, city: "  " }
      """,
      gives: """
        - { id: 1, city: Oslo }
        - { id: 2, city: Unknown }
        - { id: 3, city: Unknown }
        """),
    badValues: "Empty values are what it is for. A value of another type than the column is refused "
      + "before anything runs.",
    settings: SettingsSchema(Settings()) {
      Field(\.columns, "columns", "Column → value.").also("values", "defaults")
      Field(\.field, "field_name", "A single column.").also("field", "column")
      Field(\.value, "value", "Its value.").also("default", "default_value", "fill_value")
    })

  private let columns: [(field: FieldName, value: Setting)]
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    var columns = settings.columns.entries
    if let field = settings.field, let value = settings.value { columns.append((field, value)) }
    guard !columns.isEmpty else {
      throw Problem("missing-setting", "\"fill\" needs a column and its value.", at: location)
    }
    for (_, value) in columns { _ = try Literal.constant(value) }
    self.columns = columns
    self.location = location
  }

  package var effect: String {
    "Puts \(columns.map { "\"\($0.value.text ?? "")\" where \($0.field.name) is empty" }.joined(separator: ", "))."
  }

  package func assignments(over input: Relation, in context: OperationContext) throws(Problem) -> [Assignment] {
    var result: [Assignment] = []
    for (field, value) in columns {
      let column = try input.column(field)
      let name: SQL = "\(name: column.name)"
      if column.type.isText {
        let text = try Literal.comparable(value, with: .text, field: field)
        result.append(
          Assignment(column.name, "coalesce(nullif(nullif(\(name), ''), repeat(' ', length(\(name)))), \(text))", .text)
        )
      } else if column.type.isUnknown {
        let (sql, type) = try Literal.constant(value)
        result.append(Assignment(column.name, "coalesce(\(name), \(sql))", type))
      } else {
        let literal = try Literal.comparable(value, with: column.type, field: field)
        try requireExact(value, for: column)
        result.append(Assignment(column.name, "coalesce(\(name), CAST(\(literal) AS \(column.type)))", column.type))
      }
    }
    return result
  }

  /// - Throws: `wrong-type` if the column's type would change the value.
  private func requireExact(_ value: Setting, for column: Column) throws(Problem) {
    let text = value.text ?? ""
    let isExact =
      column.type.isNumber && column.type != .numeric
      ? PlainNumber(text)?.fits(column.type) == true : column.type != .date || text.utf8.count <= 10
    guard !isExact else { return }
    throw Problem(
      "wrong-type",
      "Column \"\(column.name)\" is \(column.type.inWords) (\(column.type)); it can't be filled with \"\(text)\".",
      hint: "Cast the column before it is filled.", at: value.location)
  }
}
