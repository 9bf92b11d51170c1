import Tabular

/// Keeps one row of those with the same key.
package struct Dedupe: Operation {
  package enum Keep: String, SettingChoice { case first, last }
  package enum Fold: String, SettingChoice { case auto, on, off }

  package struct Settings: Sendable {
    var keys: [FieldName] = []
    var keep = Keep.first
    var order = SortKeys()
    var fold = Fold.auto
  }

  package static let manifest = OperationManifest(
    name: "dedupe", aliases: ["deduplicate", "remove_duplicates", "deduplication", "distinct", "drop_duplicates"],
    summary: "Keeps one row of those with the same key; e-mail keys are compared without regard to case and spaces.",
    shorthand: "keys", example: "- dedupe: { keys: [email], keep: last, order_by: updated_at }",
    settings: SettingsSchema(Settings()) {
      Field(\.keys, "keys", "Columns that make a row the same; all if not given.").also(
        "key", "fields", "field", "columns", "by", "on", "key_fields", "field_name")
      Field(\.keep, "keep", "first or last.")
      Field(\.order, "order_by", "What first and last mean; the order of reading if not given.").also(
        "order", "sort_by")
      Field(
        \.fold, "ignore_case",
        "Whether keys are compared without case and spaces around: auto (e-mail columns), on or off."
      ).also("normalize").advanced()
    })

  let settings: Settings
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    self.settings = settings
    self.location = location
  }

  package var effect: String {
    settings.keys.isEmpty
      ? "Keeps one of rows that are equal in every column."
      : "Keeps the \(settings.keep.rawValue) row for each \(settings.keys.map(\.name).joined(separator: ", "))."
  }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    guard !settings.keys.isEmpty else { return "SELECT DISTINCT * FROM \(input.sql)" }
    var keys: [SQL] = []
    for key in settings.keys {
      let access = try input.field(key)
      let name = key.name.lowercased()
      let isFolded =
        access.type.isText
        && (settings.fold == .on
          || settings.fold == .auto && (name.contains("email") || name.contains("e_mail") || name.contains("e-mail")))
      keys.append(isFolded ? "lower(trim(\(access.sql)))" : access.sql)
    }
    var position = "__position"
    while input.schema[name: position] != nil { position += "_" }
    let place: SQL = settings.keep == .first ? "\(name: position)" : "\(name: position) DESC"
    var order = place
    if !settings.order.keys.isEmpty {
      var reading = settings.order
      if settings.keep == .last { for index in reading.keys.indices { reading.keys[index].isDescending.toggle() } }
      order = "\(try reading.sql(over: input)), \(place)"
    }
    return """
      SELECT \(names: input.schema.names) FROM (SELECT *, row_number() OVER () AS \(name: position) FROM \(input.sql)) \
      QUALIFY row_number() OVER (PARTITION BY \(keys) ORDER BY \(order)) = 1 ORDER BY \(name: position)
      """
  }
}
