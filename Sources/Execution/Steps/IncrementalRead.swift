import DuckDB
import Foundation
import Pipelines
import Synchronization
import Tabular

/// Where an incremental read left off: the largest cursor, and which rows at exactly that value have landed already. The boundary is
/// read again next time, because rows with the same value may come later; the known ones are left out (guarantee 7).
package struct CursorState: Sendable, Hashable, Codable {
  package var cursor: String
  /// MD5 of the known rows at the boundary; empty when the destination merges by key anyway.
  package var rows: [String] = []

  package init(cursor: String, rows: [String] = []) {
    self.cursor = cursor
    self.rows = rows
  }

  /// Reads what `text` wrote, or a plain cursor a person typed.
  package init(_ text: String) {
    self = (try? JSONDecoder().decode(CursorState.self, from: Data(text.utf8))) ?? CursorState(cursor: text)
  }

  /// The plain cursor, or JSON if rows are known.
  package var text: String {
    guard !rows.isEmpty else { return cursor }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? cursor
  }
}

/// Collects the rows at an incremental read's upper bound as they flow past.
final class BoundaryTap: Sendable {
  private let hashes = Mutex<Set<String>>([])

  var rows: [String] { hashes.withLock { $0.sorted() } }

  func add(_ batch: Batch) {
    let column = batch.columns[0]
    for row in 0..<batch.rowCount where !column.isNull(row) {
      let hash = String(decoding: column.bytes(row), as: UTF8.self)
      hashes.withLock { _ = $0.insert(hash) }
    }
  }

  func reset() { hashes.withLock { $0 = [] } }
}

extension SchemaCheck {
  /// Restricts `select` to the cursor's range. A connector that fixed the upper bound itself has done so already.
  func incremental(_ select: SQL, _ bound: inout BoundStep, known: [String], keepsBoundary: Bool) async throws -> SQL {
    guard var range = bound.cursor else { return select }
    let schema = try await engine.connection.describe(select)
    guard let column = schema[name: range.column] else {
      throw Problem(
        "unknown-column", "Step \"\(bound.id)\" has no column \"\(range.column)\" to use as cursor.",
        hint: Nearest.hint(range.column, among: schema.names), at: bound.planned.location)
    }
    let cursor: SQL = "\(name: column.name)"
    func value(_ text: String) -> SQL { "CAST(\(text: text) AS \(column.type))" }
    var result = select
    if bound.extract?.upperBound == nil {
      var conditions: [SQL] = []
      if let after = range.after { conditions.append("\(cursor) >= \(value(after))") }
      if let end = range.upTo { conditions.append("\(cursor) <= \(value(end))") }
      if !conditions.isEmpty { result = "SELECT * FROM (\(result)) WHERE \(conditions, separator: " AND ")" }
      let largest = try await engine.connection.query("SELECT CAST(max(\(cursor)) AS VARCHAR) FROM (\(result))").rows[0][0]
      if case .text(let text) = largest {
        range.upTo = text
        result = "SELECT * FROM (\(result)) WHERE \(cursor) <= \(value(text))"
      } else {
        range.upTo = range.after
      }
    }
    bound.cursor = range
    guard keepsBoundary, let upTo = range.upTo else { return result }
    let hash: SQL = "md5(CAST(to_json(\(name: "row"))  AS VARCHAR))"
    let tap = BoundaryTap()
    let name = engine.uniqueName("weir_boundary")
    try await engine.connection.registerTap(name) { batch, _ in tap.add(batch) }
    bound.boundary = tap
    result = "SELECT \(name: "row").* FROM (SELECT * FROM (SELECT \(name: "row"), \(name: "row").\(cursor) AS c, CASE WHEN \(name: "row").\(cursor) IN (\(value(upTo))\(range.after.map { ", \(value($0))" } ?? "" as SQL)) THEN \(hash) END AS h FROM (\(result)) AS \(name: "row")) WHERE \(SQL(raw: name))(CASE WHEN c = \(value(upTo)) THEN h END) LIMIT 9223372036854775807)"
    if let after = range.after, !known.isEmpty {
      let list: [SQL] = known.map { "\(text: $0)" }
      result += " WHERE NOT coalesce(c = \(value(after)) AND h IN (\(list)), false)"
    }
    return result
  }
}
