import Pipelines
import Tabular

/// XML documents: a repeated element becomes rows, all values text.
package struct XML: FileFormat {
  package var path = ""
  var record: String?
  var root = "rows"

  package static let manifest = Manifest<XML>(
    id: "xml", title: "XML", summary: "Reads a repeated element of XML documents as rows, and writes rows as elements.",
    category: .file, fileEndings: ["xml"],
    settings: SettingsSchema(XML()) {
      Field(\.path, "path", "File, folder, pattern or http(s) address.").example("orders.xml").also("file_path", "url")
      Field(
        \.record, "record",
        "The element that is a row: its name, or its path from the root. If not given, the repeated element nearest to the root; `row` when writing."
      )
      .example("orders/order").also("record_path", "row_tag")
      Field(\.root, "root", "The outermost element when writing.").advanced().also("root_tag")
    })

  package static var readsFromDisk: Bool { true }

  package func extract(_ read: FileRead) async throws -> Extract {
    var wanted = record?.split(whereSeparator: { $0 == "/" || $0 == "." }).map(String.init) ?? []
    if let name = record, wanted.count == 1 { wanted = [name] }
    let (paths, given) = (read.files.paths, wanted)
    if given.isEmpty { wanted = try await Blocking.run { try XMLRecords.detect(paths) } }
    let record = wanted
    let (names, count) = try await Blocking.interruptible { try XMLRecords.names(in: paths, record: record, until: $0) }
    if names.isEmpty || (given.isEmpty && record.count == 1),
      try await Blocking.run({ try paths.allSatisfy { try XMLRecords.isEmpty($0, record: given) } })
    {
      return try nothing(read)
    }
    guard !names.isEmpty else {
      throw Problem(
        "no-records", "\"\(read.files.first)\" has no element \"\(wanted.joined(separator: "/"))\" with values.",
        hint: "`record` names the element that is a row.", at: read.request.location)
    }
    for name in read.request.columns ?? [] where !names.contains(name) {
      throw Problem(
        "unknown-column", "Step \"\(read.request.step)\" reads column \"\(name)\", which is not there.",
        hint: Nearest.hint(name, among: names), at: read.request.location)
    }
    let rows = XMLRows(
      paths: paths, record: wanted, schema: Schema((read.request.columns ?? names).map { Column($0, .text) }))
    return Extract(.batches(rows), estimatedRows: count)
  }

  /// No rows with the columns the step names.
  /// - Throws: `empty-file` if it names none.
  private func nothing(_ read: FileRead) throws(Problem) -> Extract {
    guard let columns = read.request.columns else {
      throw Problem(
        "empty-file", "\"\(read.files.first)\" holds no record, so its columns aren't known.",
        hint: "If it may be empty, name its columns: `columns: [id, name]`; then it has no rows.",
        at: read.request.location)
    }
    return Extract(.batches(XMLRows(paths: [], record: [], schema: Schema(columns.map { Column($0, .text) }))))
  }

  package func layout(_ write: FileWrite) throws -> FileLayout {
    let record = record ?? "row"
    for name in [root, record] + write.request.schema.names where !XML.isName(name) {
      throw Problem(
        "invalid-name", "\"\(name)\" can't be the name of an XML element.",
        hint: "Rename it in a transform step; names have letters, digits, _ and -.",
        at: write.request.location)
    }
    let columns = try write.request.schema.columns.map { column in
      switch column.type {
      case .blob, .bit, .other: throw write.refusal(column, "XML")
      case .list, .array, .structure, .map: Column(column.name, .json)
      case .timestampTZ, .numeric, .null, .enumeration, .interval, .timeTZ, .uuid: Column(column.name, .text)
      default: column
      }
    }
    let elements = columns.map { column -> SQL in
      let value: SQL = "CAST(\(name: column.name) AS VARCHAR)"
      return "coalesce(\(text: "<\(column.name)>") || \(XML.escaped(value)) || \(text: "</\(column.name)>"), '')"
    }
    let back = columns.map { column -> SQL in
      let (open, close) = ("<\(column.name)>", "</\(column.name)>")
      let inner: SQL = "split_part(split_part(line, \(text: open), 2), \(text: close), 1)"
      return
        "CAST(CASE WHEN contains(line, \(text: open)) THEN \(XML.plain(inner)) END AS \(column.type)) AS \(name: column.name)"
    }
    let (open, close) = ("<\(record)>", "</\(record)>")
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<\(root)>\n  "
    let (tail, compression) = ("\n</\(root)>\n", write.compression)
    return FileLayout(landing: Schema(columns)) { rows, path in
      Lines.copy(
        "SELECT \(text: open) || \(elements, separator: " || ") || \(text: close) AS line FROM (\(rows))", to: path,
        compression: compression,
        around: (head, "\n  ", tail))
    } readBack: { path in
      "SELECT \(back) FROM (\(Lines.read(path, column: "line", compression: compression))) WHERE starts_with(line, \(text: "  " + open))"
    }
  }

  /// Letters, digits, `_`, `-`, `.` and at most one prefix, as in XML 1.0, section 2.3.
  static func isName(_ name: String) -> Bool {
    guard let first = name.first, first.isLetter || first == "_" else { return false }
    return name.allSatisfy { $0.isLetter || $0.isNumber || "_-.:".contains($0) }
  }

  /// A text as it may stand in an element or attribute.
  static func quoted(_ text: String) -> String {
    (marks + [("\"", "&quot;")]).reduce(text) { $0.replacing($1.0, with: $1.1) }
  }

  private static let marks = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\n", "&#10;"), ("\r", "&#13;")]

  /// The same in SQL; an error for what XML can't hold.
  static func escaped(_ value: SQL) -> SQL {
    let safe: SQL = """
      CASE WHEN regexp_matches(\(value), '[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F]') \
      THEN error('A text holds a control character, which XML can not hold.') ELSE \(value) END
      """
    return marks.reduce(safe) { "replace(\($0), \(text: $1.0), \(text: $1.1))" }
  }

  private static func plain(_ value: SQL) -> SQL {
    marks.reversed().reduce(value) { "replace(\($0), \(text: $1.1), \(text: $1.0))" }
  }
}
