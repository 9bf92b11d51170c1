import Tabular

/// Changes values deep inside a nested column, keeping everything around them.
package enum NestedRecord {
  /// The root column's value with what `access` leads to replaced by `value`, or removed when that is nil.
  static func changing(_ access: FieldAccess, to value: SQL?) -> SQL {
    let root: SQL = "\(name: access.root.name)"
    if access.path.isEmpty { return value ?? "NULL" }
    return rebuilt(root, access.root.type, access.path[...], value)
  }

  private static func rebuilt(_ record: SQL, _ type: DataType, _ path: ArraySlice<String>, _ value: SQL?) -> SQL {
    guard case .structure(let fields) = type, let first = path.first else {
      let patch = path.reversed().reduce(value.map { "to_json(\($0))" } ?? ("'null'" as SQL)) { inner, name -> SQL in
        "json_object(\(text: name), CAST(\(inner) AS JSON))"
      }
      return "json_merge_patch(\(record), \(patch))"
    }
    let items = fields.compactMap { field -> SQL? in
      let inner: SQL = "struct_extract(\(record), \(text: field.name))"
      if field.name != first { return "\(name: field.name) := \(inner)" }
      if path.count > 1 { return "\(name: field.name) := \(rebuilt(inner, field.type, path.dropFirst(), value))" }
      return value.map { "\(name: field.name) := \($0)" }
    }
    if items.isEmpty { return "NULL" }
    return "CASE WHEN \(record) IS NOT NULL THEN struct_pack(\(items)) END"
  }
}

extension NestedRecord {
  /// A column with the values at `places` left empty, each where its condition isn't true, and everything around them as it is.
  package static func emptying(_ column: Column, _ places: [(path: [String], unless: SQL)]) -> SQL {
    emptied("\(name: column.name)", column.type, places.map { ($0.path[...], $0.unless) })
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
      let there = places.filter { $0.path.first == field.name }.map { ($0.path.dropFirst(), $0.unless) }
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
