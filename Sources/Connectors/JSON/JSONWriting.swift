import Pipelines
import Tabular

extension JSON {
  /// One document per row: an array with a row per line, or JSON lines.
  package func layout(_ write: FileWrite) throws -> FileLayout {
    let columns = try write.request.schema.columns.map { column in
      guard let type = column.type.isExactNumber ? column.type : JSONRendering.landing(column.type) else {
        throw write.refusal(column, "JSON")
      }
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
    let shapes = columns.map { column -> SQL in
      "\(text: column.name): \(text: JSONRendering.reading(column.type).description)"
    }
    // A JSON value may stand on several lines where it comes from.
    let values = columns.filter { $0.type == .json }.map {
      ($0.name, "CAST(weir_json_compact(CAST(\(name: $0.name) AS VARCHAR)) AS JSON)" as SQL)
    }
    return FileLayout(landing: Schema(columns), values: Dictionary(values) { $1 }) { rows, path in
      Lines.copy(
        "SELECT \(document) FROM (\(rows))", to: path, compression: compression,
        around: isArray ? ("[\n  ", ",\n  ", "\n]\n") : nil)
    } readBack: { path in
      let packing = compression == "none" ? "uncompressed" : compression
      let layout = isArray ? "array" : "newline_delimited"
      guard values.isEmpty else {
        // The engine's reader would write JSON inside anew, with other digits and escapes: compare what stands in the file.
        let parts = columns.map { column -> SQL in
          column.type == .json
            ? "CAST(weir_json_member(\(text: JSONText.quote(column.name)) || CAST(json AS VARCHAR)) AS JSON) AS \(name: column.name)"
            : "struct_extract(record, \(text: column.name)) AS \(name: column.name)"
        }
        let read = columns.map { Column($0.name, $0.type == .json ? .json : JSONRendering.reading($0.type)) }
        return """
          SELECT \(back) FROM (SELECT \(parts) FROM (SELECT json, from_json(json, \(text: JSONTypes.structure(.structure(read)))) AS record \
          FROM read_json_objects(\(text: path), maximum_object_size = 64000000, format = \(text: layout), compression = \(text: packing))))
          """
      }
      return """
        SELECT \(back) FROM read_json(\(text: path), columns = {\(shapes)}, maximum_object_size = 64000000, \
        format = \(text: layout), compression = \(text: packing))
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
      return
        "CASE WHEN isfinite(\(value)) THEN CAST(to_json(\(value)) AS VARCHAR) ELSE '\"' || CAST(\(value) AS VARCHAR) || '\"' END"
    case .json: return "CAST(\(value) AS VARCHAR)"
    case .timestamp, .timestampTZ:
      let isZoned = type == .timestampTZ
      let text: SQL = "CAST(\(isZoned ? "(\(value) AT TIME ZONE 'UTC')" : value) AS VARCHAR)"
      // Times before Christ stay as the engine writes them: "0044-03-15 (BC) 12:00:00".
      return """
        '"' || CASE WHEN isfinite(\(value)) AND NOT contains(\(text), '(BC)') THEN replace(\(text), ' ', 'T')\(isZoned ? " || 'Z'" : "") \
        ELSE \(text)\(isZoned ? " || CASE WHEN isfinite(\(value)) THEN '+00' ELSE '' END" : "") END || '"'
        """
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
      let pair: SQL =
        "CAST(to_json(\(name).key) AS VARCHAR) || ':' || \(text(of: "\(name).value", element, depth: depth + 1))"
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
