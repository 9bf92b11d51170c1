import Tabular

/// Existing columns that are narrower than the rows' type: checked value by value, or made wider.
extension PostgresTypes {
  /// For a column that can't hold every value of `type`, but those that keep to a limit.
  static func limitedFit(_ type: DataType, into column: PostgresTable.TableColumn) -> Fit? {
    func limited(_ staged: String, _ limit: ValueLimit) -> Fit {
      Fit(landing: type, staged: staged, limit: limit, target: column.sqlType)
    }
    switch column.type {
    case "int2" where type.isExactNumber: return limited("smallint", .integer(bits: 16))
    case "int4" where type.isExactNumber: return limited("integer", .integer(bits: 32))
    case "int8" where type.isExactNumber: return limited("bigint", .integer(bits: 64))
    case "float4" where wholeDigits(type) != nil: return limited("real", .float(bits: 32))
    case "float4" where type == .float64: return limited("real", .float(bits: 32))
    case "float8" where wholeDigits(type) != nil: return limited("double precision", .float(bits: 64))
    case "numeric" where column.modifier >= 4:
      let (precision, scale) = ((column.modifier - 4) >> 16 & 0xffff, (column.modifier - 4) & 0x7ff)
      guard precision <= 38, scale <= precision else { return nil }
      let limit = ValueLimit.decimal(precision: precision, scale: scale)
      if type == .numeric {
        return Fit(landing: type, staged: "numeric", castTo: column.sqlType, limit: limit, target: column.sqlType)
      }
      return type.isExactNumber ? limited("numeric(\(precision),\(scale))", limit) : nil
    case "time" where type == .time: return limited("time", .fraction(column.modifier))
    case "timestamptz" where type == .timestampTZ:
      return limited("timestamp with time zone", .fraction(column.modifier))
    case "timestamp":
      if case .timestamp = type { return limited("timestamp", .fraction(column.modifier)) } else { return nil }
    case "date":
      if case .timestamp = type { return limited("date", .midnight) } else { return nil }
    default: return nil
    }
  }

  /// How values of `type` get into the larger type a column can be given; nil = there is none.
  static func widened(_ column: PostgresTable.TableColumn, for type: DataType) -> Fit? {
    guard !column.isDomain, !column.isGenerated, let natural = landing(of: type) else { return nil }
    let isWhole = wholeDigits(type) != nil
    let rank = ["int2": 1, "int4": 2, "int8": 3]
    if let have = rank[column.type], let want = ["integer": 2, "bigint": 3][natural.staged], want > have {
      return Fit(landing: type, staged: natural.staged)
    }
    if rank[column.type] != nil || column.type == "numeric", type.isExactNumber || type == .numeric {
      let limit: ValueLimit? = isWhole && !natural.staged.hasPrefix("numeric") ? .decimal(precision: 38, scale: 0) : nil
      return Fit(landing: type, staged: "numeric", limit: limit)
    }
    if column.type == "float4", type == .float64 || isWhole {
      return Fit(landing: type, staged: "double precision", limit: isWhole ? .float(bits: 64) : nil)
    }
    return nil
  }
}
