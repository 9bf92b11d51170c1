import Tabular

/// Changes one value deep inside a nested column, keeping everything around it.
enum NestedRecord {
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
