import Pipelines
import Tabular

/// A load into a table of a database that the engine has attached: what is common to DuckDB and SQLite files.
struct AttachedLoad: Sendable {
  struct StoredColumn: Sendable {
    var name: String
    /// The type it has in staging.
    var storage: DataType
  }

  let target: SQL
  let staging: SQL
  let state: SQL
  let dialect: SQLDialect
  let columns: [StoredColumn]
  let known: Resource?
  let request: WriteRequest
  private let key: StagedKey

  /// - Throws: `missing-key`, `unknown-column`.
  init(
    target: SQL, staging: SQL, state: SQL, dialect: SQLDialect, columns: [StoredColumn], known: Resource?,
    request: WriteRequest
  ) throws(Problem) {
    (self.target, self.staging, self.state, self.dialect) = (target, staging, state, dialect)
    (self.columns, self.known, self.request) = (columns, known, request)
    key = try StagedKey(request)
  }

  private var publication: Publication {
    Publication(
      dialect: dialect, target: target, staging: staging, columns: columns.map { .init($0.name) }, key: key.columns)
  }

  private var table: String {
    if case .table(let name) = request.target { name } else { "" }
  }

  private func isKnown(_ name: String) -> Bool {
    known?.columns.contains { $0.name.lowercased() == name.lowercased() } == true
  }

  /// A table with constraints or indexes whose columns are the rows' own is refilled, so that they stay.
  var isRefilled: Bool {
    guard let known else { return false }
    guard request.mode == .replace else { return true }
    return known.columns.map { $0.name.lowercased() } == columns.map { $0.name.lowercased() } && !known.isBare
  }

  /// The statements that make staged rows visible.
  /// - Throws: `schema-changed`, `missing-value`.
  func publish() throws(Problem) -> [SQL] {
    let added = isRefilled ? columns.filter { !isKnown($0.name) } : []
    try checkPolicy(added)
    var statements: [SQL] = []
    if isRefilled {
      statements = added.map { "ALTER TABLE \(target) ADD COLUMN \(name: $0.name) \($0.storage)" }
      if request.mode == .scd2 {
        statements += Publication.versionColumns.filter { !isKnown($0) }.map { name in
          "ALTER TABLE \(target) ADD COLUMN \(name: name) \(dialect.instant)"
        }
      }
    } else {
      let versions: SQL =
        request.mode == .scd2
        ? ", CAST(NULL AS \(dialect.instant)) AS valid_from, CAST(NULL AS \(dialect.instant)) AS valid_to" : ""
      statements = [
        "DROP TABLE IF EXISTS \(target)", "CREATE TABLE \(target) AS SELECT *\(versions) FROM \(staging) LIMIT 0",
      ]
    }
    let publication = publication
    let steps: [Publication.Step] =
      switch request.mode {
      case .append: publication.append
      case .replace, .truncate: isRefilled ? publication.replaceRows : publication.append
      case .merge: publication.merge
      case .deleteInsert: publication.deleteInsert
      case .scd2: publication.scd2(time: request.time)
      }
    return statements + steps.map(\.statement) + ["DROP TABLE \(staging)"]
  }

  private func checkPolicy(_ added: [StoredColumn]) throws(Problem) {
    if request.schemaPolicy != .evolve, let first = added.first(where: { !request.created.contains($0.name) }) {
      throw Problem(
        "schema-changed",
        "Table \"\(table)\" has no column \"\(first.name)\", and `schema: \(request.schemaPolicy.rawValue)` forbids adding it.",
        hint: "Leave the column out in a transform step, or use `schema: evolve`.", at: request.location)
    }
    guard isRefilled, request.mode != .merge || known?.primaryKey.isEmpty == false else { return }
    let given = columns.map { $0.name.lowercased() } + (request.mode == .scd2 ? Publication.versionColumns : [])
    if let missing = known?.columns.first(where: {
      !$0.isNullable && !given.contains($0.name.lowercased()) && $0.hasDefault != true
    }) {
      throw Problem(
        "missing-value", "Table \"\(table)\" needs a value for column \"\(missing.name)\", which the rows don't have.",
        hint: "Add the column in a transform step.", at: request.location)
    }
  }

  /// Brings identical copies of a row down to one, where rows have keys.
  var settle: [SQL] { key.columns.isEmpty ? [] : [publication.dropCopies] }

  /// What must hold of staged rows before any becomes visible.
  var checks: [LoadCheck] {
    guard !key.columns.isEmpty else { return [] }
    return [
      LoadCheck(finds: publication.nullKey) { [key] _ in key.nullProblem },
      LoadCheck(finds: publication.repeatedKey) { [key] in key.duplicateProblem($0) },
    ]
  }

  /// Stores cursors in the transaction of the rows.
  func remember(_ entries: [StateEntry]) -> [SQL] {
    guard !entries.isEmpty else { return [] }
    let keys = entries.map { entry -> SQL in "\(text: entry.key)" }
    let rows = entries.map { entry -> SQL in "(\(text: entry.key), \(text: entry.value))" }
    return [
      "CREATE TABLE IF NOT EXISTS \(state) (key VARCHAR PRIMARY KEY, value VARCHAR)",
      "DELETE FROM \(state) WHERE key IN (\(keys))", "INSERT INTO \(state) VALUES \(rows)",
    ]
  }
}

extension Resource {
  /// Whether a table has nothing that a new table of the same columns would lack.
  var isBare: Bool {
    indexes.isEmpty && primaryKey.isEmpty && foreignKeys.isEmpty
      && columns.allSatisfy { $0.isNullable && $0.hasDefault != true }
  }
}
