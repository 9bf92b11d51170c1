import Tabular

/// Computes a figure over neighbouring rows: a running total, a rank, the row before.
package struct Window: Operation {
  package enum Function: String, AliasedChoice {
    case runningTotal = "running_total", runningCount = "running_count", movingAverage = "moving_average", rank,
      rowNumber = "row_number"
    case previous, next, share
    package static let otherSpellings: [String: Function] = [
      "cumulativesum": .runningTotal, "cumsum": .runningTotal, "rollingaverage": .movingAverage, "lag": .previous,
      "lead": .next,
      "percentoftotal": .share, "number": .rowNumber,
    ]
  }

  package struct Settings: Sendable {
    var function = Function.runningTotal
    var field: FieldName?
    var output: FieldName?
    var partition: [FieldName] = []
    var order = SortKeys()
    var rows: Int?
    var within: Period?
  }

  package static let manifest = OperationManifest(
    name: "window", aliases: ["running_total", "window_function", "cumulative"],
    summary:
      "Computes a figure over neighbouring rows: a running total, a moving average, a rank, the row before or after.",
    example:
      "- window: { function: running_total, field: amount, order_by: order_date, partition_by: customer_id, output_field: so_far }",
    shown: Example(
      """
      - { customer_id: A, order_date: 2025-01-02, amount: 5.50 }
      - { customer_id: A, order_date: 2025-01-01, amount: 10.00 }
      - { customer_id: A, order_date: 2025-01-03, amount: null }
      """,
      gives: """
        - { customer_id: A, order_date: 2025-01-01, amount: 10.00, so_far: 10.00 }
        - { customer_id: A, order_date: 2025-01-02, amount: 5.50, so_far: 15.50 }
        - { customer_id: A, order_date: 2025-01-03, amount: null, so_far: 15.50 }
        """),
    badValues:
      "Empty values count for nothing in totals and averages. Where the total is 0, `share` is empty. Afterwards rows stand in no particular order "
      + "unless they are sorted. Where a number is needed, a column that isn't one is refused before anything runs.",
    settings: SettingsSchema(Settings()) {
      Field(
        \.function, "function",
        "running_total, running_count, moving_average, rank, row_number, previous, next or share (of the total, 0.25 = a quarter)."
      ).also("operation")
      Field(\.field, "field", "The column.").also("field_name", "column", "input_field")
      Field(\.output, "output_field", "Column that takes the figure.").required().also("as", "target_field", "into")
      Field(\.partition, "partition_by", "Start anew for each value of these columns.").also("group_by", "partition")
      Field(\.order, "order_by", "The order of rows.").also("order", "sort_by")
      Field(
        \.rows, "rows",
        "For `moving_average`: rows in all, 3 if not given; for `previous` and `next`: how far, 1 if not given."
      ).also(
        "size", "offset")
      Field(
        \.within, "within",
        "For running_total, running_count and moving_average: only rows of the last `10 minutes`, `1h`, `7 days`, `month`, counted back from the time in `order_by`; both ends count."
      ).also("time_window", "range", "over_last")
    })

  /// Functions over a frame of rows that ends at the row itself.
  private static let framed: Set<Function> = [.runningTotal, .runningCount, .movingAverage]

  let settings: Settings
  let output: FieldName
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    guard let output = settings.output else {
      throw Problem("missing-setting", "\"output_field\" is required.", at: location)
    }
    let needsField = ![.rank, .rowNumber, .runningCount].contains(settings.function)
    guard !needsField || settings.field != nil else {
      throw Problem("missing-setting", "\"\(settings.function.rawValue)\" needs \"field\".", at: location)
    }
    guard settings.function == .share || !settings.order.keys.isEmpty else {
      throw Problem("missing-setting", "\"\(settings.function.rawValue)\" needs \"order_by\".", at: location)
    }
    guard
      settings.within == nil
        || settings.rows == nil && Self.framed.contains(settings.function) && settings.order.keys.count == 1
    else {
      throw Problem(
        "wrong-setting",
        "\"within\" goes with running_total, running_count or moving_average and one column in \"order_by\", and without \"rows\".",
        at: location)
    }
    guard settings.rows ?? 1 > 0 else { throw Problem("wrong-type", "\"rows\" must be at least 1.", at: location) }
    self.settings = settings
    self.output = output
    self.location = location
  }

  package var effect: String {
    "Sets \(output.name) to the \(settings.function.rawValue.replacing("_", with: " ")) of \(settings.field?.name ?? "rows")\(settings.within.map { ", over the last \($0.words)" } ?? "")."
  }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    var parts: [SQL] = []
    var partition: [SQL] = []
    for field in settings.partition { partition.append(try input.field(field).sql) }
    if !partition.isEmpty { parts.append("PARTITION BY \(partition)") }
    if let key = settings.order.keys.first, settings.within != nil {
      let time = try MomentValue.sql(try input.field(key.field), key.field, of: "window", at: location)
      parts.append("ORDER BY \(time) \(key.isDescending ? "DESC" : "ASC" as SQL) NULLS LAST")
    } else if !settings.order.keys.isEmpty {
      parts.append("ORDER BY \(try settings.order.sql(over: input))")
    }
    let over: SQL = "\(parts, separator: " ")"
    let (value, type) = try figure(over: input, over)
    var projection = Projection(of: input.schema)
    projection.set(Assignment(output.name, value, type))
    return projection.select(from: input)
  }

  private func figure(over input: Relation, _ window: SQL) throws(Problem) -> (SQL, DataType) {
    let running: SQL =
      settings.within.map { " RANGE BETWEEN \($0.sql) PRECEDING AND CURRENT ROW" }
      ?? " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
    switch settings.function {
    case .rank: return ("rank() OVER (\(window))", .int64)
    case .rowNumber: return ("row_number() OVER (\(window))", .int64)
    case .runningCount: return ("count(*) OVER (\(window)\(running))", .int64)
    case .previous, .next:
      let access = try input.field(settings.field ?? output)
      let function: SQL = settings.function == .previous ? "lag" : "lead"
      return ("\(function)(\(access.sql), \(settings.rows ?? 1)) OVER (\(window))", access.type)
    case .runningTotal, .movingAverage, .share:
      let field = settings.field ?? output
      let access = try input.field(field)
      guard access.type.isNumber && access.type != .numeric || access.type.isUnknown else {
        throw Problem(
          "wrong-type",
          "\"\(settings.function.rawValue)\" needs numbers; column \"\(field.name)\" is \(access.type.inWords).",
          at: field.location)
      }
      if settings.function == .share {
        return (ExactNumber.share(of: Operand(sql: access.sql, type: access.type), over: window), .float64)
      }
      let frame: SQL =
        settings.function == .runningTotal || settings.within != nil
        ? running : " ROWS BETWEEN \((settings.rows ?? 3) - 1) PRECEDING AND CURRENT ROW"
      let name: SQL = settings.function == .runningTotal ? "sum" : "avg"
      guard access.type.isFloat else {
        let type: DataType = settings.function == .runningTotal && access.type.isWhole ? .int64 : access.type
        let value: SQL = "\(name)(\(access.sql)) OVER (\(window)\(frame))"
        return settings.function == .runningTotal && access.type.isWhole
          ? ("CAST(\(value) AS BIGINT)", type) : (value, .other("NUMBER"))
      }
      // Sums of decimals, so that no float noise piles up; twelve digits after the point.
      let value: SQL =
        "\(name)(\(ExactNumber.decimal(Operand(sql: access.sql, type: access.type)))) OVER (\(window)\(frame))"
      return settings.function == .runningTotal
        ? (ExactNumber.nearestDouble(value), .float64) : ("CAST(printf('%.15g', \(value)) AS DOUBLE)", .float64)
    }
  }
}
