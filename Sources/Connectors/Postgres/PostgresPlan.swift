import Pipelines
import Tabular

/// How rows will land in a table: decided from what stands in the catalog, before any row moves.
struct PostgresPlan: Sendable {
  /// Where rows are staged, and how they become visible.
  enum Path: String, Sendable {
    /// The table is made in the load's transaction: nobody sees it before.
    case create
    /// A new table beside the old one, which then takes its name, indexes and grants.
    case swap
    /// Straight into the table; the transaction hides the rows.
    case direct
    /// Into a temporary table, from there by statements.
    case staged
  }

  struct PlannedColumn: Sendable {
    /// The name in the target.
    var name: String
    var fit: PostgresTypes.Fit
    /// The fit after the target's column is widened, if that may be done for a value that needs it.
    var wider: PostgresTypes.Fit?
  }

  var request: WriteRequest
  var target: TableName
  var existing: PostgresTable?
  var path: Path
  var columns: [PlannedColumn]
  /// Changes of the existing table, as `ALTER TABLE …` takes them: new columns, and those widened whatever the values.
  var alterations: [SQL] = []
  /// Source types this server has too.
  var known = PostgresNatives()
  /// Makes the table, if there is none.
  var creation: SQL?
  var existingRows: Int?

  /// Rows above which an append goes through a temporary table, because finding its own rows again would cost more.
  static let directLimit = 1_000_000

  /// - Throws: `Problems`.
  init(_ request: WriteRequest, defaultSchema: String, on connection: PostgresConnection) throws {
    guard case .table(let text) = request.target else {
      throw Problem(
        "missing-setting", "A write to PostgreSQL needs a table.", hint: "Write `table: schema.name`.",
        at: request.location)
    }
    let wanted = try TableName(text)
    let schema = wanted.schema ?? defaultSchema
    let existing = try PostgresTable.find(wanted, defaultSchema: defaultSchema, on: connection)
    if let existing, existing.kind != "r" && existing.kind != "p" {
      throw Problem(
        "not-a-table", "\"\(existing.name.description)\" is not a table but a view, so it can't be written.",
        at: request.location)
    }
    self.request = request
    self.existing = existing
    target = existing?.name ?? TableName(schema: schema, name: wanted.name)
    path = .create
    columns = []
    known = try PostgresNatives(request.schema, on: connection)
    try planColumns(PostgresWriteOptions.read(request.options))
    _ = try StagedKey(request)
    choosePath()
    try refuseCascades()
    if existing == nil, try connection.value("SELECT 1 FROM pg_namespace WHERE nspname = \(text: schema)") == nil {
      throw Problem(
        "unknown-schema", "PostgreSQL at \(connection.place) has no schema \"\(schema)\".",
        hint: "Create it: CREATE SCHEMA \(SQL.quote(schema, with: "\""));", at: request.location)
    }
    if let existing { existingRows = try PostgresPlan.count(existing, on: connection) }
    if path == .direct, (existingRows ?? .max) > PostgresPlan.directLimit { path = .staged }
  }

  /// The landing schema, in the order of the request's columns.
  var landing: Schema {
    Schema(zip(columns, request.schema.columns).map { Column($0.name, $0.fit.landing, isNullable: $1.isNullable) })
  }

  /// The target's spelling of a column of the rows.
  func targetName(_ name: String) -> String {
    guard
      let index = request.schema.columns.firstIndex(where: { $0.name == name })
        ?? request.schema.columns.firstIndex(where: { $0.name.lowercased() == name.lowercased() }),
      index < columns.count
    else { return name }
    return columns[index].name
  }

  private mutating func choosePath() {
    let isCast = columns.contains { $0.fit.castTo != nil }
    switch request.mode {
    case .merge, .deleteInsert, .scd2: path = .staged
    case _ where existing == nil: path = isCast ? .staged : .create
    case .append:
      let isSimple =
        !isCast && existing?.obstacles.isDisjoint(with: PostgresTable.rowKeepers) == true && existing?.kind == "r"
      path = isSimple && alterations.isEmpty ? .direct : .staged
    case .replace: path = !isCast && existing?.obstacles.isEmpty == true ? .swap : .staged
    case .truncate: path = .staged
    }
  }

  /// Emptying a table whose foreign keys cascade would delete or change rows of other tables.
  private func refuseCascades() throws(Problem) {
    guard path == .staged, [.replace, .truncate, .deleteInsert].contains(request.mode), let existing,
      let key = existing.cascades.first
    else { return }
    throw Problem(
      "cascading-delete",
      "Deleting rows of \"\(existing.name.description)\" would also delete or change rows of other tables, through \(key).",
      hint: "Use mode merge, which deletes nothing, or change the foreign key's ON DELETE rule.", at: request.location)
  }

  /// Exact where that is quick (up to about 80 MB), else the planner's estimate; nil = unknown.
  private static func count(_ table: PostgresTable, on connection: PostgresConnection) throws(Problem) -> Int? {
    if table.pages > 10_000, let estimate = table.estimatedRows { return estimate }
    do throws(Problem) {
      return try connection.value("SELECT count(*) FROM \(table.sql)").flatMap { Int($0) }
    } catch  where error.code == "permission-denied" { return table.estimatedRows }
  }
}
