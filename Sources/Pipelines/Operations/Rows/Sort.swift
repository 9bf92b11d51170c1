import Tabular

/// Puts rows in order.
package struct Sort: Operation {
  package struct Settings: Sendable {
    var keys = SortKeys()
    var limit: Int?
  }

  package static let manifest = OperationManifest(
    name: "sort", aliases: ["order_by", "order", "sort_by"], summary: "Puts rows in order; empty values come last.",
    shorthand: "by", example: "- sort: [customer_id, amount desc]",
    shown: Example(
      """
      - { customer_id: 2, amount: 5 }
      - { customer_id: 1, amount: null }
      - { customer_id: 1, amount: 7 }
      - { customer_id: 1, amount: 9 }
      """, gives: """
      - { customer_id: 1, amount: 9 }
      - { customer_id: 1, amount: 7 }
      - { customer_id: 1, amount: null }
      - { customer_id: 2, amount: 5 }
      """),
    badValues: "Empty values come last, in either direction.",
    settings: SettingsSchema(Settings()) {
      Field(\.keys, "by", "Columns; `desc` or a `-` in front turns the order round.").required().also(
        "fields", "sort_by", "columns", "keys", "field", "field_name")
      Field(\.limit, "limit", "Keep only so many rows.").also("top")
    })

  let settings: Settings
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    self.settings = settings
    self.location = location
    guard !settings.keys.keys.isEmpty else {
      throw Problem("missing-setting", "\"by\" needs at least one column.", at: location)
    }
  }

  package var effect: String { "Sorts rows by \(settings.keys.words)." }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    let limit: SQL = if let limit = settings.limit { " LIMIT \(limit)" } else { "" }
    return "SELECT * FROM \(input.sql) ORDER BY \(try settings.keys.sql(over: input))\(limit)"
  }
}

/// Columns to sort by: `amount desc`, `-amount`, `{field: amount, order: desc}`.
package struct SortKeys: SettingValue {
  package var keys: [(field: FieldName, isDescending: Bool)] = []
  package init() {}
  package static var kind: SettingKind { .list(.text) }
  package var display: String? { nil }

  package init(setting: Setting) throws(Problem) {
    for element in setting.elements {
      if case .map(let entries) = element.content {
        if let field = element["field"] ?? element["field_name"] ?? element["column"] {
          let order = (element["order"] ?? element["direction"])?.text ?? "asc"
          keys.append((try FieldName(setting: field), order.lowercased().hasPrefix("desc")))
        } else {
          for entry in entries {
            let field = try FieldName(checking: entry.key, at: entry.keyLocation)
            keys.append((field, entry.value.text?.lowercased().hasPrefix("desc") ?? false))
          }
        }
        continue
      }
      let name = try FieldName(setting: element).name
      let lower = name.lowercased()
      if name.hasPrefix("-") {
        keys.append((try FieldName(checking: String(name.dropFirst()), at: element.location), true))
      } else if lower.hasSuffix(" desc") {
        keys.append((try FieldName(checking: String(name.dropLast(5)), at: element.location), true))
      } else {
        keys.append(
          (
            try FieldName(checking: lower.hasSuffix(" asc") ? String(name.dropLast(4)) : name, at: element.location),
            false
          ))
      }
    }
  }

  package var words: String {
    keys.map { $0.field.name + ($0.isDescending ? ", largest first" : "") }.joined(separator: ", ")
  }

  package func sql(over input: Relation) throws(Problem) -> SQL {
    var list: [SQL] = []
    for key in keys {
      let access = try input.field(key.field)
      list.append(key.isDescending ? "\(access.sql) DESC NULLS LAST" : "\(access.sql) ASC NULLS LAST")
    }
    return "\(list)"
  }
}
