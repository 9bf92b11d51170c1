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
    let connection = try PostgresConnection(settings)
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
        "missing-setting", "A read from PostgreSQL needs a table or a query.", hint: "Write `table: schema.name` or `query: SELECT …`.",
        at: request.location)
    }
    var columns = try PostgresReadColumn.columns(
      of: "SELECT * FROM \(relation)", dimensions: table.map { try dimensions(of: $0, connection) } ?? [:], on: connection)
    try refuseCollisions(columns)
    if let table {
      for column in table.columns where !column.isNullable {
        if let index = columns.firstIndex(where: { $0.name == column.name }) { columns[index].isNullable = false }
      }
    }
    if let names = request.columns { columns = try names.map { name in try pick(name, columns) } }
    let upperBound = try upperBound(relation, columns, connection)
    var query = PostgresQuery(relation: relation, columns: columns, conditions: conditions(upperBound), limit: request.limit)
    var pages = 0
    if let table, table.kind == "r", request.limit == nil, connection.serverVersion >= 140_000 {
      pages = Int(try connection.value("SELECT pg_relation_size(\(text: table.oid)::oid) / current_setting('block_size')::bigint") ?? "") ?? 0
    }
    query.pages = pages
    let isWhole = request.filter == nil && request.cursor == nil && request.limit == nil
    let rows = isWhole ? table?.estimatedRows : nil
    let source = PostgresRows(query, settings: settings, estimatedRows: rows)
    var extract = Extract(
      .batches(source), upperBound: upperBound, passThrough: PostgresCopyOut(query, settings: settings), estimatedRows: rows,
      estimatedBytes: isWhole ? table.map { $0.pages * 8192 } : nil)
    if request.limit == nil { extract.hashing = PostgresHashing(query: query, settings: settings, table: table?.oid) }
    return extract
  }

  private func conditions(_ upperBound: String?) -> [SQL] {
    var conditions: [SQL] = []
    if let filter = request.filter { conditions.append(SQL(enclosing: filter)) }
    if let cursor = request.cursor {
      if let after = cursor.after { conditions.append("\(name: cursor.column) >= \(text: after)") }
      if let bound = upperBound { conditions.append("\(name: cursor.column) <= \(text: bound)") }
    }
    return conditions
  }

  /// The largest cursor this read may yield, fixed before the first row: the largest there is, but for points in time not
  /// after the start of the oldest transaction that still writes: its rows may carry an earlier time and are not visible yet.
  private func upperBound(
    _ relation: SQL, _ columns: [PostgresReadColumn], _ connection: PostgresConnection
  ) throws -> String? {
    guard let cursor = request.cursor else { return nil }
    let column = try pick(cursor.column, columns)
    if let bound = cursor.upTo { return bound }
    let name: SQL = "\(name: column.name)"
    let filter: SQL = request.filter.map { " WHERE \(SQL(enclosing: $0))" } ?? ""
    let largest: SQL
    if column.type == .timestampTZ {
      largest = """
        least(max(\(name)), (SELECT min(xact_start) FROM pg_stat_activity WHERE backend_xid IS NOT NULL \
        AND datname = current_database() AND pid <> pg_backend_pid()))
        """
    } else {
      largest = "max(\(name))"
    }
    return try connection.value("SELECT (\(largest))::text FROM \(relation)\(filter)") ?? cursor.after
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
        "column-collision", "The query has two columns named \"\(column.name)\".", hint: "Give one of them another name with AS.",
        at: request.location)
    }
  }

  private func unknownTable(_ text: String, _ connection: PostgresConnection) throws -> Problem {
    let names = try connection.rows(
      """
      SELECT schemaname || '.' || tablename, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog','information_schema') LIMIT 2000
      """)
    return Problem(
      "unknown-table", "PostgreSQL at \(connection.place) has no table \"\(text)\" in database \"\(settings.database)\".",
      hint: Nearest.hint(text, among: names.flatMap { $0.compactMap { $0 } }), at: request.location)
  }

  /// Declared dimensions of array columns.
  private func dimensions(of table: PostgresTable, _ connection: PostgresConnection) throws(Problem) -> [String: Int] {
    let rows = try connection.rows("SELECT attname, attndims FROM pg_attribute WHERE attrelid = \(text: table.oid) AND attndims > 1")
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
