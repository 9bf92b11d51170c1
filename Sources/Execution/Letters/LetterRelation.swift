import DuckDB
import Foundation
import Pipelines
import Tabular

extension SchemaCheck {
  /// Rows that were set aside as JSON, with the types that rows have at this place now.
  /// - Throws: `changed-step` if the rows lack a column that is there now.
  func relation(of letters: [DeadLetter], _ schema: Schema, for step: PlannedStep) async throws -> SQL {
    let rows = try letters.map { letter in
      guard let fields = RowText.fields(letter.original) else {
        throw Problem(
          "damaged-file", "A row that step \"\(step.id)\" set aside can't be read any more.", at: step.location)
      }
      return try schema.columns.map { column in
        guard let value = fields[column.name] else { throw lacking(column.name, step) }
        return value
      }
    }
    let table = engine.uniqueName("weir_letters")
    let texts = schema.columns.map { column -> SQL in "\(name: column.name) VARCHAR" }
    try await engine.connection.execute("CREATE TABLE \(name: table) (\(texts))")
    for start in stride(from: 0, to: rows.count, by: 500) {
      let values = rows[start..<min(start + 500, rows.count)].map { row -> SQL in
        let cells = row.map { value -> SQL in value.map { "\(text: $0)" } ?? "NULL" }
        return "(\(cells))"
      }
      try await engine.connection.execute("INSERT INTO \(name: table) VALUES \(values)")
    }
    let columns = try schema.columns.map { column -> SQL in
      switch column.type {
      case .numeric, .text: return "\(name: column.name)"
      case .blob: return "unhex(\(name: column.name)[3:]) AS \(name: column.name)"
      case .list, .array, .structure, .map:
        // Inside nested values the engine's JSON keeps only as many digits as a double has.
        guard !column.type.description.contains("DECIMAL") else {
          throw Problem(
            "not-row-by-row", "The nested decimals of column \"\(column.name)\" can't be fed in again without loss.",
            hint: "Run the whole pipeline again with weir run.", at: step.location)
        }
        return "CAST(CAST(\(name: column.name) AS JSON) AS \(column.type)) AS \(name: column.name)"
      default: return "CAST(\(name: column.name) AS \(column.type)) AS \(name: column.name)"
      }
    }
    return "SELECT \(columns) FROM \(name: table)"
  }

  private func lacking(_ column: String, _ step: PlannedStep) -> Problem {
    Problem(
      "changed-step",
      "The rows that step \"\(step.id)\" set aside have no column \"\(column)\", which its input has now.",
      hint: "The pipeline has changed too much to feed them in again: run it from the beginning with weir run.",
      at: step.location)
  }

  /// Lines a reader refused, as files it can read: one for each file they came from.
  func refusedLines(_ letters: [DeadLetter]) throws -> RefusedLines {
    var refused = RefusedLines()
    let folder = URL(filePath: context.folder).appending(path: "letters")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (number, group) in Dictionary(grouping: letters, by: { $0.position.file }).sorted(by: { $0.key < $1.key })
      .enumerated()
    {
      let path = folder.appending(path: "\(number).txt").path
      var text = ""
      var line = 1
      for letter in group.value {
        refused.positions["\(path):\(line)"] = letter.position
        text += letter.original + "\n"
        line += letter.original.count { $0.isNewline } + 1
      }
      guard
        FileManager.default.createFile(atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
      else {
        throw Problem("not-writable", "The file \(path) can't be written.")
      }
      refused.files[group.key] = path
    }
    return refused
  }
}

extension String {
  /// `orders.csv:12` → `orders.csv`.
  fileprivate var file: String { lastIndex(of: ":").map { String(self[..<$0]) } ?? self }
}
