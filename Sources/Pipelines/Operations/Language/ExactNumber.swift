import Tabular

/// One side of a calculation.
package struct Operand: Sendable {
  package let sql: SQL
  package let type: DataType
}

/// Arithmetic without float noise. Readers of JSON and CSV make numbers DOUBLE; such a number means its shortest decimal text
/// (29.99), so results are computed from that text as exact decimals and given back as the nearest DOUBLE. Where the decimals
/// have no room (very large, very small), plain DOUBLE arithmetic takes over.
package enum ExactNumber {
  package enum Sign: String, AliasedChoice {
    case add, subtract, multiply, divide

    package static let otherSpellings: [String: Sign] = [
      "sum": .add, "plus": .add, "+": .add, "addition": .add, "minus": .subtract, "difference": .subtract,
      "subtraction": .subtract,
      "times": .multiply, "product": .multiply, "*": .multiply, "multiplication": .multiply, "division": .divide,
      "/": .divide,
      "ratio": .divide, "quotient": .divide,
    ]

    var sql: SQL {
      switch self {
      case .add: " + "
      case .subtract: " - "
      case .multiply: " * "
      case .divide: " / "
      }
    }
    var words: String {
      switch self {
      case .add: " + "
      case .subtract: " − "
      case .multiply: " × "
      case .divide: " ÷ "
      }
    }
  }

  /// `operands` joined by `sign`, from left to right; a division by zero gives null.
  package static func calculate(_ sign: Sign, _ operands: [Operand]) -> Operand {
    if sign == .divide { return operands.dropFirst().reduce(operands[0], divide) }
    let isFloat = operands.contains { $0.type.isFloat }
    if !isFloat {
      let allWhole = operands.allSatisfy { if case .integer = $0.type { true } else { false } }
      let parts = operands.map { operand -> SQL in
        if case .integer(let bits, let signed) = operand.type, allWhole, bits < 64 || (bits == 64 && signed) {
          return "CAST(\(operand.sql) AS BIGINT)"
        }
        return operand.sql
      }
      return Operand(sql: "(\(parts, separator: sign.sql.text))", type: allWhole ? .int64 : .other("DECIMAL"))
    }
    let scale = sign == .multiply ? max(2, 18 / max(1, operands.filter { $0.type.isFloat }.count)) : 12
    let exact = operands.map { decimal($0, scale: min(scale, 12)) }
    let plain: SQL = "(\(operands.map { toDouble($0) }, separator: sign.sql.text))"
    let safe = zip(operands, exact).filter { $0.0.type.isFloat }.map { isExact($0.0, $0.1) }
    let result: SQL = "TRY(\(exact, separator: sign.sql.text))"
    return Operand(
      sql: "CASE WHEN \(safe, separator: " AND ") THEN coalesce(\(nearestDouble(result)), \(plain)) ELSE \(plain) END",
      type: .float64)
  }

  private static func divide(_ left: Operand, _ right: Operand) -> Operand {
    let divisor: SQL = "nullif(\(right.sql), 0)"
    if !left.type.isFloat, !right.type.isFloat {
      let scale = max(left.type.scale, right.type.scale)
      if scale == 0, left.type.isWhole, right.type.isWhole {
        return Operand(sql: "(\(left.sql) / \(divisor))", type: .float64)
      }
      let wanted = min(18, max(scale, 6))
      return Operand(
        sql: "CAST(\(left.sql) / \(divisor) AS DECIMAL(38, \(wanted)))", type: .decimal(precision: 38, scale: wanted))
    }
    let plain: SQL = "(\(toDouble(left)) / nullif(\(toDouble(right)), 0))"
    // Sixteen digits of noise go away if the quotient of fifteen digits times the divisor is the dividend, exactly.
    let short: SQL = "printf('%.15g', \(plain))"
    let product: SQL = "TRY(TRY_CAST(\(short) AS DECIMAL(38, 9)) * \(decimal(right, scale: 9)))"
    let isShort: SQL =
      "\(product) = \(decimal(left, scale: 9)) AND \(isExact(right, decimal(right, scale: 9))) AND \(isExact(left, decimal(left, scale: 9)))"
    return Operand(sql: "CASE WHEN \(isShort) THEN CAST(\(short) AS DOUBLE) ELSE \(plain) END", type: .float64)
  }

  /// The sum of a column: exact, in the column's kind of number.
  package static func sum(_ value: Operand) -> SQL {
    switch value.type {
    case .integer(let bits, _) where bits <= 64: return "CAST(sum(\(value.sql)) AS BIGINT)"
    case .float32, .float64:
      let (decimal, exact) = summand(value)
      return "CASE WHEN bool_and(\(exact)) THEN \(nearestDouble("sum(\(decimal))")) ELSE fsum(\(value.sql)) END"
    default: return "sum(\(value.sql))"
    }
  }

  /// The mean of a column; a mean that is a short decimal comes out as that.
  package static func average(_ value: Operand) -> SQL {
    switch value.type {
    case .decimal(_, let scale):
      return "CAST(sum(\(value.sql)) / count(\(value.sql)) AS DECIMAL(38, \(min(18, scale + 4))))"
    case .float32, .float64:
      let (decimal, exact) = summand(value)
      let plain: SQL = "(\(nearestDouble("sum(\(decimal))")) / count(\(value.sql)))"
      let short: SQL = "printf('%.15g', \(plain))"
      let product: SQL = "TRY_CAST(\(short) AS DECIMAL(38, 12)) * CAST(count(\(value.sql)) AS DECIMAL(18, 0))"
      return """
        CASE WHEN bool_and(\(exact)) AND \(product) = sum(\(decimal)) THEN CAST(\(short) AS DOUBLE) \
        WHEN bool_and(\(exact)) THEN \(plain) ELSE favg(\(value.sql)) END
        """
    default: return "avg(\(value.sql))"
    }
  }

  /// The nearest DOUBLE of an exact decimal; only the way through text rounds once.
  static func nearestDouble(_ decimal: SQL) -> SQL { "CAST(CAST(\(decimal) AS VARCHAR) AS DOUBLE)" }

  private static func summand(_ value: Operand) -> (decimal: SQL, exact: SQL) {
    let text: SQL = "TRY_CAST(CAST(\(value.sql) AS VARCHAR) AS DECIMAL(38, 12))"
    // Below 10^15, 10^11 rows can be added without leaving the decimal's 26 digits.
    let decimal: SQL = "CASE WHEN abs(\(value.sql)) < 1e15 THEN \(text) END"
    return (decimal, "\(value.sql) IS NULL OR coalesce(abs(\(value.sql)) < 1e15 AND \(isExact(value, text)), FALSE)")
  }

  private static func decimal(_ operand: Operand, scale: Int) -> SQL {
    if operand.type.isFloat { return "TRY_CAST(CAST(\(operand.sql) AS VARCHAR) AS DECIMAL(38, \(scale)))" }
    if operand.type.isWhole { return "TRY_CAST(\(operand.sql) AS DECIMAL(38, 0))" }
    return operand.sql
  }

  private static func isExact(_ operand: Operand, _ decimal: SQL) -> SQL {
    guard operand.type.isFloat else { return "TRUE" }
    return "CAST(CAST(\(decimal) AS VARCHAR) AS \(operand.type)) = \(operand.sql)"
  }

  private static func toDouble(_ operand: Operand) -> SQL {
    operand.type.isFloat ? operand.sql : "CAST(\(operand.sql) AS DOUBLE)"
  }
}

extension DataType {
  var isFloat: Bool { self == .float32 || self == .float64 }
  var isWhole: Bool { if case .integer = self { true } else { false } }
  var scale: Int { if case .decimal(_, let scale) = self { scale } else { 0 } }
}
