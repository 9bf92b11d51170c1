import Pipelines
import Tabular

/// The rows of XLS sheets, held in memory: such a sheet has at most 65,536 of them.
struct XLSRows: BatchSource {
  let schema: Schema
  private let rows: [[XLSWorkbook.Cell?]]
  var estimatedRows: Int? { rows.count }

  /// - Parameter sheet: a name, or a number from 1; nil = the first.
  init(_ paths: [String], sheet: String?, header: Bool, allText: Bool) throws(Problem) {
    var rows: [[XLSWorkbook.Cell?]] = []
    var names: [String] = []
    for path in paths {
      let book = try XLSWorkbook(path)
      let place =
        sheet.map { name in book.sheets.firstIndex { $0.name == name } ?? Int(name).map { $0 - 1 } ?? -1 } ?? 0
      guard book.sheets.indices.contains(place) else {
        throw Problem(
          "unknown-sheet", "\"\(path)\" has no sheet \"\(sheet ?? "1")\".",
          hint: Nearest.hint(sheet ?? "", among: book.sheets.map(\.name)))
      }
      var cells = try book.rows(of: place)
      let width = cells.first?.count ?? 0
      var own = (0..<width).map { "column\($0 + 1)" }
      if header, !cells.isEmpty {
        own = zip(own, cells.removeFirst()).map { $1.map { XLSRows.text($0) } ?? $0 }
      }
      if names.isEmpty {
        names = XLSRows.unique(own)
      } else if XLSRows.unique(own) != names {
        throw Problem("schema-differs", "\"\(path)\" has other columns than \"\(paths[0])\".")
      }
      rows += cells
    }
    self.rows = rows
    schema = Schema(
      names.enumerated().map { place, name in
        Column(name, allText ? .text : XLSRows.type(rows.compactMap { $0[place] }))
      })
  }

  private static func unique(_ names: [String]) -> [String] {
    var seen: [String: Int] = [:]
    return names.map { name in
      seen[name.lowercased(), default: 0] += 1
      return seen[name.lowercased()] == 1 ? name : "\(name)_\(seen[name.lowercased()] ?? 0)"
    }
  }

  private static func type(_ cells: [XLSWorkbook.Cell]) -> DataType {
    var (isNumber, isWhole, isMoment, isDay, isBoolean) = (true, true, true, true, true)
    for cell in cells {
      switch cell {
      case .number(let value):
        (isMoment, isBoolean) = (false, false)
        if value != value.rounded() || abs(value) > 9_007_199_254_740_992 { isWhole = false }
      case .moment(let days):
        (isNumber, isBoolean) = (false, false)
        if days != days.rounded() { isDay = false }
      case .boolean: (isNumber, isMoment) = (false, false)
      case .text: return .text
      }
    }
    if cells.isEmpty { return .text }
    return isNumber
      ? (isWhole ? .int64 : .float64) : isMoment ? (isDay ? .date : .timestampMicros) : isBoolean ? .boolean : .text
  }

  private static func text(_ cell: XLSWorkbook.Cell) -> String {
    switch cell {
    case .text(let text): text
    case .boolean(let value): value ? "true" : "false"
    case .number(let value): Int64(exactly: value).map(String.init) ?? "\(value)"
    case .moment(let days): "\(days + 25569)"
    }
  }

  func open(columns: [Int]) throws -> any BatchReader { Reader(self, columns) }

  private final class Reader: BatchReader {
    private let source: XLSRows
    private let columns: [Int]
    private var position = 0

    init(_ source: XLSRows, _ columns: [Int]) {
      self.source = source
      self.columns = columns
    }

    func read(into writers: [any VectorWriter], capacity: Int) throws -> Int {
      let count = min(capacity, source.rows.count - position)
      for (writer, column) in zip(writers, columns) {
        let type = source.schema.columns[column].type
        for row in 0..<count {
          guard let cell = source.rows[position + row][column] else {
            writer.setNull(row)
            continue
          }
          switch (type, cell) {
          case (.int64, .number(let value)):
            writer.data.storeBytes(of: Int64(exactly: value) ?? 0, toByteOffset: row * 8, as: Int64.self)
          case (.float64, .number(let value)): writer.data.storeBytes(of: value, toByteOffset: row * 8, as: Double.self)
          case (.boolean, .boolean(let value)):
            writer.data.storeBytes(of: value ? 1 : 0, toByteOffset: row, as: UInt8.self)
          case (.date, .moment(let days)):
            writer.data.storeBytes(
              of: Int32(clamping: Int64(exactly: days) ?? 0), toByteOffset: row * 4, as: Int32.self)
          case (.timestamp, .moment(let days)):
            // A day is stored as a fraction; to the millisecond is what it holds.
            let micros =
              Int64(exactly: (days * 86_400_000).rounded()).map {
                $0.multipliedReportingOverflow(by: 1000).partialValue
              } ?? 0
            writer.data.storeBytes(of: micros, toByteOffset: row * 8, as: Int64.self)
          default:
            var text = XLSRows.text(cell)
            text.withUTF8 { writer.assign(row, UnsafeRawBufferPointer($0)) }
          }
        }
      }
      position += count
      return count
    }
  }
}
