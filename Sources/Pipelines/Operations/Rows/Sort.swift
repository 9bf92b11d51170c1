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
      """,
      gives: """
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

/// Columns to sort by: `amount desc`, `-amount`, `{field: amount, order: desc}`. A column of exactly the written name comes first.
package struct SortKeys: SettingValue {
  package struct Key: Sendable {
    package var field: FieldName
    package var isDescending: Bool
    /// The text with its sign or word of direction, if it has one.
    var written: FieldName?
  }

  package var keys: [Key] = []
  package init() {}
  package static var kind: SettingKind { .list(.text) }
  package var display: String? { nil }

  package init(setting: Setting) throws(Problem) {
    for element in setting.elements {
      if case .map(let entries) = element.content {
        if let field = element["field"] ?? element["field_name"] ?? element["column"] {
          let order = (element["order"] ?? element["direction"])?.text ?? "asc"
          keys.append(Key(field: try FieldName(setting: field), isDescending: order.lowercased().hasPrefix("desc")))
        } else {
          for entry in entries {
            let field = try FieldName(checking: entry.key, at: entry.keyLocation)
            keys.append(Key(field: field, isDescending: entry.value.text?.lowercased().hasPrefix("desc") ?? false))
          }
        }
        continue
      }
      keys.append(try Self.key(try FieldName(setting: element)))
    }
  }

  private static func key(_ written: FieldName) throws(Problem) -> Key {
    let name = written.name
    let lower = name.lowercased()
    func key(_ rest: Substring, isDescending: Bool) throws(Problem) -> Key {
      Key(
        field: try FieldName(checking: String(rest), at: written.location), isDescending: isDescending, written: written
      )
    }
    if name.hasPrefix("-"), name.count > 1 { return try key(name.dropFirst(), isDescending: true) }
    if lower.hasSuffix(" desc") { return try key(name.dropLast(5), isDescending: true) }
    if lower.hasSuffix(" asc") { return try key(name.dropLast(4), isDescending: false) }
    return Key(field: written, isDescending: false)
  }

  package var words: String {
    keys.map { $0.field.name + ($0.isDescending ? ", largest first" : "") }.joined(separator: ", ")
  }

  /// The other way round.
  package var reversed: SortKeys {
    var copy = self
    for index in copy.keys.indices { copy.keys[index].isDescending.toggle() }
    return copy
  }

  package func sql(over input: Relation) throws(Problem) -> SQL {
    var list: [SQL] = []
    for key in keys {
      var key = key
      if let written = key.written, input.schema[name: written.name] != nil {
        // The sign is part of the name, and so says nothing of the direction.
        let said = written.name.hasPrefix("-") || written.name.lowercased().hasSuffix(" desc")
        key = Key(field: written, isDescending: key.isDescending != said)
      }
      let access = try input.field(key.field)
      list.append(key.isDescending ? "\(access.sql) DESC NULLS LAST" : "\(access.sql) ASC NULLS LAST")
    }
    return "\(list)"
  }
}
