import Tabular

/// Turns the values of a column into columns (long to wide).
package struct Pivot: Operation {
  package struct Settings: Sendable {
    var on: FieldName?
    var values: [String] = []
    var value: FieldName?
    var function = Figure.Function.sum
    var groups: [FieldName] = []
  }

  package static let manifest = OperationManifest(
    name: "pivot", aliases: ["long_to_wide", "crosstab"],
    summary:
      "Turns the values of a column into columns. The values are named, so that the shape of the result never depends on the data.",
    example: "- pivot: { on: month, values: [jan, feb], value: sales, function: sum, group_by: [region] }",
    shown: Example(
      """
      - { region: North, month: jan, sales: 10 }
      - { region: North, month: feb, sales: 12 }
      - { region: South, month: jan, sales: 7 }
      - { region: South, month: dec, sales: 99 }
      """,
      gives: """
        - { region: North, jan: 10, feb: 12 }
        - { region: South, jan: 7, feb: null }
        """),
    badValues:
      "Values are compared as those of the column's type: `1` is also the 1.0 of a column with fractions. A value "
      + "that isn't named gets no column. Where there is nothing to compute from, the cell is empty.",
    settings: SettingsSchema(Settings()) {
      Field(\.on, "on", "The column whose values become columns.").required().also("column", "field")
      Field(\.values, "values", "Its values, in order.").required().also("columns", "in")
      Field(\.value, "value", "The column whose figure stands in them; rows are counted if not given.").also(
        "value_field", "value_column")
      Field(
        \.function, "function",
        "The figure: sum, average, count, min, max, count_distinct, median, first, last, list or stddev."
      ).also(
        "operation", "aggregate")
      Field(\.groups, "group_by", "Columns that stay, one row for each combination.").required().also(
        "keys", "group_by_fields", "index")
    })

  let settings: Settings
  let on: FieldName
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    guard let on = settings.on else { throw Problem("missing-setting", "\"on\" is required.", at: location) }
    self.settings = settings
    self.on = on
    self.location = location
    guard !settings.values.isEmpty, !settings.groups.isEmpty else {
      throw Problem("missing-setting", "\"pivot\" needs at least one of \"values\" and of \"group_by\".", at: location)
    }
  }

  package var effect: String { "Turns \(settings.values.joined(separator: ", ")) of \(on.name) into columns." }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    let access = try input.field(on)
    var list: [SQL] = []
    var keys: [SQL] = []
    var taken: Set<String> = []
    for group in settings.groups {
      let column = try input.column(group)
      taken.insert(column.name.lowercased())
      keys.append("\(name: column.name)")
      list.append("\(name: column.name)")
    }
    var cells: [SQL] = keys
    let source = try settings.value.map { field throws(Problem) in try input.field(field) }
    for value in settings.values {
      let output = try FieldName(checking: value, at: location)
      guard taken.insert(value.lowercased()).inserted else {
        throw Problem("name-taken", "Two columns would be called \"\(value)\".", at: location)
      }
      let holds = try ValueMatch.sql(access, of: on, equals: value, at: location)
      let (content, figure) = try cell(of: output, from: source)
      cells.append("CASE WHEN \(holds) THEN \(content) END AS \(name: value)")
      list.append("\(figure) AS \(name: value)")
    }
    return "SELECT \(list) FROM (SELECT \(cells) FROM \(input.sql)) GROUP BY \(keys) ORDER BY \(keys)"
  }

  /// What a row puts into the column, and the figure over it. Rows of other columns put null there, which most figures pass over; for the
  /// others a row's value is boxed, so that an empty one differs from none.
  private func cell(of output: FieldName, from source: FieldAccess?) throws(Problem) -> (content: SQL, figure: SQL) {
    let cell: SQL = "\(name: output.name)"
    let unboxed: SQL = "struct_extract(\(cell), 'v')"
    let present: SQL = "FILTER (WHERE \(cell) IS NOT NULL)"
    if let source {
      let boxed: SQL = "{'v': \(source.sql)}"
      switch settings.function {
      case .first: return (boxed, "struct_extract(first(\(cell)) \(present), 'v')")
      case .last: return (boxed, "struct_extract(last(\(cell)) \(present), 'v')")
      case .list: return (boxed, "list(\(unboxed)) \(present)")
      default: break
      }
    }
    let relation = Relation("", Schema([Column(output.name, source?.type ?? .int64)]))
    let figure = Figure(function: source == nil ? .count : settings.function, of: output, output: output)
    return (source?.sql ?? "1", try figure.sql(over: relation))
  }
}
