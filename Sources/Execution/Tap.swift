import DuckDB
import Synchronization
import Tabular

/// Takes the fingerprint of every row that flows past a point of a query, on all of the engine's threads.
final class FingerprintTap: Sendable {
  /// One thread's share. Between two batches it lies in the pool; whoever takes it out has it alone.
  private final class Share: @unchecked Sendable {
    var accumulator: FingerprintAccumulator
    init(_ accumulator: FingerprintAccumulator) { self.accumulator = accumulator }
  }
  private let schema: Schema
  private let level: VerifyLevel
  private let sample: SampleRule?
  private let pool = Mutex<[Share]>([])
  let counter: RowCounter

  init(_ schema: Schema, _ level: VerifyLevel, sample: SampleRule?, counter: RowCounter = RowCounter()) {
    self.schema = schema
    self.level = level
    self.sample = sample
    self.counter = counter
  }

  /// Lets `rows` flow past under the name `name`: the returned query yields the same rows.
  func wrap(_ rows: SQL, as name: String, on connection: Connection) async throws -> SQL {
    try await connection.registerTap(name) { batch, _ in self.add(batch) }
    return
      "SELECT * FROM (\(rows)) WHERE \(SQL(raw: name))(\(names: level == .count || level == .off ? [] : schema.names))"
  }

  func add(_ batch: Batch) {
    let share =
      pool.withLock { $0.popLast() } ?? Share(FingerprintAccumulator(schema: schema, level: level, sample: sample))
    share.accumulator.add(batch)
    pool.withLock { $0.append(share) }
    counter.add(batch.rowCount)
  }

  /// All that flowed past; to be asked when the query has ended.
  func finish() -> Fingerprint {
    var all = FingerprintAccumulator(schema: schema, level: level, sample: sample)
    for share in pool.withLock({ $0 }) { all.merge(share.accumulator) }
    return all.finish()
  }
}

/// Counts rows on several threads.
final class RowCounter: Sendable {
  private let count = Atomic<Int>(0)
  private let size = Atomic<Int>(0)
  var rows: Int { count.load(ordering: .relaxed) }
  /// Counts `rows` more and returns how many there were before.
  func reserve(_ rows: Int) -> Int { count.add(rows, ordering: .relaxed).oldValue }
  /// Bytes of rows that pass as they are; nil = none did.
  var bytes: Int? {
    let bytes = size.load(ordering: .relaxed)
    return bytes == 0 ? nil : bytes
  }
  func add(_ rows: Int, bytes: Int = 0) {
    count.add(rows, ordering: .relaxed)
    size.add(bytes, ordering: .relaxed)
  }
  func reset() {
    count.store(0, ordering: .relaxed)
    size.store(0, ordering: .relaxed)
  }
}
