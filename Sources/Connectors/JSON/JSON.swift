import Foundation
import Pipelines
import Tabular

/// JSON documents and JSON lines. Dates stay texts as they stand in the file; numbers keep their digits.
package struct JSON: FileFormat {
  package var path = ""
  var records = ""
  var layout = Layout.auto
  var types: Setting?
  var strict = false

  enum Layout: String, CaseIterable, SettingChoice { case auto, array, lines }

  package static let manifest = Manifest<JSON>(
    id: "json", title: "JSON", summary: "Reads and writes JSON arrays and JSON lines.", category: .file,
    aliases: ["jsonl", "ndjson", "json lines"], fileEndings: ["json", "jsonl", "ndjson"],
    settings: SettingsSchema(JSON()) {
      Field(\.path, "path", "File, folder, pattern or http(s) address.").example("orders.json").also("file_path", "url")
      Field(\.records, "records", "Where the list of records is inside a document.").example("data.items").also(
        "records_path")
      Field(\.layout, "layout", "One array, or one document per line; auto goes by the file's ending.").also("format")
      Field(\.types, "types", "Column types that are not to be guessed.").example("{ id: VARCHAR }").advanced()
      Field(\.strict, "strict", "Fails at the first bad line of JSON lines instead of setting it aside.")
    })

  package static var readsFromDisk: Bool { true }

  package func extract(_ read: FileRead) async throws -> Extract {
    var files = read.files
    try await files.dropByteOrderMarks()
    let read = FileRead(files: files, request: read.request, context: read.context)
    let documents = JSONDocuments(format: self, read: read)
    let survey = try await documents.survey()
    let columns = try named(survey.schema.columns, read)
    let exact = try await JSONNumbers(documents: documents, isCareful: survey.isCareful).types(in: columns)
    let settled: [DataType] = columns.map { column in
      types?[column.name] == nil ? JSONTypes.settled(column.type, at: "$", in: column.name, exact) : .text
    }
    var query: SQL
    if records.isEmpty, !survey.isCareful, survey.refused == 0, types == nil {
      let shapes = zip(columns, settled).map { column, type -> SQL in "\(text: column.name): \(text: type.description)"
      }
      query = """
        SELECT * FROM read_json(\(read.files.list), columns = {\(shapes)}, format = \(text: documents.layout), \
        maximum_object_size = \(documents.limit))
        """
    } else {
      query = JSONValues(columns: zip(columns, settled).map { Column($0.name, $1) }).select(from: documents.records)
    }
    var extract = Extract(.query("", setup: read.files.setup))
    extract.holds = files.copies
    if types != nil {
      let values: [SQL] = try columns.map { column in try declared(column, &extract) ?? "\(name: column.name)" }
      query = "SELECT \(values) FROM (\(query))"
    }
    extract.origin = .query(read.restricted(query), setup: read.files.setup)
    if survey.refused > 0 {
      if strict { throw try await documents.firstRefusal() }
      extract.rejects = RejectQuery(query: try await documents.refusals())
    }
    extract.notes = JSONNumbers.notes(columns, settled)
    return extract
  }

  /// The columns that are read: those that were found, or those that were declared where there are no records.
  /// - Throws: `empty-file`, `column-collision`.
  private func named(_ found: [Column], _ read: FileRead) throws(Problem) -> [Column] {
    if let twins = Problem.twins(in: found.map(\.name), of: "\"\(read.files.first)\"", at: read.request.location) {
      throw twins
    }
    var columns = found
    for name in types?.entries.map(\.key) ?? [] where !columns.contains(where: { $0.name == name }) {
      columns.append(Column(name, .text))
    }
    if found.isEmpty {
      for name in read.request.columns ?? [] where !columns.contains(where: { $0.name == name }) {
        columns.append(Column(name, .text))
      }
      guard !columns.isEmpty else {
        throw Problem(
          "empty-file", "\"\(read.files.first)\" holds no record, so its columns aren't known.",
          hint: "If it may be empty, name its columns: `types: { id: BIGINT, name: VARCHAR }`; then it has no rows.",
          at: read.request.location)
      }
    }
    while let (first, second) = JSONTypes.collision(columns) {
      // A read that takes one of the two leaves the other where it is.
      if let wanted = read.request.columns, wanted.contains(first) != wanted.contains(second) {
        columns.removeAll { $0.name == (wanted.contains(first) ? second : first) }
        continue
      }
      throw Problem(
        "column-collision",
        "\"\(read.files.first)\" has the keys \"\(first)\" and \"\(second)\", which differ only in case.",
        hint: "Rename one of them in the file, or read one of the two with `columns:`.", at: read.request.location)
    }
    return columns
  }

  /// A declared column from its text; a value that isn't exactly of a declared number's type fails the read.
  private func declared(_ column: Column, _ extract: inout Extract) throws(Problem) -> SQL? {
    guard let text = types?[column.name]?.text else { return nil }
    let type = try TypeName.checked(text, at: types?[column.name]?.location)
    let value: SQL = "\(name: column.name)"
    if type.hasPrefix("STRUCT") || type.hasPrefix("MAP") || type.hasSuffix("]") {
      return "CAST(CAST(\(value) AS JSON) AS \(SQL(raw: type))) AS \(value)"
    }
    guard let shape = TypeName.exactShape(type) else { return "CAST(\(value) AS \(SQL(raw: type))) AS \(value)" }
    extract.decimals = Array(Set(extract.decimals + [shape]))
    let number: SQL = "weir_decimal_\(shape.precision)_\(shape.scale)(\(value))"
    return """
      CAST(CASE WHEN \(value) IS NULL OR \(number) IS NOT NULL THEN \(number) \
      ELSE error(\(text: "Column \"\(column.name)\" holds \"") || \(value) || \(text: "\", which isn't exactly a \(type).")) END \
      AS \(SQL(raw: type))) AS \(value)
      """
  }
}

/// Type names that users write in options.
enum TypeName {
  /// - Throws: `unknown-type` for text that can't be a type's name.
  static func checked(_ text: String, at location: Location?) throws(Problem) -> String {
    let isPlain = text.allSatisfy { $0.isLetter || $0.isNumber || " _(),[]\"".contains($0) }
    guard isPlain, text.first?.isLetter == true else {
      throw Problem(
        "unknown-type", "\"\(text)\" is no type.", hint: "For example VARCHAR, BIGINT, DECIMAL(18,2), DATE.",
        at: location)
    }
    return text.uppercased()
  }

  /// The exact conversion into a whole or decimal type; nil for other types.
  static func exactShape(_ type: String) -> DecimalShape? {
    let numbers = type.split { !$0.isNumber }.compactMap { Int($0) }
    if type.hasPrefix("DECIMAL") || type.hasPrefix("NUMERIC") {
      return DecimalShape(
        precision: numbers.first ?? 18, scale: numbers.count > 1 ? numbers[1] : numbers.isEmpty ? 3 : 0)
    }
    return isWhole(type) ? DecimalShape(precision: 38, scale: 0) : nil
  }

  static func isWhole(_ type: String) -> Bool {
    [
      "TINYINT", "SMALLINT", "INTEGER", "INT", "BIGINT", "LONG", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
      "HUGEINT",
    ].contains(type)
  }
}
