import Foundation
import Pipelines
import Tabular

/// Delimited text files. What isn't said is found out from a sample; money-like numbers become exact decimals.
package struct CSV: FileFormat {
  package var path = ""
  var delimiter: String?
  var quote: String?
  var escape: String?
  var header: Bool?
  var null: [String] = [""]
  var encoding: String?
  var skip = 0
  var comment: String?
  var decimal = "."
  var dateFormat: String?
  var timestampFormat: String?
  var types: Setting?
  var allText = false
  var strict = false
  var sampleRows = 100_000

  package static let manifest = Manifest<CSV>(
    id: "csv", title: "CSV", summary: "Reads and writes delimited text files.", category: .file,
    aliases: ["tsv", "delimited"],
    fileEndings: ["csv", "tsv", "psv"],
    settings: SettingsSchema(CSV()) {
      Field(\.path, "path", "File, folder, pattern or http(s) address.").example("orders/*.csv").also(
        "file_path", "url")
      Field(\.delimiter, "delimiter", "What separates values; found out if not given.").example(";").also(
        "sep", "separator")
      Field(\.quote, "quote", "What surrounds values that hold a delimiter.").advanced()
      Field(\.escape, "escape", "What stands before a quote inside quotes.").advanced()
      Field(\.header, "header", "Whether the first line holds the names.").also("has_header")
      Field(\.null, "null", "Texts that mean no value; a quoted empty text is an empty text.").advanced().also(
        "null_values")
      Field(\.encoding, "encoding", "How letters are stored.").example("cp1251")
      Field(\.skip, "skip", "Lines to leave out at the start.").advanced().also("skip_rows")
      Field(\.comment, "comment", "Lines that begin with this are left out.").advanced()
      Field(\.decimal, "decimal", "What stands before the fraction of a number.").example(",").advanced()
      Field(\.dateFormat, "date_format", "How dates are written, if not 2025-01-31.").example("%d.%m.%Y")
      Field(\.timestampFormat, "timestamp_format", "How timestamps are written, if not ISO 8601.").example(
        "%d.%m.%Y %H:%M")
      Field(\.types, "types", "Column types that are not to be guessed.").example(
        "{ zip: VARCHAR, amount: \"DECIMAL(18,2)\" }")
      Field(\.allText, "all_text", "Reads every column as text.").advanced()
      Field(\.strict, "strict", "Fails at the first bad row instead of setting it aside.")
      Field(\.sampleRows, "sample_rows", "How many rows are looked at to find the types.").advanced()
    })

  package func extract(_ read: FileRead) async throws -> Extract {
    var files = read.files
    if files.bytes != nil { files.paths = files.paths.filter { FileSet.size($0) > 0 } }
    guard let first = files.paths.first else {
      throw Problem(
        "empty-file", "\"\(read.files.first)\" is empty: it has neither names nor rows.", at: read.request.location)
    }
    let encoding = try encodingName(first, isLocal: files.bytes != nil, at: read.request.location)
    if encoding != "utf-8", encoding != "utf-16", encoding != "latin-1" {
      files.setup.append(.load("encodings", from: read.context.extensions))
    }
    let sampled = FileRead(files: files, request: read.request, context: read.context)
    let (groups, copies) = try await CSVSniffing(format: self, read: sampled, encoding: encoding).groups()
    for copy in copies { files.replace(copy.original, with: copy.path, copy) }
    let final = FileRead(files: files, request: read.request, context: read.context)
    return try CSVReading(format: self, read: final, encoding: encoding, groups: groups).extract()
  }

  /// The engine's name of the encoding.
  private func encodingName(_ path: String, isLocal: Bool, at location: Location?) throws(Problem) -> String {
    if let encoding {
      let folded = encoding.lowercased().filter { $0.isLetter || $0.isNumber }
      switch folded {
      case "utf8", "ascii": return "utf-8"
      case "utf16", "utf16le", "unicode": return "utf-16"
      case "latin1", "iso88591": return "latin-1"
      case "koi8r": return "KOI8_R"
      case "koi8u": return "KOI8_U"
      case "shiftjis", "sjis": return "shift_jis"
      case _ where folded.hasPrefix("windows"): return "CP" + folded.dropFirst(7)
      case _ where folded.hasPrefix("cp125"): return folded.uppercased()
      case _ where folded.hasPrefix("iso8859"): return "ISO_8859_" + folded.dropFirst(7)
      default: return encoding
      }
    }
    guard isLocal, let reader = try? ByteReader(path) else { return "utf-8" }
    var head: [UInt8] = []
    while head.count < 65_536, let byte = try? reader.next() { head.append(byte) }
    if head.starts(with: [0xFF, 0xFE]) { return "utf-16" }
    if head.starts(with: [0xFE, 0xFF]) {
      throw Problem(
        "unknown-encoding", "\"\(path)\" is UTF-16 with the high byte first, which can't be read.",
        hint: "Convert it: iconv -f UTF-16 -t UTF-8.", at: location)
    }
    if let place = head.firstIndex(of: 0) {
      throw Problem(
        "nul-byte",
        "\"\(path)\" holds a NUL byte in line \(head[..<place].count { $0 == 10 } + 1), which no text may hold.",
        hint: "Remove it (tr -d '\\000'), or say the file's encoding, for example `encoding: utf-16`.", at: location)
    }
    // The sample may end inside a letter.
    for cut in 0..<4 where head.count >= cut && String(validating: head.dropLast(cut), as: UTF8.self) != nil {
      return "utf-8"
    }
    throw Problem(
      "wrong-encoding", "\"\(path)\" isn't UTF-8.",
      hint: "Say its encoding, for example `encoding: cp1252` or `encoding: cp1251`.",
      at: location)
  }

  package func layout(_ write: FileWrite) throws -> FileLayout {
    let columns = try write.request.schema.columns.map { column in
      switch column.type {
      case .list, .array, .structure, .map: Column(column.name, .json)
      case .null, .enumeration: Column(column.name, .text)
      case .other: throw write.refusal(column, "CSV")
      default: column
      }
    }
    let delimiter = delimiter ?? (FileSet.plainName(write.path).hasSuffix(".tsv") ? "\t" : ",")
    let (quote, null, header, compression) = (quote ?? "\"", null.first ?? "", header ?? true, write.compression)
    if let encoding, encoding.lowercased() != "utf-8" {
      throw Problem(
        "unknown-encoding", "CSV is written as UTF-8 only, not \"\(encoding)\".", at: write.request.location)
    }
    let texts = columns.map { column -> SQL in "\(text: column.name): 'VARCHAR'" }
    let casts = columns.map { column -> SQL in "CAST(\(name: column.name) AS \(column.type)) AS \(name: column.name)" }
    return FileLayout(landing: Schema(columns)) { rows, path in
      """
      COPY (\(rows)) TO \(text: path) (FORMAT csv, HEADER \(header), DELIMITER \(text: delimiter), QUOTE \(text: quote), \
      ESCAPE \(text: quote), NULLSTR \(text: null), COMPRESSION \(SQL(raw: compression)))
      """
    } readBack: { path in
      """
      SELECT \(casts) FROM read_csv(\(text: path), columns = {\(texts)}, auto_detect = false, header = \(header), \
      delim = \(text: delimiter), quote = \(text: quote), escape = \(text: quote), nullstr = \(text: null), \
      allow_quoted_nulls = false, compression = \(text: compression))
      """
    }
  }
}
