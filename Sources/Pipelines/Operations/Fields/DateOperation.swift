import Tabular

/// Formats, cuts, moves and compares dates and times.
package struct DateOperation: FieldOperation {
  package enum Function: String, AliasedChoice {
    case format, parse, truncate, add, difference, part
    package static let otherSpellings: [String: Function] = [
      "trunc": .truncate, "floor": .truncate, "diff": .difference, "datediff": .difference, "dateadd": .add,
      "shift": .add,
      "extract": .part, "formatdate": .format, "standardize": .parse, "standardizeformat": .parse,
    ]
  }
  package enum Unit: String, AliasedChoice {
    case second, minute, hour, day, week, month, quarter, year
    package static let otherSpellings: [String: Unit] = [
      "seconds": .second, "minutes": .minute, "hours": .hour, "days": .day, "weeks": .week, "months": .month,
      "quarters": .quarter, "years": .year,
    ]
  }

  package struct Settings: Sendable {
    var field: FieldName?
    var operation = Function.format
    var output: FieldName?
    var format: String?
    var formats: [String] = []
    var unit = Unit.day
    var amount = 1
    var other: FieldName?
  }

  package static let manifest = OperationManifest(
    name: "date", aliases: ["date_operation", "date_format", "datetime"],
    summary: "Formats, reads, cuts, moves and compares dates and times.",
    example: """
      - date: { field: order_date, operation: format, format: "%d.%m.%Y", output_field: shown }
      - date: { field: order_date, operation: parse, formats: ["%d.%m.%Y", "%m/%d/%Y"] }
      - date: { field: shipped, operation: difference, from: ordered, unit: day, output_field: days_to_ship }
      """,
    shown: Example(
      """
      - { id: 1, order_date: 2025-01-31 }
      - { id: 2, order_date: null }
      """,
      gives: """
        - { id: 1, order_date: 2025-01-31, shown: 31.01.2025 }
        - { id: 2, order_date: null, shown: null }
        """),
    badValues: "Empty values stay empty. Text that is no date, or none that exists (30 February), stops "
      + "the run and is named. So does a text with an offset other than UTC's (cast it to timestamptz "
      + "first), and for `parse` a time of day or offset that no format reads. A column that is neither "
      + "text nor date is refused before anything runs.",
    settings: SettingsSchema(Settings()) {
      Field(\.field, "field", "The column.").required().also("field_name", "column")
      Field(
        \.operation, "operation",
        "format, parse (text to a date; to a timestamp if a format has a time, to a timestamptz if one has a zone), "
          + "truncate, add, difference or part."
      ).required()
        .also("function")
      Field(\.output, "output_field", "Column that takes the result; the same one if not given.").also(
        "as", "target_field", "into")
      Field(\.format, "format", "For `format`: such as `%Y-%m-%d`.").example("%Y-%m-%d").also("pattern")
      Field(\.formats, "formats", "For `parse`: the formats to try, in order; ISO forms always are.").also(
        "input_formats")
      Field(\.unit, "unit", "For the others: second, minute, hour, day, week, month, quarter or year.").also("part")
      Field(\.amount, "amount", "For `add`: how many units; negative goes back.").also("value", "interval")
      Field(\.other, "from", "For `difference`: the earlier column.").also("other", "start", "other_field")
    })

  let settings: Settings
  let field: FieldName
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    guard let field = settings.field else { throw Problem("missing-setting", "\"field\" is required.", at: location) }
    if settings.operation == .format, settings.format == nil {
      throw Problem("missing-setting", "\"format\" is required.", at: location)
    }
    if settings.operation == .difference, settings.other == nil {
      throw Problem("missing-setting", "\"from\" is required.", at: location)
    }
    self.settings = settings
    self.field = field
    self.location = location
  }

  package var formats: [String] {
    switch settings.operation {
    case .format: [settings.format].compactMap(\.self)
    case .parse: settings.formats
    default: []
    }
  }
  package var effect: String {
    "Sets \((settings.output ?? field).name) to \(settings.operation.rawValue) of \(field.name)."
  }

  package func assignments(over input: Relation, in context: OperationContext) throws(Problem) -> [Assignment] {
    let access = try input.field(field)
    let moment = try moment(access, field)
    let unit: SQL = "\(text: settings.unit.rawValue)"
    let value: SQL
    var type: DataType = access.type.isMoment ? access.type : .timestampMicros
    switch settings.operation {
    case .format: (value, type) = ("strftime(\(moment), \(Literal.text(settings.format ?? "")))", .text)
    case .parse:
      let formats = settings.formats.isEmpty ? ["%Y-%m-%d"] : settings.formats
      let read = MomentFormats(formats)
      type = read.haveZone ? .timestampTZ : read.haveTime ? .timestampMicros : .date
      let parsed = ExactCast.attempt(access.sql, from: access.type, to: type, formats: formats)
      let reason: SQL =
        type == .date ? "has none of the formats, or a time of day that none of them reads" : "has none of the formats"
      value =
        "CASE WHEN \(access.sql) IS NOT NULL THEN coalesce(\(parsed), CAST(\(refusal(access, reason)) AS \(type))) END"
    case .truncate: value = "CAST(date_trunc(\(unit), \(moment)) AS \(type))"
    case .add:
      let shift: SQL =
        settings.unit == .quarter
        ? "to_months(\(settings.amount * 3))" : "to_\(SQL(raw: settings.unit.rawValue))s(\(settings.amount))"
      if type == .date, [.second, .minute, .hour].contains(settings.unit) { type = .timestampMicros }
      value = "CAST(\(moment) + \(shift) AS \(type))"
    case .difference:
      let other = settings.other ?? field
      (value, type) = ("date_sub(\(unit), \(try self.moment(try input.field(other), other)), \(moment))", .int64)
    case .part: (value, type) = ("date_part(\(unit), \(moment))", .int64)
    }
    let output = settings.output?.name ?? access.root.name
    return [Assignment(output, value, type, after: access.root.name)]
  }

  private func moment(_ access: FieldAccess, _ field: FieldName) throws(Problem) -> SQL {
    try MomentValue.sql(access, field, of: "date", at: location)
  }

  private func refusal(_ access: FieldAccess, _ reason: SQL) -> SQL {
    MomentValue.refusal(access, reason, of: "date", at: location)
  }
}
