import Tabular

/// Checks a field where it stands in the list of operations; the rows themselves stay as they are.
package struct FieldValidation: Operation {
  package enum Kind: String, AliasedChoice {
    case email = "email_format", phone = "phone_format", regex, range, type, notNull = "not_null", acceptedValues =
      "accepted_values"
    case unique, custom

    package static let otherSpellings: [String: Kind] = [
      "email": .email, "phone": .phone, "pattern": .regex, "regexp": .regex, "format": .regex, "minmax": .range,
      "between": .range,
      "datatype": .type, "required": .notNull, "notempty": .notNull, "in": .acceptedValues, "enum": .acceptedValues,
      "oneof": .acceptedValues, "uniqueness": .unique, "expression": .custom, "condition": .custom, "sql": .custom,
    ]
  }

  package struct Settings: Sendable {
    var fields: [FieldName] = []
    var kind = Kind.custom
    var regex: String?
    var format = ""
    var min: Setting?
    var max: Setting?
    var values: [Setting] = []
    var dataType: TypeName?
    var expression: UserExpression?
    var onFail = OnFail.stop
  }

  package static let manifest = OperationManifest(
    name: "field_validation", aliases: ["validate", "validation"],
    summary: "Checks a field at this place; what happens to rows that fail is set by `on_fail`.",
    example: "- field_validation: { field_name: email, validation_type: email_format, on_fail: skip }",
    shown: Example(
      """
      - { id: 1, email: ann@example.com }
      - { id: 2, email: ann.example.com }
      - { id: 3, email: null }
      """,
      gives: """
        - { id: 1, email: ann@example.com }
        - { id: 3, email: null }
        """),
    badValues: "An empty value passes (`not_null` is the check for those). What happens to a row that "
      + "fails is up to `on_fail`; a skipped row goes to the dead letters.",
    settings: SettingsSchema(Settings()) {
      Field(\.fields, "field_name", "Columns to check, or dotted paths.").also(
        "field", "fields", "field_names", "column", "columns")
      Field(\.kind, "validation_type", "What must hold.").required().also("validation", "rule", "check")
      Field(\.regex, "regex", "For `regex`: the expression the whole text must match.").also("pattern")
      Field(\.format, "format", "For `phone_format`: the shape, with X for each digit.").example("+7XXXXXXXXXX")
      Field(\.min, "min", "For `range`: smallest value allowed.").also("minimum", "min_value")
      Field(\.max, "max", "For `range`: largest value allowed.").also("maximum", "max_value")
      Field(\.values, "values", "For `accepted_values`: the values that may occur.").also("allowed_values")
      Field(\.dataType, "data_type", "For `type`: the type.").also("expected_type")
      Field(\.expression, "expression", "For `custom`: a SQL condition.").also("condition")
      Field(\.onFail, "on_fail", "What happens to rows that fail.").also("on_failure", "action")
    })

  private let check: any Rule
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    self.location = location
    check = try Self.rule(settings, at: location)
    guard settings.kind == .custom || !settings.fields.isEmpty else {
      throw Problem("missing-setting", "\"field_name\" is required.", at: location)
    }
  }

  private static func rule(_ settings: Settings, at location: Location) throws(Problem) -> any Rule {
    let fields = settings.fields
    func need<Value>(_ value: Value?, _ name: String) throws(Problem) -> Value {
      guard let value else {
        throw Problem("missing-setting", "\"\(settings.kind.rawValue)\" needs \"\(name)\".", at: location)
      }
      return value
    }
    switch settings.kind {
    case .email: return try Email(.init(columns: fields), onFail: settings.onFail, at: location)
    case .phone:
      return try Phone(.init(columns: fields, format: settings.format), onFail: settings.onFail, at: location)
    case .regex:
      return try Pattern(
        .init(columns: fields, regex: need(settings.regex, "regex")), onFail: settings.onFail, at: location)
    case .range:
      return try WithinRange(
        .init(columns: fields, min: settings.min, max: settings.max), onFail: settings.onFail, at: location)
    case .type:
      return try OfType(
        .init(columns: fields, type: need(settings.dataType, "data_type")), onFail: settings.onFail, at: location)
    case .notNull: return try NotNull(.init(columns: fields), onFail: settings.onFail, at: location)
    case .acceptedValues:
      return try AcceptedValues(.init(columns: fields, values: settings.values), onFail: settings.onFail, at: location)
    case .unique: return try Unique(.init(columns: fields), onFail: settings.onFail, at: location)
    case .custom:
      return try Expression(
        .init(expression: need(settings.expression, "expression")), onFail: settings.onFail, at: location)
    }
  }

  package var rule: (any Rule)? { check }
  package var effect: String { "Checks that \(check.words) (if not: \(check.onFail.rawValue))." }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    _ = try check.test(over: input, in: context)
    return "SELECT * FROM \(input.sql)"
  }
}
