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
    /// A generated column: staged and verified, but computed by the target.
    var isComputed = false
  }

  var request: WriteRequest
  var target: TableName
  var existing: PostgresTable?
  var path: Path
  var columns: [PlannedColumn]
  /// Changes of the existing table: new and widened columns.
  var alterations: [SQL] = []
  /// Makes the table, if there is none.
  var creation: SQL?
  var existingRows: Int?

  /// Rows above which an append goes through a temporary table, because finding its own rows again would cost more.
  static let directLimit = 1_000_000

  /// - Throws: `Problems`.
  init(_ request: WriteRequest, defaultSchema: String, on connection: PostgresConnection) throws {
    guard case .table(let text) = request.target else {
      throw Problem("missing-setting", "A write to PostgreSQL needs a table.", hint: "Write `table: schema.name`.", at: request.location)
    }
    let wanted = try TableName(text)
    let schema = wanted.schema ?? defaultSchema
    let existing = try PostgresTable.find(wanted, defaultSchema: defaultSchema, on: connection)
    if let existing, existing.kind != "r" && existing.kind != "p" {
      throw Problem("not-a-table", "\"\(existing.name.description)\" is not a table but a view, so it can't be written.", at: request.location)
    }
    self.request = request
    self.existing = existing
    target = existing?.name ?? TableName(schema: schema, name: wanted.name)
    path = .create
    columns = []
    try planColumns()
    try checkKey()
    choosePath()
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

  private mutating func planColumns() throws {
    var problems: [Problem] = []
    var taken: [String: String] = [:]
    for column in request.schema.columns {
      if let other = taken.updateValue(column.name, forKey: column.name.lowercased()) {
        problems.append(
          Problem(
            "column-collision", "Columns \"\(other)\" and \"\(column.name)\" differ only in upper and lower case.",
            hint: "Rename one of them in a transform step.", at: request.location))
      }
      if column.name.utf8.count > 63 || column.name.isEmpty || column.name.contains("\0") {
        problems.append(
          Problem(
            "invalid-name", "\"\(column.name)\" can't be a column's name in PostgreSQL: at most 63 bytes, not empty.",
            hint: "Rename it in a transform step.", at: request.location))
      }
      if let existing {
        planColumn(column, in: existing, &problems)
      } else if let fit = PostgresTypes.landing(of: column.type) {
        columns.append(PlannedColumn(name: column.name, fit: fit))
      } else {
        problems.append(noExactType(column, "PostgreSQL has no exact type"))
      }
    }
    if let existing { checkMissing(existing, &problems) }
    guard problems.isEmpty else { throw Problems(problems) }
    if existing == nil {
      var definitions = columns.map { column -> SQL in "\(name: column.name) \(SQL(raw: column.fit.staged))" }
      if request.mode == .scd2 { definitions += ["\"valid_from\" timestamptz NOT NULL", "\"valid_to\" timestamptz"] }
      if [.merge, .deleteInsert].contains(request.mode), !request.key.isEmpty {
        definitions.append("PRIMARY KEY (\(names: request.key.map(targetName)))")
      }
      creation = "CREATE TABLE \(target.sql) (\(definitions))"
    }
  }

  private mutating func planColumn(_ column: Column, in table: PostgresTable, _ problems: inout [Problem]) {
    let folded = table.columns.filter { $0.name.lowercased() == column.name.lowercased() }
    let match = table.columns.first { $0.name == column.name } ?? (folded.count == 1 ? folded[0] : nil)
    guard let match else {
      guard let fit = PostgresTypes.landing(of: column.type) else {
        return problems.append(noExactType(column, "PostgreSQL has no exact type"))
      }
      let change: SQL = "ADD COLUMN \(name: column.name) \(SQL(raw: fit.staged))"
      allow(change, "has no column \"\(column.name)\"", &problems)
      columns.append(PlannedColumn(name: column.name, fit: fit))
      return
    }
    if let fit = PostgresTypes.fit(column.type, into: match) {
      columns.append(PlannedColumn(name: match.name, fit: fit, isComputed: match.isGenerated))
    } else if let wider = PostgresTypes.widened(match, for: column.type), let fit = PostgresTypes.landing(of: column.type) {
      let change: SQL = "ALTER COLUMN \(name: match.name) TYPE \(SQL(raw: wider))"
      allow(change, "keeps column \"\(match.name)\" as \(match.sqlType), which can't hold every \(column.type)", &problems)
      var landed = match
      (landed.type, landed.modifier, landed.sqlType) = (wider == "numeric" ? "numeric" : landed.type, -1, wider)
      columns.append(PlannedColumn(name: match.name, fit: PostgresTypes.fit(column.type, into: landed) ?? fit))
    } else {
      problems.append(noExactType(column, "the target's column is \(match.sqlType), which can't hold every value"))
    }
  }

  private mutating func allow(_ change: SQL, _ reason: String, _ problems: inout [Problem]) {
    if request.schemaPolicy == .evolve {
      alterations.append("ALTER TABLE \(target.sql) \(change)")
    } else {
      problems.append(
        Problem(
          "schema-change", "Table \"\(target.description)\" \(reason), and its schema is set to \(request.schemaPolicy.rawValue).",
          hint: "Allow it with `schema: evolve`, or run: ALTER TABLE \(target.sql) \(change);", at: request.location))
    }
  }

  private func noExactType(_ column: Column, _ reason: String) -> Problem {
    Problem(
      "no-exact-type", "Column \"\(column.name)\" is \(column.type), and \(reason) for it.",
      hint: "Choose one with a cast in a transform step, for example \"\(column.name)\"::VARCHAR.", at: request.location)
  }

  private func checkMissing(_ table: PostgresTable, _ problems: inout [Problem]) {
    let given = Set(request.schema.columns.map { $0.name.lowercased() })
    for column in table.columns where !given.contains(column.name.lowercased()) {
      if request.mode == .scd2, Publication.versionColumns.contains(column.name) { continue }
      if column.isNullable || column.hasDefault || column.isIdentity || column.isGenerated { continue }
      problems.append(
        Problem(
          "missing-column", "Table \"\(table.name.description)\" needs a value for column \"\(column.name)\", which the rows don't have.",
          hint: "Add it in a transform step, or give the column a default.", at: request.location))
    }
  }

  /// The target's spelling of a column of the rows.
  func targetName(_ name: String) -> String {
    guard let index = request.schema.columns.firstIndex(where: { $0.name == name })
      ?? request.schema.columns.firstIndex(where: { $0.name.lowercased() == name.lowercased() }), index < columns.count
    else { return name }
    return columns[index].name
  }

  private func checkKey() throws {
    let needsKey = [WriteMode.merge, .deleteInsert, .scd2].contains(request.mode)
    if needsKey, request.key.isEmpty {
      throw Problem("missing-key", "Mode \(request.mode.rawValue) needs a key.", hint: "Name its columns: `key: [id]`.", at: request.location)
    }
    for name in request.key where request.schema[name: name] == nil {
      throw Problem(
        "unknown-column", "The key names column \"\(name)\", which the rows don't have.",
        hint: Nearest.hint(name, among: request.schema.names), at: request.location)
    }
  }

  private mutating func choosePath() {
    let isCast = columns.contains { $0.fit.castTo != nil || $0.isComputed }
    switch request.mode {
    case .merge, .deleteInsert, .scd2: path = .staged
    case _ where existing == nil: path = .create
    case .append:
      let isSimple = !isCast && existing?.hasTriggers == false && existing?.kind == "r"
      path = isSimple && alterations.isEmpty ? .direct : .staged
    case .replace: path = !isCast && existing?.obstacles.isEmpty == true ? .swap : .staged
    case .truncate: path = .staged
    }
  }

  /// Exact where that is quick (up to about 80 MB), else the planner's estimate; nil = unknown.
  private static func count(_ table: PostgresTable, on connection: PostgresConnection) throws(Problem) -> Int? {
    if table.pages > 10_000, let estimate = table.estimatedRows { return estimate }
    do throws(Problem) {
      return try connection.value("SELECT count(*) FROM \(table.sql)").flatMap { Int($0) }
    } catch where error.code == "permission-denied" { return table.estimatedRows }
  }
}
