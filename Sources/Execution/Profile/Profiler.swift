import DuckDB
import Pipelines
import Tabular

/// Describes rows that are kept in the engine: `ColumnFacts` in one pass, then exact counts for what that found.
struct Profiler {
  private static let shown = 5
  /// Among so many, distinct values are counted; among more, where they may be a key.
  private static let fewRows = 1_000_000
  private let connection: Connection

  init(_ connection: Connection) { self.connection = connection }

  /// - Parameter relation: something that can stand after FROM and may be read several times.
  func profile(_ relation: SQL, _ schema: Schema) async throws -> RelationProfile {
    guard !schema.columns.isEmpty else { return RelationProfile(rows: 0, columns: []) }
    let table = try await connection.query(ColumnFacts.select(of: schema.columns, from: relation, top: Self.shown))
    var columns: [ColumnProfile] = []
    for (row, column) in zip(table.rows, schema.columns) {
      columns.append(try await counted(ColumnProfile(row, table.schema), values: row, column, relation))
    }
    return RelationProfile(rows: columns.first?.rows ?? 0, columns: columns)
  }

  private func counted(
    _ facts: ColumnProfile, values row: [Value], _ column: Column, _ relation: SQL
  ) async throws -> ColumnProfile {
    var facts = facts
    let value: SQL = "\(name: column.name)"
    let isFew = facts.rows <= Self.fewRows
    if let distinct = facts.distinct, !facts.isDistinctExact, isFew || Double(distinct) > 0.8 * Double(facts.present) {
      facts.distinct = try await connection.query("SELECT count(DISTINCT \(value)) FROM \(relation)").rows[0][0].whole
      facts.isDistinctExact = true
    }
    let text: SQL = column.type.isText ? value : "CAST(\(value) AS VARCHAR)"
    facts.top = facts.isUnique && facts.present > 1 ? [] : try await count(facts.top, of: text, in: relation)
    facts.patterns = try await count(facts.patterns, of: "weir_pattern(\(value))", in: relation)
    return facts
  }

  /// How many rows have each of these values; the most frequent first.
  private func count(
    _ found: [ColumnProfile.Frequent], of value: SQL, in relation: SQL
  ) async throws -> [ColumnProfile.Frequent] {
    guard !found.isEmpty else { return [] }
    let list = found.map { "\(text: $0.value)" as SQL }
    let rows = try await connection.query(
      "SELECT \(value) AS value, count(*) AS n FROM \(relation) WHERE \(value) IN (\(list)) GROUP BY 1 ORDER BY 2 DESC, 1"
    ).rows
    return rows.map {
      ColumnProfile.Frequent(String($0[0].description.prefix(ColumnFacts.shownLength)), $0[1].whole ?? 0)
    }
  }
}

extension ColumnProfile {
  /// A row of `ColumnFacts`; its frequent values aren't counted yet.
  init(_ row: [Value], _ schema: Schema) {
    func value(_ name: String) -> Value { schema.names.firstIndex(of: name).map { row[$0] } ?? .null }
    func text(_ name: String) -> String? { value(name) == .null ? nil : value(name).description }
    func list(_ name: String) -> [Frequent] {
      guard case .list(let values) = value(name) else { return [] }
      return values.map { Frequent($0.description, 0) }
    }
    var mean: Double?
    if case .float(let number) = value("mean"), number.isFinite { mean = number }
    let distinct = value("distinct").whole
    self.init(
      column: text("column") ?? "", type: text("type") ?? "", rows: value("rows").whole ?? 0,
      nulls: value("nulls").whole ?? 0,
      distinct: distinct, isDistinctExact: distinct.map { $0 <= ColumnFacts.counted } ?? false, min: text("min"),
      max: text("max"), mean: mean,
      q25: text("q25"), median: text("median"), q75: text("q75"), shortest: value("shortest").whole,
      longest: value("longest").whole,
      top: list("top"), patterns: list("patterns"))
  }
}

extension Value {
  /// A whole number that fits an `Int`.
  var whole: Int? { if case .integer(let number) = self { Int(exactly: number) } else { nil } }
}
