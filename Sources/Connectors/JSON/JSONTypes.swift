import Foundation
import Pipelines
import Tabular

/// What the engine guesses of JSON, made exact.
enum JSONTypes {
  /// A JSON path one field deeper.
  static func path(_ parent: String, _ field: String) -> String { "\(parent).\"\(field)\"" }

  /// The paths of all numbers with fractions inside a type.
  static func floats(_ type: DataType, at path: String) -> [String] {
    switch type {
    case .float64, .float32: path.contains("\\") || path.filter { $0 == "\"" }.count % 2 == 1 ? [] : [path]
    case .list(let element): floats(element, at: path + "[*]")
    case .structure(let fields): fields.flatMap { floats($0.type, at: self.path(path, $0.name)) }
    default: []
    }
  }

  /// The type to read: guessed dates, times and identifiers stay text, fractions become exact where `exact` says how.
  static func settled(_ type: DataType, at parent: String, in name: String, _ exact: [String: DataType]) -> DataType {
    settled(type, at: path(parent, name), exact)
  }

  private static func settled(_ type: DataType, at path: String, _ exact: [String: DataType]) -> DataType {
    switch type {
    case .float64, .float32: exact[path] ?? .float64
    case .date, .time, .timestamp, .timestampTZ, .uuid: .text
    case .list(let element): .list(settled(element, at: path + "[*]", exact))
    case .structure(let fields):
      .structure(fields.map { Column($0.name, settled($0.type, at: self.path(path, $0.name), exact)) })
    default: type
    }
  }

  /// The columns of records from the engine's description of their structure: `{"id":"UBIGINT","tags":["VARCHAR"]}`.
  static func schema(structure: String) -> Schema? {
    guard let fields = try? JSONDecoder().decode(Shape.self, from: Data(structure.utf8)), case .object(let columns) = fields else {
      return nil
    }
    // A dictionary has no order: take it from the text.
    return Schema(ordered(columns, in: structure))
  }

  private static func ordered(_ columns: [String: Shape], in text: String) -> [Column] {
    columns.map { name, shape in (text.range(of: JSONText.quote(name) + ":")?.lowerBound, Column(name, type(shape, in: text))) }
      .sorted { ($0.0 ?? text.endIndex) < ($1.0 ?? text.endIndex) }.map(\.1)
  }

  private static func type(_ shape: Shape, in text: String) -> DataType {
    switch shape {
    case .object(let fields): .structure(ordered(fields, in: text))
    case .list(let elements): .list(elements.first.map { type($0, in: text) } ?? .json)
    case .name("UBIGINT"), .name("BIGINT"): .int64
    case .name("HUGEINT"), .name("UHUGEINT"): .int128
    case .name("DOUBLE"): .float64
    case .name("BOOLEAN"): .boolean
    case .name("VARCHAR"): .text
    case .name: .json
    }
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

  private indirect enum Shape: Decodable {
    case name(String)
    case list([Shape])
    case object([String: Shape])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let name = try? container.decode(String.self) {
        self = .name(name)
      } else if let list = try? container.decode([Shape].self) {
        self = .list(list)
      } else {
        self = .object(try container.decode([String: Shape].self))
      }
    }
  }
}
