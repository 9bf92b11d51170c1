import DuckDB
import Pipelines
import Tabular
import TestSupport
import Testing

/// Which rows a sample keeps is a matter of the rows and the seed, of nothing else.
@Suite struct SampleTests {
  private static let forwards: SQL = "(SELECT i AS id, i % 7 AS g, i * 1.5 AS v FROM range(40000) t(i) ORDER BY i)"
  private static let backwards: SQL =
    "(SELECT i AS id, i % 7 AS g, i * 1.5 AS v FROM range(40000) t(i) ORDER BY i DESC)"

  /// Rows and the sum of their ids.
  private func sample(_ operation: String, of rows: SQL) async throws -> [Value] {
    let bench = try await OperationBench()
    let kept = try await bench.apply("[{\(operation)}]", to: bench.bound(rows))
    return try await bench.connection.query("SELECT count(*), sum(id)::BIGINT FROM \(kept.sql)").rows[0]
  }

  @Test(arguments: ["sample: { percent: 10 }", "sample: { rows: 1000 }", "sample: { rows: 1000, seed: 5 }"])
  func theOrderOfReadingDoesNotMatter(_ operation: String) async throws {
    let (one, other) = (
      try await sample(operation, of: Self.forwards), try await sample(operation, of: Self.backwards)
    )
    #expect(one == other)
    if operation.contains("rows") { #expect(one[0] == .integer(1000)) }
  }

  @Test func anotherSeedChoosesOtherRows() async throws {
    let one = try await sample("sample: { rows: 1000 }", of: Self.forwards)
    #expect(try await sample("sample: { rows: 1000, seed: 2 }", of: Self.forwards) != one)
  }

  /// Of seven values each a tenth of its rows, not all rows of some of them.
  @Test func equalRowsAreDrawnOneByOne() async throws {
    let bench = try await OperationBench()
    let rows = try await bench.bound("(SELECT i % 7 AS g FROM range(70000) t(i))")
    let kept = try await bench.apply("[{sample: {percent: 10}}]", to: rows)
    let counts = try await bench.connection.query("SELECT count(*) FROM \(kept.sql) GROUP BY g").rows.map { $0[0] }
    #expect(counts.count == 7)
    for case .integer(let count) in counts { #expect((900...1100).contains(count), "\(count)") }
  }

  @Test func allAndNothing() async throws {
    #expect(try await sample("sample: { percent: 100 }", of: Self.forwards)[0] == .integer(40000))
    #expect(try await sample("sample: { percent: 0 }", of: Self.forwards)[0] == .integer(0))
    #expect(try await sample("sample: { rows: 50000 }", of: Self.forwards)[0] == .integer(40000))
  }
}
