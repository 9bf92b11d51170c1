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

  /// `operands` joined by `sign`, from left to right; null where a division is by zero.
  package static func calculate(_ sign: Sign, _ operands: [Operand]) -> Operand {
    if sign == .divide { return operands.dropFirst().reduce(operands[0], divide) }
    guard operands.contains(where: \.type.isFloat) else { return exactly(sign, operands) }
    let fractions = operands.filter { !$0.type.isWhole }.count
    let digits = sign == .multiply ? max(2, min(6, 8 / fractions)) : 6
    let scaled = operands.map { Scaled($0, digits: sign == .multiply && $0.type.isWhole ? 0 : digits) }
    let scale = sign == .multiply ? digits * fractions : digits
    let whole: SQL = "(\(scaled.map(\.integer), separator: sign.sql.text))"
    let isSafe: SQL = "\(scaled.map(\.isExact), separator: " AND ") AND abs(\(whole)) < 9e15"
    let isNull: SQL = "\(operands.map { "\($0.sql) IS NULL" as SQL }, separator: " OR ")"
    return Operand(
      sql: "CASE WHEN \(isNull) THEN NULL WHEN \(isSafe) THEN \(whole) / 1e\(scale) ELSE \(slowly(sign, operands)) END",
      type: .float64)
  }

  /// Arithmetic of whole numbers and decimals, which the engine does exactly (or refuses).
  private static func exactly(_ sign: Sign, _ operands: [Operand]) -> Operand {
    let isWhole = operands.allSatisfy(\.type.isWhole)
    let parts = operands.map { operand -> SQL in
      if isWhole, case .integer(let bits, let signed) = operand.type, bits < 64 || (bits == 64 && signed) {
        return "CAST(\(operand.sql) AS BIGINT)"
      }
      return operand.sql
    }
    return Operand(sql: "(\(parts, separator: sign.sql.text))", type: isWhole ? .int64 : .other("DECIMAL"))
  }

  /// For numbers with many digits: through their text, at some microseconds a row.
  private static func slowly(_ sign: Sign, _ operands: [Operand]) -> SQL {
    let floats = operands.filter(\.type.isFloat)
    let scale = sign == .multiply ? min(12, max(2, 18 / floats.count)) : 12
    let plain = finite("(\(operands.map(toDouble), separator: sign.sql.text))", operands)
    let checks = floats.map { isExact($0, decimal($0, scale: scale)) }
    let result = nearestDouble("TRY(\(operands.map { decimal($0, scale: scale) }, separator: sign.sql.text))")
    return "CASE WHEN \(checks, separator: " AND ") THEN coalesce(\(result), \(plain)) ELSE \(plain) END"
  }

  /// Null where finite operands have a result too large for a DOUBLE.
  private static func finite(_ result: SQL, _ operands: [Operand]) -> SQL {
    let isFinite: SQL = "\(operands.map { "isfinite(\(toDouble($0)))" as SQL }, separator: " AND ")"
    return "CASE WHEN isinf(\(result)) AND \(isFinite) THEN NULL ELSE \(result) END"
  }

  /// The quotient of two whole numbers is rounded once, so that of two decimals with the same scale is, too.
  static func divide(_ left: Operand, _ right: Operand) -> Operand {
    let divisor: SQL = "nullif(\(right.sql), 0)"
    if left.type.isFloat || right.type.isFloat {
      let (above, below) = (Scaled(left, digits: 6), Scaled(right, digits: 6))
      let isSafe: SQL = "\(above.isExact) AND \(below.isExact)"
      return Operand(
        sql: """
          CASE WHEN \(isSafe) THEN \(above.integer) / nullif(\(below.integer), 0) \
          ELSE \(finite("\(toDouble(left)) / nullif(\(toDouble(right)), 0)", [left, right])) END
          """, type: .float64)
    }
    let quotient = ExactQuotient(left: left, right: right)
    if left.type.isWhole, right.type.isWhole { return Operand(sql: "(\(quotient.nearestDouble))", type: .float64) }
    let scale = max(left.type.scale, right.type.scale, 6)
    let value = quotient.decimal(scale: scale) ?? "\(left.sql) / \(divisor)"
    return Operand(
      sql: "CAST(\(value) AS DECIMAL(38, \(scale)))", type: .decimal(precision: 38, scale: scale))
  }

  /// The sum of a column: exact, in the column's kind of number.
  /// - Parameter refusing: SQL that ends the query, given that of a sum without room in its type.
  package static func sum(_ value: Operand, refusing: (SQL) -> SQL) -> SQL {
    let total: SQL = "sum(\(value.sql))"
    return switch value.type {
    case .integer(let bits, _) where bits <= 64:
      "CASE WHEN \(total) IS NOT NULL THEN coalesce(TRY_CAST(\(total) AS BIGINT), CAST(\(refusing(total)) AS BIGINT)) END"
    case .float32, .float64: FloatTotal(value).sum
    default: total
    }
  }

  /// The mean of a column; that of numbers with at most six digits after the point is rounded once.
  package static func average(_ value: Operand) -> SQL {
    switch value.type {
    case .decimal(_, let scale) where scale <= 18: decimalAverage(value, scale: scale)
    case .decimal: "CAST(sum(\(value.sql)) / count(\(value.sql)) AS DECIMAL(38, 18))"
    case .float32, .float64: FloatTotal(value).average
    default: "avg(\(value.sql))"
    }
  }

  private static func decimalAverage(_ value: Operand, scale: Int) -> SQL {
    let total = Operand(sql: "sum(\(value.sql))", type: .decimal(precision: 38, scale: scale))
    let count = Operand(sql: "count(\(value.sql))", type: .int64)
    return ExactQuotient(left: total, right: count).decimal(scale: min(18, scale + 4)) ?? "NULL"
  }

  /// The nearest DOUBLE of an exact decimal; only the way through text rounds once.
  static func nearestDouble(_ decimal: SQL) -> SQL { "CAST(CAST(\(decimal) AS VARCHAR) AS DOUBLE)" }

  static func decimal(_ operand: Operand, scale: Int) -> SQL {
    if operand.type.isFloat { return "TRY_CAST(CAST(\(operand.sql) AS VARCHAR) AS DECIMAL(38, \(scale)))" }
    if operand.type.isWhole { return "TRY_CAST(\(operand.sql) AS DECIMAL(38, 0))" }
    return operand.sql
  }

  /// A DOUBLE or FLOAT as a decimal with twelve digits after the point.
  static func decimal(_ operand: Operand) -> SQL {
    let scaled = Scaled(operand, digits: 6)
    return """
      CASE WHEN \(scaled.isExact) \
      THEN CAST(CAST(\(scaled.integer) AS BIGINT) AS DECIMAL(38, 0)) * CAST('0.000001' AS DECIMAL(7, 6)) \
      ELSE CAST(CAST(\(operand.sql) AS VARCHAR) AS DECIMAL(38, 12)) END
      """
  }

  static func isExact(_ operand: Operand, _ decimal: SQL) -> SQL {
    "coalesce(CAST(CAST(\(decimal) AS VARCHAR) AS \(operand.type)) = \(operand.sql), FALSE)"
  }

  static func toDouble(_ operand: Operand) -> SQL {
    operand.type == .float64 ? operand.sql : "CAST(\(operand.sql) AS DOUBLE)"
  }
}

/// A number as a whole number of units of 10^-digits. If that is below 10^15 and, divided again, gives the number, the number's
/// shortest decimal text has no more digits after the point, and whole-number arithmetic on it is exact.
struct Scaled {
  let integer: SQL
  let isExact: SQL

  init(_ operand: Operand, digits: Int) {
    // A FLOAT's text is shorter than that of the DOUBLE of the same value.
    let number: SQL =
      operand.type == .float32 ? "CAST(CAST(\(operand.sql) AS VARCHAR) AS DOUBLE)" : ExactNumber.toDouble(operand)
    if operand.type.isWhole {
      integer = digits == 0 ? number : "(\(number) * 1e\(digits))"
      isExact = "abs(\(integer)) < 1e15"
    } else {
      integer = "round(\(number) * 1e\(digits))"
      isExact = "abs(\(integer)) < 1e15 AND \(integer) / 1e\(digits) = \(number)"
    }
  }
}

extension DataType {
  var isFloat: Bool { self == .float32 || self == .float64 }
  var isWhole: Bool { if case .integer = self { true } else { false } }
  var scale: Int { if case .decimal(_, let scale) = self { scale } else { 0 } }
}
