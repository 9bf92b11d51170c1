import Tabular

/// A measure of the rows is as in earlier runs of the pipeline.
package struct Anomaly: Rule {
  package enum Measure: String, AliasedChoice {
    case rowCount = "row_count"
    case nullShare = "null_share"
    case mean, sum, min, max, distinct
    package static let otherSpellings: [String: Measure] = [
      "rows": .rowCount, "count": .rowCount, "volume": .rowCount, "nulls": .nullShare, "nullrate": .nullShare,
      "average": .mean,
      "avg": .mean, "total": .sum, "minimum": .min, "maximum": .max, "uniques": .distinct,
    ]
  }

  package struct Settings: Sendable {
    var measure: Measure?
    var column: FieldName?
    var threshold = 3.5
    var minRuns = 5
    var window = 30
  }

  package static let manifest = OperationManifest(
    name: "anomaly", aliases: ["anomaly_detection", "outlier", "unusual"],
    summary: """
      A figure about all rows is as usual in this pipeline: its distance from the median of earlier runs, in robust standard deviations, is \
      at most `threshold`. Until enough runs have ended well, the rule only learns.
      """,
    shorthand: "measure",
    example: """
      - { anomaly: row_count, on_fail: alert }
      - { anomaly: { measure: null_share, column: email }, on_fail: warn }
      - anomaly: { measure: mean, column: amount, threshold: 5 }
      """,
    shown: Example(
      """
      - { id: 1 }
      - { id: 2 }
      """, after: MeasureHistory(["row_count": [1000, 1010, 990, 1005, 995]]),
      observing: "it is 2; usual is 965 to 1035, from 5 runs"),
    badValues:
      "Empty values are left out of every figure but `null_share`; without a single value there is no figure, which breaks the rule.",
    settings: SettingsSchema(Settings()) {
      Field(
        \.measure, "measure",
        "`row_count`; or of a column: null_share (from 0 to 1), mean, sum, min, max, distinct (estimated). Without it: mean if there is a column, else row_count."
      )
      .also("metric", "of")
      Field(\.column, "column", "The column it is about.").also("field", "field_name")
      Field(\.threshold, "threshold", "Greatest distance from the median, in robust standard deviations.").also(
        "z_score", "sensitivity")
      Field(\.minRuns, "min_runs", "Earlier runs needed for a verdict.").also("minimum_runs", "learn")
      Field(\.window, "window", "How many of the latest runs count, at most 100.").also("runs", "history")
    })

  let settings: Settings
  let measure: Measure
  package let onFail: OnFail
  package let location: Location

  package init(_ settings: Settings, onFail: OnFail, at location: Location) throws(Problem) {
    self.settings = settings
    self.onFail = onFail
    self.location = location
    measure = settings.measure ?? (settings.column == nil ? .rowCount : .mean)
    if measure != .rowCount, settings.column == nil {
      throw Problem("missing-setting", "\"\(measure.rawValue)\" needs \"column\".", at: location)
    }
    guard settings.threshold > 0, settings.threshold.isFinite else {
      throw Problem("wrong-type", "\"threshold\" must be more than 0.", at: location)
    }
    guard (2...100).contains(settings.minRuns), (settings.minRuns...100).contains(settings.window) else {
      throw Problem("wrong-type", "\"min_runs\" must be from 2 to 100, and \"window\" from that to 100.", at: location)
    }
  }

  package var isAboutTheWhole: Bool { true }
  package var words: String { "\(figure) is as usual" }

  private var figure: String {
    let column = "\"\(settings.column?.name ?? "")\""
    return switch measure {
    case .rowCount: "the number of rows"
    case .nullShare: "the share of missing \(column)"
    case .mean: "the mean of \(column)"
    case .sum: "the sum of \(column)"
    case .min: "the smallest \(column)"
    case .max: "the largest \(column)"
    case .distinct: "the number of different \(column)"
    }
  }

  /// Under this name the figure is kept for later runs.
  private var name: String {
    measure == .rowCount ? measure.rawValue : "\(measure.rawValue)(\(settings.column?.name ?? ""))"
  }

  package func test(over input: Relation, in context: OperationContext) throws(Problem) -> RuleTest {
    let value = try value(of: input)
    let earlier = Array((context.history.values[name] ?? []).prefix(settings.window))
    func verdict(_ passed: SQL, _ told: SQL) -> RuleTest {
      .relation(
        """
        SELECT \(passed) AS passed, \(told) AS observed, value AS measure, \(text: name) AS measured \
        FROM (SELECT CAST(\(value) AS DOUBLE) AS value FROM \(input.sql))
        """)
    }
    let now: SQL = "coalesce('it is ' || \(Self.shown("value")), 'there is no value')"
    guard earlier.count >= settings.minRuns, let usual = UsualRange(earlier, floor: measure == .nullShare ? 0.01 : 0)
    else {
      return verdict("TRUE", "\(now) || \(text: ", \(earlier.count) of \(settings.minRuns) earlier runs are known")")
    }
    let reach = settings.threshold * usual.spread
    let range =
      "usual is \(Self.number(usual.median - reach)) to \(Self.number(usual.median + reach)), from \(earlier.count) runs"
    return verdict(
      "coalesce(abs(value - \(Self.literal(usual.median))) <= \(Self.literal(reach)), FALSE)",
      "\(now) || \(text: "; \(range)")")
  }

  private func value(of input: Relation) throws(Problem) -> SQL {
    guard measure != .rowCount, let column = settings.column else { return "count(*)" }
    let access = try input.field(column)
    if measure == .nullShare { return "1 - count(\(access.sql)) / nullif(count(*), 0)" }
    if measure == .distinct { return "approx_count_distinct(\(access.sql))" }
    guard access.type.isNumber || access.type.isUnknown else {
      throw Problem(
        "wrong-type", "\"\(measure.rawValue)\" needs numbers; \"\(column.name)\" is \(access.type.inWords).",
        hint: "Cast it before the check, or watch its null_share or distinct.", at: column.location)
    }
    let number: SQL = "CAST(\(access.sql) AS DOUBLE)"
    let call: SQL =
      switch measure {
      case .sum: "sum"
      case .min: "min"
      case .max: "max"
      default: "avg"
      }
    return "\(call)(\(number)) FILTER (isfinite(\(number)))"
  }

  private static func literal(_ number: Double) -> SQL { "CAST(\(text: "\(number)") AS DOUBLE)" }

  /// Without the noise of long fractions.
  private static func shown(_ value: SQL) -> SQL {
    "CASE WHEN \(value) = round(\(value)) AND abs(\(value)) < 1e15 THEN CAST(CAST(\(value) AS BIGINT) AS VARCHAR) ELSE CAST(round(\(value), 4) AS VARCHAR) END"
  }

  private static func number(_ value: Double) -> String {
    if value == value.rounded(), abs(value) < 1e15 { return String(Int(value)) }
    return abs(value) < 1e11 ? "\((value * 10_000).rounded() / 10_000)" : "\(value)"
  }
}
