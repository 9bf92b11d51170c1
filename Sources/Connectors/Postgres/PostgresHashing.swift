import Pipelines
import Tabular

/// Counts and hashes the rows of a read on the server.
struct PostgresHashing: RowHashing {
  let query: PostgresQuery
  let settings: PostgresSettings
  /// The table's number in the catalog; nil for a query.
  let table: String?

  func open(_ layout: HashLayout) async throws -> any HashedRows {
    try await Blocking.run { try PostgresHashedRows(query, settings, table: table, layout) }
  }
}

/// The rows of one snapshot. Statements run one after another, on a session of their own.
final class PostgresHashedRows: HashedRows, @unchecked Sendable {
  private let query: PostgresQuery
  private let settings: PostgresSettings
  private let table: String?
  private let layout: HashLayout
  private let columns: [PostgresReadColumn]
  private let connection: PostgresConnection
  /// nil where the server can't share one (a standby of old, a database that only speaks the protocol).
  private let snapshot: String?

  init(_ query: PostgresQuery, _ settings: PostgresSettings, table: String?, _ layout: HashLayout) throws {
    self.query = query
    self.settings = settings
    self.table = table
    self.layout = layout
    columns = try layout.columns.map { wanted in
      guard let column = query.columns.first(where: { $0.name == wanted.name }) else {
        throw Problem("unknown-column", "There is no column \"\(wanted.name)\".")
      }
      return column
    }
    connection = try PostgresConnection(settings, for: .reading)
    let begin: SQL = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    try connection.run(begin)
    do throws(Problem) {
      snapshot = try connection.value("SELECT pg_export_snapshot()")
    } catch {
      snapshot = nil
      try connection.run("ROLLBACK")
      try connection.run(begin)
    }
  }

  /// Runs on a thread that may block; a cancelled task stops the statement.
  private func run<Answer: Sendable>(_ body: @escaping @Sendable () throws -> Answer) async throws -> Answer {
    try await withTaskCancellationHandler {
      try await Blocking.run(body)
    } onCancel: {
      connection.cancel()
    }
  }

  // MARK: Facts

  func facts() async throws -> KeyFacts { try await run { [self] in try readFacts() } }

  private func readFacts() throws -> KeyFacts {
    let key = zip(columns, layout.columns).prefix(layout.key).map { column, wanted -> SQL in
      wanted.form == .typed(column.type)
        ? "\(name: column.name)" : PostgresCanonical.field(column.expression, of: column.type, as: wanted.form)
    }
    let ends: [SQL] =
      layout.range.map { ["min(\(name: columns[$0].name))", "max(\(name: columns[$0].name))"] } ?? ["NULL", "NULL"]
    let row =
      try connection.rows(
        "SELECT count(*), count(*) FILTER (WHERE \(hasKey)), \(ends) FROM \(query.relation)\(condition([]))"
      ).first ?? []
    guard row.count == 4, let rows = Int(row[0] ?? ""), let keyed = Int(row[1] ?? "") else {
      throw Problem("database-error", "PostgreSQL at \(connection.place) did not say how many rows there are.")
    }
    var isUnique = try isKnownUnique()
    if !isUnique {
      isUnique = try connection.rows(
        "SELECT 1 FROM \(query.relation)\(condition([hasKey])) GROUP BY \(key) HAVING count(*) > 1 LIMIT 1"
      ).isEmpty
    }
    var range: ClosedRange<Int64>?
    if let low = row[2].flatMap({ Int64($0) }), let high = row[3].flatMap({ Int64($0) }) { range = low...high }
    return KeyFacts(rows: rows, nullKeys: rows - keyed, isUnique: isUnique, range: range)
  }

  /// Whether an index already keeps the key unique.
  private func isKnownUnique() throws -> Bool {
    guard let table else { return false }
    let names = columns.prefix(layout.key).map { column -> SQL in "\(text: column.name)" }
    return try !connection.rows(
      """
      SELECT 1 FROM pg_index i WHERE i.indrelid = \(text: table)::oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL \
      AND i.indexprs IS NULL AND NOT EXISTS (SELECT 1 FROM unnest(i.indkey) k(number) \
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number WHERE a.attname NOT IN (\(names))) LIMIT 1
      """
    ).isEmpty
  }

  // MARK: Hashes

  func prints(of cuts: [SegmentCut]) async throws -> [Int: SegmentPrint] {
    try await run { [self] in try readPrints(cuts) }
  }

  private func readPrints(_ cuts: [SegmentCut]) throws -> [Int: SegmentPrint] {
    var first = 0
    var branches: [SQL] = []
    for cut in cuts {
      branches.append("WHEN \(holds(cut.segment)) THEN \(first) + \(part(cut))")
      first += cut.parts
    }
    let number: SQL = cuts.count == 1 ? part(cuts[0]) : "CASE \(branches, separator: " ") END"
    let conditions = [hasKey, try any(of: cuts.map(\.segment))]
    let rows = try connection.rows(
      "SELECT \(number) AS part, count(*), sum(\(rowHash)) FROM \(query.relation)\(condition(conditions)) GROUP BY 1")
    var prints: [Int: SegmentPrint] = [:]
    for row in rows {
      guard row.count == 3, let part = Int(row[0] ?? ""), let count = Int(row[1] ?? "") else { continue }
      prints[part] = SegmentPrint(rows: count, hash: row[2] ?? "0")
    }
    return prints
  }

  private func part(_ cut: SegmentCut) -> SQL {
    if let width = cut.width, let range = cut.segment.range {
      let (span, isWide) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
      let low = PostgresHashedRows.number(range.lowerBound)
      if isWide || span < 0 || width > UInt64(Int64.max) {
        return "div(\(rangeColumn)::numeric - \(low), \(text: String(width))::numeric)::bigint"
      }
      return "(\(rangeColumn)::bigint - \(low)) / \(text: String(width))::bigint"
    }
    return cut.parts == 1 ? "0" : "(\(keyHash)) / \(cut.segment.modulus) % \(cut.parts)"
  }

  // MARK: Rows

  func rows(in segments: [KeySegment]) async throws -> any BatchSource {
    var part = query
    part.columns = columns
    part.conditions += [hasKey, try any(of: segments)]
    part.pages = 0
    return PostgresRows(part, settings: settings, estimatedRows: nil, snapshot: snapshot, keeping: self)
  }

  // MARK: Conditions

  private var rangeColumn: SQL { "\(name: layout.range.map { columns[$0].name } ?? "")" }

  private var hasKey: SQL {
    let present = columns.prefix(layout.key).map { column -> SQL in "\(name: column.name) IS NOT NULL" }
    return "\(present, separator: " AND ")"
  }

  private var fields: [SQL] {
    zip(columns, layout.columns).map { column, wanted in
      column.isPadded && wanted.form == .typed(.text)
        ? PostgresCanonical.field("bpcharsend(\(name: column.name))")
        : PostgresCanonical.field(column.expression, of: column.type, as: wanted.form)
    }
  }

  private var rowHash: SQL { PostgresCanonical.hash(fields) }
  private var keyHash: SQL { PostgresCanonical.hash(Array(fields.prefix(layout.key))) }

  private func condition(_ more: [SQL]) -> SQL {
    let all = query.conditions + more
    return all.isEmpty ? "" : " WHERE \(all, separator: " AND ")"
  }

  private func holds(_ segment: KeySegment) -> SQL {
    var conditions: [SQL] = []
    if let range = segment.range {
      conditions.append(
        "\(rangeColumn) BETWEEN \(PostgresHashedRows.number(range.lowerBound)) AND \(PostgresHashedRows.number(range.upperBound))"
      )
    }
    if segment.modulus > 1 { conditions.append("(\(keyHash)) % \(segment.modulus) = \(segment.remainder)") }
    return conditions.isEmpty ? "true" : "\(conditions, separator: " AND ")"
  }

  /// That a row lies in one of the segments; those by hash of one range are asked together.
  private func any(of segments: [KeySegment]) throws -> SQL {
    let groups = Dictionary(grouping: segments) { KeySegment(range: $0.range, modulus: $0.modulus) }
    let conditions = groups.map { group, members -> SQL in
      guard group.modulus > 1 else { return "(\(holds(group)))" }
      let remainders = members.map { member -> SQL in "\(member.remainder)" }
      let range = holds(KeySegment(range: group.range))
      return "(\(range) AND (\(keyHash)) % \(group.modulus) IN (\(remainders)))"
    }
    return conditions.isEmpty ? "false" : "(\(conditions, separator: " OR "))"
  }

  private static func number(_ value: Int64) -> SQL { "\(text: String(value))::bigint" }
}
