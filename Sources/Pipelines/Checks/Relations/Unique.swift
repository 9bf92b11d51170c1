import Tabular

/// No value occurs twice.
package struct Unique: Rule {
  package struct Settings: Sendable { var columns: [FieldName] = [] }

  package static let manifest = OperationManifest(
    name: "unique", aliases: ["uniqueness", "duplicate_detection", "no_duplicates"],
    summary: "No value (with several columns: no combination) occurs twice.", shorthand: "columns",
    example: "- unique: order_id",
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
    for column in columns { keys.append(try input.field(column).sql) }
    let present = keys.map { key -> SQL in "\(key) IS NOT NULL" }
    let shown = keys.map { key -> SQL in "CAST(\(key) AS VARCHAR)" }
    return .relation(
      """
      SELECT count(*) = 0 AS passed, CASE WHEN count(*) = 0 THEN 'every value is unique' ELSE \
      count(*) || ' values occur more than once, such as ' || min(sample) END AS observed \
      FROM (SELECT concat_ws(', ', \(shown)) AS sample FROM \(input.sql) WHERE \(present, separator: " AND ") \
      GROUP BY \(keys) HAVING count(*) > 1)
      """)
  }
}
