import DuckDB
import Pipelines
import Tabular

/// Counts what a cleansing operation does to rows while they flow past, and lets the empty ones go.
final class CleanseTap: Sendable {
  /// Where the operation stands in its step, from 0.
  let operation: Int
  private let cleansing: Cleansing
  private let counts: [(what: Cleansing.Count, column: String)]
  private let sums: [RowCounter]

  init(_ cleansing: Cleansing, operation: Int) {
    self.operation = operation
    self.cleansing = cleansing
    // How many rows are affected in any way is for previews; what isn't asked for isn't computed.
    counts = cleansing.counts.filter { $0.what != .affected }
    sums = counts.map { _ in RowCounter() }
  }

  /// The cleansed rows; each is counted as it flows past.
  func wrap(as name: String, on connection: Connection) async throws -> SQL {
    try await connection.registerTap(name) { batch, keep in self.count(batch, keep) }
    let columns = counts.map { "\(name: $0.column)" as SQL }
    // Counted in a column, behind a barrier: a filter of later operations would overtake the counter.
    let counted: SQL = "SELECT *, \(SQL(raw: name))(\(columns)) AS \(name: name) FROM (\(cleansing.rows))"
    return "SELECT \(names: cleansing.names) FROM (\(counted)) WHERE \(name: name) LIMIT 9223372036854775807"
  }

  private func count(_ batch: Batch, _ keep: UnsafeMutableBufferPointer<UInt8>) {
    for (index, count) in counts.enumerated() {
      let column = batch.columns[index]
      var sum = 0
      for row in 0..<batch.rowCount {
        let number = Int(column.load(row, as: Int64.self))
        sum += number
        if count.what == .empty, number > 0 { keep[row] = 0 }
      }
      if sum > 0 { sums[index].add(sum) }
    }
  }

  /// What has been done so far.
  var cleansed: CleansedRows { CleansedRows(zip(counts.map(\.what), sums.map(\.rows))) }

  /// Begins another attempt.
  func reset() { sums.forEach { $0.reset() } }
}
