import Tabular

/// Groups rows and computes figures of each group.
package struct Aggregate: Operation {
  package struct Settings: Sendable {
    var groups: [FieldName] = []
    var figures = Figures()
    var details = false
  }

  package static let manifest = OperationManifest(
    name: "aggregate", aliases: ["aggregation", "group", "group_by", "summarize"],
    summary:
      "Groups rows and computes figures of each group, in order of the groups. Without figures: the groups and their `count`.",
    shorthand: "group_by",
    example: """
      - aggregate: { group_by: [customer_id, date], aggregates: { total_amount: sum(amount), orders: count(*) } }
      """,
    shown: Example(
      """
      - { customer_id: A, date: 2025-01-15, amount: 299.99 }
      - { customer_id: A, date: 2025-01-15, amount: 99.99 }
      - { customer_id: B, date: 2025-01-15, amount: null }
      """,
      gives: """
        - { customer_id: A, date: 2025-01-15, total_amount: 399.98, orders: 2 }
        - { customer_id: B, date: 2025-01-15, total_amount: null, orders: 1 }
        """),
    badValues: "Figures leave empty values out; empty values of a group column form a group. A sum that "
      + "doesn't fit into 64 bits stops the run; a column that isn't a number is refused before "
      + "anything runs where a number is needed.",
    settings: SettingsSchema(Settings()) {
      Field(\.groups, "group_by", "Columns whose equal values form a group; none = all rows are one.").also(
        "group_by_fields", "groups", "by")
      Field(
        \.figures, "aggregates", "Output column → `sum(amount)`, or a list of `{input_field, output_field, operation}`."
      )
      .also("aggregated_fields", "aggregations", "fields", "metrics")
      Field(\.details, "include_details", "Keep the rows of each group as a list `details`.")
    })

  let settings: Settings
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    self.settings = settings
    self.location = location
    guard !settings.groups.isEmpty || !settings.figures.list.isEmpty else {
      throw Problem("missing-setting", "\"aggregate\" needs \"group_by\", \"aggregates\" or both.", at: location)
    }
  }

  package var effect: String {
    let figures = settings.figures.list.isEmpty ? "count" : settings.figures.list.map(\.words).joined(separator: ", ")
    return settings.groups.isEmpty
      ? "Computes \(figures) over all rows."
      : "Computes \(figures) for each \(settings.groups.map(\.name).joined(separator: ", "))."
  }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    var list: [SQL] = []
    var keys: [SQL] = []
    var names: Set<String> = []
    func take(_ name: String, at place: Location) throws(Problem) {
      guard names.insert(name.lowercased()).inserted else {
        throw Problem("name-taken", "Two columns would be called \"\(name)\".", at: place)
      }
    }
    for group in settings.groups {
      let access = try input.field(group)
      let name = access.path.last ?? access.root.name
      try take(name, at: group.location)
      keys.append(access.sql)
      list.append("\(access.sql) AS \(name: name)")
    }
    if settings.figures.list.isEmpty {
      list.append("count(*) AS \(name: names.contains("count") ? "row_count" : "count")")
    }
    for figure in settings.figures.list {
      try take(figure.output.name, at: figure.output.location)
      list.append("\(try figure.sql(over: input)) AS \(name: figure.output.name)")
    }
    if settings.details {
      let fields = input.schema.columns.map { column -> SQL in "\(name: column.name) := \(name: column.name)" }
      list.append("list(struct_pack(\(fields))) AS \(name: names.contains("details") ? "group_details" : "details")")
    }
    let grouping: SQL = keys.isEmpty ? "" : " GROUP BY \(keys) ORDER BY \(keys)"
    return "SELECT \(list) FROM \(input.sql)\(grouping)"
  }
}
