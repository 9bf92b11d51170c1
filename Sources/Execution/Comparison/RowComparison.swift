import DuckDB
import Pipelines
import Tabular

/// Compares the rows of two tables of the engine by key, value by value. Both have the compared columns as `c0`, `c1`, …, the key first.
struct RowComparison {
  let columns: ComparisonColumns
  let options: ComparisonOptions
  let connection: Connection
  let a: SQL
  let b: SQL

  private static let examples = 3

  private var keyIndices: Range<Int> { 0..<columns.key }
  private var valueIndices: Range<Int> { columns.key..<columns.all.count }

  /// Adds what is found to `report`.
  func compare(_ report: inout ComparisonReport) async throws {
    report.key = columns.all.prefix(columns.key).map(\.name)
    report.columns = columns.all.dropFirst(columns.key).map(\.name)
    (report.columnsOnlyInA, report.columnsOnlyInB) = (columns.onlyInA, columns.onlyInB)
    report.typeDifferences = columns.typeDifferences
    try await examine(a, \.a, &report.a)
    try await examine(b, \.b, &report.b)
    let left = try await joinable(a, \.a, report)
    let right = try await joinable(b, \.b, report)
    try await join(left, right)
    try await count(&report, joined: left)
    for kind in 0...2 { try await show(kind, &report) }
  }

  // MARK: Keys

  private func hasKey() -> SQL {
    let present = keyIndices.map { index -> SQL in "\(column(index)) IS NOT NULL" }
    return "\(present, separator: " AND ")"
  }

  private func column(_ index: Int, of table: SQL? = nil) -> SQL {
    table.map { "\($0).\(SQL(raw: "c\(index)"))" } ?? SQL(raw: "c\(index)")
  }

  private func form(_ index: Int, _ side: KeyPath<ComparedColumn, Column>, of table: SQL? = nil) -> SQL {
    let compared = columns.all[index]
    return compared.form.sql(column(index, of: table), of: compared[keyPath: side].type)
  }

  /// Finds rows without a key and keys of several rows.
  private func examine(
    _ table: SQL, _ side: KeyPath<ComparedColumn, Column>, _ outcome: inout ComparisonReport.Side
  ) async throws {
    outcome.nullKeys = try await number("SELECT count(*) FROM \(table) WHERE NOT (\(hasKey()))")
    if outcome.nullKeys > 0 {
      outcome.nullKeyExamples = try await connection.query(
        "SELECT * FROM \(table) WHERE NOT (\(hasKey())) LIMIT \(RowComparison.examples)"
      ).rows
    }
    let forms = keyIndices.map { index -> SQL in "\(form(index, side)) AS \(SQL(raw: "k\(index)"))" }
    let shown = keyIndices.map { index -> SQL in "any_value(\(column(index))) AS \(column(index))" }
    let twice = duplicates(of: table)
    try await connection.execute(
      """
      CREATE TEMP TABLE \(twice) AS SELECT \(forms), \(shown), count(*) AS n FROM \(table) WHERE \(hasKey()) \
      GROUP BY \(keyIndices.map { SQL(raw: "k\($0)") }) HAVING count(*) > 1
      """)
    outcome.duplicateKeys = try await number("SELECT count(*) FROM \(twice)")
    guard outcome.duplicateKeys > 0 else { return }
    outcome.duplicateRows = try await number("SELECT sum(n)::BIGINT FROM \(twice)")
    outcome.duplicateExamples = try await connection.query(
      "SELECT \(keyIndices.map { column($0) }) FROM \(twice) ORDER BY ALL LIMIT \(RowComparison.examples)"
    ).rows
  }

  private func duplicates(of table: SQL) -> SQL { table == a ? "temp.weir_twice_a" : "temp.weir_twice_b" }

  /// The rows of a side that have a key of their own on both sides.
  private func joinable(
    _ table: SQL, _ side: KeyPath<ComparedColumn, Column>, _ report: ComparisonReport
  ) async throws -> SQL {
    let forms = keyIndices.map { index -> SQL in "\(form(index, side, of: "t")) AS \(SQL(raw: "k\(index)"))" }
    let rows: SQL = "SELECT t.*, \(forms) FROM \(table) AS t WHERE \(hasKey())"
    guard report.a.duplicateKeys + report.b.duplicateKeys > 0 else { return rows }
    let same = keyIndices.map { index -> SQL in "r.\(SQL(raw: "k\(index)")) = d.\(SQL(raw: "k\(index)"))" }
    return """
      SELECT r.* FROM (\(rows)) AS r WHERE NOT EXISTS (SELECT 1 FROM \(duplicates(of: a)) AS d WHERE \(same, separator: " AND ")) \
      AND NOT EXISTS (SELECT 1 FROM \(duplicates(of: b)) AS d WHERE \(same, separator: " AND "))
      """
  }

  // MARK: Rows

  /// Kinds of rows in `weir_differences`: changed, only in A, only in B.
  private static let kinds: [ComparisonReport.Difference.Kind] = [.changed, .onlyInA, .onlyInB]

  private func join(_ left: SQL, _ right: SQL) async throws {
    let same = keyIndices.map { index -> SQL in "a.\(SQL(raw: "k\(index)")) = b.\(SQL(raw: "k\(index)"))" }
    let shown = columns.all.indices.flatMap { index -> [SQL] in
      [
        "\(column(index, of: "a")) AS \(SQL(raw: "a\(index)"))",
        "\(column(index, of: "b")) AS \(SQL(raw: "b\(index)"))",
      ]
    }
    let changes = valueIndices.map { index -> SQL in "\(differs(index)) AS \(SQL(raw: "d\(index)"))" }
    let flags = valueIndices.map { SQL(raw: "d\($0)") }
    let changed: SQL = flags.isEmpty ? "false" : "(\(flags, separator: " OR "))"
    let kind: SQL = "CASE WHEN b.here IS NULL THEN 1 WHEN a.here IS NULL THEN 2 ELSE 0 END AS kind"
    try await connection.execute(
      """
      CREATE TEMP TABLE temp.weir_differences AS SELECT * FROM (SELECT \([kind] + shown + changes) \
      FROM (SELECT *, true AS here FROM (\(left))) AS a FULL OUTER JOIN (SELECT *, true AS here FROM (\(right))) AS b \
      ON \(same, separator: " AND ")) WHERE kind > 0 OR \(changed)
      """)
  }

  private func differs(_ index: Int) -> SQL {
    let (left, right) = (form(index, \.a, of: "a"), form(index, \.b, of: "b"))
    let isDistinct: SQL = "\(left) IS DISTINCT FROM \(right)"
    guard options.tolerance > 0, columns.all[index].isFloat, columns.all[index].form != .text else {
      return "(\(isDistinct))"
    }
    return
      "(\(isDistinct) AND NOT coalesce(abs(\(left) - \(right)) <= \(SQL(raw: "\(options.tolerance)::DOUBLE")), false))"
  }

  private func count(_ report: inout ComparisonReport, joined left: SQL) async throws {
    let flags = valueIndices.map { index -> SQL in "count(*) FILTER (WHERE \(SQL(raw: "d\(index)")))" }
    let counts: [SQL] = ["count(*)"] + flags
    for row in try await connection.query("SELECT kind, \(counts) FROM temp.weir_differences GROUP BY kind").rows {
      guard case .integer(let kind) = row[0], case .integer(let rows) = row[1] else { continue }
      switch kind {
      case 1: report.onlyInA = Int(rows)
      case 2: report.onlyInB = Int(rows)
      default:
        report.changed = Int(rows)
        report.changes = zip(report.columns, row.dropFirst(2)).compactMap { column, value in
          guard case .integer(let rows) = value, rows > 0 else { return nil }
          return (column, Int(rows))
        }
      }
    }
    report.equal = try await number("SELECT count(*) FROM (\(left))") - report.onlyInA - report.changed
  }

  private func show(_ kind: Int, _ report: inout ComparisonReport) async throws {
    guard options.limit > 0 else { return }
    let side = kind == 2 ? "b" : "a"
    let keys = keyIndices.map { SQL(raw: "\(side)\($0)") }
    let values = valueIndices.flatMap { [SQL(raw: "a\($0)"), SQL(raw: "b\($0)"), SQL(raw: "d\($0)")] }
    let selected = kind == 0 ? keys + values : keys
    let rows = try await connection.query(
      "SELECT \(selected) FROM temp.weir_differences WHERE kind = \(kind) ORDER BY \(keys) LIMIT \(options.limit)"
    ).rows
    for row in rows {
      let key = Array(row.prefix(columns.key))
      guard kind == 0 else {
        report.differences.append(.init(kind: RowComparison.kinds[kind], key: key))
        continue
      }
      for (place, name) in report.columns.enumerated() where row[columns.key + place * 3 + 2] == .boolean(true) {
        let start = columns.key + place * 3
        report.differences.append(.init(kind: .changed, key: key, column: name, a: row[start], b: row[start + 1]))
      }
    }
  }

  private func number(_ query: SQL) async throws -> Int {
    guard case .integer(let number)? = try await connection.query(query).rows.first?.first else { return 0 }
    return Int(number)
  }
}
