import Tabular

/// Changes one value deep inside a nested column, keeping everything around it.
enum NestedRecord {
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
