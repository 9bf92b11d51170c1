import Tabular

/// No value occurs twice.
package struct Unique: Rule {
  package struct Settings: Sendable { var columns: [FieldName] = [] }

  package static let manifest = OperationManifest(
    name: "unique", aliases: ["uniqueness", "duplicate_detection", "no_duplicates"],
    summary: "No value (with several columns: no combination) occurs twice.", shorthand: "columns",
    example: "- unique: order_id",
    shown: Example(
      """
      - { order_id: 1 }
      - { order_id: 2 }
      - { order_id: 2 }
      - { order_id: null }
      - { order_id: null }
      """, observing: "1 value occurs more than once, such as 2"),
    badValues: "Empty values are equal to no other.",
    settings: SettingsSchema(Settings()) { RuleColumns.field(\.columns) })

  let columns: [FieldName]
  package let onFail: OnFail
  package let location: Location

  package init(_ settings: Settings, onFail: OnFail, at location: Location) throws(Problem) {
    columns = settings.columns
    self.onFail = onFail
    self.location = location
  }

  package var words: String { "no \(columns.map { "\"\($0.name)\"" }.joined(separator: " with ")) occurs twice" }

  package func test(over input: Relation, in context: OperationContext) throws(Problem) -> RuleTest {
    var keys: [SQL] = []
    var fields: [FieldAccess] = []
    for column in columns {
      let access = try input.field(column)
      keys.append(access.sql)
      fields.append(access)
    }
    let present: SQL = "\(keys.map { "\($0) IS NOT NULL" as SQL }, separator: " AND ")"
    if [.skip, .flag, .null].contains(onFail) {
      // As in SQL, a key with an empty part equals no other. The first row of a key passes.
      let turn: SQL = "row_number() OVER (PARTITION BY \(keys) ORDER BY \(name: RuleTest.position))"
      return .rowAmongOthers("CASE WHEN \(present) THEN \(turn) = 1 ELSE TRUE END", columns: fields)
    }
    let shown = keys.map { key -> SQL in "CAST(\(key) AS VARCHAR)" }
    return .relation(
      """
      SELECT count(*) FILTER (n > 1) = 0 AS passed, CASE WHEN count(*) FILTER (n > 1) = 0 THEN 'every value is unique' ELSE \
      count(*) FILTER (n > 1) || CASE WHEN count(*) FILTER (n > 1) = 1 THEN ' value occurs' ELSE ' values occur' END || \
      ' more than once, such as ' || min(sample) FILTER (n > 1) END AS observed, \
      CAST(coalesce(sum(n - 1) FILTER (n > 1), 0) AS BIGINT) AS failed, CAST(coalesce(sum(total), 0) AS BIGINT) AS rows \
      FROM (SELECT concat_ws(', ', \(shown)) AS sample, CASE WHEN \(present) THEN count(*) ELSE 1 END AS n, count(*) AS total \
      FROM \(input.sql) GROUP BY \(keys))
      """)
  }
}
