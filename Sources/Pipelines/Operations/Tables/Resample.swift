import Tabular

/// Puts rows into time buckets, with a figure or several for each, and fills the buckets no row falls into.
package struct Resample: Operation {
  package enum Fill: String, AliasedChoice {
    case none, empty, previous, linear, zero
    package static let otherSpellings: [String: Fill] = [
      "null": .empty, "nulls": .empty, "ffill": .previous, "forward": .previous, "last": .previous,
      "interpolate": .linear, "0": .zero,
    ]

    var words: String {
      switch self {
      case .none: ""
      case .empty: "; buckets without rows are there, empty"
      case .previous: "; buckets without a value take the one before"
      case .linear: "; buckets without a value lie on the line between their neighbours"
      case .zero: "; buckets without a value are 0"
      }
    }
  }

  package struct Settings: Sendable {
    var time: FieldName?
    var every: Period?
    var groups: [FieldName] = []
    var figures = Figures()
    var fill = Fill.none
  }

  package static let manifest = OperationManifest(
    name: "resample", aliases: ["time_bucket", "time_window", "tumbling_window", "downsample"],
    summary:
      "Puts rows into time buckets and computes figures of each, in order of time; the time column holds the beginning of its bucket. "
      + "Weeks begin on Monday, in UTC. Gaps between the first and the last bucket of a group can be filled.",
    example: """
      - resample: { time: measured_at, every: 10 minutes, group_by: sensor, aggregates: { hottest: max(temperature) } }
      - resample: { time: sold_at, every: day, aggregates: { sales: sum(amount) }, fill: zero }
      """,
    shown: Example(
      """
      - { sensor: s1, measured_at: "2025-01-15T10:01:00", temperature: 20.5 }
      - { sensor: s1, measured_at: "2025-01-15T10:09:59", temperature: 21.5 }
      - { sensor: s1, measured_at: "2025-01-15T10:25:00", temperature: 19.0 }
      """,
      gives: """
        - { sensor: s1, measured_at: "2025-01-15T10:00:00", hottest: 21.5 }
        - { sensor: s1, measured_at: "2025-01-15T10:20:00", hottest: 19.0 }
        """),
    badValues: "Figures leave empty values out. A row without a time, or with one that doesn't exist, stops the run.",
    settings: SettingsSchema(Settings()) {
      Field(\.time, "time", "The column with the time; text in ISO form is read, as a time in UTC.").required().also(
        "time_field", "timestamp", "field", "field_name", "column", "on")
      Field(
        \.every, "every", "The width of a bucket: `30s`, `10 minutes`, `1h`, `day`, `week`, `month`, `quarter`, `year`."
      ).required()
        .also("interval", "width", "window", "bucket", "frequency", "size")
      Field(\.groups, "group_by", "Columns with a time series of their own for each of their values.").also(
        "group_by_fields", "partition_by", "groups", "by")
      Field(
        \.figures, "aggregates",
        "Output column → `average(temperature)`, or a list of `{input_field, output_field, operation}`; the number of rows (`count`) if not given."
      ).also("aggregated_fields", "aggregations", "fields", "metrics")
      Field(
        \.fill, "fill",
        "Buckets without rows: none (they aren't there), empty, previous (the value before), linear (between the neighbours, as a DOUBLE) or zero."
      ).also("fill_gaps", "gaps", "gap_fill")
    })

  let settings: Settings
  let time: FieldName
  let every: Period
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    guard let time = settings.time, let every = settings.every else {
      throw Problem("missing-setting", "\"time\" and \"every\" are required.", at: location)
    }
    self.settings = settings
    self.time = time
    self.every = every
    self.location = location
  }

  package var effect: String {
    let figures = settings.figures.list.isEmpty ? "count" : settings.figures.list.map(\.words).joined(separator: ", ")
    let groups = settings.groups.isEmpty ? "" : " and \(settings.groups.map(\.name).joined(separator: ", "))"
    return "Computes \(figures) for each \(every.words) of \(time.name)\(groups)\(settings.fill.words)."
  }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    var names: [String] = []
    func take(_ name: String, at place: Location) throws(Problem) {
      guard !names.contains(where: { $0.lowercased() == name.lowercased() }) else {
        throw Problem("name-taken", "Two columns would be called \"\(name)\".", at: place)
      }
      names.append(name)
    }
    var items: [SQL] = []
    for group in settings.groups {
      let access = try input.field(group)
      try take(access.path.last ?? access.root.name, at: group.location)
      items.append("\(access.sql) AS \(name: "__k\(items.count)")")
    }
    let keys = items.indices.map { "\(name: "__k\($0)")" as SQL }
    let access = try input.field(time)
    try take(access.path.last ?? access.root.name, at: time.location)
    items.append("time_bucket(\(every.sql), \(try moment(access))) AS __t")
    var figures: [(sql: SQL, isNumber: Bool?)] = []
    if settings.figures.list.isEmpty {
      figures.append(("count(*)", true))
      try take(names.contains("count") ? "row_count" : "count", at: location)
    }
    for figure in settings.figures.list {
      figures.append((try figure.sql(over: input), try figure.isNumber(over: input)))
      try take(figure.output.name, at: figure.output.location)
      if figures.last?.isNumber == false, [.linear, .zero].contains(settings.fill) {
        throw Problem(
          "wrong-type", "\"fill: \(settings.fill.rawValue)\" needs numbers, but \"\(figure.output.name)\" isn't one.",
          hint: "Use fill: previous or fill: empty.", at: figure.output.location)
      }
    }
    items += figures.enumerated().map { "\($1.sql) AS \(name: "__v\($0)")" }
    let grouping = (1...keys.count + 1).map { SQL(raw: String($0)) }
    let buckets: SQL = "SELECT \(items) FROM \(input.sql) GROUP BY \(grouping)"
    let order = keys + ["__t"]
    let plain = order + figures.indices.map { "\(name: "__v\($0)")" }
    func named(_ values: [SQL]) -> [SQL] { zip(values, names).map { "\($0) AS \(name: $1)" } }
    guard settings.fill != .none else { return "SELECT \(named(plain)) FROM (\(buckets)) ORDER BY \(order)" }
    let values = figures.indices.map { filled("\(name: "__v\($0)")", keys) }
    let matches = (keys + ["__t"]).map { "steps.\($0) IS NOT DISTINCT FROM filled.\($0)" as SQL }
    let there =
      (keys + ["__t"]).map { "steps.\($0)" as SQL } + figures.indices.map { "filled.\(name: "__v\($0)")" as SQL }
    let groups: SQL = keys.isEmpty ? "" : " GROUP BY \(keys)"
    let type: SQL = bucketType(access).map { "CAST(\(steps) AS \($0)[])" } ?? steps
    return """
      WITH filled AS MATERIALIZED (\(buckets)), \
      steps AS (SELECT \(keys + ["unnest(\(type)) AS __t"]) FROM filled\(groups)), \
      whole AS (SELECT \(there) FROM steps LEFT JOIN filled ON \(matches, separator: " AND ")) \
      SELECT \(named(order + values)) FROM whole ORDER BY \(order)
      """
  }

  /// All buckets from the first to the last; too many of them are refused.
  private var steps: SQL {
    let count: SQL = "(epoch(max(__t)) - epoch(min(__t))) / \(SQL(raw: every.longest.description))"
    let refusal = Refusal.saying(
      "'\"resample\" would make ' || CAST(CAST(\(count) AS BIGINT) AS VARCHAR) || ' buckets of \(SQL(raw: every.words)) to fill the gaps of one group.'",
      at: location)
    return
      "CASE WHEN \(count) > 1e7 THEN [CAST(\(refusal) AS TIMESTAMP)] ELSE generate_series(min(__t), max(__t), \(every.sql)) END"
  }

  private func bucketType(_ access: FieldAccess) -> DataType? {
    if access.type == .date { return every.isWholeDays ? .date : .timestampMicros }
    return access.type.isMoment ? access.type : .timestampMicros
  }

  private func filled(_ value: SQL, _ keys: [SQL]) -> SQL {
    let partition: SQL = keys.isEmpty ? "" : "PARTITION BY \(keys) "
    let before: SQL = "OVER (\(partition)ORDER BY __t ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    let behind: SQL = "OVER (\(partition)ORDER BY __t ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)"
    switch settings.fill {
    case .none, .empty: return value
    case .zero: return "coalesce(\(value), 0)"
    case .previous: return "last_value(\(value) IGNORE NULLS) \(before)"
    case .linear:
      let time: SQL = "CASE WHEN \(value) IS NOT NULL THEN epoch(__t) END"
      let (left, right): (SQL, SQL) = (
        "last_value(\(value) IGNORE NULLS) \(before)", "first_value(\(value) IGNORE NULLS) \(behind)"
      )
      let (start, end): (SQL, SQL) = (
        "last_value(\(time) IGNORE NULLS) \(before)", "first_value(\(time) IGNORE NULLS) \(behind)"
      )
      // Fifteen digits, so that no float noise shows.
      return """
        coalesce(CAST(\(value) AS DOUBLE), CAST(printf('%.15g', CAST(\(left) AS DOUBLE) + \
        (CAST(\(right) AS DOUBLE) - CAST(\(left) AS DOUBLE)) * (epoch(__t) - \(start)) / (\(end) - \(start))) AS DOUBLE))
        """
    }
  }

  /// The row's time; a row without one is refused, for it belongs into no bucket.
  private func moment(_ access: FieldAccess) throws(Problem) -> SQL {
    let value = try MomentValue.sql(access, time, of: "resample", at: location)
    let typed: SQL = access.type == .date && !every.isWholeDays ? "CAST(\(value) AS TIMESTAMP)" : value
    let type = bucketType(access) ?? .timestampMicros
    let refusal = Refusal.saying(
      "'\"resample\" by column \"' || \(Literal.text(access.root.name)) || '\": a row has no time.'", at: location)
    return "coalesce(\(typed), CAST(\(refusal) AS \(type)))"
  }
}
