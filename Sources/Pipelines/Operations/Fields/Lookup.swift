import Tabular

/// Replaces values by a table of the pipeline file.
package struct Lookup: FieldOperation {
  package struct Settings: Sendable {
    var field: FieldName?
    var output: FieldName?
    var table = NamedSettings()
    var fallback = Fallback.none
  }

  /// What becomes of values that aren't in the table; `default: null` empties them.
  package enum Fallback: SettingValue {
    case none
    case constant(Setting)
    package static var kind: SettingKind { .any }
    package var display: String? { nil }
    package init(setting: Setting) { self = .constant(setting) }
  }

  package static let manifest = OperationManifest(
    name: "lookup", aliases: ["map_values", "value_map", "replace_values", "decode"],
    summary: "Replaces values by a table; a value that isn't in it stays, or becomes the default.",
    example: "- lookup: { field: status, table: { P: pending, C: completed }, default: unknown }",
    shown: Example(
      """
      - { order: 1, status: C }
      - { order: 2, status: X }
      - { order: 3, status: null }
      """,
      gives: """
        - { order: 1, status: completed }
        - { order: 2, status: unknown }
        - { order: 3, status: unknown }
        """),
    badValues:
      "Values are compared as those of the column's type: `1` is also the 1.0 of a column with fractions. A value that "
      + "isn't in the table, an empty one too, becomes the default (`default: null` empties it); without a default it stays. "
      + "Replacements without a default that don't go with the column's type are refused before anything runs.",
    settings: SettingsSchema(Settings()) {
      Field(\.field, "field", "The column.").required().also("field_name", "column")
      Field(\.table, "table", "Value → replacement; all text, all numbers or all true and false.").required().also(
        "mapping", "values", "map", "lookup_table")
      Field(\.fallback, "default", "For values that aren't in the table.").also("default_value", "else")
      Field(\.output, "output_field", "Column that takes the result; the same one if not given.").also(
        "as", "target_field", "into")
    })

  let settings: Settings
  let field: FieldName
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    guard let field = settings.field else { throw Problem("missing-setting", "\"field\" is required.", at: location) }
    guard !settings.table.entries.isEmpty else {
      throw Problem("missing-setting", "\"table\" needs at least one value.", at: location)
    }
    self.settings = settings
    self.field = field
    self.location = location
  }

  package var effect: String { "Replaces \(settings.table.entries.count) values of \(field.name) by a table." }

  package func assignments(over input: Relation, in context: OperationContext) throws(Problem) -> [Assignment] {
    let access = try input.field(field)
    var cases: [SQL] = []
    for (value, replacement) in settings.table.entries {
      let holds = try ValueMatch.sql(access, of: field, equals: value.name, at: value.location)
      cases.append("WHEN \(holds) THEN \(try Literal.constant(replacement).sql)")
    }
    let (rest, type) = try remainder(of: access)
    let output = settings.output ?? FieldName(access.root.name, at: field.location)
    if settings.output == nil, !access.path.isEmpty {
      throw Problem(
        "missing-setting", "\"output_field\" is required for a value inside \"\(access.root.name)\".", at: location)
    }
    return [Assignment(output.name, "CASE \(cases, separator: " ") ELSE \(rest) END", type, after: access.root.name)]
  }

  /// What a value that isn't in the table becomes, and the type of all results.
  private func remainder(of access: FieldAccess) throws(Problem) -> (SQL, DataType) {
    var constants = settings.table.entries.map { $0.value }
    var fallback: SQL?
    if case .constant(let setting) = settings.fallback {
      constants.append(setting)
      fallback = try Literal.constant(setting).sql
    }
    var types: Set<DataType> = []
    for constant in constants { types.insert(try Literal.constant(constant).type) }
    types.remove(.null)
    let areNumbers = types.allSatisfy(\.isNumber)
    guard types.count < 2 || areNumbers else {
      throw Problem("wrong-type", "The replacements are of different types.", at: location)
    }
    let hasFractions = types.contains(.float64) || fallback == nil && access.type.isFloat && areNumbers
    if hasFractions { try refuseLongNumbers(constants) }
    if let fallback {
      return (
        fallback, types.count == 1 ? types.first ?? .text : types.isEmpty ? .null : hasFractions ? .float64 : .int128
      )
    }
    guard let type = types.first else { return (access.sql, access.type) }
    if type == .text { return (access.type == .text ? access.sql : "CAST(\(access.sql) AS VARCHAR)", .text) }
    let fits = areNumbers ? access.type.isNumber && access.type != .numeric : access.type == type
    guard fits || access.type.isUnknown else {
      throw Problem(
        "wrong-type",
        "The replacements are \(areNumbers ? "numbers" : "true or false"); a value that isn't in the table stays, but column "
          + "\"\(field.name)\" is \(access.type.inWords).",
        hint: "Give a \"default\" for the others (`default: null` empties them), or write the replacements as text.",
        at: location)
    }
    guard hasFractions, access.type.isWhole else {
      return (access.sql, types == [access.type] ? type : .other("NUMBER"))
    }
    let number: SQL = "CAST(\(access.sql) AS DOUBLE)"
    let refusal = Refusal.saying(
      "\(Literal.text("\"lookup\" of column \"\(access.root.name)\": ")) || CAST(\(access.sql) AS VARCHAR) || ' has no exact place beside fractions.'",
      at: location)
    return (
      "CASE WHEN \(access.sql) IS NULL OR TRY_CAST(\(number) AS HUGEINT) = \(access.sql) THEN \(number) ELSE CAST(\(refusal) AS DOUBLE) END",
      .float64
    )
  }

  /// A whole number beside numbers with a fraction becomes a DOUBLE, which has 53 bits.
  private func refuseLongNumbers(_ constants: [Setting]) throws(Problem) {
    for constant in constants {
      let isShort =
        if case .integer(let number) = constant.content { Double(exactly: number) != nil } else {
          try Literal.constant(constant).type != .int128
        }
      guard !isShort else { continue }
      throw Problem(
        "wrong-type", "\(constant.text ?? "") has no exact place beside numbers with a fraction.",
        hint: "Put all replacements in quotes, as text, and `cast` the column to a decimal afterwards.",
        at: constant.location)
    }
  }
}
