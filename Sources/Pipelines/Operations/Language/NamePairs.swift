/// Old name → new name: a map, or a list of maps with `source` and `target`.
package struct NamePairs: SettingValue {
  package struct Pair: Sendable {
    package let old: FieldName
    package let new: FieldName
  }
  package var pairs: [Pair] = []

  package init(_ pairs: [Pair] = []) { self.pairs = pairs }

  package static var kind: SettingKind { .map }
  package var display: String? { nil }
  package init(setting: Setting) throws(Problem) {
    switch setting.content {
    case .map(let entries):
      for entry in entries {
        let old = try FieldName(checking: entry.key, at: entry.keyLocation)
        pairs.append(Pair(old: old, new: try FieldName(setting: entry.value)))
      }
    case .list(let elements):
      for element in elements {
        guard let old = Self.value(of: element, ["source", "source_field", "from", "old", "field_name"]),
          let new = Self.value(of: element, ["target", "target_field", "destination_field", "to", "new", "new_name"])
        else { throw Problem("wrong-type", "must be a map of old names to new ones.", at: element.location) }
        pairs.append(Pair(old: try FieldName(setting: old), new: try FieldName(setting: new)))
      }
    default: throw Problem("wrong-type", "must be a map of old names to new ones.", at: setting.location)
    }
  }

  private static func value(of setting: Setting, _ keys: [String]) -> Setting? {
    keys.lazy.compactMap { setting[$0] }.first
  }
}

/// Entries of a map whose keys are column names, in order.
package struct NamedSettings: SettingValue {
  package var entries: [(field: FieldName, value: Setting)] = []
  package init() {}
  package static var kind: SettingKind { .map }
  package var display: String? { nil }
  package init(setting: Setting) throws(Problem) {
    guard case .map(let map) = setting.content else {
      throw Problem("wrong-type", "must be a map with column names as keys.", at: setting.location)
    }
    for entry in map { entries.append((try FieldName(checking: entry.key, at: entry.keyLocation), entry.value)) }
  }
}
