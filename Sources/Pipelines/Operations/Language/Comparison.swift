import Tabular

/// One field compared with one value: `{field: status, operator: equals, value: completed}`.
package struct Comparison: Sendable {
  package enum Operator: String, AliasedChoice {
    case equals, notEquals = "not_equals", greater = "greater_than", atLeast = "greater_or_equal", less = "less_than"
    case atMost = "less_or_equal", isIn = "in", notIn = "not_in", contains, notContains = "not_contains"
    case startsWith = "starts_with", endsWith = "ends_with", isNull = "is_null", isNotNull = "is_not_null", regex,
      between

    package static let otherSpellings: [String: Operator] = [
      "=": .equals, "==": .equals, "eq": .equals, "is": .equals, "equal": .equals, "equalto": .equals,
      "!=": .notEquals, "<>": .notEquals, "ne": .notEquals, "neq": .notEquals, "notequal": .notEquals,
      "isnot": .notEquals,
      ">": .greater, "gt": .greater, "greater": .greater, ">=": .atLeast, "gte": .atLeast, "ge": .atLeast,
      "greaterthanorequal": .atLeast, "greaterorequals": .atLeast, "greaterthanorequals": .atLeast, "atleast": .atLeast,
      "<": .less, "lt": .less, "less": .less, "<=": .atMost, "lte": .atMost, "le": .atMost, "lessthanorequal": .atMost,
      "lessorequals": .atMost, "lessthanorequals": .atMost, "atmost": .atMost, "oneof": .isIn, "notoneof": .notIn,
      "doesnotcontain": .notContains, "null": .isNull, "isempty": .isNull, "notnull": .isNotNull, "exists": .isNotNull,
      "matches": .regex, "regexp": .regex, "~": .regex, "range": .between,
    ]

    var words: String {
      switch self {
      case .equals: "="
      case .notEquals: "≠"
      case .greater: ">"
      case .atLeast: "≥"
      case .less: "<"
      case .atMost: "≤"
      case .isIn: "is one of"
      case .notIn: "is none of"
      case .contains: "contains"
      case .notContains: "does not contain"
      case .startsWith: "starts with"
      case .endsWith: "ends with"
      case .isNull: "is empty"
      case .isNotNull: "is not empty"
      case .regex: "matches"
      case .between: "is between"
      }
    }
  }

  private struct Settings: Sendable {
    var field = FieldName("", at: Location(file: "", line: 0, column: 0))
    var comparison = Operator.equals
    var value: Setting?
  }

  private static let schema = SettingsSchema(Settings()) {
    Field(\.field, "field", "Column, or dotted path into one.").required().also("field_name", "column")
    Field(\.comparison, "operator", "How to compare.").also("op")
    Field(\.value, "value", "What to compare with; a list for `in` and `between`.").also("values")
  }

  let field: FieldName
  let comparison: Operator
  let value: Setting?
  let location: Location

  init(setting: Setting) throws(Problem) {
    let settings: Settings
    do { settings = try Self.schema.read(setting) } catch { throw error.all[0] }
    field = settings.field
    comparison = settings.comparison
    value = settings.value
    location = setting.location
    let needed =
      switch comparison {
      case .isNull, .isNotNull: 0
      case .between: 2
      case .isIn, .notIn: max(1, value?.elements.count ?? 0)
      default: 1
      }
    let given = value?.elements.count ?? 0
    if comparison == .equals || comparison == .notEquals, value == nil || given == 0 { return }
    guard needed == 0 || given == needed else {
      throw Problem(
        "missing-setting",
        "Operator \"\(comparison.rawValue)\" needs \(needed == 1 ? "one value" : "\(needed) values"), not \(given).",
        at: value?.location ?? location)
    }
  }

  var patterns: [String] { comparison == .regex ? [value?.elements.first?.text].compactMap(\.self) : [] }

  var words: String {
    let values = (value?.elements ?? []).map { setting -> String in
      if case .text(let text) = setting.content { "'\(text)'" } else { setting.text ?? "empty" }
    }
    switch comparison {
    case .isNull, .isNotNull: return "\(field.name) \(comparison.words)"
    case .between: return "\(field.name) is between \(values.joined(separator: " and "))"
    default: return "\(field.name) \(comparison.words) \(values.isEmpty ? "empty" : values.joined(separator: ", "))"
    }
  }

  func sql(over input: Relation) throws(Problem) -> SQL {
    var access = try input.field(field)
    if access.type == .numeric {
      access = FieldAccess(
        root: access.root, path: access.path, sql: "TRY_CAST(\(access.sql) AS DOUBLE)", type: .float64)
    }
    let elements = value?.elements ?? []
    switch comparison {
    case .isNull: return "(\(access.sql) IS NULL)"
    case .isNotNull: return "(\(access.sql) IS NOT NULL)"
    case .contains, .notContains:
      let not: SQL = comparison == .contains ? "" : "NOT "
      if case .list(let element) = access.type {
        let wanted = try Literal.comparable(elements[0], with: element, field: field)
        return "(\(not)coalesce(list_contains(\(access.sql), \(wanted)), FALSE))"
      }
      return "(\(not)coalesce(contains(\(try text(access)), \(try textValue(elements))), FALSE))"
    case .startsWith: return "starts_with(\(try text(access)), \(try textValue(elements)))"
    case .endsWith: return "ends_with(\(try text(access)), \(try textValue(elements)))"
    case .regex: return "regexp_matches(\(try text(access)), \(try textValue(elements)))"
    case .equals, .notEquals:
      let same: SQL = comparison == .equals ? "IS NOT DISTINCT FROM" : "IS DISTINCT FROM"
      guard let wanted = elements.first, wanted.text != nil else { return "(\(access.sql) \(same) NULL)" }
      return "(\(access.sql) \(same) \(try Literal.comparable(wanted, with: access.type, field: field)))"
    case .isIn, .notIn:
      var list: [SQL] = []
      for element in elements { list.append(try Literal.comparable(element, with: access.type, field: field)) }
      let not: SQL = comparison == .isIn ? "" : "NOT "
      return "(\(not)coalesce(\(access.sql) IN (\(list)), FALSE))"
    case .between:
      let (left, low) = try ordered(access, elements[0])
      return "(\(left) BETWEEN \(low) AND \(try ordered(access, elements[1]).right))"
    case .greater, .atLeast, .less, .atMost:
      let (left, right) = try ordered(access, elements[0])
      let signs: [Operator: SQL] = [.greater: ">", .atLeast: ">=", .less: "<", .atMost: "<="]
      return "(\(left) \(signs[comparison] ?? "=") \(right))"
    }
  }

  /// Both sides for an order comparison; text from inside JSON, which has no types, is read as a number when compared with one.
  private func ordered(_ access: FieldAccess, _ value: Setting) throws(Problem) -> (left: SQL, right: SQL) {
    switch value.content {
    case .integer, .number:
      if access.type.isText, !access.isInJSON {
        throw Problem(
          "wrong-type",
          "Column \"\(field.name)\" is text; whether it is more or less than the number \(value.text ?? "") can't be told.",
          hint: "Turn it into a number first: `- cast: { \(field.name): decimal(18,2) }`.", at: value.location)
      }
      if access.type.isText, let number = Literal.number(value.text ?? "") {
        return ("TRY_CAST(\(access.sql) AS DOUBLE)", "(\(number))")
      }
    default: break
    }
    return (access.sql, try Literal.comparable(value, with: access.type, field: field))
  }

  private func text(_ access: FieldAccess) throws(Problem) -> SQL {
    switch access.type {
    case .structure, .map, .list, .array, .blob:
      throw Problem(
        "wrong-type", "\"\(comparison.rawValue)\" works on text; column \"\(field.name)\" is \(access.type.inWords).",
        at: field.location)
    default: return access.type.isText ? access.sql : "CAST(\(access.sql) AS VARCHAR)"
    }
  }

  private func textValue(_ elements: [Setting]) throws(Problem) -> SQL {
    guard let text = elements.first?.text else { throw Problem("wrong-type", "\"value\" must be text.", at: location) }
    return Literal.text(text)
  }
}
