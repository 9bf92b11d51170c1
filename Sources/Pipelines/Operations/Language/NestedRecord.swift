import Tabular

/// Changes values deep inside a nested column, keeping everything around them.
package enum NestedRecord {
  /// The root column's value with what `access` leads to replaced by `value`, or removed when that is nil.
  static func changing(_ access: FieldAccess, to value: SQL?) -> SQL {
    if access.path.isEmpty { return value ?? "NULL" }
    return rebuilt("\(name: access.root.name)", access.root.type, [(access.path[...], value)])
  }

  /// One assignment for each column that `changes` are in; several inside one record are made together.
  static func assignments(_ changes: [(access: FieldAccess, value: SQL)]) -> [Assignment] {
    var roots: [Column] = []
    for change in changes where !roots.contains(where: { $0.name == change.access.root.name }) {
      roots.append(change.access.root)
    }
    return roots.map { root in
      let inside = changes.filter { $0.access.root.name == root.name }
      if let whole = inside.last(where: { $0.access.path.isEmpty }) { return Assignment(root.name, whole.value, .text) }
      let record = rebuilt("\(name: root.name)", root.type, inside.map { ($0.access.path[...], $0.value) })
      return Assignment(root.name, record, inside.allSatisfy { $0.access.type.isText } ? root.type : .other("RECORD"))
    }
  }

  private typealias Change = (path: ArraySlice<String>, value: SQL?)

  private static func rebuilt(_ record: SQL, _ type: DataType, _ changes: [Change]) -> SQL {
    guard case .structure(let fields) = type else {
      return changes.reduce(record) { record, change in
        let value: SQL = change.value.map { "to_json(\($0))" } ?? "'null'"
        let patch = change.path.reversed().reduce(value) { inner, name -> SQL in
          "json_object(\(text: name), CAST(\(inner) AS JSON))"
        }
        return "json_merge_patch(\(record), \(patch))"
      }
    }
    let items = fields.compactMap { field -> SQL? in
      let inner: SQL = "struct_extract(\(record), \(text: field.name))"
      let own = changes.filter { $0.path.first == field.name }
      if own.isEmpty { return "\(name: field.name) := \(inner)" }
      if let whole = own.last(where: { $0.path.count == 1 }) {
        return whole.value.map { "\(name: field.name) := \($0)" }
      }
      return "\(name: field.name) := \(rebuilt(inner, field.type, own.map { ($0.path.dropFirst(), $0.value) }))"
    }
    if items.isEmpty { return "NULL" }
    return "CASE WHEN \(record) IS NOT NULL THEN struct_pack(\(items)) END"
  }
}

extension NestedRecord {
  /// A column with the values at `places` left empty, each where its condition isn't true, and everything around them as it is.
  package static func emptying(_ column: Column, _ places: [(path: [String], unless: SQL)]) -> SQL {
    emptied("\(name: column.name)", column.type, places.map { (path: $0.path[...], unless: $0.unless) })
  }

  private static func emptied(
    _ value: SQL, _ type: DataType, _ places: [(path: ArraySlice<String>, unless: SQL)]
  ) -> SQL {
    let whole = places.filter(\.path.isEmpty).map(\.unless)
    let inner = places.filter { !$0.path.isEmpty }
    var result = value
    if !inner.isEmpty {
      let untouched: SQL = "\(value) IS NULL OR (\(inner.map(\.unless), separator: " AND "))"
      result = "CASE WHEN \(untouched) THEN \(value) ELSE \(emptiedInside(value, type, inner)) END"
    }
    return whole.isEmpty ? result : "CASE WHEN \(whole, separator: " AND ") THEN \(result) END"
  }

  private static func emptiedInside(
    _ value: SQL, _ type: DataType, _ places: [(path: ArraySlice<String>, unless: SQL)]
  ) -> SQL {
    guard case .structure(let fields) = type else {
      let patches = places.map { place -> SQL in
        let patch = place.path.reversed().reduce("'null'" as SQL) { inner, name -> SQL in
          "json_object(\(text: name), CAST(\(inner) AS JSON))"
        }
        return "CASE WHEN \(place.unless) THEN CAST('{}' AS JSON) ELSE \(patch) END"
      }
      return "json_merge_patch(\(value), \(patches))"
    }
    let items = fields.map { field -> SQL in
      let inside: SQL = "struct_extract(\(value), \(text: field.name))"
      let there = places.filter { $0.path.first == field.name }.map { (path: $0.path.dropFirst(), unless: $0.unless) }
      return "\(name: field.name) := \(there.isEmpty ? inside : emptied(inside, field.type, there))"
    }
    return "struct_pack(\(items))"
  }
}

extension NestedRecord {
  /// The type of a record after a field was removed from it.
  static func type(_ type: DataType, without path: ArraySlice<String>) -> DataType {
    guard case .structure(let fields) = type, let first = path.first else { return type }
    return .structure(
      fields.compactMap { field in
        if field.name != first { return field }
        if path.count == 1 { return nil }
        return Column(field.name, self.type(field.type, without: path.dropFirst()), isNullable: field.isNullable)
      })
  }
}
