import Pipelines
import Tabular

/// Writes rows as a workbook of one sheet: the engine writes the sheet's XML, packed, which `XLSXPackage` puts into the workbook.
struct XLSXWriting {
  let sheet: String
  let header: Bool
  let write: FileWrite

  private var columns: [Column] {
    write.request.schema.columns.map { column in
      switch column.type {
      case .integer(let bits, _) where bits <= 32: Column(column.name, column.type)
      case .boolean, .date, .float64, .text: Column(column.name, column.type)
      case .decimal(let precision, _) where precision <= 15: Column(column.name, column.type)
      // A cell's number is a double: what doesn't fit into its 15 digits goes in as text.
      default: Column(column.name, .text)
      }
    }
  }

  var layout: FileLayout {
    let columns = columns
    var layout = FileLayout(
      setup: [.load("excel", from: write.context.extensions)], landing: Schema(columns),
      copy: { copy($0, to: FileTarget.part(of: $1)) }, readBack: readBack)
    let package = XLSXPackage(sheet: sheet)
    layout.seal = { path in try package.write(path, sheet: FileTarget.part(of: path)) }
    return layout
  }

  private func copy(_ rows: SQL, to path: String) -> SQL {
    let cells = columns.indices.map { place -> SQL in cell(place) }
    let names: [SQL] = ["number"] + columns.indices.map { "c\($0)" }
    let first = header ? 1 : 0
    let titles = columns.enumerated().map { place, column in
      "<c r=\"\(CellRange.letters(of: place))1\" t=\"inlineStr\"><is><t xml:space=\"preserve\">\(XML.quoted(column.name))</t></is></c>"
    }
    let head = XLSXPackage.sheetHead + (header ? "<row r=\"1\">\(titles.joined())</row>\n" : "")
    let row: SQL = """
      CASE WHEN number > \(CellRange.highest) THEN error('A sheet of Excel holds at most 1,048,576 rows.') \
      ELSE '<row r="' || number || '">' END || \(cells, separator: " || ") || '</row>' AS line
      """
    return Lines.copy(
      """
      SELECT \(row) FROM (SELECT row_number() OVER () + \(first), * FROM (\(rows))) AS cells(\(names))
      """, to: path, compression: "gzip", around: (head, "\n", XLSXPackage.sheetTail))
  }

  /// A cell's XML; nothing for a null.
  private func cell(_ place: Int) -> SQL {
    let value: SQL = "c\(place)"
    let (kind, content): (SQL, SQL) =
      switch columns[place].type {
      case .boolean: (" t=\"b\"><v>", "CAST(CAST(\(value) AS INTEGER) AS VARCHAR) || '</v>'")
      case .date: (" s=\"1\"><v>", "CAST(\(XLSXWriting.day(of: value)) AS VARCHAR) || '</v>'")
      case .text: (" t=\"inlineStr\"><is><t xml:space=\"preserve\">", "\(XLSXWriting.text(value)) || '</t></is>'")
      case .float64:
        (
          "><v>",
          "CASE WHEN NOT isfinite(\(value)) THEN error('Excel has no infinite numbers and no NaN.') ELSE CAST(\(value) AS VARCHAR) END || '</v>'"
        )
      default: ("><v>", "CAST(\(value) AS VARCHAR) || '</v>'")
      }
    return
      "coalesce(\(text: "<c r=\"\(CellRange.letters(of: place))") || number || \(text: "\"" + kind.text) || \(content) || '</c>', '')"
  }

  private static func text(_ value: SQL) -> SQL {
    XML.escaped(
      "CASE WHEN length(\(value)) > 32767 THEN error('A cell of Excel holds at most 32,767 characters.') ELSE \(value) END"
    )
  }

  /// The number of a day in the 1900 epoch, whose days before 1900-03-01 are one off.
  private static func day(of value: SQL) -> SQL {
    "(\(value) - DATE '1899-12-30' - CASE WHEN \(value) < DATE '1900-03-01' THEN 1 ELSE 0 END)"
  }

  private func readBack(_ path: String) -> SQL {
    let names = columns.map { column -> SQL in "\(name: column.name)" }
    let casts = columns.map { column -> SQL in
      let text: SQL = "\(name: column.name)"
      let day = XLSXColumn(name: column.name, kinds: .day, is1904: false).value([true])
      return "\(column.type == .date ? day : "CAST(\(text) AS \(column.type))") AS \(text)"
    }
    return """
      SELECT \(casts) FROM read_xlsx(\(text: path), header = \(header), sheet = \(text: sheet), all_varchar = true, \
      stop_at_empty = false) AS cells (\(names))
      """
  }
}
