import Dispatch
import DuckDB
import Foundation
import Synchronization
import Tabular
import TestSupport
import Testing

@Suite struct ConnectionTests {
  /// As many statements as there are cores wait for a task that can only run if they wait elsewhere.
  @Test func statementsLeaveSwiftsThreadsFree() async throws {
    struct Stuck: Error {}
    final class Started: Sendable { let count = Atomic<Int>(0) }
    let database = try Database()
    let statements = ProcessInfo.processInfo.activeProcessorCount + 1
    let started = Started()
    let gate = DispatchSemaphore(value: 0)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<statements {
        let connection = try database.connect()
        group.addTask {
          try await connection.stream("SELECT 1") { _ in
            started.count.add(1, ordering: .relaxed)
            if gate.wait(timeout: .now() + 300) == .timedOut { throw Stuck() }
          }
        }
      }
      group.addTask {
        while started.count.load(ordering: .relaxed) < statements { await Task.yield() }
        for _ in 0..<statements { gate.signal() }
      }
      try await group.waitForAll()
    }
  }

  @Test func readsEveryKindOfValue() async throws {
    let connection = try Database().connect()
    let table = try await connection.query(
      """
      SELECT true b, 1::TINYINT i8, -2::BIGINT i64, 170141183460469231731687303715884105727::HUGEINT i128,
        12.50::DECIMAL(10,2) d, -0.05::DECIMAL(38,2) wide, 1.5::DOUBLE f, 'tëxt longer than twelve bytes' t, '\\xAA'::BLOB bl,
        'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID u, DATE '2024-02-29' dt, TIME '01:02:03.5' ti,
        TIMESTAMP '2025-01-15 10:30:00.000001' ts, TIMESTAMP_NS '1969-12-31 23:59:59.999999999' tn,
        TIMESTAMPTZ '2025-01-15 10:30:00+02' tz, [1, NULL, 3] l, {'a': 1, 'b': [DATE '1970-01-01']} s, MAP {'k': 1} m,
        INTERVAL '1 month 2 days 3.5 seconds' iv, NULL::INTEGER n, '{"x":1.10}'::JSON j, 'b'::ENUM('a','b') e
      """)
    let row = Dictionary(uniqueKeysWithValues: zip(table.schema.names, table.rows[0].map(\.jsonText)))
    #expect(
      row == [
        "b": "true", "i8": "1", "i64": "-2", "i128": "170141183460469231731687303715884105727", "d": "12.50",
        "wide": "-0.05",
        "f": "1.5", "t": "\"tëxt longer than twelve bytes\"", "bl": "\"\\\\xaa\"",
        "u": "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"", "dt": "\"2024-02-29\"", "ti": "\"01:02:03.5\"",
        "ts": "\"2025-01-15T10:30:00.000001\"", "tn": "\"1969-12-31T23:59:59.999999999\"",
        "tz": "\"2025-01-15T08:30:00Z\"",
        "l": "[1,null,3]", "s": "{\"a\":1,\"b\":[\"1970-01-01\"]}", "m": "{\"k\":1}", "iv": "\"P1M2DT3.5S\"",
        "n": "null",
        "j": "{\"x\":1.10}", "e": "\"b\"",
      ])
  }

  @Test func streamsManyBatches() async throws {
    let connection = try Database().connect()
    var rows = 0
    var sum: Int64 = 0
    try await connection.stream("SELECT range AS n FROM range(25001)") { batch in
      rows += batch.rowCount
      for row in 0..<batch.rowCount { sum += batch.columns[0].load(row) }
    }
    #expect(rows == 25_001)
    #expect(sum == 25_000 * 25_001 / 2)
  }

  @Test func cancellingInterruptsTheEngine() async throws {
    let connection = try Database().connect()
    let (begun, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    try await connection.registerTextFunction("begun", returning: .text) { _, rows, output in
      signal.yield()
      for row in 0..<rows { output.setNull(row) }
    }
    let task = Task { try await connection.execute("SELECT count(begun(a.range::VARCHAR)) FROM range(100000000000) a") }
    for await _ in begun { break }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func errorsKeepTheirKind() async throws {
    let connection = try Database().connect()
    let error = await #expect(throws: DuckDBError.self) {
      try await connection.describe("SELECT nothing FROM range(1)")
    }
    #expect(error?.kind == .binder)
  }

  @Test func findsTheTablesOfAQuery() async throws {
    let connection = try Database().connect()
    let names = try await connection.tableNames(
      in:
        "WITH x AS (SELECT * FROM orders) SELECT * FROM x JOIN \"my customers\" USING (id) WHERE a IN (SELECT b FROM other)"
    )
    #expect(Set(names) == ["orders", "my customers", "other"])
    await #expect(throws: DuckDBError.self) { try await connection.tableNames(in: "SELECT 1; SELECT 2") }
    await #expect(throws: DuckDBError.self) { try await connection.tableNames(in: "DROP TABLE orders") }
  }

  @Test func tapBelowALimitSeesEveryRowOnce() async throws {
    let connection = try Database().connect()
    let seen = Mutex(0)
    try await connection.registerTap("tap") { batch, _ in seen.withLock { $0 += batch.rowCount } }
    let table = try await connection.query(
      """
      SELECT count(*) FROM (SELECT * FROM (SELECT range AS n, 'x' AS t FROM range(100000)) WHERE tap() LIMIT 9223372036854775807)
      WHERE n < 10
      """)
    #expect(table.rows == [[.integer(10)]])
    #expect(seen.withLock { $0 } == 100_000)
  }

  @Test func readsRowsOfASource() async throws {
    let connection = try Database().connect()
    try await connection.register(Counter(rows: 5000), as: "counter")
    #expect(
      try await connection.query("SELECT count(*), sum(n), count(t), max(t) FROM counter()").rows == [
        [.integer(5000), .integer(12_497_500), .integer(4500), .text("row 999 with a long text")]
      ])
    #expect(try await connection.query("SELECT count(*) FROM counter()").rows == [[.integer(5000)]])
    #expect(
      try await connection.query("SELECT l FROM counter() WHERE n = 7").rows == [[.list([.integer(7), .integer(8)])]])
  }

  @Test func aSourceCanBeJoinedWithItself() async throws {
    let connection = try Database().connect()
    try await connection.register(NumberSource(attempts: Attempts(), rows: 5000), as: "numbers")
    let table = try await connection.query("SELECT count(*) FROM numbers() a JOIN numbers() b USING (n)")
    #expect(table.rows == [[.integer(5000)]])
  }

  @Test func aSourceIsOpenedOnce() async throws {
    let connection = try Database().connect()
    let attempts = Attempts(failing: 100)
    try await connection.register(NumberSource(attempts: attempts, rows: 10), as: "numbers")
    await #expect(throws: DuckDBError.self) {
      try await connection.execute("CREATE TABLE t AS SELECT * FROM numbers()")
    }
    #expect(attempts.made == 1)
    await #expect(throws: DuckDBError.self) { try await connection.stream("SELECT * FROM numbers()") { _ in } }
    #expect(attempts.made == 2)
    _ = try await connection.describe("SELECT * FROM numbers()")
    #expect(attempts.made == 2)
  }

  @Test func errorsOfASourceComeBackAsThemselves() async throws {
    let connection = try Database().connect()
    try await connection.register(Counter(rows: 5000, failsAt: 3000), as: "counter")
    let error = await #expect(throws: DuckDBError.self) { try await connection.query("SELECT sum(n) FROM counter()") }
    #expect(error.flatMap { SourceFailure.shared.cause(of: $0) } is Counter.Failure)
  }
}

/// Yields 0, 1, 2 …, a text that is null for every tenth row, and a list.
private struct Counter: BatchSource {
  struct Failure: Error {}
  let rows: Int
  var failsAt = Int.max
  let schema = Schema([Column("n", .int64), Column("t", .text), Column("l", .list(.int64))])

  func open(columns: [Int]) throws -> any BatchReader { Reader(source: self, columns: columns) }

  final class Reader: BatchReader {
    let source: Counter
    let columns: [Int]
    var next = 0
    init(source: Counter, columns: [Int]) {
      self.source = source
      self.columns = columns
    }

    func read(into writers: [any VectorWriter], capacity: Int) throws -> Int {
      if next >= source.failsAt { throw Failure() }
      let count = min(capacity, source.rows - next)
      for (writer, column) in zip(writers, columns) {
        if column == 2 { writer.growChild(to: count * 2) }
        for row in 0..<count {
          let number = next + row
          switch column {
          case 0: writer.data.storeBytes(of: Int64(number), toByteOffset: row * 8, as: Int64.self)
          case 1 where number % 10 == 0: writer.setNull(row)
          case 1:
            var text = "row \(number) with a long text"
            text.withUTF8 { writer.assign(row, UnsafeRawBufferPointer($0)) }
          default:
            let child = writer.child(0)
            child.data.storeBytes(of: Int64(number), toByteOffset: row * 16, as: Int64.self)
            child.data.storeBytes(of: Int64(number + 1), toByteOffset: row * 16 + 8, as: Int64.self)
            writer.data.storeBytes(of: UInt64(row * 2), toByteOffset: row * 16, as: UInt64.self)
            writer.data.storeBytes(of: 2, toByteOffset: row * 16 + 8, as: UInt64.self)
          }
        }
      }
      next += count
      return count
    }
  }
}
