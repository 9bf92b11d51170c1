import Tabular

/// Calculations and expressions: exact where the digits have room.
extension ChainStep {
  static func calculate(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    let fitting = table.names(\.isNumber)
    guard !fitting.isEmpty else { return nil }
    let (left, right) = (numbers.pick(fitting), numbers.pick(fitting))
    let operation = numbers.pick(["add", "subtract", "multiply", "divide"])
    let (a, b) = (table.kind(left), table.kind(right))
    guard let kind = Calculation.kind(operation, a, b) else { return nil }
    let stops = numbers.below(4) == 0
    let output = numbers.freshName(table)
    let settings =
      "{ operation: \(operation), source_fields: [\(quoted(left)), \(quoted(right))], output_field: \(quoted(output)), on_error: \(stops ? "stop" : "null") }"
    let last = table.columns.last { [left, right].contains($0.name) }?.name
    return ChainStep("field_calculation", settings, sets: output, kind, after: last) { table, row in
      let (x, y) = (row[table.index(left)], row[table.index(right)])
      guard let above = PlainDecimal(x), let below = PlainDecimal(y) else { return .null }
      do { return try Calculation.value(operation, above, a, below, b, kind) } catch is PlainTable.Refused {
        if stops { throw PlainTable.Refused() }
        return .null
      }
    }
  }

  /// An expression in the engine's SQL, over columns of any name.
  static func derive(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    let column = numbers.pick(table.columns)
    let name = SQL(stringInterpolation: .init(column: column.name)).text
    let output = numbers.freshName(table)
    let factor = numbers.below(2000) - 1000
    func step(
      _ expression: String, _ kind: PlainTable.Kind, _ value: @escaping (Value) throws -> Value
    ) -> ChainStep {
      ChainStep("add", "{ \(quoted(output)): \(quoted(expression)) }", sets: output, kind) { table, row in
        try value(row[table.index(column.name)])
      }
    }
    switch (column.kind, numbers.below(3)) {
    case (.whole, 0):
      return step("\(name) * \(factor) + 7", .whole) { value in
        guard let number = value.number else { return .null }
        return try PlainTable.whole(PlainTable.whole(number * Int128(factor)).number.map { $0 + 7 } ?? 0)
      }
    case (.whole, _):
      return step("coalesce(\(name), \(factor))", .whole) { $0 == .null ? .integer(Int128(factor)) : $0 }
    case (.text, 0):
      return step("length(\(name))", .whole) { $0.words.map { .integer(Int128($0.unicodeScalars.count)) } ?? .null }
    case (.text, _):
      return step("\(name) || ' it''s \"; -- ' || \(name)", .text) { $0.mapText { "\($0) it's \"; -- \($0)" } }
    case (.flag, _): return step("NOT \(name)", .flag) { $0 == .null ? .null : .boolean($0 != .boolean(true)) }
    case (_, 0): return step("\(name) IS NULL", .flag) { .boolean($0 == .null) }
    case (_, 1):
      return step("CASE WHEN \(name) = \(name) THEN \(factor) END", .whole) {
        $0 == .null ? .null : .integer(Int128(factor))
      }
    default: return step("nullif(\(name), \(name))", column.kind) { _ in .null }
    }
  }
}

extension SQL.StringInterpolation {
  fileprivate init(column: String) {
    self.init(literalCapacity: 0, interpolationCount: 1)
    appendInterpolation(name: column)
  }
}

/// What a calculation gives, and how much room it has.
enum Calculation {
  /// Nil for products with more digits behind the point than a chain should collect.
  static func kind(_ operation: String, _ left: PlainTable.Kind, _ right: PlainTable.Kind) -> PlainTable.Kind? {
    if left == .double || right == .double { return .double }
    if left == .whole, right == .whole { return operation == "divide" ? .double : .whole }
    let (a, b) = (shape(left), shape(right))
    let widest = max(a.width, b.width)
    let (width, scale): (Int, Int)
    switch operation {
    case "divide": return .decimal(38, max(a.scale, b.scale, 6))
    case "multiply": (width, scale) = (a.width + b.width, a.scale + b.scale)
    default:
      scale = max(a.scale, b.scale)
      width = max(a.width - a.scale, b.width - b.scale) + scale + 1
    }
    guard scale < 15 else { return nil }
    // Numbers that fit into 64 bits stay there.
    return .decimal(widest <= 18 ? min(width, 18) : min(width, 38), scale)
  }

  private static func shape(_ kind: PlainTable.Kind) -> (width: Int, scale: Int) {
    if case .decimal(let width, let scale) = kind { (width, scale) } else { (19, 0) }
  }

  static func value(
    _ operation: String, _ left: PlainDecimal, _ leftKind: PlainTable.Kind, _ right: PlainDecimal,
    _ rightKind: PlainTable.Kind, _ kind: PlainTable.Kind
  ) throws -> Value {
    let doubles = [leftKind, rightKind].count { $0 == .double }
    if doubles > 0 { try promised(operation, left, right, doubles) }
    if operation == "divide" {
      guard right.digits != 0 else { throw PlainTable.Refused() }
      guard case .decimal(let width, let scale) = kind else { return .float(left.nearestDouble(over: right)) }
      let (a, b) = (
        PlainDecimal(try digits(left, leftKind), scale: shape(leftKind).scale),
        PlainDecimal(try digits(right, rightKind), scale: shape(rightKind).scale)
      )
      guard let quotient = a.quotient(b, scale: scale) else { throw PlainTable.Refused() }
      return try PlainTable.decimal(quotient, width, scale)
    }
    let sum = operation == "add" ? left + right : left + -right
    guard let result = operation == "multiply" ? left * right : sum else { throw PlainTable.Unclear() }
    switch kind {
    case .whole: return try PlainTable.whole(result.digits)
    case .decimal(let width, let scale):
      guard let digits = result.digits(at: scale) else { throw PlainTable.Unclear() }
      return try PlainTable.decimal(digits, width, scale)
    default: return .float(result.nearestDouble)
    }
  }

  private static func digits(_ number: PlainDecimal, _ kind: PlainTable.Kind) throws -> Int128 {
    guard let digits = number.digits(at: shape(kind).scale) else { throw PlainTable.Unclear() }
    return digits
  }

  /// DOUBLEs are calculated as the decimals they stand for as long as they aren't very large and have few digits behind the point.
  private static func promised(
    _ operation: String, _ left: PlainDecimal, _ right: PlainDecimal, _ doubles: Int
  ) throws {
    let most = operation == "multiply" ? (doubles == 2 ? 9 : 12) : operation == "divide" ? 6 : 12
    for number in [left, right] {
      let small = number.trimmed
      let bound = operation == "divide" ? 9 : 15
      guard small.scale <= most, abs(small.digits) / PlainDecimal.power(small.scale) < PlainDecimal.power(bound) else {
        throw PlainTable.Unclear()
      }
    }
  }
}
