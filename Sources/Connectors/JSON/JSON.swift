import Foundation
import Pipelines
import Tabular

/// JSON documents and JSON lines. Dates stay texts as they stand in the file; numbers keep their digits.
package struct JSON: FileFormat {
  package var path = ""
  var records = ""
  var layout = Layout.auto
  var types: Setting?

  enum Layout: String, CaseIterable, SettingChoice { case auto, array, lines }

  package static let manifest = Manifest<JSON>(
    id: "json", title: "JSON", summary: "Reads and writes JSON arrays and JSON lines.", category: .file,
    aliases: ["jsonl", "ndjson", "json lines"], fileEndings: ["json", "jsonl", "ndjson"],
    settings: SettingsSchema(JSON()) {
      Field(\.path, "path", "File, folder, pattern or http(s) address.").example("orders.json").also("file_path", "url")
      Field(\.records, "records", "Where the list of records is inside a document.").example("data.items").also("records_path")
      Field(\.layout, "layout", "One array, or one document per line; auto goes by the file's ending.").also("format")
      Field(\.types, "types", "Column types that are not to be guessed.").example("{ id: VARCHAR }").advanced()
    })

  package func extract(_ read: FileRead) async throws -> Extract {
    let size = max(64_000_000, (read.files.bytes ?? 0) * (read.files.paths.contains { $0.hasSuffix(".gz") } ? 20 : 1) + 1_000_000)
    let objects: SQL =
      records.isEmpty
      ? "SELECT json FROM read_json_objects(\(read.files.list), format = 'auto', maximum_object_size = \(min(size, 2_000_000_000)))"
      : try recordsQuery(read, size: min(size, 2_000_000_000))
    var schema = try await shape(read, objects)
    let exact = try await exactNumbers(schema, objects, read)
    schema.columns = try schema.columns.map { try declared($0) ?? Column($0.name, JSONTypes.settled($0.type, at: "$", in: $0.name, exact)) }
    let query: SQL
    if records.isEmpty {
      let columns = schema.columns.map { column -> SQL in "\(text: column.name): \(text: column.type.description)" }
      query = """
        SELECT * FROM read_json(\(read.files.list), columns = {\(columns)}, format = 'auto', maximum_object_size = 64000000)
        """
    } else {
      let columns = schema.columns.map { column -> SQL in
        let value: SQL = "json_extract(json, \(text: JSONTypes.path("$", column.name)))"
        let text: SQL = "json_extract_string(json, \(text: JSONTypes.path("$", column.name)))"
        switch column.type {
        case .json: return "\(value) AS \(name: column.name)"
        case .list, .structure, .map:
          return "from_json(\(value), \(text: JSONTypes.structure(column.type))) AS \(name: column.name)"
        default: return "CAST(\(text) AS \(column.type)) AS \(name: column.name)"
        }
      }
      query = "SELECT \(columns) FROM (\(objects))"
    }
    return Extract(.query(read.restricted(query), setup: read.files.setup))
  }

  private func recordsQuery(_ read: FileRead, size: Int) throws(Problem) -> SQL {
    var path = "$"
    for part in records.split(separator: ".") where part != "$" { path = JSONTypes.path(path, String(part)) }
    return """
      SELECT unnest(CASE json_type(list) WHEN 'ARRAY' THEN CAST(list AS JSON[]) ELSE [list] END) AS json \
      FROM (SELECT json_extract(json, \(text: path)) AS list \
      FROM read_json_objects(\(read.files.list), format = 'auto', maximum_object_size = \(size))) WHERE list IS NOT NULL
      """
  }

  /// The columns over all rows, in order of first appearance; dates and identifiers as text.
  private func shape(_ read: FileRead, _ objects: SQL) async throws -> Schema {
    if records.isEmpty {
      return try await read.describe(
        """
        SELECT * FROM read_json(\(read.files.list), format = 'auto', sample_size = -1, dateformat = '%%', timestampformat = '%%', \
        map_inference_threshold = -1, field_appearance_threshold = 0, union_by_name = true)
        """)
    }
    let structure = try await read.ask("SELECT CAST(json_group_structure(json) AS VARCHAR) FROM (\(objects))").first?.first
    guard case .text(let text)? = structure, let schema = JSONTypes.schema(structure: text) else {
      throw Problem(
        "no-records", "\"\(read.files.paths[0])\" has no records at \"\(records)\".",
        hint: "`records` names the fields on the way to the list, separated by points.", at: read.request.location)
    }
    return schema
  }

  /// How many digits the numbers with fractions have, by their path.
  private func exactNumbers(_ schema: Schema, _ objects: SQL, _ read: FileRead) async throws -> [String: DataType] {
    let paths = schema.columns.flatMap { JSONTypes.floats($0.type, at: JSONTypes.path("$", $0.name)) }
    guard !paths.isEmpty else { return [:] }
    let evidence = paths.flatMap { path -> [SQL] in
      let all: SQL =
        path.contains("[*]")
        ? "json_extract_string(json, \(text: path))" : "[json_extract_string(json, \(text: path))]"
      return [
        "max(list_max(list_transform(\(all), lambda x: length(regexp_extract(x, '^-?([0-9]+)', 1)))))",
        "max(list_max(list_transform(\(all), lambda x: length(regexp_extract(x, '^-?[0-9]+[.]([0-9]+)$', 1)))))",
        "bool_or(list_bool_or(list_transform(\(all), lambda x: contains(lower(x), 'e'))))",
      ]
    }
    let row = try await read.ask("SELECT \(evidence) FROM (\(objects))").first ?? []
    var result: [String: DataType] = [:]
    for (place, path) in paths.enumerated() where row.count >= place * 3 + 3 {
      guard case .integer(let whole) = row[place * 3], case .integer(let scale) = row[place * 3 + 1] else { continue }
      if case .boolean(true) = row[place * 3 + 2] { continue }
      if scale == 0, whole <= 38 {
        // The reader takes long whole numbers exactly only where they stand at the top of a record.
        if !path.dropFirst(2).contains("\".\""), !path.contains("[*]") { result[path] = .decimal(precision: 38, scale: 0) }
      } else if scale <= 6, whole + scale <= 15 {
        result[path] = .decimal(precision: 18, scale: Int(scale))
      }
    }
    return result
  }

  private func declared(_ column: Column) throws(Problem) -> Column? {
    guard let text = types?[column.name]?.text else { return nil }
    return Column(column.name, .other(try TypeName.checked(text, at: types?[column.name]?.location)))
  }
}

/// Type names that users write in options.
enum TypeName {
  /// - Throws: `unknown-type` for text that can't be a type's name.
  static func checked(_ text: String, at location: Location?) throws(Problem) -> String {
    let isPlain = text.allSatisfy { $0.isLetter || $0.isNumber || " _(),[]\"".contains($0) }
    guard isPlain, text.first?.isLetter == true else {
      throw Problem("unknown-type", "\"\(text)\" is no type.", hint: "For example VARCHAR, BIGINT, DECIMAL(18,2), DATE.", at: location)
    }
    return text.uppercased()
  }
}
