import Pipelines
import Tabular

extension JSON {
  /// One document per row: an array with a row per line, or JSON lines.
  package func layout(_ write: FileWrite) throws -> FileLayout {
    let columns = try write.request.schema.columns.map { column in
      guard let type = column.type.isExactNumber ? column.type : JSONRendering.landing(column.type) else { throw write.refusal(column, "JSON") }
      return Column(column.name, type)
    }
    let plain = FileSet.plainName(write.path)
    let isArray = layout == .array || (layout == .auto && !plain.hasSuffix(".jsonl") && !plain.hasSuffix(".ndjson"))
    let fields = columns.map { column -> SQL in
      "\(text: JSONText.quote(column.name) + ":") || \(JSONRendering.text(of: "\(name: column.name)", column.type))"
    }
    let document: SQL = "'{' || \(fields, separator: " || ',' || ") || '}' AS line"
    let compression = write.compression
    let back = columns.map { column -> SQL in "\(JSONRendering.value(column)) AS \(name: column.name)" }
    let shapes = columns.map { column -> SQL in "\(text: column.name): \(text: JSONRendering.reading(column.type).description)" }
    return FileLayout(landing: Schema(columns)) { rows, path in
      Lines.copy(
        "SELECT \(document) FROM (\(rows))", to: path, compression: compression,
        around: isArray ? ("[\n  ", ",\n  ", "\n]\n") : nil)
    } readBack: { path in
      """
      SELECT \(back) FROM read_json(\(text: path), columns = {\(shapes)}, maximum_object_size = 64000000, \
      format = \(text: isArray ? "array" : "newline_delimited"), compression = \(text: compression == "none" ? "uncompressed" : compression))
      """
    }
  }
}

/// Values as JSON text, with every digit; and back.
enum JSONRendering {
  /// The type a value has when it goes into JSON; nil = no exact form.
  static func landing(_ type: DataType) -> DataType? {
    switch type {
    case .null, .enumeration, .numeric: .text
    // Inside other values numbers are read back as doubles: more digits than those hold are safe only as text.
    case .decimal(let precision, let scale) where precision > 18 && scale > 0: .text
    case .uuid, .interval, .timeTZ, .bit: .text
    case .array(let element, _): landing(element).map { .list($0) }
    case .list(let element): landing(element).map { .list($0) }
    case .structure(let fields):
      fields.contains { landing($0.type) == nil }
        ? nil : .structure(fields.map { Column($0.name, landing($0.type) ?? $0.type) })
    case .map(let key, let value): key == .text ? landing(value).map { .map(key: .text, value: $0) } : nil
    case .float32: .float64
    case .blob, .other: nil
    default: type
    }
  }

  /// An expression for the JSON text of `value`.
  static func text(of value: SQL, _ type: DataType, depth: Int = 0) -> SQL {
    "coalesce(\(present(value, type, depth)), 'null')"
  }

  private static func present(_ value: SQL, _ type: DataType, _ depth: Int) -> SQL {
    switch type {
    case .decimal(_, let scale) where scale > 0:
      // A number as short as it can be; one with more digits than readers of JSON keep becomes text.
      let number: SQL = "rtrim(rtrim(CAST(\(value) AS VARCHAR), '0'), '.')"
      return "CASE WHEN length(\(number)) <= 17 THEN \(number) ELSE '\"' || \(number) || '\"' END"
    case .integer, .decimal: return "CAST(\(value) AS VARCHAR)"
    case .boolean: return "CASE WHEN \(value) THEN 'true' WHEN NOT \(value) THEN 'false' END"
    case .float64, .float32:
      return "CASE WHEN isfinite(\(value)) THEN CAST(to_json(\(value)) AS VARCHAR) ELSE '\"' || CAST(\(value) AS VARCHAR) || '\"' END"
    case .json: return "CAST(\(value) AS VARCHAR)"
    case .timestamp, .timestampTZ:
      let isZoned = type == .timestampTZ
      let text: SQL = "CAST(\(isZoned ? "(\(value) AT TIME ZONE 'UTC')" : value) AS VARCHAR)"
      return "'\"' || replace(\(text), ' ', 'T')\(isZoned ? " || 'Z'" : "") || '\"'"
    case .date, .time: return "'\"' || CAST(\(value) AS VARCHAR) || '\"'"
    case .list(let element):
      let name: SQL = "x\(depth)"
      return """
        CASE WHEN \(value) IS NOT NULL THEN '[' || coalesce(array_to_string(list_transform(\(value), \
        lambda \(name): \(text(of: name, element, depth: depth + 1))), ','), '') || ']' END
        """
    case .structure(let fields):
      let parts = fields.map { field -> SQL in
        let inner: SQL = "struct_extract(\(value), \(text: field.name))"
        return "\(text: JSONText.quote(field.name) + ":") || \(text(of: inner, field.type, depth: depth + 1))"
      }
      return "CASE WHEN \(value) IS NOT NULL THEN '{' || \(parts, separator: " || ',' || ") || '}' END"
    case .map(_, let element):
      let name: SQL = "x\(depth)"
      let pair: SQL = "CAST(to_json(\(name).key) AS VARCHAR) || ':' || \(text(of: "\(name).value", element, depth: depth + 1))"
      return """
        CASE WHEN \(value) IS NOT NULL THEN '{' || coalesce(array_to_string(list_transform(map_entries(\(value)), \
        lambda \(name): \(pair)), ','), '') || '}' END
        """
    default: return "CAST(to_json(\(value)) AS VARCHAR)"
    }
  }

  /// The type to read a written value with.
  static func reading(_ type: DataType) -> DataType {
    switch type {
    case .integer(bits: 128, _), .decimal, .float64, .timestamp, .timestampTZ, .date, .time: .text
    case .list(let element): .list(nested(element))
    case .structure(let fields): .structure(fields.map { Column($0.name, nested($0.type)) })
    case .map(let key, let value): .map(key: key, value: nested(value))
    default: type
    }
  }

  private static func nested(_ type: DataType) -> DataType {
    switch type {
    case .decimal, .float64: type
    default: reading(type)
    }
  }

  static func value(_ column: Column) -> SQL {
    if column.type == .json { return "CAST(nullif(CAST(\(name: column.name) AS VARCHAR), 'null') AS JSON)" }
    return "CAST(\(name: column.name) AS \(column.type))"
  }
}
