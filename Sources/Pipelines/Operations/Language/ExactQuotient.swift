import Tabular

/// The quotient of two numbers with exact digits, rounded once; null where the divisor is 0. Where the digits have no room in 128 bits,
/// the engine refuses.
struct ExactQuotient {
  let left: Operand
  let right: Operand

  /// Of two whole numbers: the DOUBLE nearest to it. Where both are DOUBLEs exactly, their division is that.
  var nearestDouble: SQL {
    let bound: SQL = "9007199254740992"
    let isSmall: SQL = "\(left.sql) BETWEEN -\(bound) AND \(bound) AND \(right.sql) BETWEEN -\(bound) AND \(bound)"
    let (above, below) = (
      Self.magnitude("CAST(\(left.sql) AS HUGEINT)"), Self.magnitude("nullif(CAST(\(right.sql) AS HUGEINT), 0)")
    )
    // Long division, eighteen digits at a time; the smallest quotient has as many zeros behind the point.
    let unit: SQL = "CAST(1000000000000000000 AS HUGEINT)"
    let first: SQL = "((\(above) % \(below)) * \(unit))"
    let second: SQL = "((\(first) % \(below)) * \(unit))"
    func padded(_ rest: SQL) -> SQL { "lpad(CAST(\(rest) // \(below) AS VARCHAR), 18, '0')" }
    // A last digit if there are more, so that the number isn't taken for the middle between two DOUBLEs.
    let digits: SQL = """
      CAST(\(above) // \(below) AS VARCHAR) || '.' || \(padded(first)) || \(padded(second)) || \
      CASE WHEN \(second) % \(below) <> 0 THEN '1' ELSE '' END
      """
    return """
      CASE WHEN \(isSmall) THEN \(left.sql) / nullif(\(right.sql), 0) \
      ELSE CAST(CASE WHEN \(isNegative) THEN '-' ELSE '' END || \(digits) AS DOUBLE) END
      """
  }

  /// Of whole numbers and decimals: with `scale` digits after the point, a half away from zero; nil for other types.
  /// - Parameter scale: not less than those of both.
  func decimal(scale: Int) -> SQL? {
    guard let above = Self.unscaled(left), let below = Self.unscaled(right) else { return nil }
    let shift = "1" + String(repeating: "0", count: scale + right.type.scale - left.type.scale)
    let (n, d): (SQL, SQL) = (
      "(\(Self.magnitude(above)) * CAST(\(SQL(raw: shift)) AS HUGEINT))", "nullif(\(Self.magnitude(below)), 0)"
    )
    let whole: SQL = "(\(n) // \(d) + CASE WHEN (\(n) % \(d)) * 2 >= \(d) THEN 1 ELSE 0 END)"
    let unit = "0." + String(repeating: "0", count: scale - 1) + "1"
    return """
      CAST(CASE WHEN \(isNegative) THEN -\(whole) ELSE \(whole) END AS DECIMAL(38, 0)) * CAST(\(text: unit) AS DECIMAL(\(scale + 1), \(scale)))
      """
  }

  private var isNegative: SQL { "(\(left.sql) < 0) <> (\(right.sql) < 0)" }

  private static func magnitude(_ value: SQL) -> SQL { "abs(\(value))" }

  /// The number's digits without the point, as a HUGEINT.
  private static func unscaled(_ operand: Operand) -> SQL? {
    switch operand.type {
    case .integer: return "CAST(\(operand.sql) AS HUGEINT)"
    case .decimal(_, scale: 0): return "CAST(\(operand.sql) AS HUGEINT)"
    case .decimal(let precision, let scale) where precision + scale < 38:
      let power = "1" + String(repeating: "0", count: scale)
      // Products of decimals of at most 18 digits have no more room than that.
      let wide: DataType = .decimal(precision: max(19, precision), scale: scale)
      return "CAST(CAST(\(operand.sql) AS \(wide)) * CAST(\(SQL(raw: power)) AS DECIMAL(\(scale + 1), 0)) AS HUGEINT)"
    case .decimal: return "CAST(replace(CAST(\(operand.sql) AS VARCHAR), '.', '') AS HUGEINT)"
    default: return nil
    }
  }
}
