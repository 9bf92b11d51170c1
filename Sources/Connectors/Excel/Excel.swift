import Pipelines
import Tabular

/// Excel workbooks: XLSX, and XLS for reading.
package struct Excel: FileFormat {
  package var path = ""
  var sheet: String?
  var range: String?
  var header = true
  var allText = false

  package static let manifest = Manifest<Excel>(
    id: "excel", title: "Excel", summary: "Reads and writes sheets of XLSX workbooks; reads XLS ones.", category: .file,
    aliases: ["xlsx", "xls"],
    fileEndings: ["xlsx", "xls"],
    settings: SettingsSchema(Excel()) {
      Field(\.path, "path", "File, folder, pattern or http(s) address.").example("budget.xlsx").also("file_path", "url")
      Field(\.sheet, "sheet", "The sheet; the first if not given.").also("sheet_name")
      Field(\.range, "range", "The cells, if not all.").example("B2:F100")
      Field(\.header, "header", "Whether the first row holds the names.")
      Field(\.allText, "all_text", "Reads every column as text.").advanced()
    })

  package func extract(_ read: FileRead) async throws -> Extract {
    if read.files.paths.allSatisfy({ $0.lowercased().hasSuffix(".xls") && !$0.contains("://") }) {
      return try await old(read)
    }
    let setup = read.files.setup + [.load("excel", from: read.context.extensions)]
    let load: [SQL] = [.load("excel", from: read.context.extensions)]
    var scans: [SQL] = []
    for path in read.files.paths {
      let scan = scan(path, texts: allText)
      let numbers = try await read.describe(scan, setup: load).columns.filter { $0.type == .float64 }.map(\.name)
      let whole = try await wholeNumbers(numbers, path, read, load)
      let replaced = numbers.compactMap { name -> SQL? in
        whole[name].map { type -> SQL in "CAST(\(name: name) AS \(type)) AS \(name: name)" }
      }
      scans.append(replaced.isEmpty ? scan : "SELECT * REPLACE (\(replaced)) FROM (\(scan))")
    }
    return Extract(.query(read.restricted("\(scans, separator: " UNION ALL BY NAME ")"), setup: setup))
  }

  private func old(_ read: FileRead) async throws -> Extract {
    guard range == nil else {
      throw Problem("unknown-setting", "`range` works for XLSX only.", at: read.request.location)
    }
    let (paths, excel) = (read.files.paths, self)
    let rows = try await Blocking.run {
      try XLSRows(paths, sheet: excel.sheet, header: excel.header, allText: excel.allText)
    }
    var extract = Extract(.batches(rows))
    if let columns = read.request.columns { extract.projection = "\(names: columns)" }
    return extract
  }

  private func scan(_ path: String, texts: Bool) -> SQL {
    var options: SQL = "header = \(header), all_varchar = \(texts)"
    if let sheet { options = "\(options), sheet = \(text: sheet)" }
    if let range { options = "\(options), range = \(text: range)" }
    return "SELECT * FROM read_xlsx(\(text: path), \(options))"
  }

  /// Excel has one kind of number; columns without any fraction are whole numbers.
  private func wholeNumbers(
    _ names: [String], _ path: String, _ read: FileRead, _ load: [SQL]
  ) async throws -> [String: DataType] {
    guard !names.isEmpty, !allText else { return [:] }
    let tests = names.map { name -> SQL in
      "bool_and(\(name: name) = trunc(\(name: name)) AND abs(\(name: name)) < 9007199254740993)"
    }
    let row = try await read.ask("SELECT \(tests) FROM (\(scan(path, texts: false)))", setup: load).first ?? []
    return Dictionary(
      zip(names, row).compactMap { $1 == .boolean(true) ? ($0, .int64) : nil }, uniquingKeysWith: { $1 })
  }

  package func layout(_ write: FileWrite) throws -> FileLayout {
    guard !write.path.lowercased().hasSuffix(".xls") else {
      throw Problem("not-writable", "XLS workbooks can only be read.", hint: "Write XLSX.", at: write.request.location)
    }
    let columns = write.request.schema.columns.map { column in
      switch column.type {
      case .integer(let bits, _) where bits <= 32: Column(column.name, column.type)
      case .boolean, .date, .float64, .text: Column(column.name, column.type)
      case .decimal(let precision, _) where precision <= 15: Column(column.name, column.type)
      // A cell's number is a double: what doesn't fit into its 15 digits goes in as text.
      default: Column(column.name, .text)
      }
    }
    let names = columns.map { column -> SQL in "\(name: column.name)" }
    // Read as texts, because the reader takes a column's type from its first row, which may be empty. A day is the number since 1899-12-30.
    let casts = columns.map { column -> SQL in
      let text: SQL = "\(name: column.name)"
      let value: SQL =
        column.type == .date
        ? "DATE '1899-12-30' + CAST(CAST(\(text) AS DOUBLE) AS INTEGER)" : "CAST(\(text) AS \(column.type))"
      return "\(value) AS \(text)"
    }
    let sheet = sheet ?? "Sheet1"
    let load: SQL = .load("excel", from: write.context.extensions)
    let header = header
    return FileLayout(setup: [load], landing: Schema(columns)) { rows, path in
      "COPY (SELECT \(names) FROM (\(rows))) TO \(text: path) (FORMAT xlsx, HEADER \(header), SHEET \(text: sheet))"
    } readBack: { path in
      """
      SELECT \(casts) FROM read_xlsx(\(text: path), header = \(header), sheet = \(text: sheet), all_varchar = true) AS cells (\(names))
      """
    }
  }
}
