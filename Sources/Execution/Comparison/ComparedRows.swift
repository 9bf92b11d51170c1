import DuckDB
import Pipelines
import Tabular

/// The rows of one side, where they can be hashed.
protocol ComparedRows: Sendable {
  func facts() async throws -> KeyFacts
  func prints(of cuts: [SegmentCut]) async throws -> [Int: SegmentPrint]
  /// A SELECT of the engine that yields the rows of some segments: the layout's columns as `c0`, `c1`, ….
  func select(in segments: [KeySegment]) async throws -> SQL
}

/// Rows that their own system hashes.
struct RemoteRows: ComparedRows {
  let rows: any HashedRows
  let engine: Engine
  let layout: HashLayout

  func facts() async throws -> KeyFacts { try await rows.facts() }
  func prints(of cuts: [SegmentCut]) async throws -> [Int: SegmentPrint] { try await rows.prints(of: cuts) }

  func select(in segments: [KeySegment]) async throws -> SQL {
    let name = engine.uniqueName("weir_segments")
    try await engine.connection.register(try await rows.rows(in: segments), as: name)
    let columns = layout.columns.enumerated().map { index, column -> SQL in
      "\(name: column.name) AS \(SQL(raw: "c\(index)"))"
    }
    return "SELECT \(columns) FROM \(SQL(raw: name))()"
  }
}

/// Rows that lie in a table of the engine, with columns `c0`, `c1`, ….
struct StagedRows: ComparedRows {
  let table: SQL
  let types: [DataType]
  let engine: Engine
  let layout: HashLayout

  private func column(_ index: Int) -> SQL { SQL(raw: "c\(index)") }

  private func form(_ index: Int) -> SQL {
    layout.columns[index].form.sql(column(index), of: types[index], isHashed: true)
  }

  func facts() async throws -> KeyFacts {
    let present = (0..<layout.key).map { index -> SQL in "\(column(index)) IS NOT NULL" }
    let range: SQL = layout.range.map { "min(\(form($0))), max(\(form($0)))" } ?? "NULL, NULL"
    let row = try await engine.connection.query(
      "SELECT count(*), count(*) FILTER (WHERE \(present, separator: " AND ")), \(range) FROM \(table)"
    ).rows[0]
    let keys = (0..<layout.key).map(form)
    let twice = try await engine.connection.query(
      "SELECT 1 FROM \(table) WHERE \(present, separator: " AND ") GROUP BY \(keys) HAVING count(*) > 1 LIMIT 1")
    guard case .integer(let rows) = row[0], case .integer(let keyed) = row[1] else {
      throw Problem("engine", "The engine did not count its rows.")
    }
    var ends: ClosedRange<Int64>?
    if case .integer(let low) = row[2], case .integer(let high) = row[3] { ends = Int64(low)...Int64(high) }
    return KeyFacts(rows: Int(rows), nullKeys: Int(rows - keyed), isUnique: twice.rows.isEmpty, range: ends)
  }

  func prints(of cuts: [SegmentCut]) async throws -> [Int: SegmentPrint] {
    let tally = SegmentTally(layout, cuts)
    let name = engine.uniqueName("weir_tally")
    try await engine.connection.registerTap(name) { batch, _ in tally.add(batch) }
    _ = try await engine.connection.query(
      "SELECT count(*) FROM \(table) WHERE \(SQL(raw: name))(\(layout.columns.indices.map(form)))")
    return tally.finish()
  }

  func select(in segments: [KeySegment]) async throws -> SQL {
    let choice = SegmentTally.Choice(layout, segments)
    let name = engine.uniqueName("weir_choice")
    try await engine.connection.registerTap(name) { batch, keep in choice.choose(batch, keep) }
    return "SELECT * FROM \(table) WHERE \(SQL(raw: name))(\((0..<layout.key).map(form)))"
  }
}
