import Foundation
import Tabular

/// The newest row isn't older than a given age.
package struct Freshness: Rule {
  package struct Settings: Sendable {
    var column: FieldName?
    var maxAge = Age(seconds: 86_400, text: "1 day")
  }

  package static let manifest = OperationManifest(
    name: "freshness", aliases: ["data_freshness", "recency"],
    summary: "The newest row isn't older than a given age, nor in the future.",
    shorthand: "column", example: "- freshness: { column: order_date, max_age: 1 day }",
    shown: Example(
      """
      - { id: 1, order_date: 2025-01-10 }
      - { id: 2, order_date: 2025-01-13 }
      """, observing: "the newest is 2025-01-13 00:00:00"),
    badValues:
      "Empty values don't count; without any value the rule is broken, and by text that is no date. A moment more than 5 "
      + "minutes after the run's time and the clock's is in the future, a date more than 14 hours before it begins.",
    settings: SettingsSchema(Settings()) {
      Field(\.column, "column", "Date or time of a row.").required().also("field", "field_name")
      Field(\.maxAge, "max_age", "Greatest age of the newest row.").also("within", "maximum_age").example("2 hours")
    })

  let column: FieldName
  let maxAge: Age
  package let onFail: OnFail
  package let location: Location

  package init(_ settings: Settings, onFail: OnFail, at location: Location) throws(Problem) {
    guard let column = settings.column else {
      throw Problem("missing-setting", "\"column\" is required.", at: location)
    }
    self.column = column
    maxAge = settings.maxAge
    self.onFail = onFail
    self.location = location
  }

  package var isAboutTheWhole: Bool { true }
  package var words: String { "the newest \"\(column.name)\" is at most \(maxAge.text) old" }

  package func test(over input: Relation, in context: OperationContext) throws(Problem) -> RuleTest {
    let access = try input.field(column)
    guard access.type.isMoment || access.type.isText || access.type.isUnknown else {
      throw Problem(
        "wrong-type", "\"freshness\" needs a date or time; \"\(column.name)\" is \(access.type.inWords).",
        at: column.location)
    }
    // A date stands for its whole day, which is somewhere on earth already, or still.
    let isDate = access.type == .date
    let slack: SQL = isDate ? " + INTERVAL 1 DAY" : ""
    let tolerance: SQL = isDate ? "INTERVAL 14 HOUR" : "INTERVAL 5 MINUTE"
    let now: SQL = "CAST(\(text: context.time) AS TIMESTAMP)"
    // A run for an earlier time may well read rows that came after it.
    let latest: SQL = "greatest(\(now), make_timestamp(epoch_us(now()))) + \(tolerance)"
    let isFresh: SQL = "newest\(slack) >= \(now) - to_seconds(\(maxAge.seconds)) AND newest <= \(latest)"
    let unread: SQL =
      "unread || CASE WHEN unread = 1 THEN ' value is' ELSE ' values are' END || ' no date, such as ' || sample"
    return .relation(
      """
      SELECT unread = 0 AND coalesce(\(isFresh), FALSE) AS passed, CASE WHEN unread > 0 THEN \(unread) \
      ELSE coalesce('the newest is ' || newest || CASE WHEN newest > \(latest) THEN ', in the future' ELSE '' END, \
      CASE WHEN seen = 0 THEN 'there are no rows' ELSE 'there are no values' END) END AS observed, \
      CASE WHEN isfinite(newest) AND newest <= \(latest) THEN \
      CAST(epoch(\(now)) - epoch(newest\(slack)) AS DOUBLE) END AS measure, \
      \(text: "age_seconds(\(column.name))") AS measured, seen FROM (\
      SELECT max(moment) AS newest, count(*) FILTER (moment IS NULL AND value IS NOT NULL) AS unread, \
      min(CAST(value AS VARCHAR)) FILTER (moment IS NULL) AS sample, count(*) AS seen \
      FROM (SELECT \(access.sql) AS value, TRY_CAST(\(access.sql) AS TIMESTAMP) AS moment FROM \(input.sql)))
      """)
  }
}

/// A length of time in words: `90 minutes`, `1 day`, or a number of seconds.
package struct Age: SettingValue {
  package let seconds: Int
  package let text: String

  package init(seconds: Int, text: String) {
    self.seconds = seconds
    self.text = text
  }

  package static var kind: SettingKind { .text }
  package var display: String? { text }
  package init(setting: Setting) throws(Problem) {
    let text = setting.text?.lowercased() ?? ""
    let months = text.wholeMatch(of: /([0-9]{1,5})\s*(?:mo|mon|months?)/).flatMap { Double($0.1) }
    guard let amount = TimeSpan.seconds(text) ?? months.map({ $0 * 2_592_000 }), amount < 3e12 else {
      throw Problem(
        "wrong-type", "must be a length of time such as \"2 hours\" or \"1 day\".",
        hint: "The units are seconds, minutes, hours, days, weeks and months of 30 days.", at: setting.location)
    }
    seconds = Int(amount.rounded(.up))
    self.text = text.contains { $0.isLetter } ? text : "\(seconds) seconds"
  }
}
