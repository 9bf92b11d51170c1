/// What a value may be. Each type has one physical layout (see `Vector`) and one exact landing type per destination.
package indirect enum DataType: Hashable, Sendable, Codable {
  case boolean
  /// Whole numbers of 8, 16, 32, 64 or 128 bits.
  case integer(bits: Int, signed: Bool)
  /// Exact numbers with at most 38 digits, `scale` of them after the point.
  case decimal(precision: Int, scale: Int)
  /// Exact numbers of any size, carried as text (PostgreSQL's `numeric` without precision).
  case numeric
  case float32
  case float64
  case text
  /// JSON text.
  case json
  case blob
  case uuid
  case bit
  case date
  /// Time of day in microseconds since midnight.
  case time
  case timeTZ
  /// Date and time without a zone, counted in `unit` since 1970-01-01.
  case timestamp(TimeUnit)
  /// An instant, in microseconds since 1970-01-01T00:00:00Z.
  case timestampTZ
  case interval
  case enumeration([String])
  case list(DataType)
  case array(DataType, count: Int)
  case structure([Column])
  case map(key: DataType, value: DataType)
  /// The type of a column in which only nulls were seen.
  case null
  /// A type Weir has no layout for; carries the engine's name of it. A step must cast it before it is written.
  case other(String)

  package enum TimeUnit: String, Hashable, Sendable, Codable { case seconds, milliseconds, microseconds, nanoseconds }
}

extension DataType {
  package static let int16 = DataType.integer(bits: 16, signed: true)
  package static let int32 = DataType.integer(bits: 32, signed: true)
  package static let int64 = DataType.integer(bits: 64, signed: true)
  package static let int128 = DataType.integer(bits: 128, signed: true)
  package static let timestampMicros = DataType.timestamp(.microseconds)

  /// Whether values are numbers that can be summed exactly.
  package var isExactNumber: Bool {
    switch self {
    case .integer, .decimal: true
    default: false
    }
  }

  package var isNumber: Bool { isExactNumber || self == .float32 || self == .float64 || self == .numeric }
}

extension DataType: CustomStringConvertible {
  /// The engine's name of the type, as it stands in SQL: `DECIMAL(18,2)`, `STRUCT("a" BIGINT)`.
  package var description: String {
    switch self {
    case .boolean: "BOOLEAN"
    case .integer(let bits, let signed):
      (signed ? "" : "U")
        + ([8: "TINYINT", 16: "SMALLINT", 32: "INTEGER", 64: "BIGINT", 128: "HUGEINT"][bits] ?? "BIGINT")
    case .decimal(let precision, let scale): "DECIMAL(\(precision),\(scale))"
    case .numeric, .text: "VARCHAR"
    case .json: "JSON"
    case .float32: "FLOAT"
    case .float64: "DOUBLE"
    case .blob: "BLOB"
    case .uuid: "UUID"
    case .bit: "BIT"
    case .date: "DATE"
    case .time: "TIME"
    case .timeTZ: "TIME WITH TIME ZONE"
    case .timestamp(.seconds): "TIMESTAMP_S"
    case .timestamp(.milliseconds): "TIMESTAMP_MS"
    case .timestamp(.microseconds): "TIMESTAMP"
    case .timestamp(.nanoseconds): "TIMESTAMP_NS"
    case .timestampTZ: "TIMESTAMP WITH TIME ZONE"
    case .interval: "INTERVAL"
    case .enumeration(let labels): "ENUM(\(labels.map { SQL.quote($0, with: "'") }.joined(separator: ", ")))"
    case .list(let element): "\(element)[]"
    case .array(let element, let count): "\(element)[\(count)]"
    case .structure(let fields):
      "STRUCT(\(fields.map { "\(SQL.quote($0.name, with: "\"")) \($0.type)" }.joined(separator: ", ")))"
    case .map(let key, let value): "MAP(\(key), \(value))"
    case .null: "\"NULL\""
    case .other(let name): name
    }
  }
}
