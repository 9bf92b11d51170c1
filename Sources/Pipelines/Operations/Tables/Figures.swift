import Tabular

/// The figures of an aggregation: a map `{total: sum(amount)}` or a list of `{input_field, output_field, operation}`.
package struct Figures: SettingValue {
  package var list: [Figure] = []
  package init() {}
  package static var kind: SettingKind { .map }
  package var display: String? { nil }

  package init(setting: Setting) throws(Problem) {
    switch setting.content {
    case .map(let entries):
      for entry in entries {
        let output = try FieldName(checking: entry.key, at: entry.keyLocation)
        list.append(try Figure(output: output, call: UserExpression(setting: entry.value)))
      }
    case .list(let elements): for element in elements { list.append(try Figure(setting: element)) }
    default: throw Problem("wrong-type", "must be a map or a list of figures.", at: setting.location)
    }
  }
}

/// One figure of a group.
package struct Figure: Sendable {
  package enum Function: String, AliasedChoice {
    case sum, average, count, min, max, countDistinct = "count_distinct", median, first, last, list, stddev

    package static let otherSpellings: [String: Function] = [
      "avg": .average, "mean": .average, "total": .sum, "minimum": .min, "maximum": .max, "distinct": .countDistinct,
      "unique": .countDistinct, "collect": .list, "std": .stddev,
    ]
  }

  private enum Content: Sendable {
    case function(Function, of: FieldName?)
    case expression(UserExpression)
  }

  private struct Settings: Sendable {
    var input: FieldName?
    var output: FieldName?
    var operation: Function?
  }

  private static let schema = SettingsSchema(Settings()) {
    Field(\.input, "input_field", "The column.").also("field", "column", "field_name", "of", "source_field")
    Field(\.output, "output_field", "Name of the figure.").also("as", "name", "alias", "target_field")
    Field(\.operation, "operation", "What to compute.").required().also("function", "op", "aggregation")
  }

  let output: FieldName
  private let content: Content

  init(function: Function, of field: FieldName, output: FieldName) {
    self.output = output
    content = .function(function, of: field)
  }

  init(setting: Setting) throws(Problem) {
    let settings: Settings
    do { settings = try Self.schema.read(setting) } catch { throw error.all[0] }
    let function = settings.operation ?? .count
    let counted = settings.input.flatMap { $0.name == "*" ? nil : $0 }
    guard counted != nil || function == .count else {
      throw Problem(
        "missing-setting", "\"input_field\" is required for \"\(function.rawValue)\".", at: setting.location)
    }
    output =
      settings.output ?? FieldName(counted.map { "\(function.rawValue)_\($0.name)" } ?? "count", at: setting.location)
    content = .function(function, of: counted)
  }

  /// `sum(amount)` is the figure Weir computes exactly; anything else is an expression of the user's own.
  init(output: FieldName, call: UserExpression) throws(Problem) {
    self.output = output
    let text = call.text.filter { $0 != " " }
    if let open = text.firstIndex(of: "("), text.hasSuffix(")"),
      let function = try? Function(setting: Setting(.text(String(text[..<open])), at: call.location)),
      function != .first, function != .last
    {
      let argument = String(text[text.index(after: open)...].dropLast())
      if argument == "*" || argument.isEmpty, function == .count {
        content = .function(.count, of: nil)
        return
      }
      if !argument.isEmpty, argument.allSatisfy({ $0.isLetter || $0.isNumber || "_.".contains($0) }),
        argument.first?.isNumber == false
      {
        content = .function(function, of: FieldName(argument, at: call.location))
        return
      }
    }
    content = .expression(call)
  }

  var words: String {
    switch content {
    case .function(let function, let field): "\(output.name) = \(function.rawValue)(\(field?.name ?? "*"))"
    case .expression(let expression): "\(output.name) = \(expression.text)"
    }
  }

  /// Whether its values are numbers; nil = only the engine can tell.
  func isNumber(over input: Relation) throws(Problem) -> Bool? {
    guard case .function(let function, let field) = content else { return nil }
    switch function {
    case .sum, .average, .count, .countDistinct, .median, .stddev: return true
    case .list: return false
    case .min, .max, .first, .last:
      guard let type = try field.map({ field throws(Problem) in try input.field(field).type }), !type.isUnknown else {
        return nil
      }
      return type.isNumber && type != .numeric
    }
  }

  func sql(over input: Relation) throws(Problem) -> SQL {
    switch content {
    case .expression(let expression): return expression.sql
    case .function(_, of: nil): return "count(*)"
    case .function(let function, let field?):
      let access = try input.field(field)
      let value = access.sql
      switch function {
      case .sum, .average, .median, .stddev:
        guard access.type.isNumber && access.type != .numeric || access.type.isUnknown else {
          throw Problem(
            "wrong-type",
            "\"\(function.rawValue)\" needs numbers; column \"\(field.name)\" is \(access.type.inWords) (\(access.type)).",
            hint: "Turn it into a number first: `- cast: { \(field.name): decimal(18,2) }`.", at: field.location)
        }
        let operand = Operand(sql: value, type: access.type)
        if function == .sum {
          let name: SQL = Literal.text(field.name)
          return ExactNumber.sum(
            operand,
            refusing: {
              Refusal.saying(
                "'\"sum\" of column \"' || \(name) || '\" is ' || CAST(\($0) AS VARCHAR) || ', too large for a whole number of 64 bits.'",
                at: output.location)
            })
        }
        if function == .average { return ExactNumber.average(operand) }
        return function == .median ? ExactNumber.median(operand) : "stddev_samp(\(value))"
      case .count: return "count(\(value))"
      case .min: return "min(\(value))"
      case .max: return "max(\(value))"
      case .countDistinct: return "count(DISTINCT \(value))"
      case .first: return "first(\(value))"
      case .last: return "last(\(value))"
      case .list: return "list(\(value))"
      }
    }
  }
}
