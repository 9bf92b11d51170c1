import Tabular

/// Makes one row of every element of a list.
package struct Split: Operation {
  package struct Settings: Sendable {
    var field: FieldName?
    var keepEmpty = false
    var prefix: String?
    var separator: String?
  }

  package static let manifest = OperationManifest(
    name: "split", aliases: ["explode", "unnest", "split_records", "record_splitting"],
    summary: "Makes one row of every element of a list; the fields of records in it become columns.",
    shorthand: "field",
    example: "- split: { field: items }",
    shown: Example(
      """
      - { order: 1, items: [ { sku: A1, n: 2 }, { sku: B7, n: 1 } ] }
      - { order: 2, items: [ { sku: C3, n: 5 } ] }
      """, gives: """
      - { order: 1, sku: A1, n: 2 }
      - { order: 1, sku: B7, n: 1 }
      - { order: 2, sku: C3, n: 5 }
      """),
    badValues: "A row with an empty list goes, or stays with empty columns with `keep_empty`. A column "
      + "that isn't a list is refused before anything runs.",
    settings: SettingsSchema(Settings()) {
      Field(\.field, "field", "The list.").required().also("field_name", "column")
      Field(\.keepEmpty, "keep_empty", "Keep a row whose list is empty.").also("outer")
      Field(\.prefix, "prefix", "Put in front of the names of the new columns; by default only where a name is taken.")
      Field(\.separator, "separator", "For text: where to cut it into a list.").also("delimiter")
    })

  let settings: Settings
  let field: FieldName
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    guard let field = settings.field else { throw Problem("missing-setting", "\"field\" is required.", at: location) }
    self.settings = settings
    self.field = field
    self.location = location
  }

  package var effect: String { "Makes one row of every element of \(field.name)." }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    let column = try input.column(field)
    let list: SQL
    let element: DataType
    switch column.type {
    case .list(let type): (list, element) = ("\(name: column.name)", type)
    case .array(let type, _): (list, element) = ("CAST(\(name: column.name) AS \(type)[])", type)
    case .json: (list, element) = ("from_json(\(name: column.name), '[\"JSON\"]')", .json)
    case .text where settings.separator != nil:
      (list, element) = ("string_split(\(name: column.name), \(Literal.text(settings.separator ?? ",")))", .text)
    default:
      throw Problem(
        "wrong-type", "\"split\" needs a list; column \"\(field.name)\" is \(column.type.inWords).",
        hint: column.type.isText ? "Give a \"separator\" to cut text." : nil, at: field.location)
    }
    let present: SQL =
      settings.keepEmpty ? "CASE WHEN coalesce(len(\(list)), 0) = 0 THEN [NULL] ELSE \(list) END" : list
    var projection = Projection(of: input.schema)
    projection.set(Assignment(column.name, "unnest(\(present))", element))
    let inner: SQL = "(\(projection.select(from: input)))"
    guard case .structure(let fields) = element else { return "SELECT * FROM \(inner)" }
    var taken = Set(input.schema.names.filter { $0 != column.name }.map { $0.lowercased() })
    var items: [SQL] = []
    for existing in input.schema.columns {
      guard existing.name == column.name else {
        items.append("\(name: existing.name)")
        continue
      }
      for part in fields {
        var name = (settings.prefix ?? "") + part.name
        if taken.contains(name.lowercased()) { name = "\(column.name)_\(part.name)" }
        guard taken.insert(name.lowercased()).inserted else {
          throw Problem(
            "name-taken", "Two columns would be called \"\(name)\".", hint: "Give a \"prefix\".", at: location)
        }
        items.append("struct_extract(\(name: column.name), \(text: part.name)) AS \(name: name)")
      }
    }
    return "SELECT \(items) FROM \(inner)"
  }
}
