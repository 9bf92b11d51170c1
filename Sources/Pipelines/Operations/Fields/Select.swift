import Tabular

/// Keeps only some columns, in the order given.
package struct Select: Operation {
  package struct Settings: Sendable {
    var fields: [FieldName] = []
  }

  package static let manifest = OperationManifest(
    name: "select", aliases: ["keep", "keep_fields", "select_columns", "project"],
    summary: "Keeps only these columns, in this order; the last part of a dotted path names its column.",
    shorthand: "fields",
    example: "- select: [order_id, customer.email]",
    shown: Example(
      """
      - { order_id: 7, status: open, customer: { name: Ann, email: ann@example.com } }
      """,
      gives: """
        - { order_id: 7, email: ann@example.com }
        """),
    badValues: "Values don't matter. A path into an empty record is empty. An unknown column is refused "
      + "before anything runs.",
    settings: SettingsSchema(Settings()) {
      Field(\.fields, "fields", "Columns, or dotted paths.").required().also(
        "columns", "field_names", "field_name", "included_fields")
    })

  let fields: [FieldName]
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    fields = settings.fields
    self.location = location
    guard !fields.isEmpty else {
      throw Problem("missing-setting", "\"fields\" needs at least one column.", at: location)
    }
  }

  package var effect: String { "Keeps only \(fields.map(\.name).joined(separator: ", "))." }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    var list: [SQL] = []
    var taken: Set<String> = []
    for field in fields {
      let access = try input.field(field)
      let name = access.path.last ?? access.root.name
      guard taken.insert(name.lowercased()).inserted else {
        throw Problem(
          "name-taken", "Two columns would be called \"\(name)\".", hint: "Rename one of them first.",
          at: field.location)
      }
      list.append("\(access.sql) AS \(name: name)")
    }
    return "SELECT \(list) FROM \(input.sql)"
  }
}
