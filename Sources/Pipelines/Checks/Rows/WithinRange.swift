import Tabular

/// Values lie between two bounds, both included.
package struct WithinRange: Rule {
  package struct Settings: Sendable {
    var columns: [FieldName] = []
    var min: Setting?
    var max: Setting?
  }

  package static let manifest = OperationManifest(
    name: "range", aliases: ["between", "range_check", "min_max"],
    summary: "Values lie between two bounds, both included.",
    example: "- range: { column: quantity, min: 1, max: 1000 }",
    shown: Example(
      """
      - { id: 1, quantity: 1 }
      - { id: 2, quantity: 0 }
      - { id: 3, quantity: null }
      """,
      breaking: """
        - { id: 2, quantity: 0 }
        """),
    badValues: "An empty value passes; text that is no number breaks the rule.",
    settings: SettingsSchema(Settings()) {
      RuleColumns.field(\.columns)
      Field(\.min, "min", "Smallest value allowed.").also("minimum", "min_value", "from")
      Field(\.max, "max", "Largest value allowed.").also("maximum", "max_value", "to")
    })

  let settings: Settings
  package let onFail: OnFail
  package let location: Location

  package init(_ settings: Settings, onFail: OnFail, at location: Location) throws(Problem) {
    self.settings = settings
    self.onFail = onFail
    self.location = location
    guard settings.min != nil || settings.max != nil else {
      throw Problem("missing-setting", "\"range\" needs \"min\", \"max\" or both.", at: location)
    }
    if let min = settings.min?.text, let max = settings.max?.text, Self.isAbove(min, max) {
      throw Problem(
        "impossible-range", "No value is at least \(min) and at most \(max).", hint: "Exchange the bounds.",
        at: settings.min?.location ?? location)
    }
  }

  /// Whether the first of two numbers, or of two dates or times of the same form, is the greater one.
  private static func isAbove(_ first: String, _ second: String) -> Bool {
    if let first = Double(first), let second = Double(second) { return first > second }
    let form = /\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?/
    guard first.count == second.count, first.wholeMatch(of: form) != nil, second.wholeMatch(of: form) != nil else {
      return false
    }
    return first > second
  }

  package var words: String {
    switch (settings.min?.text, settings.max?.text) {
    case (let min?, let max?): "\(RowTest.names(settings.columns)) is between \(min) and \(max)"
    case (let min?, nil): "\(RowTest.names(settings.columns)) is at least \(min)"
    case (_, let max): "\(RowTest.names(settings.columns)) is at most \(max ?? "")"
    }
  }

  package func test(over input: Relation, in context: OperationContext) throws(Problem) -> RuleTest {
    try RowTest.each(settings.columns, of: input) { access, field throws(Problem) in
      var parts: [SQL] = []
      let value: SQL = access.type.isText ? "TRY_CAST(\(access.sql) AS DOUBLE)" : access.sql
      let type = access.type.isText ? DataType.float64 : access.type
      if let min = settings.min { parts.append("\(value) >= \(try Literal.comparable(min, with: type, field: field))") }
      if let max = settings.max { parts.append("\(value) <= \(try Literal.comparable(max, with: type, field: field))") }
      return "(\(parts, separator: " AND "))"
    }
  }
}
