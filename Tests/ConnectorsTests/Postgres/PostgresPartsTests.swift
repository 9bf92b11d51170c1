import DuckDB
import Foundation
import Pipelines
import Synchronization
import Tabular
import TestSupport
import Testing

@testable import Connectors

/// Large tables are read by several sessions at a time, in one snapshot, every row once.
@Suite(
  .enabled(if: PostgresServer.isThere, "PostgreSQL is not installed"),
  .enabled(if: ProcessInfo.processInfo.activeProcessorCount > 1, "One core reads in one part"))
struct PostgresPartsTests {
  static let rows = 90_000

  private func source(_ pg: PostgresFixture) async throws -> PostgresRows {
    try pg.run(
      "CREATE TABLE a AS SELECT i AS id, repeat('y', 900) AS filler FROM generate_series(1, \(Self.rows)) i")
    let extract = try await pg.postgres.read(ReadRequest(.table("a"), step: "read"))
    guard case .batches(let source) = extract.origin else { throw Problem("internal", "no batches") }
    return try #require(source as? PostgresRows)
  }

  /// The readers take turns, so each has its session open while the others read; what changes meanwhile is not seen.
  @Test func readersShareTheRowsOfOneSnapshot() async throws {
    let pg = try PostgresFixture("parts")
    let source = try await source(pg)
    #expect(source.partitions > 1)
    let scan = source.scan()
    var readers = try (0..<source.partitions).map { _ in try scan.open(columns: [0]) }
    let memory = MemoryBatch(Schema([source.schema.columns[0]]), rowCount: 2048)
    var seen: [Int32] = []
    var shares = readers.map { _ in 0 }
    func turn(_ place: Int) throws -> Int {
      let count = try readers[place].read(into: memory.columns, capacity: 2048)
      for row in 0..<count { seen.append(memory.columns[0].vector.load(row, as: Int32.self)) }
      shares[place] += count
      return count
    }
    for place in readers.indices { #expect(try turn(place) > 0) }
    try pg.run("INSERT INTO a SELECT i, '' FROM generate_series(1, 500) i; DELETE FROM a WHERE id > \(Self.rows - 500)")
    var open = Set(readers.indices)
    while !open.isEmpty { for place in open where try turn(place) == 0 { open.remove(place) } }
    readers = []
    seen.sort()
    #expect(seen == (1...Int32(Self.rows)).map { $0 })
    #expect(shares.allSatisfy { $0 > Self.rows / source.partitions / 4 }, "\(shares)")
  }

  /// No reader gets on before a second one has begun: the engine must run them at the same time.
  @Test func theEngineReadsPartsAtTheSameTime() async throws {
    let pg = try PostgresFixture("parts_engine")
    let source = try await source(pg)
    let together = Together(source)
    let engine = try Database(settings: ["threads": "2"]).connect()
    try await engine.register(together, as: "pg")
    let found = try await engine.query("SELECT count(*), count(DISTINCT id), min(id), max(id) FROM pg()").rows[0]
    #expect(found == [Self.rows, Self.rows, 1, Self.rows].map { .integer(Int128($0)) })
    #expect(together.most > 1)
  }
}

/// Rows whose readers wait for each other.
private final class Together: BatchSource, BatchScan {
  private let source: PostgresRows
  private let inside = Gate()

  init(_ source: PostgresRows) { self.source = source }

  /// How many were there at the same time.
  var most: Int { inside.most }
  var schema: Schema { source.schema }
  var estimatedRows: Int? { source.estimatedRows }
  var partitions: Int { source.partitions }
  func scan() -> any BatchScan { Pass(scan: source.scan(), gate: inside) }
  func open(columns: [Int]) throws -> any BatchReader { try scan().open(columns: columns) }

  private struct Pass: BatchScan {
    let scan: any BatchScan
    let gate: Gate
    func open(columns: [Int]) throws -> any BatchReader { Reader(try scan.open(columns: columns), gate) }
  }

  private final class Reader: BatchReader {
    private let reader: any BatchReader
    private let gate: Gate
    private var hasBegun = false

    init(_ reader: any BatchReader, _ gate: Gate) { (self.reader, self.gate) = (reader, gate) }

    func read(into writers: [any VectorWriter], capacity: Int) throws -> Int {
      if !hasBegun { gate.waitForAnother() }
      hasBegun = true
      return try reader.read(into: writers, capacity: capacity)
    }
  }

  /// Opens when two have come.
  private final class Gate: @unchecked Sendable {
    private let condition = NSCondition()
    private var here = 0
    private var count = 0

    var most: Int { condition.withLock { count } }

    /// Gives up after half a minute, so that a failure ends.
    func waitForAnother() {
      condition.withLock {
        here += 1
        count = max(count, here)
        condition.broadcast()
        let deadline = Date(timeIntervalSinceNow: 30)
        while count < 2, condition.wait(until: deadline) {}
        here -= 1
      }
    }
  }
}
