import Tabular

/// Calculates a column from others, exactly.
package struct FieldCalculation: FieldOperation {
  /// A column, or a constant number.
  package enum Source: SettingValue {
    case field(FieldName)
    case number(String, Location)

    package static var kind: SettingKind { .text }
    package var display: String? { words }
    package init(setting: Setting) throws(Problem) {
      switch setting.content {
      case .integer, .number: self = .number(setting.text ?? "", setting.location)
      default: self = .field(try FieldName(setting: setting))
      }
    }
    var words: String {
      switch self {
      case .field(let field): field.name
      case .number(let text, _): text
      }
    }
  }

  package struct Settings: Sendable {
    var sources: [Source] = []
    var output: FieldName?
    var operation = ExactNumber.Sign.multiply
    var round: Int?
    var onError = Cast.OnError.stop
  }

  package static let manifest = OperationManifest(
    name: "field_calculation", aliases: ["calculate", "calculation", "math"],
    summary:
      "Adds, subtracts, multiplies or divides columns, without float noise; the result stands behind the last of them.",
    example:
      "- field_calculation: { operation: multiply, source_fields: [quantity, price], output_field: total_price }",
    shown: Example(
      """
      - { quantity: 3, price: 9.99, status: sent }
      - { quantity: null, price: 5.00, status: open }
      """,
      gives: """
        - { quantity: 3, price: 9.99, total_price: 29.97, status: sent }
        - { quantity: null, price: 5.00, total_price: null, status: open }
        """),
    badValues: "An empty operand gives an empty result. A division by zero or a result that is too large "
      + "stops the run, or becomes empty with `on_error: null`. A column that isn't a number is "
      + "refused before anything runs.",
    settings: SettingsSchema(Settings()) {
      Field(\.sources, "source_fields", "Columns and numbers, in order.").required().also(
        "fields", "operands", "inputs")
      Field(\.output, "output_field", "The column that takes the result.").required().also(
        "field_name", "target_field", "as", "name")
      Field(\.operation, "operation", "add, subtract, multiply or divide.").required().also("function", "operator")
      Field(\.round, "round", "Round to so many digits after the point.").also("precision", "decimals")
      Field(\.onError, "on_error", "What happens where there is no result (division by zero, too large): stop or null.")
        .also(
          "on_failure")
    })

  let settings: Settings
  let output: FieldName
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    guard let output = settings.output else {
      throw Problem("missing-setting", "\"output_field\" is required.", at: location)
    }
    guard settings.sources.count >= 2 else {
      throw Problem("missing-setting", "\"source_fields\" needs at least two columns or numbers.", at: location)
    }
    self.settings = settings
    self.output = output
    self.location = location
  }

  package var effect: String {
    "Sets \(output.name) to \(settings.sources.map(\.words).joined(separator: settings.operation.words))."
  }

  package func assignments(over input: Relation, in context: OperationContext) throws(Problem) -> [Assignment] {
    var operands: [Operand] = []
    var roots: [String] = []
    for source in settings.sources {
      switch source {
      case .number(let text, let place):
        guard let sql = Literal.number(text) else {
          throw Problem("wrong-type", "\"\(text)\" isn't a number.", at: place)
        }
        operands.append(Operand(sql: "(\(sql))", type: Int(text) == nil ? .decimal(precision: 18, scale: 6) : .int64))
      case .field(let field):
        let access = try input.field(field)
        guard access.type.isNumber && access.type != .numeric || access.type.isUnknown else {
          throw Problem(
            "wrong-type",
            "\"\(settings.operation.rawValue)\" needs numbers; column \"\(field.name)\" is \(access.type.inWords) (\(access.type)).",
            hint: "Turn it into a number first: `- cast: { \(field.name): decimal(18,2) }`.", at: field.location)
        }
        operands.append(Operand(sql: access.sql, type: access.type))
        roots.append(access.root.name)
      }
    }
    let result = ExactNumber.calculate(settings.operation, operands)
    let rounded = settings.round.map { "round(\(result.sql), \($0))" as SQL } ?? result.sql
    let value = settings.onError == .null ? "TRY(\(rounded))" : insisting(on: rounded, operands)
    let last = input.schema.names.last { roots.contains($0) }
    return [Assignment(output.name, value, result.type, after: last)]
  }

  /// The result, which is empty only where an operand is.
  private func insisting(on result: SQL, _ operands: [Operand]) -> SQL {
    let isNull = operands.map { "\($0.sql) IS NULL" as SQL }
    let shown = operands.map { "CAST(\($0.sql) AS VARCHAR)" as SQL }
    let sign: SQL = Literal.text(settings.operation.words)
    let calculation: SQL = "\(shown, separator: " || \(sign) || ")"
    let refusal = Refusal.saying(
      "'\"field_calculation\" of \"' || \(Literal.text(output.name)) || '\": ' || \(calculation) || ' has no result that fits.'",
      at: location)
    return "CASE WHEN \(isNull, separator: " OR ") THEN NULL ELSE coalesce(TRY(\(result)), \(refusal)) END"
  }
}
