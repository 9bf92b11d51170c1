import Pipelines
import Tabular

/// A read of a table or query: types asked from the server, columns and conditions pushed down.
struct PostgresExtract {
  private let request: ReadRequest
  private let settings: PostgresSettings

  init(_ request: ReadRequest, _ settings: PostgresSettings) {
    self.request = request
    self.settings = settings
  }

  /// Rows of a table below which one reader is as fast as several.
  static let pagesForParts = 4000

  func extract() throws -> Extract {
    let connection = try PostgresConnection(settings, for: .reading)
    defer { connection.close() }
    var table: PostgresTable?
    let relation: SQL
    switch request.subject {
    case .table(let text):
      let name = try TableName(text)
      let schema = try Postgres.defaultSchema(settings, connection)
      guard let found = try PostgresTable.find(name, defaultSchema: schema, on: connection) else {
        throw try unknownTable(text, connection)
      }
      table = found
      relation = found.sql
    case .query(let text):
      relation = "\(SQL(enclosing: PostgresExtract.trimmed(text))) AS \"_weir_query\""
    case .path, .whole:
      throw Problem(
        "missing-setting", "A read from PostgreSQL needs a table or a query.",
        hint: "Write `table: schema.name` or `query: SELECT …`.",
        at: request.location)
    }
    var columns = try PostgresReadColumn.columns(
      of: "SELECT * FROM \(relation)", dimensions: table.map { try dimensions(of: $0, connection) } ?? [:],
      on: connection)
    try refuseCollisions(columns)
    if let table {
      for column in table.columns where !column.isNullable {
        if let index = columns.firstIndex(where: { $0.name == column.name }) { columns[index].isNullable = false }
      }
    }
    if let names = request.columns { columns = try names.map { name in try pick(name, columns) } }
    let upperBound = try upperBound(relation, columns, connection)
    var query = PostgresQuery(
      relation: relation, columns: columns, conditions: try conditions(upperBound, columns, connection),
      limit: request.limit)
    var pages = 0
    if let table, table.kind == "r", request.limit == nil, connection.serverVersion >= 140_000 {
      pages =
        Int(
          try connection.value(
            "SELECT pg_relation_size(\(text: table.oid)::oid) / current_setting('block_size')::bigint") ?? "") ?? 0
    }
    query.pages = pages
    let isWhole = request.filter == nil && request.cursor == nil && request.limit == nil
    let rows = isWhole ? table?.estimatedRows : nil
    let source = PostgresRows(query, settings: settings, estimatedRows: rows)
    var extract = Extract(
      .batches(source), upperBound: upperBound, passThrough: PostgresCopyOut(query, settings: settings),
      estimatedRows: rows,
      estimatedBytes: isWhole ? table.map { $0.pages * 8192 } : nil)
    if request.limit == nil { extract.hashing = PostgresHashing(query: query, settings: settings, table: table?.oid) }
    if upperBound != nil { extract.valueless = try valueless(relation, columns, connection) }
    extract.bytesRead = { source.bytes == 0 ? nil : source.bytes }
    return extract
  }

  private func conditions(
    _ upperBound: String?, _ columns: [PostgresReadColumn], _ connection: PostgresConnection
  ) throws -> [SQL] {
    var conditions: [SQL] = []
    if let filter = request.filter { conditions.append(SQL(enclosing: filter)) }
    guard let cursor = request.cursor else { return conditions }
    let column = try pick(cursor.column, columns)
    let name: SQL = "\(name: column.name)"
    var range: [SQL] = []
    if let after = cursor.after { range.append("\(name) >= \(text: after)") }
    if let bound = upperBound { range.append("\(name) <= \(text: bound)") }
    guard !range.isEmpty else { return conditions }
    let infinite = finite(column, connection).map { condition -> SQL in " OR NOT (\(condition))" } ?? ""
    conditions += cursor.takesValueless ? ["(\(range, separator: " AND ") OR \(name) IS NULL\(infinite))"] : range
    return conditions
  }

  /// What tells values from infinities and NaN, which PostgreSQL sorts after all others; nil = the type has none.
  private func finite(_ column: PostgresReadColumn, _ connection: PostgresConnection) -> SQL? {
    let name: SQL = "\(name: column.name)"
    switch column.type {
    case .date, .timestamp, .timestampTZ, .float32, .float64: return "\(name) < 'infinity' AND \(name) > '-infinity'"
    case .decimal, .numeric:
      return connection.serverVersion >= 140_000 ? "\(name) < 'infinity' AND \(name) > '-infinity'" : "\(name) < 'NaN'"
    default: return nil
    }
  }

  /// The largest cursor this read may yield, fixed before the first row: the largest finite one there is, but for points in time not
  /// after the start of the oldest transaction that still writes: its rows may carry an earlier time and are not visible yet.
  private func upperBound(
    _ relation: SQL, _ columns: [PostgresReadColumn], _ connection: PostgresConnection
  ) throws -> String? {
    guard let cursor = request.cursor else { return nil }
    let column = try pick(cursor.column, columns)
    let name: SQL = "\(name: column.name)"
    var conditions: [SQL] = []
    if let filter = request.filter { conditions.append(SQL(enclosing: filter)) }
    if let condition = finite(column, connection) { conditions.append(condition) }
    if let end = cursor.upTo { conditions.append("\(name) <= \(text: end)") }
    let filter: SQL = conditions.isEmpty ? "" : " WHERE \(conditions, separator: " AND ")"
    var largest: SQL = "max(\(name))"
    if column.type == .timestampTZ {
      largest = """
        CASE WHEN max(\(name)) IS NOT NULL THEN least(max(\(name)), (SELECT min(xact_start) FROM pg_stat_activity \
        WHERE backend_xid IS NOT NULL AND datname = current_database() AND pid <> pg_backend_pid())) END
        """
    }
    return try connection.value("SELECT (\(largest))::text FROM \(relation)\(filter)") ?? cursor.after
  }

  /// How many rows an incremental read passes by because their cursor says nothing.
  private func valueless(
    _ relation: SQL, _ columns: [PostgresReadColumn], _ connection: PostgresConnection
  ) throws -> Int? {
    guard let cursor = request.cursor, !cursor.takesValueless else { return nil }
    let column = try pick(cursor.column, columns)
    let condition: SQL = finite(column, connection).map { " OR NOT (\($0))" } ?? ""
    guard column.isNullable || !condition.text.isEmpty else { return nil }
    let filter: SQL = request.filter.map { "\(SQL(enclosing: $0)) AND " } ?? ""
    let count = try connection.value(
      "SELECT count(*) FROM \(relation) WHERE \(filter)(\(name: column.name) IS NULL\(condition))")
    return count.flatMap { Int($0) }
  }

  private func pick(_ name: String, _ columns: [PostgresReadColumn]) throws -> PostgresReadColumn {
    let folded = columns.filter { $0.name.lowercased() == name.lowercased() }
    guard let column = columns.first(where: { $0.name == name }) ?? (folded.count == 1 ? folded[0] : nil) else {
      throw Problem(
        "unknown-column", "There is no column \"\(name)\" in what step \"\(request.step)\" reads.",
        hint: Nearest.hint(name, among: columns.map(\.name)), at: request.location)
    }
    return column
  }

  private func refuseCollisions(_ columns: [PostgresReadColumn]) throws {
    var seen: Set<String> = []
    for column in columns where !seen.insert(column.name).inserted {
      throw Problem(
        "column-collision", "The query has two columns named \"\(column.name)\".",
        hint: "Give one of them another name with AS.",
        at: request.location)
    }
  }

  private func unknownTable(_ text: String, _ connection: PostgresConnection) throws -> Problem {
    let names = try connection.rows(
      """
      SELECT schemaname || '.' || tablename, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog','information_schema') LIMIT 2000
      """)
    return Problem(
      "unknown-table",
      "PostgreSQL at \(connection.place) has no table \"\(text)\" in database \"\(settings.database)\".",
      hint: Nearest.hint(text, among: names.flatMap { $0.compactMap { $0 } }), at: request.location)
  }

  /// Declared dimensions of array columns.
  private func dimensions(of table: PostgresTable, _ connection: PostgresConnection) throws(Problem) -> [String: Int] {
    let rows = try connection.rows(
      "SELECT attname, attndims FROM pg_attribute WHERE attrelid = \(text: table.oid) AND attndims > 1")
    return Dictionary(rows.map { ($0[0] ?? "", Int($0[1] ?? "") ?? 1) }) { first, _ in first }
  }

  private static func trimmed(_ text: String) -> String {
    var text = text[...]
    while let last = text.last, last == ";" || last.isWhitespace { text.removeLast() }
    return String(text)
  }
}

/// The one SELECT of a read.
struct PostgresQuery: Sendable {
  var relation: SQL
  var columns: [PostgresReadColumn]
  var conditions: [SQL]
  var limit: Int?
  /// Size of the table, if it may be read in ranges of pages.
  var pages = 0

  /// `COPY (SELECT …) TO STDOUT` of some columns, and of some pages of the table.
  func copy(_ columns: [PostgresReadColumn], pages range: Range<Int>? = nil, isLast: Bool = true) -> SQL {
    var conditions = conditions
    if let range {
      if range.lowerBound > 0 { conditions.append("ctid >= \(text: "(\(range.lowerBound),0)")::tid") }
      if !isLast { conditions.append("ctid < \(text: "(\(range.upperBound),0)")::tid") }
    }
    let filter: SQL = conditions.isEmpty ? "" : " WHERE \(conditions, separator: " AND ")"
    let most: SQL = limit.map { " LIMIT \($0)" } ?? ""
    return "COPY (SELECT \(columns.map(\.expression)) FROM \(relation)\(filter)\(most)) TO STDOUT (FORMAT binary)"
  }
}
