import Tabular

/// Removes columns, or fields inside nested ones.
package struct FieldRemoval: Operation {
  package struct Settings: Sendable {
    var fields: [FieldName] = []
  }

  package static let manifest = OperationManifest(
    name: "drop", aliases: ["field_removal", "remove", "remove_fields", "drop_columns", "exclude"],
    summary: "Removes columns, or fields inside nested ones.", shorthand: "fields",
    example: "- drop: [address, customer.phone]",
    shown: Example(
      """
      - { id: 1, address: Main St 1, customer: { name: Ann, phone: 555-0100 } }
      """,
      gives: """
        - { id: 1, customer: { name: Ann } }
        """),
    badValues: "Values don't matter. An unknown column is refused before anything runs, and so is "
      + "dropping all of them.",
    settings: SettingsSchema(Settings()) {
      Field(\.fields, "fields", "Columns, or dotted paths.").required().also(
        "field_names", "field_name", "field", "columns", "column")
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

  package var effect: String { "Removes \(fields.map(\.name).joined(separator: ", "))." }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    var relation = input
    var removed: Set<String> = []
    var nested: [FieldAccess] = []
    for field in fields {
      let access = try input.field(field)
      if access.path.isEmpty { removed.insert(access.root.name) } else { nested.append(access) }
    }
    guard removed.count < input.schema.columns.count else {
      throw Problem(
        "no-columns", "Removing \(fields.map { "\"\($0.name)\"" }.joined(separator: ", ")) would leave no column.",
        at: location)
    }
    for access in nested where !removed.contains(access.root.name) {
      var projection = Projection(of: relation.schema)
      guard let root = relation.schema[name: access.root.name] else { continue }
      let here = FieldAccess(root: root, path: access.path, sql: access.sql, type: access.type)
      let type = NestedRecord.type(root.type, without: access.path[...])
      projection.set(Assignment(root.name, NestedRecord.changing(here, to: nil), type))
      relation = Relation("(\(projection.select(from: relation)))", projection.schema)
    }
    var projection = Projection(of: relation.schema)
    for name in removed { projection.remove(name) }
    return projection.select(from: relation)
  }
}
