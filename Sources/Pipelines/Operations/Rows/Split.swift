import Tabular

/// Makes one row of every element of a list, or leads rows into several outputs.
package struct Split: Operation {
  package struct Settings: Sendable {
    var field: FieldName?
    var outputs = SplitOutputs()
    var toAll = false
    var output: FieldName?
    var keepEmpty = false
    var prefix: String?
    var separator: String?
  }

  package static let manifest = OperationManifest(
    name: "split", aliases: ["explode", "unnest", "split_records", "record_splitting"],
    summary:
      "Makes one row of every element of a list; the fields of records in it become columns. With `into`, as the last operation of a "
      + "step, it leads rows into several outputs instead, which other steps read by name.",
    shorthand: "field",
    example: """
      - split: { field: items }
      - split: { into: { large: amount >= 1000, abroad: "country <> 'DE'", others: else } }
      """,
    shown: Example(
      """
      - { order: 1, items: [ { sku: A1, n: 2 }, { sku: B7, n: 1 } ] }
      - { order: 2, items: [ { sku: C3, n: 5 } ] }
      """,
      gives: """
        - { order: 1, sku: A1, n: 2 }
        - { order: 1, sku: B7, n: 1 }
        - { order: 2, sku: C3, n: 5 }
        """),
    badValues: "A row with an empty list goes, or stays with empty columns with `keep_empty`. A column "
      + "that isn't a list is refused before anything runs. With `into`, a row of which a condition can't be told "
      + "doesn't fit it.",
    settings: SettingsSchema(Settings()) {
      Field(\.field, "field", "The list.").also("field_name", "column")
      Field(
        \.outputs, "into",
        "Output → the condition of its rows; a row goes to the first one that fits, `else` takes those that fit none (if there is no `else`, they are left out and counted in the run's log)."
      ).also("outputs", "streams", "routes", "branches")
      Field(\.toAll, "to_all", "With `into`: a row goes to every output that fits, not only to the first.").also("copy")
      Field(\.output, "output", "With `into`: keep only the rows of this output.").advanced()
      Field(\.keepEmpty, "keep_empty", "Keep a row whose list is empty.").also("outer")
      Field(\.prefix, "prefix", "Put in front of the names of the new columns; by default only where a name is taken.")
      Field(\.separator, "separator", "For text: where to cut it into a list.").also("delimiter")
    })

  let settings: Settings
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    guard (settings.field == nil) != settings.outputs.list.isEmpty else {
      throw Problem(
        "missing-setting", "\"split\" needs either \"field\", the list, or \"into\", the outputs.", at: location)
    }
    if let output = settings.output { _ = try settings.outputs.index(of: output) }
    self.settings = settings
    self.location = location
  }

  package var reach: OperationReach { settings.field == nil ? .rows : .relation }
  package var patterns: [String] { settings.outputs.list.flatMap { $0.condition?.patterns ?? [] } }
  package var effect: String {
    if let field = settings.field { return "Makes one row of every element of \(field.name)." }
    guard let output = settings.output else {
      return "Leads rows into \(settings.outputs.list.map(\.name.name).joined(separator: ", "))."
    }
    let condition = settings.outputs.list.first { $0.name.name == output.name }?.condition?.words
    return condition.map { "Takes rows where \($0)." } ?? "Takes rows that fit no other output."
  }

  package var outputNames: [String] { settings.outputs.list.map(\.name.name) }

  /// True for the rows that some output takes, never null; nil if every row is taken, or it makes rows itself.
  package func fits(over input: Relation) throws(Problem) -> SQL? {
    guard settings.field == nil, settings.output == nil else { return nil }
    return try settings.outputs.anyCondition(over: input)
  }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    guard let field = settings.field else {
      guard let output = settings.output else { return "SELECT * FROM \(input.sql)" }
      return
        "SELECT * FROM \(input.sql) WHERE \(try settings.outputs.condition(of: output, toAll: settings.toAll, over: input))"
    }
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
