import Foundation
import Tabular

/// What the engine guesses of JSON, made exact.
enum JSONTypes {
  /// A JSON path one field deeper.
  static func path(_ parent: String, _ field: String) -> String { "\(parent).\"\(field)\"" }

  /// The paths of all numbers inside a type that are `wanted`; names a path can't say are left out.
  static func numbers(_ type: DataType, at path: String, _ wanted: (DataType) -> Bool) -> [String] {
    switch type {
    case .float64, .int64, .int128:
      !wanted(type) || path.contains("\\") || path.filter { $0 == "\"" }.count % 2 == 1 ? [] : [path]
    case .list(let element): numbers(element, at: path + "[*]", wanted)
    case .structure(let fields): fields.flatMap { numbers($0.type, at: self.path(path, $0.name), wanted) }
    default: []
    }
  }

  /// The type to read: numbers become exact where `exact` says how.
  static func settled(_ type: DataType, at parent: String, in name: String, _ exact: [String: DataType]) -> DataType {
    settled(type, at: path(parent, name), exact)
  }

  private static func settled(_ type: DataType, at path: String, _ exact: [String: DataType]) -> DataType {
    switch type {
    case .float64, .int64, .int128: exact[path] ?? type
    case .date, .time, .timestamp, .timestampTZ, .uuid: .text
    case .list(let element): .list(settled(element, at: path + "[*]", exact))
    case .structure(let fields):
      .structure(fields.map { Column($0.name, settled($0.type, at: self.path(path, $0.name), exact)) })
    default: type
    }
  }

  static func holdsJSON(_ type: DataType) -> Bool {
    switch type {
    case .json: true
    case .list(let element): holdsJSON(element)
    case .structure(let fields): fields.contains { holdsJSON($0.type) }
    default: false
    }
  }

  /// Whether the engine may have given a key another name (`name_1`), because it differs from one before only in case.
  static func hasRenamed(_ columns: [Column]) -> Bool {
    let names = Set(columns.map { $0.name.lowercased() })
    return names.contains { name in name.wholeMatch(of: /(.+)_\d+/).map { names.contains(String($0.1)) } ?? false }
  }

  /// Two names the engine can't tell apart.
  static func collision(_ columns: [Column]) -> (String, String)? {
    var seen: [String: String] = [:]
    for column in columns {
      if let other = seen.updateValue(column.name, forKey: column.name.lowercased()) { return (other, column.name) }
    }
    return nil
  }

  /// The columns of records from the engine's description of their structure, in its order: `{"id":"UBIGINT","tags":["VARCHAR"]}`.
  /// Nil if they aren't objects.
  static func schema(structure: String) -> Schema? {
    var shape = StructureText(structure)
    guard let columns = shape.fields() else { return nil }
    return Schema(columns)
  }

  /// The engine's description of a type for `from_json`.
  static func structure(_ type: DataType) -> String {
    switch type {
    case .list(let element): "[\(structure(element))]"
    case .structure(let fields):
      "{" + fields.map { "\(JSONText.quote($0.name)):\(structure($0.type))" }.joined(separator: ",") + "}"
    default: JSONText.quote(type.description)
    }
  }
}

/// Reads the engine's description of a structure.
private struct StructureText {
  private let bytes: [UInt8]
  private var index = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  private mutating func take(_ byte: Unicode.Scalar) -> Bool {
    guard index < bytes.count, bytes[index] == UInt8(ascii: byte) else { return false }
    index += 1
    return true
  }

  private mutating func string() -> String? {
    let start = index
    guard take("\"") else { return nil }
    while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
      index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard take("\"") else { return nil }
    return try? JSONDecoder().decode(String.self, from: Data(bytes[start..<index]))
  }

  mutating func fields() -> [Column]? {
    guard take("{") else { return nil }
    var columns: [Column] = []
    while !take("}") {
      guard let name = string(), take(":"), let type = type() else { return nil }
      columns.append(Column(name, type))
      _ = take(",")
    }
    return columns
  }

  private mutating func type() -> DataType? {
    guard index < bytes.count else { return nil }
    if bytes[index] == UInt8(ascii: "{") {
      guard let columns = fields() else { return nil }
      // Structures can't have names that differ only in case, or none.
      return columns.isEmpty || JSONTypes.collision(columns) != nil ? .json : .structure(columns)
    }
    if take("[") {
      if take("]") { return .list(.json) }
      guard let element = type(), take("]") else { return nil }
      return .list(element)
    }
    return switch string() {
    case nil: nil
    case "UBIGINT", "BIGINT": .int64
    case "HUGEINT", "UHUGEINT": .int128
    case "DOUBLE": .float64
    case "BOOLEAN": .boolean
    case "VARCHAR": .text
    default: .json
    }
  }
}
