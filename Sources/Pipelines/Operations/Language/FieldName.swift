import Tabular

/// A column's name, or a dotted path into a nested one (`address.city`), as the user wrote it.
package struct FieldName: SettingValue, Hashable {
  package let name: String
  package let location: Location

  package init(_ name: String, at location: Location) {
    self.name = name
    self.location = location
  }

  package static var kind: SettingKind { .text }
  package init(setting: Setting) throws(Problem) {
    guard let text = setting.text else { throw Problem("wrong-type", "must be the name of a column.") }
    try self.init(checking: text, at: setting.location)
  }

  /// - Throws: `bad-name` for a text that can't name a column.
  package init(checking text: String, at location: Location) throws(Problem) {
    guard !text.isEmpty, !text.utf8.contains(0) else {
      throw Problem(
        "bad-name",
        "can't be \"\(text.filter { $0 != "\0" })\"; a column's name needs characters, and none of them NUL.",
        at: location)
    }
    self.init(text, at: location)
  }

  package var display: String? { name.isEmpty ? nil : name }
}

/// A value inside a row: a column, or what a path into it leads to.
package struct FieldAccess: Sendable {
  /// The column the value is in.
  package let root: Column
  /// The way from the column to the value; empty for the column itself.
  package let path: [String]
  package let sql: SQL
  package let type: DataType
  /// Whether it was taken out of JSON as text, whatever it was there.
  package var isInJSON = false

  /// `address.city`
  package var name: String { ([root.name] + path).joined(separator: ".") }

  /// Whether emptying this value empties what `other` leads to.
  package func covers(_ other: FieldAccess) -> Bool {
    root.name == other.root.name && other.path.starts(with: path)
  }
}

extension Relation {
  /// What `field` leads to: a column of that very name, else a path through structures and JSON.
  /// - Parameter alias: The name this relation has in the FROM clause, if it stands beside another.
  /// - Throws: `unknown-column` with the near name.
  package func field(_ field: FieldName, of alias: String? = nil) throws(Problem) -> FieldAccess {
    let prefix: SQL = alias.map { "\(name: $0)." } ?? ""
    if let column = schema[name: field.name] {
      return FieldAccess(root: column, path: [], sql: "\(prefix)\(name: column.name)", type: column.type)
    }
    let parts = field.name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1, let root = schema[name: parts[0]] else {
      let column = try column(field.name, at: field.location)
      return FieldAccess(root: column, path: [], sql: "\(prefix)\(name: column.name)", type: column.type)
    }
    var sql: SQL = "\(prefix)\(name: root.name)"
    var type = root.type
    var path: [String] = []
    for (index, part) in parts.enumerated().dropFirst() {
      switch type {
      case .structure(let fields):
        guard let inner = Schema(fields)[name: part] else {
          throw Problem(
            "unknown-column", "There is no field \"\(part)\" in \"\(parts[..<index].joined(separator: "."))\".",
            hint: Nearest.hint(part, among: fields.map(\.name))
              ?? "The fields are \(fields.map { "\"\($0.name)\"" }.joined(separator: ", ")).", at: field.location)
        }
        sql = "struct_extract(\(sql), \(text: inner.name))"
        type = inner.type
        path.append(inner.name)
      case .json:
        let steps = parts[index...].map { "." + SQL.quote($0, with: "\"") }.joined()
        return FieldAccess(
          root: root, path: path + parts[index...], sql: "json_extract_string(\(sql), \(text: "$" + steps))",
          type: .text, isInJSON: true)
      default:
        throw Problem(
          "wrong-type",
          "\"\(parts[..<index].joined(separator: "."))\" is \(type.inWords), so there is no \"\(part)\" in it.",
          at: field.location)
      }
    }
    return FieldAccess(root: root, path: path, sql: sql, type: type)
  }

  /// The column of that name; paths are refused.
  package func column(_ field: FieldName) throws(Problem) -> Column { try column(field.name, at: field.location) }

  package func columns(_ fields: [FieldName]) throws(Problem) -> [Column] {
    var result: [Column] = []
    for field in fields { result.append(try column(field)) }
    return result
  }
}

extension DataType {
  /// The type as it stands in a sentence: `a whole number`.
  package var inWords: String {
    switch self {
    case .boolean: "true or false"
    case .integer: "a whole number"
    case .decimal, .numeric, .float32, .float64: "a number"
    case .text, .enumeration: "text"
    case .json: "JSON"
    case .blob, .bit: "bytes"
    case .uuid: "a UUID"
    case .date: "a date"
    case .time, .timeTZ: "a time of day"
    case .timestamp, .timestampTZ: "a date and time"
    case .interval: "an interval"
    case .list, .array: "a list"
    case .structure, .map: "a nested record"
    case .null: "always empty"
    case .other(let name): name
    }
  }

  /// Whether values are character strings.
  package var isText: Bool {
    switch self {
    case .text, .enumeration: true
    default: false
    }
  }

  package var isMoment: Bool {
    switch self {
    case .date, .timestamp, .timestampTZ: true
    default: false
    }
  }

  /// Whether nothing is known of the values, so that the engine decides what fits.
  package var isUnknown: Bool {
    switch self {
    case .null, .other: true
    default: false
    }
  }
}
