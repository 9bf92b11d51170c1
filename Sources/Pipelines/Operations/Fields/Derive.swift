import Tabular

/// Computes columns from SQL expressions.
package struct Derive: FieldOperation {
  package struct Settings: Sendable {
    var columns = NamedSettings()
  }

  package static let manifest = OperationManifest(
    name: "add", aliases: ["derive", "compute", "with_columns", "calculate_metrics", "formula"],
    summary: "Computes columns from SQL expressions; an existing column is replaced in place, a new one goes last.",
    mapShorthand: "columns",
    example: """
      - add: { total: quantity * price }
      - add: { order_value_tier: "CASE WHEN total > 1000 THEN 'High' ELSE 'Normal' END" }
      """,
    shown: Example(
      """
      - { item: mouse, quantity: 2, price: 29.99 }
      - { item: cable, quantity: null, price: 9.99 }
      """,
      gives: """
        - { item: mouse, quantity: 2, price: 29.99, total: 59.98 }
        - { item: cable, quantity: null, price: 9.99, total: null }
        """),
    badValues: "As in SQL: an expression over an empty value is empty, a division by zero too. A "
      + "whole number or decimal that overflows and an impossible cast stop the run; a DOUBLE that grows "
      + "too large becomes infinite (`field_calculation` refuses that). For texts with and without the "
      + "name of a zone use the operation `cast`: `::TIMESTAMPTZ` gives a text without one that of the "
      + "row before.",
    settings: SettingsSchema(Settings()) {
      Field(\.columns, "columns", "Column → SQL expression; numbers, true and false are constants.").required()
    })

  private enum Content: Sendable {
    case expression(UserExpression)
    case constant(SQL, DataType, String)
    case runTime
  }

  private let columns: [(field: FieldName, content: Content)]
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    var columns: [(field: FieldName, content: Content)] = []
    for (field, value) in settings.columns.entries {
      switch value.content {
      case .text(let text) where OperationContext.runTimeNames.contains(text.lowercased()):
        columns.append((field, .runTime))
      case .text: columns.append((field, .expression(try Self.expression(value, for: field))))
      default:
        let (sql, type) = try Literal.column(value)
        columns.append((field, .constant(sql, type, value.text ?? "empty")))
      }
    }
    guard !columns.isEmpty else { throw Problem("missing-setting", "\"add\" needs at least one column.", at: location) }
    self.columns = columns
    self.location = location
  }

  private static func expression(_ value: Setting, for field: FieldName) throws(Problem) -> UserExpression {
    do { return try UserExpression(setting: value) } catch {
      throw Problem(error.code, "The value of \"\(field.name)\" \(error.message)", hint: error.hint, at: error.location)
    }
  }

  package var effect: String {
    let parts = columns.map { column -> String in
      switch column.content {
      case .expression(let expression): "\(column.field.name) to \(expression.text)"
      case .constant(_, _, let words): "\(column.field.name) to \(words)"
      case .runTime: "\(column.field.name) to the time of the run"
      }
    }
    return "Sets \(parts.joined(separator: ", "))."
  }

  package func assignments(over input: Relation, in context: OperationContext) throws(Problem) -> [Assignment] {
    columns.map { column in
      switch column.content {
      case .expression(let expression): Assignment(column.field.name, expression.sql, .other("EXPRESSION"))
      case .constant(let sql, let type, _): Assignment(column.field.name, sql, type)
      case .runTime: Assignment(column.field.name, "CAST(\(text: context.time) AS TIMESTAMPTZ)", .timestampTZ)
      }
    }
  }
}
