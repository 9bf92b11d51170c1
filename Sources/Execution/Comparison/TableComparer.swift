import DuckDB
import Foundation
import Pipelines
import Tabular

/// Compares two relations row by row. Where a system can hash its rows itself, only the parts that differ are read from it; rows of
/// files and of other systems are read once into the engine, which spills what doesn't fit into memory.
package struct TableComparer: Sendable {
  private let check: SchemaCheck
  private var engine: Engine { check.engine }

  package init(_ check: SchemaCheck) { self.check = check }

  /// - Parameter plan: two reads, A and B.
  /// - Throws: `Problems` in the sources, in names of columns, in the key.
  package func compare(_ plan: Plan, _ options: ComparisonOptions) async throws -> ComparisonReport {
    do {
      let bound = try await check.check(plan)
      let (a, b) = (bound.steps[0], bound.steps[1])
      let sources = bound.steps.compactMap { $0.extract?.batches }
      let known = options.key.isEmpty ? try await knownKey(plan.steps, a.schema, b.schema) : []
      let columns = try ComparisonColumns(a.schema, b.schema, options, knownKey: known)
      return try await withTaskCancellationHandler {
        try await compare(Side(a, \.a, columns), Side(b, \.b, columns), columns, options)
      } onCancel: {
        for source in sources { source.cancel() }
      }
    } catch let error as DuckDBError {
      throw Problem.of(error, in: "diff", at: nil)
    }
  }

  /// One of the two: its read, and how it names the columns.
  private struct Side {
    let step: BoundStep
    let layout: HashLayout
    let types: [DataType]
    /// Its table in the engine, with columns `c0`, `c1`, ….
    let table: SQL

    init(_ step: BoundStep, _ column: KeyPath<ComparedColumn, Column>, _ columns: ComparisonColumns) {
      self.step = step
      layout = columns.layout(column)
      types = columns.all.map { $0[keyPath: column].type }
      table = "temp.\(name: "weir_\(step.id)")"
    }

    /// All its rows, as the table's.
    var select: SQL {
      let columns = layout.columns.enumerated().map { index, column -> SQL in
        "\(name: column.name) AS \(SQL(raw: "c\(index)"))"
      }
      return "SELECT \(columns) FROM (\(step.select))"
    }

    var hashing: (any RowHashing)? { step.extract?.hashing }
  }

  private func compare(
    _ a: Side, _ b: Side, _ columns: ComparisonColumns, _ options: ComparisonOptions
  ) async throws -> ComparisonReport {
    var report = ComparisonReport()
    let isHashed = columns.isHashable && (a.hashing != nil || b.hashing != nil)
    let facts = isHashed ? try await readDifferences(a, b, columns, &report) : nil
    if facts == nil {
      for (side, path) in [(a, \ComparisonReport.a), (b, \ComparisonReport.b)] where !report[keyPath: path].isStaged {
        try await stage(side, side.select, &report[keyPath: path])
      }
    }
    let comparison = RowComparison(
      columns: columns, options: options, connection: engine.connection, a: a.table, b: b.table)
    try await comparison.compare(&report)
    if let facts {
      report.equal += facts.a.rows - report.a.compared
      (report.a.rows, report.b.rows) = (facts.a.rows, facts.b.rows)
    } else {
      (report.a.rows, report.b.rows) = (report.a.rowsRead, report.b.rowsRead)
    }
    return report
  }

  /// Reads the rows of the segments that differ into the sides' tables.
  /// - Returns: nil if everything has to be read: no key to rely on, or too much that differs.
  private func readDifferences(
    _ a: Side, _ b: Side, _ columns: ComparisonColumns, _ report: inout ComparisonReport
  ) async throws -> (a: KeyFacts, b: KeyFacts)? {
    let left = try await open(a, &report.a)
    let right = try await open(b, &report.b)
    async let ofA = left.facts()
    async let ofB = right.facts()
    let facts = try await (a: ofA, b: ofB)
    guard facts.a.isUnique, facts.b.isUnique, facts.a.nullKeys == 0, facts.b.nullKeys == 0 else { return nil }
    let search = SegmentSearch(a: left, b: right)
    guard let segments = try await search.differing(facts.a, facts.b, isRanged: columns.range != nil) else {
      return nil
    }
    for (side, rows, path) in [(a, left, \ComparisonReport.a), (b, right, \ComparisonReport.b)] {
      report[keyPath: path].isHashed = side.hashing != nil
      guard side.hashing != nil else {
        try await narrow(side, segments, &report[keyPath: path])
        continue
      }
      let select: SQL = segments.isEmpty ? "\(side.select) LIMIT 0" : try await rows.select(in: segments)
      try await stage(side, select, &report[keyPath: path])
    }
    return facts
  }

  /// The side where it can be hashed: in its own system, else in the engine, which reads it once.
  private func open(_ side: Side, _ outcome: inout ComparisonReport.Side) async throws -> any ComparedRows {
    if let hashing = side.hashing {
      return RemoteRows(rows: try await hashing.open(side.layout), engine: engine, layout: side.layout)
    }
    try await stage(side, side.select, &outcome)
    return StagedRows(table: side.table, types: side.types, engine: engine, layout: side.layout)
  }

  /// Reads rows into the side's table.
  private func stage(_ side: Side, _ select: SQL, _ outcome: inout ComparisonReport.Side) async throws {
    outcome.compared = try await make(side.table, select)
    outcome.rowsRead = outcome.compared
    outcome.isStaged = true
    if let rejects = side.step.extract?.rejects?.query {
      outcome.rejected += try await engine.connection.query("SELECT 1 FROM (\(rejects))").rows.count
    }
    for tap in side.step.taps { outcome.rejected += tap.outcomes().reduce(0) { $0 + $1.failedRows } }
  }

  /// Leaves only the rows of some segments in the side's table. They all were read before.
  private func narrow(_ side: Side, _ segments: [KeySegment], _ outcome: inout ComparisonReport.Side) async throws {
    let connection = engine.connection
    let whole: SQL = "temp.\(name: "weir_all_\(side.step.id)")"
    try await connection.execute("ALTER TABLE \(side.table) RENAME TO \(name: "weir_all_\(side.step.id)")")
    let staged = StagedRows(table: whole, types: side.types, engine: engine, layout: side.layout)
    outcome.compared = try await make(side.table, try await staged.select(in: segments))
  }

  /// Makes a table; returns how many rows it has.
  private func make(_ table: SQL, _ select: SQL) async throws -> Int {
    try await engine.connection.execute("CREATE TEMP TABLE \(table) AS \(select)")
    guard case .integer(let rows) = try await engine.connection.query("SELECT count(*) FROM \(table)").rows[0][0] else {
      return 0
    }
    return Int(rows)
  }

  /// The primary key that discovery knows of one side, if both have its columns; empty if none.
  private func knownKey(_ steps: [PlannedStep], _ a: Schema, _ b: Schema) async throws -> [String] {
    for step in steps {
      guard case .read(let source, let spec) = step.work, case .table(let table) = spec.subject,
        let resources = try? await source.resources()
      else { continue }
      let schema = step.id == steps[0].id ? a : b
      func last(_ name: String) -> String { String(name.split(separator: ".").last ?? "").lowercased() }
      // Several schemas may have a table of the name; the one that was read has its columns.
      let exact = resources.filter { $0.name.lowercased() == table.lowercased() }
      let found =
        exact.isEmpty
        ? resources.filter { last($0.name) == last(table) && $0.columns.map(\.name) == schema.names } : exact
      let keys = Set(found.map(\.primaryKey)).subtracting([[]])
      guard keys.count == 1, let key = keys.first, key.allSatisfy({ a[name: $0] != nil && b[name: $0] != nil }) else {
        continue
      }
      return key
    }
    return []
  }
}
