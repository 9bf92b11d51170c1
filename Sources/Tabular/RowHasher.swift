/// Hashes of rows and of their keys, each the first 60 bits of the MD5 over canonical bytes, as `FingerprintAccumulator` describes.
/// Not for use from several threads at once.
package final class RowHasher {
  private let rows: RowEncoder
  private let keys: RowEncoder
  private let sink = ByteSink(capacity: 4096)

  /// - Parameter key: how many of the first columns are the key.
  package init(_ types: [DataType], key: Int) {
    var leftOut: [Int] = []
    rows = RowEncoder(types, leftOut: &leftOut)
    keys = RowEncoder(Array(types.prefix(key)), leftOut: &leftOut)
  }

  /// Calls `body` with each row's index and hash. A row without canonical form gets a hash that equals no other.
  package func eachRow(of batch: Batch, _ body: (Int, UInt64) -> Void) { each(of: batch, rows, body) }

  /// As `eachRow`, of the keys.
  package func eachKey(of batch: Batch, _ body: (Int, UInt64) -> Void) { each(of: batch, keys, body) }

  private func each(of batch: Batch, _ encoder: RowEncoder, _ body: (Int, UInt64) -> Void) {
    try? encoder.withLanes(of: batch) { lanes throws(ValueRefusal) in
      for row in 0..<batch.rowCount {
        sink.removeAll()
        do throws(ValueRefusal) {
          try encoder.encode(row, lanes, batch, into: sink)
          body(row, MD5.digest(sink.bytes).high >> 4)
        } catch {
          body(row, UInt64.random(in: 0..<1 << 60))
        }
      }
    }
  }
}
