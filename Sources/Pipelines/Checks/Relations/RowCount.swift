import Tabular

/// How many rows there are.
package struct RowCount: Rule {
  package struct Settings: Sendable {
    var min: Int?
    var max: Int?
    var exactly: Int?
  }

  package static let manifest = OperationManifest(
    name: "row_count", aliases: ["rows", "count", "volume"], summary: "The number of rows lies within bounds.",
    shorthand: "exactly", example: "- row_count: { min: 3 }",
    shown: Example(
      """
      - { id: 1 }
      - { id: 2 }
      """, observing: "2 rows"),
    badValues: "Empty rows count as well.",
    settings: SettingsSchema(Settings()) {
      Field(\.min, "min", "Fewest rows allowed.").also("minimum", "at_least")
      Field(\.max, "max", "Most rows allowed.").also("maximum", "at_most")
      Field(\.exactly, "exactly", "The number wanted.").also("equals")
    })

  let min: Int?
  let max: Int?
  package let onFail: OnFail
  package let location: Location

  package init(_ settings: Settings, onFail: OnFail, at location: Location) throws(Problem) {
    min = settings.exactly ?? settings.min
    max = settings.exactly ?? settings.max
    self.onFail = onFail
    self.location = location
    guard min != nil || max != nil else {
      throw Problem("missing-setting", "\"row_count\" needs \"min\", \"max\" or \"exactly\".", at: location)
    }
    if let min, let max, min > max {
      throw Problem(
        "impossible-range", "No number of rows is at least \(min) and at most \(max).", hint: "Exchange the bounds.",
        at: location)
    }
  }

  package var isAboutTheWhole: Bool { true }
  package var words: String {
    switch (min, max) {
    case (1?, 1?): "there is one row"
    case (let min?, let max?): min == max ? "there are \(min) rows" : "there are \(min) to \(max) rows"
    case (let min?, nil): "there \(min == 1 ? "is at least one row" : "are at least \(min) rows")"
    case (_, let max): max == 1 ? "there is at most one row" : "there are at most \(max ?? 0) rows"
    }
  }

  package func test(over input: Relation, in context: OperationContext) throws(Problem) -> RuleTest {
    let bounds = [min.map { "count(*) >= \($0)" as SQL }, max.map { "count(*) <= \($0)" as SQL }].compactMap { $0 }
    return .relation(
      """
      SELECT \(bounds, separator: " AND ") AS passed, count(*) || CASE WHEN count(*) = 1 THEN ' row' ELSE ' rows' END AS observed, \
      count(*) AS seen FROM \(input.sql)
      """)
  }
}
