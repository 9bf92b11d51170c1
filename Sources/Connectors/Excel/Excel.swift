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

  package static var readsFromDisk: Bool { true }

  package func extract(_ read: FileRead) async throws -> Extract {
    if read.files.paths.allSatisfy({ $0.lowercased().hasSuffix(".xls") }) { return try await old(read) }
    return try await XLSXReading(format: self, read: read).extract()
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

  package func layout(_ write: FileWrite) throws -> FileLayout {
    guard !write.path.lowercased().hasSuffix(".xls") else {
      throw Problem("not-writable", "XLS workbooks can only be read.", hint: "Write XLSX.", at: write.request.location)
    }
    return XLSXWriting(sheet: sheet ?? "Sheet1", header: header, write: write).layout
  }
}
