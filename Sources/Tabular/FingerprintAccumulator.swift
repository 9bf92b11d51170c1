/// Takes the fingerprint of rows that pass by, batch by batch. One per thread; `merge` puts them together.
///
/// What each fact is, so that a destination can compute the same in its own words:
/// - `sum`: of integers and decimals, exact; `smallest`, `largest`: of integers, decimals, floats (NaN largest, one zero),
///   dates and timestamps (in microseconds), written as `CanonicalText` does; `length`: bytes of texts, blobs and JSON.
/// - The hash of a row is the first 60 bits (most significant first) of the MD5 over its columns in order, each the length of
///   its `Canonical` bytes as 32 bits, most significant byte first, then the bytes; a null is the length -1.
///   Columns without canonical form are left out. The hashes are added up and written in decimal digits.
package struct FingerprintAccumulator {
  private let level: VerifyLevel
  private let sample: SampleRule?
  private let encoder: RowEncoder
  private let sink = ByteSink(capacity: 4096)
  private var rows = 0
  private var tallies: [ColumnTally]
  private var hashedRows = 0
  private var hash: UInt128 = 0
  private var selected: [Int] = []

  /// - Parameter sample: which rows are hashed at level `columns`; the target must use the same.
  package init(schema: Schema, level: VerifyLevel, sample: SampleRule?) {
    self.level = level
    self.sample = sample
    tallies = schema.columns.map(ColumnTally.init)
    var leftOut: [Int] = []
    encoder = RowEncoder(schema.columns.map(\.type), leftOut: &leftOut)
  }

  /// With the sample every other part of this process takes of the same schema.
  package init(schema: Schema, level: VerifyLevel) {
    self.init(schema: schema, level: level, sample: SampleRule(for: schema))
  }

  package mutating func add(_ batch: Batch) {
    rows += batch.rowCount
    guard level == .columns || level == .full, batch.rowCount > 0 else { return }
    for index in tallies.indices { tallies[index].add(batch.columns[index], rowCount: batch.rowCount) }
    if level == .full {
      addHashes(batch, 0..<batch.rowCount)
    } else if let sample {
      selected.removeAll(keepingCapacity: true)
      sample.select(from: batch.columns[sample.column], rowCount: batch.rowCount, into: &selected)
      if !selected.isEmpty { addHashes(batch, selected) }
    }
  }

  /// A row that can't be written in canonical form counts as hashed with 0: the load refuses it anyway.
  private mutating func addHashes(_ batch: Batch, _ chosen: some Sequence<Int>) {
    var (count, total) = (0, UInt128(0))
    try? encoder.withLanes(of: batch) { lanes throws(ValueRefusal) in
      for row in chosen {
        count += 1
        sink.removeAll()
        do throws(ValueRefusal) {
          try encoder.encode(row, lanes, batch, into: sink)
        } catch { continue }
        total += UInt128(MD5.digest(sink.bytes).high >> 4)
      }
    }
    hashedRows += count
    hash += total
  }

  /// Adds what another accumulator of the same schema, level and sample has seen.
  package mutating func merge(_ other: FingerprintAccumulator) {
    rows += other.rows
    for index in tallies.indices { tallies[index].merge(other.tallies[index]) }
    hashedRows += other.hashedRows
    hash += other.hash
  }

  package func finish() -> Fingerprint {
    guard level == .columns || level == .full else { return Fingerprint(rows: rows) }
    let isHashed = level == .full || sample != nil
    return Fingerprint(
      rows: rows, columns: tallies.map(\.print), hashedRows: isHashed ? hashedRows : nil,
      hash: isHashed ? String(hash) : nil)
  }
}
