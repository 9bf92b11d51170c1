import Tabular

extension ExactNumber {
  /// The value in the middle of a column, or the mean of the two there, rounded once.
  package static func median(_ value: Operand) -> SQL {
    let low: SQL = "quantile_disc(\(value.sql), 0.5)"
    let high: SQL = "quantile_disc(\(value.sql), 0.5 ORDER BY \(value.sql) DESC)"
    switch value.type {
    case .integer(let bits, _) where bits <= 64:
      let both: DataType = .int128
      let sum = Operand(sql: "(CAST(\(low) AS \(both)) + CAST(\(high) AS \(both)))", type: both)
      return ExactQuotient(left: sum, right: Operand(sql: "2", type: .int64)).nearestDouble
    case .decimal(let precision, let scale) where scale < 38:
      let wide: DataType = .decimal(precision: 38, scale: scale)
      let half: SQL = "(CAST(\(low) AS \(wide)) + CAST(\(high) AS \(wide))) * CAST('0.5' AS DECIMAL(2, 1))"
      return "CAST(\(half) AS \(DataType.decimal(precision: min(38, precision + 1), scale: scale + 1)))"
    case .float32, .float64:
      let ends = [low, high].map { Scaled(Operand(sql: $0, type: value.type), digits: 6) }
      let isSafe: SQL = "\(ends.map(\.isExact), separator: " AND ")"
      return """
        CASE WHEN \(low) = \(high) THEN CAST(\(low) AS DOUBLE) WHEN \(isSafe) THEN (\(ends.map(\.integer), separator: " + ")) / 2e6 \
        ELSE CAST(\(low) AS DOUBLE) / 2 + CAST(\(high) AS DOUBLE) / 2 END
        """
    default: return "median(\(value.sql))"
    }
  }
}
