import Tabular

/// The newest row isn't older than a given age.
package struct Freshness: Rule {
  package struct Settings: Sendable {
    var column: FieldName?
    var maxAge = Age(seconds: 86_400, text: "1 day")
  }

  package static let manifest = OperationManifest(
    name: "freshness", aliases: ["data_freshness", "recency"], summary: "The newest row isn't older than a given age.",
    shorthand: "column", example: "- freshness: { column: order_date, max_age: 1 day }",
    shown: Example(
      """
      - { id: 1, order_date: 2025-01-10 }
      - { id: 2, order_date: 2025-01-13 }
      """, observing: "the newest is 2025-01-13 00:00:00"),
    badValues: "Empty values don't count; without any row the rule is broken.",
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
    // A date stands for its whole day.
    let slack: SQL = access.type == .date ? " + INTERVAL 1 DAY" : ""
    let newest: SQL = "max(CAST(\(access.sql) AS TIMESTAMP))"
    let now: SQL = "CAST(\(text: context.time) AS TIMESTAMP)"
    return .relation(
      """
      SELECT coalesce(\(newest)\(slack) >= \(now) - to_seconds(\(maxAge.seconds)), FALSE) \
      AS passed, coalesce('the newest is ' || \(newest), 'there are no rows') AS observed, \
      CAST(epoch(\(now)) - epoch(\(newest)\(slack)) AS DOUBLE) AS measure, \(text: "age_seconds(\(column.name))") AS measured \
      FROM \(input.sql)
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
    let digits = text.prefix { $0.isNumber }
    let unit = text.dropFirst(digits.count).trimmingPrefix { $0 == " " }
    let units: [(prefix: String, seconds: Int)] = [
      ("mo", 2_592_000), ("mi", 60), ("m", 60), ("s", 1), ("h", 3600), ("d", 86_400), ("w", 604_800),
    ]
    guard let amount = Int(digits), amount < 1_000_000,
      let factor = unit.isEmpty ? 1 : units.first(where: { unit.hasPrefix($0.prefix) })?.seconds
    else {
      throw Problem("wrong-type", "must be a length of time such as \"2 hours\" or \"1 day\".", at: setting.location)
    }
    seconds = amount * factor
    self.text = unit.isEmpty ? "\(amount) seconds" : text
  }
}
