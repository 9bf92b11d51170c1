import Tabular

/// A type as a user writes it: `decimal(18,2)`, `date`, `whole number`.
package struct TypeName: SettingValue {
  package let type: DataType
  package let text: String

  package init(type: DataType, text: String) {
    self.type = type
    self.text = text
  }

  package static var kind: SettingKind { .text }
  package var display: String? { text }
  package init(setting: Setting) throws(Problem) {
    guard let text = setting.text else {
      throw Problem("wrong-type", "must be the name of a type.", at: setting.location)
    }
    let folded = text.lowercased().filter { !" _".contains($0) }
    if let type = Self.names[folded] {
      self.init(type: type, text: text)
    } else if let type = Self.decimal(folded) {
      self.init(type: type, text: text)
    } else {
      throw Problem(
        "unknown-type", "can't be \"\(text)\"; there is no such type.",
        hint: Nearest.hint(text, among: Array(Self.names.keys)) ?? "Types are \(Self.shown.joined(separator: ", ")).",
        at: setting.location)
    }
  }

  private static let shown = [
    "text", "integer", "bigint", "decimal(18,2)", "double", "boolean", "date", "time", "timestamp", "timestamptz",
    "json", "uuid",
  ]

  private static let names: [String: DataType] = [
    "text": .text, "string": .text, "varchar": .text, "str": .text, "char": .text,
    "tinyint": .integer(bits: 8, signed: true), "smallint": .int16, "int2": .int16, "int": .int32, "integer": .int64,
    "int4": .int32, "bigint": .int64, "int8": .int64, "long": .int64, "wholenumber": .int64, "hugeint": .int128,
    "double": .float64, "float": .float64, "float8": .float64, "real": .float32, "float4": .float32, "number": .float64,
    "decimal": .decimal(precision: 18, scale: 3), "numeric": .decimal(precision: 18, scale: 3),
    "money": .decimal(precision: 18, scale: 2),
    "boolean": .boolean, "bool": .boolean, "date": .date, "time": .time, "timestamp": .timestampMicros,
    "datetime": .timestampMicros,
    "timestamptz": .timestampTZ, "timestampwithtimezone": .timestampTZ, "json": .json, "uuid": .uuid, "blob": .blob,
    "bytes": .blob, "binary": .blob,
  ]

  private static func decimal(_ text: String) -> DataType? {
    guard let open = text.firstIndex(of: "("), text.hasSuffix(")"),
      ["decimal", "numeric", "number"].contains(text[..<open])
    else { return nil }
    let numbers = text[text.index(after: open)...].dropLast().split(separator: ",").map { Int($0) }
    guard let precision = numbers.first ?? nil, (1...38).contains(precision), numbers.count <= 2 else { return nil }
    guard let scale = numbers.count == 2 ? numbers[1] : 0, (0...precision).contains(scale) else { return nil }
    return .decimal(precision: precision, scale: scale)
  }
}

/// Casts that lose nothing.
package enum ExactCast {
  /// The value in the other type; null where it doesn't fit without loss.
  /// - Parameter formats: For dates and times in text, tried in order before the ISO forms.
  package static func attempt(_ value: SQL, from: DataType, to: DataType, formats: [String] = []) -> SQL {
    if to.isMoment, from.isText, !formats.isEmpty {
      let list = formats.map { Literal.text($0) }
      return
        "coalesce(CAST(try_strptime(\(prepared(value, from)), [\(list)]) AS \(to)), \(attempt(value, from: from, to: to)))"
    }
    return "CASE WHEN \(fits(value, from: from, to: to)) THEN TRY_CAST(\(prepared(value, from)) AS \(to)) END"
  }

  /// Whether a present value can be read as `to` and none of its digits is lost.
  package static func fits(_ value: SQL, from: DataType, to: DataType) -> SQL {
    let cast: SQL = "TRY_CAST(\(prepared(value, from)) AS \(to))"
    switch to {
    case .integer, .decimal:
      if from.isText || from == .numeric {
        return
          "coalesce(\(cast) = TRY_CAST(\(prepared(value, from)) AS DECIMAL(38, 18)) OR (\(cast) IS NOT NULL AND length(\(prepared(value, from))) > 19 AND NOT contains(\(value), '.')), FALSE)"
      }
      if from == .float32 || from == .float64 {
        return "coalesce(TRY_CAST(\(cast) AS VARCHAR)::\(from) = \(value), FALSE)"
      }
      if from.isExactNumber { return "coalesce(\(cast) = \(value), FALSE)" }
      return "(\(cast) IS NOT NULL)"
    case .float32, .float64:
      switch from {
      case .integer: return "coalesce(TRY_CAST(\(cast) AS HUGEINT) = \(value), FALSE)"
      case .decimal(_, let scale):
        return "coalesce(TRY_CAST(CAST(\(cast) AS VARCHAR) AS DECIMAL(38, \(scale))) = \(value), FALSE)"
      default: return "(\(cast) IS NOT NULL)"
      }
    case .date where from.isText:
      let time: SQL = "TRY_CAST(\(prepared(value, from)) AS TIMESTAMP)"
      return "(\(cast) IS NOT NULL AND coalesce(TRY_CAST(\(cast) AS TIMESTAMP) = \(time), TRUE))"
    case .date where from.isMoment && from != .date: return "coalesce(CAST(\(cast) AS \(from)) = \(value), FALSE)"
    default: return "(\(cast) IS NOT NULL)"
    }
  }

  private static func prepared(_ value: SQL, _ type: DataType) -> SQL { type.isText ? "trim(\(value))" : value }
}
