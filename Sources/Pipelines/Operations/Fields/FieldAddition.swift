import Tabular

/// Adds a column: a constant, the run's time, other fields joined, or an expression.
package struct FieldAddition: FieldOperation {
  package enum Operation: String, AliasedChoice {
    case concat, expression
    package static let otherSpellings: [String: Operation] = [
      "concatenate": .concat, "join": .concat, "formula": .expression, "calculate": .expression,
    ]
  }

  /// A value that may be null, which isn't the same as none.
  package struct GivenValue: SettingValue {
    var setting: Setting?
    package init() {}
    package init(setting: Setting) throws(Problem) { self.setting = setting }
    package static var kind: SettingKind { Setting.kind }
    package var display: String? { setting?.display }
  }

  package struct Settings: Sendable {
    var field: FieldName?
    var value = GivenValue()
    var operation: Operation?
    var sources: [FieldName] = []
    var separator = ""
    var expression: UserExpression?
  }

  package static let manifest = OperationManifest(
    name: "field_addition", aliases: ["add_field", "add_column", "constant"],
    summary: "Adds a column: a constant, the run's time, other fields joined, or an expression.",
    example: """
      - field_addition: { field_name: source, value: shopify }
      - field_addition: { field_name: processed_timestamp, value: current_timestamp }
      - field_addition: { field_name: full_address, operation: concat, source_fields: [address.street, address.city], separator: ", " }
      """,
    shown: Example(
      """
      - { order: 1 }
      - { order: 2 }
      """,
      gives: """
        - { order: 1, source: shopify }
        - { order: 2, source: shopify }
        """),
    badValues: "`concat` leaves empty values out. A list or nested record can't be joined and is refused "
      + "before anything runs, so is a constant with more digits than its type holds. Expressions are as "
      + "in `add`.",
    settings: SettingsSchema(Settings()) {
      Field(\.field, "field_name", "The column to add; one of that name is replaced.").required()
        .also("field", "column", "name", "output_field")
      Field(
        \.value, "value", "A constant, null (a text column without values), or `current_timestamp` for the run's time."
      ).also("constant", "default")
      Field(\.operation, "operation", "`concat` joins fields, `expression` computes.").also("function")
      Field(\.sources, "source_fields", "For `concat`: fields in order, dotted paths too.").also("fields")
      Field(\.separator, "separator", "For `concat`: what stands between.")
      Field(\.expression, "expression", "A SQL expression.").also("formula")
    })

  private enum Content: Sendable {
    case constant(SQL, DataType, words: String)
    case runTime
    case concat([FieldName], separator: String)
    case expression(UserExpression)
  }

  let field: FieldName
  private let content: Content
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    guard let field = settings.field else {
      throw Problem("missing-setting", "\"field_name\" is required.", at: location)
    }
    self.field = field
    self.location = location
    if let expression = settings.expression {
      content = .expression(expression)
    } else if settings.operation == .concat || settings.operation == nil && !settings.sources.isEmpty {
      guard !settings.sources.isEmpty else {
        throw Problem("missing-setting", "\"concat\" needs \"source_fields\".", at: location)
      }
      content = .concat(settings.sources, separator: settings.separator)
    } else if let value = settings.value.setting, case .text(let text) = value.content,
      OperationContext.runTimeNames.contains(text.lowercased())
    {
      content = .runTime
    } else if let value = settings.value.setting {
      if settings.operation == .expression {
        content = .expression(try UserExpression(setting: value))
      } else {
        let (sql, type) = try Literal.column(value)
        content = .constant(sql, type, words: value.text ?? "empty")
      }
    } else {
      throw Problem(
        "missing-setting", "\"field_addition\" needs a \"value\", \"source_fields\" to join, or an \"expression\".",
        hint: "For example:\n\(Self.manifest.example)", at: location)
    }
  }

  package var effect: String {
    switch content {
    case .constant(_, _, let words): "Sets \(field.name) to \(words)."
    case .runTime: "Sets \(field.name) to the time of the run."
    case .concat(let fields, let separator):
      "Sets \(field.name) to \(fields.map(\.name).joined(separator: " + ")), joined by \"\(separator)\"."
    case .expression(let expression): "Sets \(field.name) to \(expression.text)."
    }
  }

  package func assignments(over input: Relation, in context: OperationContext) throws(Problem) -> [Assignment] {
    switch content {
    case .constant(let sql, let type, _): return [Assignment(field.name, sql, type)]
    case .runTime: return [Assignment(field.name, "\(text: context.time)", .text)]
    case .expression(let expression): return [Assignment(field.name, expression.sql, .other("EXPRESSION"))]
    case .concat(let fields, let separator):
      var parts: [SQL] = []
      var roots: [String] = []
      for field in fields {
        let access = try input.field(field)
        switch access.type {
        case .list, .array, .structure, .map:
          throw Problem(
            "wrong-type", "\"concat\" joins text; \"\(field.name)\" is \(access.type.inWords).", at: field.location)
        default: break
        }
        parts.append("CAST(\(access.sql) AS VARCHAR)")
        roots.append(access.root.name)
      }
      let last = input.schema.names.last { roots.contains($0) }
      return [Assignment(field.name, "concat_ws(\(Literal.text(separator)), \(parts))", .text, after: last)]
    }
  }
}
