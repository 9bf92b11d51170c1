import Tabular

/// Turns the fields of nested records into columns.
package struct Flatten: Operation {
  package struct Settings: Sendable {
    var fields: [FieldName] = []
    var separator = "_"
    var depth = 10
  }

  package static let manifest = OperationManifest(
    name: "flatten", aliases: ["flatten_nested", "unnest_record"],
    summary: "Turns the fields of nested records into columns, in place; lists stay as they are.", shorthand: "fields",
    example: "- flatten: [address]",
    shown: Example(
      """
      - { id: 1, address: { city: Oslo, zip: "0150" }, total: 5 }
      - { id: 2, address: null, total: 7 }
      """,
      gives: """
        - { id: 1, address_city: Oslo, address_zip: "0150", total: 5 }
        - { id: 2, address_city: null, address_zip: null, total: 7 }
        """),
    badValues: "The fields of an empty record are empty. A column that isn't a nested record, or a name "
      + "that is taken, is refused before anything runs.",
    settings: SettingsSchema(Settings()) {
      Field(\.fields, "fields", "Columns to flatten; all nested ones if not given.").also(
        "field", "columns", "field_name", "column")
      Field(\.separator, "separator", "Between the names: `address_city`.")
      Field(\.depth, "depth", "How many levels at most.").advanced()
    })

  let settings: Settings
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    self.settings = settings
    self.location = location
  }

  package var effect: String {
    "Turns the fields of \(settings.fields.isEmpty ? "nested records" : settings.fields.map(\.name).joined(separator: ", ")) into columns."
  }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    let chosen = try input.columns(settings.fields)
    for (column, field) in zip(chosen, settings.fields) {
      guard case .structure = column.type else {
        throw Problem(
          "wrong-type", "\"flatten\" needs nested records; column \"\(field.name)\" is \(column.type.inWords).",
          at: field.location)
      }
    }
    var list: [SQL] = []
    var taken: Set<String> = []
    func add(_ sql: SQL, _ type: DataType, _ name: String, _ level: Int) throws(Problem) {
      if case .structure(let fields) = type, level < settings.depth,
        level > 0 || chosen.isEmpty || chosen.contains(where: { $0.name == name })
      {
        for field in fields {
          try add(
            "struct_extract(\(sql), \(text: field.name))", field.type, name + settings.separator + field.name, level + 1
          )
        }
        return
      }
      guard taken.insert(name.lowercased()).inserted else {
        throw Problem(
          "name-taken", "Two columns would be called \"\(name)\".", hint: "Choose another \"separator\".", at: location)
      }
      list.append("\(sql) AS \(name: name)")
    }
    for column in input.schema.columns { try add("\(name: column.name)", column.type, column.name, 0) }
    return "SELECT \(list) FROM \(input.sql)"
  }
}
