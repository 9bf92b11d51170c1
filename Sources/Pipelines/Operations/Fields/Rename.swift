import Tabular

/// Gives columns new names; they keep their places.
package struct Rename: Operation {
  package struct Settings: Sendable {
    var mapping = NamePairs()
  }

  package static let manifest = OperationManifest(
    name: "rename", aliases: ["rename_fields", "rename_columns", "field_rename"],
    summary: "Gives columns new names; they keep their places.", mapShorthand: "mapping",
    example: "- rename: { price: unit_price }",
    shown: Example(
      """
      - { item: mouse, price: 29.99, stock: 4 }
      """,
      gives: """
        - { item: mouse, unit_price: 29.99, stock: 4 }
        """),
    badValues: "Values don't matter. A name that is taken, or a column that isn't there, is refused "
      + "before anything runs.",
    settings: SettingsSchema(Settings()) {
      Field(\.mapping, "mapping", "Old name → new name.").required().also("mappings", "fields", "columns")
    })

  let pairs: [NamePairs.Pair]
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    self.init(settings.mapping.pairs, at: location)
  }

  init(_ pairs: [NamePairs.Pair], at location: Location) {
    self.pairs = pairs
    self.location = location
  }

  package var reach: OperationReach { .values }
  package var effect: String { "Renames \(pairs.map { "\($0.old.name) to \($0.new.name)" }.joined(separator: ", "))." }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    var renames: [(old: Column, new: FieldName)] = []
    for pair in pairs { renames.append((try input.column(pair.old), pair.new)) }
    var items: [(name: String, value: SQL)] = []
    for column in input.schema.columns {
      let new = renames.last { $0.old.name == column.name }?.new
      let name = new?.name ?? column.name
      if let taken = items.first(where: { $0.name.lowercased() == name.lowercased() }) {
        throw Problem(
          "name-taken", "Two columns would be called \"\(taken.name)\".", hint: "Drop or rename one of them first.",
          at: new?.location ?? renames.first { $0.new.name.lowercased() == name.lowercased() }?.new.location ?? location
        )
      }
      items.append((name, "\(name: column.name)"))
    }
    return "SELECT \(items.map { item -> SQL in "\(item.value) AS \(name: item.name)" }) FROM \(input.sql)"
  }
}
