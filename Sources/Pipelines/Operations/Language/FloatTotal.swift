import Tabular

/// The exact total of a DOUBLE or FLOAT column: whole-number sums of the values with at most six digits after the point, decimal
/// sums of the others; if one has no room in either, a DOUBLE sum.
struct FloatTotal {
  private let value: SQL
  private let unit: SQL
  private let total: SQL
  private let isExact: SQL
  private let over: SQL

  /// - Parameter over: ` OVER (…)` for the total of a window.
  init(_ operand: Operand, over: SQL = "") {
    self.over = over
    let scaled = Scaled(operand, digits: 6)
    let decimal = ExactNumber.decimal(operand, scale: 12)
    value = operand.sql
    unit = "CASE WHEN \(scaled.isExact) THEN CAST(\(scaled.integer) AS BIGINT) END"
    // Below 10^15, 10^11 rows can be added without leaving the decimal's 26 digits.
    let others: SQL = "sum(CASE WHEN NOT (\(scaled.isExact)) AND abs(\(operand.sql)) < 1e15 THEN \(decimal) END)\(over)"
    total = """
      (CAST(coalesce(sum(\(unit))\(over), 0) AS DECIMAL(38, 0)) * CAST('0.000001' AS DECIMAL(7, 6)) + \
      coalesce(\(others), CAST(0 AS DECIMAL(38, 12))))
      """
    isExact = """
      bool_and(CASE WHEN \(operand.sql) IS NULL OR (\(scaled.isExact)) THEN TRUE \
      ELSE abs(\(operand.sql)) < 1e15 AND \(ExactNumber.isExact(operand, decimal)) END)\(over)
      """
  }

  var sum: SQL {
    """
    CASE WHEN count(\(value))\(over) = 0 THEN NULL WHEN \(isExact) THEN \(ExactNumber.nearestDouble(total)) \
    ELSE sum(CAST(\(value) AS DOUBLE))\(over) END
    """
  }

  var average: SQL {
    let units: SQL = "sum(\(unit))"
    let isWhole: SQL = "count(\(value)) = count(\(unit))"
    return """
      CASE WHEN count(\(value)) = 0 THEN NULL \
      WHEN \(isWhole) AND abs(\(units)) < 9e15 THEN CAST(\(units) AS DOUBLE) / (count(\(value)) * 1e6) \
      ELSE (\(sum)) / count(\(value)) END
      """
  }
}

extension ExactNumber {
  /// The value divided by the sum over a window; null where that is 0.
  /// - Parameter window: what stands between the brackets of OVER.
  static func share(of value: Operand, over window: SQL) -> SQL {
    let over: SQL = " OVER (\(window))"
    let sum: SQL = "sum(\(value.sql))\(over)"
    switch value.type {
    case .float32, .float64:
      return divide(value, Operand(sql: "(\(FloatTotal(value, over: over).sum))", type: .float64)).sql
    case .decimal:
      // Both counted in units of the last digit, for the DOUBLE of a decimal would be rounded before it is divided.
      func units(_ number: SQL) -> SQL { "CAST(replace(CAST(\(number) AS VARCHAR), '.', '') AS DOUBLE)" }
      return "\(units(value.sql)) / nullif(\(units(sum)), 0)"
    default: return "\(value.sql) / nullif(\(sum), 0)"
    }
  }
}
