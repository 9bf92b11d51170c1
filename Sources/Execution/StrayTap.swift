import DuckDB
import Pipelines
import Tabular

/// Counts the rows that fit no output of a split, which nothing takes.
final class StrayTap: Sendable {
  private let step: String
  private let outputs: [String]
  private let seen = RowCounter()
  private let strays = RowCounter()

  /// - Parameter outputs: their names.
  init(_ outputs: [String], of step: String) { (self.outputs, self.step) = (outputs, step) }

  /// All the rows; those of which `fits` isn't true are counted as they flow past.
  func wrap(_ rows: Relation, _ fits: SQL, as name: String, on connection: Connection) async throws -> SQL {
    try await connection.registerTap(name) { batch, _ in
      let column = batch.columns[0]
      var count = 0
      for row in 0..<batch.rowCount { count += Int(column.load(row, as: Int64.self)) }
      self.seen.add(batch.rowCount)
      self.strays.add(count)
    }
    // Counted in a column, behind a barrier: a filter of the outputs would overtake the counter.
    let stray: SQL = "CAST(CASE WHEN \(fits) THEN 0 ELSE 1 END AS BIGINT)"
    let counted: SQL = "SELECT *, \(SQL(raw: name))(\(stray)) AS \(name: name) FROM \(rows.sql)"
    return "SELECT \(names: rows.schema.names) FROM (\(counted)) WHERE \(name: name) LIMIT 9223372036854775807"
  }

  /// `"routed": 12 of 1,000 rows fit none of "large", "abroad" and are left out.`; nil if every row fits one.
  var words: String? {
    guard strays.rows > 0 else { return nil }
    let names = outputs.map { "\"\($0)\"" }.joined(separator: ", ")
    return
      "\"\(step)\": \(strays.rows.grouped) of \(StepEffect.count(seen.rows, "row")) fit none of \(names) and are left out."
  }

  /// Begins another attempt.
  func reset() {
    seen.reset()
    strays.reset()
  }
}
