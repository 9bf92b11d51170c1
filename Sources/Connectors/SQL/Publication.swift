import Tabular

/// How a database spells what the write modes need; the rest of their SQL is the same everywhere.
package struct SQLDialect: Sendable {
  /// The name by which two equal rows of a table are told apart.
  package var rowID: SQL
  /// Removes all rows of a table.
  package var clear: @Sendable (_ table: SQL) -> SQL
  /// A condition that holds if two values differ, null being a value like others.
  package var differs: @Sendable (_ left: SQL, _ right: SQL) -> SQL
  /// What stands between the column list and the rows of an INSERT that gives identity columns a value.
  package var overriding: SQL
  /// The type of points in time in scd2's columns.
  package var instant: SQL

  package static let postgres = SQLDialect(
    rowID: "ctid", clear: { "TRUNCATE TABLE \($0)" }, differs: { "\($0) IS DISTINCT FROM \($1)" },
    overriding: "OVERRIDING SYSTEM VALUE ", instant: "timestamptz")
  package static let duckdb = SQLDialect(
    rowID: "rowid", clear: { "DELETE FROM \($0)" }, differs: { "\($0) IS DISTINCT FROM \($1)" }, overriding: "",
    instant: "TIMESTAMPTZ")
  /// SQLite through the engine, which runs the statements.
  package static let sqlite = SQLDialect(
    rowID: "rowid", clear: { "DELETE FROM \($0)" }, differs: { "\($0) IS DISTINCT FROM \($1)" }, overriding: "",
    instant: "VARCHAR")
}

/// Staged rows on their way into a table: the statements of each write mode. Run them in one transaction.
package struct Publication: Sendable {
  package struct PublishedColumn: Sendable {
    package var name: String
    /// The staged value as the target takes it: `"doc"::jsonb`; nil = as it is.
    package var conversion: SQL?
    /// The target's values of this column have no equality and are compared through this type.
    package var comparedAs: SQL?
    package init(_ name: String, conversion: SQL? = nil, comparedAs: SQL? = nil) {
      self.name = name
      self.conversion = conversion
      self.comparedAs = comparedAs
    }
  }

  package var dialect: SQLDialect
  /// Quoted and qualified.
  package var target: SQL
  package var staging: SQL
  package var columns: [PublishedColumn]
  package var key: [String]
  package var overridesIdentity = false

  package init(
    dialect: SQLDialect, target: SQL, staging: SQL, columns: [PublishedColumn], key: [String] = [],
    overridesIdentity: Bool = false
  ) {
    self.dialect = dialect
    self.target = target
    self.staging = staging
    self.columns = columns
    self.key = key
    self.overridesIdentity = overridesIdentity
  }

  /// Counts what a statement changes.
  package enum Effect: Sendable { case inserts, updates, deletes, none }
  package typealias Step = (statement: SQL, effect: Effect)

  package var append: [Step] { [(insert(where: ""), .inserts)] }

  package var replaceRows: [Step] { [(dialect.clear(target), .none)] + append }

  package var merge: [Step] {
    let others = columns.filter { !key.contains($0.name) }
    let assignments = others.map { column -> SQL in "\(name: column.name) = \(value(column))" }
    let update: SQL = "UPDATE \(target) AS t SET \(assignments) FROM \(staging) AS s WHERE \(sameKey)"
    let fresh: SQL = " WHERE NOT EXISTS (SELECT 1 FROM \(target) AS t WHERE \(sameKey))"
    return (others.isEmpty ? [] : [(update, .updates)]) + [(insert(where: fresh), .inserts)]
  }

  package var deleteInsert: [Step] {
    [
      ("DELETE FROM \(target) AS t WHERE EXISTS (SELECT 1 FROM \(staging) AS s WHERE \(sameKey))", .deletes),
      (insert(where: ""), .inserts),
    ]
  }

  /// Closes the current version of changed rows and adds the new one. `time` is ISO 8601.
  package func scd2(time: String) -> [Step] {
    let others = columns.filter { !key.contains($0.name) }
    let changes = others.map(changed)
    let instant: SQL = "CAST(\(text: time) AS \(dialect.instant))"
    let isChanged: SQL = changes.isEmpty ? "1 = 0" : "(\(changes, separator: " OR "))"
    let names = columns.map(\.name) + Publication.versionColumns
    let values = columns.map(value)
    return [
      (
        "UPDATE \(target) AS t SET valid_to = \(instant) FROM \(staging) AS s WHERE \(sameKey) AND t.valid_to IS NULL AND \(isChanged)",
        .updates
      ),
      (
        """
        INSERT INTO \(target) (\(names: names)) \(overriding)SELECT \(values), \(instant), NULL FROM \(staging) AS s \
        WHERE NOT EXISTS (SELECT 1 FROM \(target) AS t WHERE \(sameKey) AND t.valid_to IS NULL)
        """, .inserts
      ),
    ]
  }

  /// The columns scd2 keeps beside the rows' own.
  package static let versionColumns = ["valid_from", "valid_to"]

  /// Lists keys that stand in several staged rows (`LIMIT 1`): its columns are the key's.
  package var repeatedKey: SQL {
    "SELECT \(names: key) FROM \(staging) GROUP BY \(names: key) HAVING count(*) > 1 LIMIT 1"
  }

  /// Removes staged rows that are equal to another in every column, leaving one of each.
  package var dropCopies: SQL {
    // The key comes first and with plain equality, so that equal rows are found by hashing.
    let keys = key.map { name -> SQL in "a.\(name: name) = b.\(name: name)" }
    let same =
      keys
      + columns.filter { !key.contains($0.name) }.map { column -> SQL in
        let type = column.comparedAs
        let left: SQL = type.map { "CAST(a.\(name: column.name) AS \($0))" } ?? "a.\(name: column.name)"
        let right: SQL = type.map { "CAST(b.\(name: column.name) AS \($0))" } ?? "b.\(name: column.name)"
        return "NOT (\(dialect.differs(left, right)))"
      }
    return """
      DELETE FROM \(staging) AS a WHERE EXISTS (SELECT 1 FROM \(staging) AS b \
      WHERE a.\(dialect.rowID) > b.\(dialect.rowID) AND \(same, separator: " AND "))
      """
  }

  /// Lists a staged row (`LIMIT 1`) in which part of the key is null.
  package var nullKey: SQL {
    let missing = key.map { name -> SQL in "\(name: name) IS NULL" }
    return "SELECT 1 FROM \(staging) WHERE \(missing, separator: " OR ") LIMIT 1"
  }

  /// One row: how many staged rows the target lacks, then for each column outside the key in how many of them it differs.
  package func divergence(onlyCurrent: Bool) -> SQL {
    let others = columns.filter { !key.contains($0.name) }
    let changes = others.map { column -> SQL in
      "count(*) FILTER (WHERE t.\(dialect.rowID) IS NOT NULL AND \(changed(column)))"
    }
    let facts: [SQL] = ["count(*) FILTER (WHERE t.\(dialect.rowID) IS NULL)"] + changes
    let current: SQL = onlyCurrent ? " AND t.valid_to IS NULL" : ""
    return "SELECT \(facts) FROM \(staging) AS s LEFT JOIN \(target) AS t ON \(sameKey)\(current)"
  }

  private func changed(_ column: PublishedColumn) -> SQL {
    guard let type = column.comparedAs else { return dialect.differs("t.\(name: column.name)", value(column)) }
    return dialect.differs("CAST(t.\(name: column.name) AS \(type))", "CAST(\(value(column)) AS \(type))")
  }

  private var sameKey: SQL {
    let pairs = columns.filter { key.contains($0.name) }.map { column -> SQL in
      "t.\(name: column.name) = \(value(column))"
    }
    return "\(pairs, separator: " AND ")"
  }

  private var overriding: SQL { overridesIdentity ? dialect.overriding : "" }

  private func value(_ column: PublishedColumn) -> SQL { column.conversion ?? "s.\(name: column.name)" }

  private func insert(where condition: SQL) -> SQL {
    let values = columns.map(value)
    return """
      INSERT INTO \(target) (\(names: columns.map(\.name))) \(overriding)SELECT \(values) FROM \(staging) AS s\(condition)
      """
  }
}
