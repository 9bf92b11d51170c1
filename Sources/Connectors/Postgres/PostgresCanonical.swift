import Tabular

/// The canonical form of values (`Canonical`) and the hash of rows (`FingerprintAccumulator`), in the server's own SQL.
enum PostgresCanonical {
  /// A value's canonical bytes; null for null.
  static func bytes(_ value: SQL, _ type: DataType) -> SQL {
    let function: SQL =
      switch type {
      case .boolean: "boolsend"
      case .integer(8, _), .integer(16, true): "int2send"
      case .integer(16, false), .integer(32, true): "int4send"
      case .integer(32, false), .integer(64, true): "int8send"
      case .integer, .decimal, .numeric: "numeric_send"
      case .float32: "float4send"
      case .float64: "float8send"
      case .blob: "bytea"
      case .uuid: "uuid_send"
      case .bit: "varbit_send"
      case .date: "date_send"
      case .time: "time_send"
      case .timeTZ: "timetz_send"
      case .timestamp: "timestamp_send"
      case .timestampTZ: "timestamptz_send"
      case .interval: "interval_send"
      case .list, .array: "array_send"
      default: "textsend"
      }
    return type == .json ? "textsend(\(value)::text)" : type == .blob ? value : "\(function)(\(value))"
  }

  /// How many bytes every value of a type has; nil = that depends on the value.
  private static func length(_ type: DataType) -> Int? {
    switch type {
    case .boolean: 1
    case .integer(8, _), .integer(16, true): 2
    case .integer(16, false), .integer(32, true), .float32, .date: 4
    case .integer(32, false), .integer(64, true), .float64, .time, .timestamp, .timestampTZ: 8
    case .timeTZ: 12
    case .uuid, .interval: 16
    default: nil
    }
  }

  /// A value's length and canonical bytes, as rows are hashed.
  static func field(_ value: SQL, _ type: DataType) -> SQL { field(bytes(value, type), length: length(type)) }

  static func field(_ bytes: SQL, length: Int? = nil) -> SQL {
    guard let length else { return "coalesce(int4send(octet_length(\(bytes))) || \(bytes), '\\xffffffff'::bytea)" }
    let digits = String(length, radix: 16)
    let prefix = String(repeating: "0", count: 8 - digits.count) + digits
    return "coalesce('\\x\(SQL(raw: prefix))'::bytea || \(bytes), '\\xffffffff'::bytea)"
  }

  /// The hash of fields, a bigint of 60 bits.
  static func hash(_ fields: [SQL]) -> SQL {
    "('x' || substr(md5(\(fields, separator: " || ")), 1, 15))::bit(60)::bigint"
  }

  /// The field of a value brought into the form in which it is compared.
  static func field(_ value: SQL, of type: DataType, as form: ComparisonForm) -> SQL {
    switch form {
    case .typed(.text), .text, .json: return field("(\(value))::text", .text)
    case .typed(let target):
      // Booleans become whole numbers only by way of integer.
      let value: SQL = type == .boolean && target != .boolean ? "\(value)::integer" : value
      guard target != type, let name = PostgresTypes.landing(of: target)?.staged else { return field(value, target) }
      return field("(\(value))::\(SQL(raw: name))", target)
    case .digits: return field(digits(value, of: type), .text)
    }
  }

  private static func digits(_ value: SQL, of type: DataType) -> SQL {
    guard type == .text else { return trimmed("(\(value))::text") }
    return
      "CASE WHEN \(value) ~ '^[-+]?[0-9]+([.][0-9]+)?$' THEN \(trimmed("(\(value))::numeric::text")) ELSE \(value) END"
  }

  private static func trimmed(_ text: SQL) -> SQL {
    """
    CASE WHEN strpos(\(text), '.') = 0 THEN \(text) WHEN \(text) ~ '^-0[.]0*$' THEN '0' ELSE rtrim(rtrim(\(text), '0'), '.') END
    """
  }
}
