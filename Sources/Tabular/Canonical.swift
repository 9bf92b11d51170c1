/// One form of each value that does not depend on the system that holds it: PostgreSQL's binary send format
/// (`int8send`, `textsend`, `numeric_send`, `timestamp_send`, …). COPY streams are made of it, and row hashes are taken over it.
///
/// Whole numbers of 8 bits go as 16, unsigned ones as the next larger signed type, 64 and 128 bits without a home as
/// numeric; decimals as numeric with their declared scale; enumerations and JSON as text; lists as arrays.
package struct Canonical: Sendable {
  enum Code: UInt8, Sendable {
    case boolean, int8, uint8, int16, uint16, int32, uint32, int64, uint64, int128, uint128
    case decimal16, decimal32, decimal64, decimal128, numeric
    case float32, float64, bytes, uuid, bit, date, time, timeTZ
    case seconds, milliseconds, microseconds, nanoseconds, interval
    case enum8, enum16, enum32, list, array, null
  }

  let code: Code
  /// Digits after the point of a decimal; values of an array.
  let scale: Int
  let labels: [[UInt8]]
  /// The form of a list's elements, in a list of one.
  let element: [Canonical]
  /// PostgreSQL's number of the type these bytes belong to; array elements carry it.
  package let oid: Int32

  /// The form of a type's values; nil if it has none (structures, maps, unknown types): such values can't be hashed.
  package init?(_ type: DataType) {
    var scale = 0
    var labels: [[UInt8]] = []
    var element: [Canonical] = []
    switch type {
    case .boolean: (code, oid) = (.boolean, 16)
    case .integer(8, true): (code, oid) = (.int8, 21)
    case .integer(8, false): (code, oid) = (.uint8, 21)
    case .integer(16, true): (code, oid) = (.int16, 21)
    case .integer(16, false): (code, oid) = (.uint16, 23)
    case .integer(32, true): (code, oid) = (.int32, 23)
    case .integer(32, false): (code, oid) = (.uint32, 20)
    case .integer(64, true): (code, oid) = (.int64, 20)
    case .integer(64, false): (code, oid) = (.uint64, 1700)
    case .integer(128, true): (code, oid) = (.int128, 1700)
    case .integer(128, false): (code, oid) = (.uint128, 1700)
    case .integer: return nil
    case .decimal(let precision, let places):
      scale = places
      code = precision <= 4 ? .decimal16 : precision <= 9 ? .decimal32 : precision <= 18 ? .decimal64 : .decimal128
      oid = 1700
    case .numeric: (code, oid) = (.numeric, 1700)
    case .float32: (code, oid) = (.float32, 700)
    case .float64: (code, oid) = (.float64, 701)
    case .text: (code, oid) = (.bytes, 25)
    case .json: (code, oid) = (.bytes, 114)
    case .blob: (code, oid) = (.bytes, 17)
    case .uuid: (code, oid) = (.uuid, 2950)
    case .bit: (code, oid) = (.bit, 1562)
    case .date: (code, oid) = (.date, 1082)
    case .time: (code, oid) = (.time, 1083)
    case .timeTZ: (code, oid) = (.timeTZ, 1266)
    case .timestamp(.seconds): (code, oid) = (.seconds, 1114)
    case .timestamp(.milliseconds): (code, oid) = (.milliseconds, 1114)
    case .timestamp(.microseconds): (code, oid) = (.microseconds, 1114)
    case .timestamp(.nanoseconds): (code, oid) = (.nanoseconds, 1114)
    case .timestampTZ: (code, oid) = (.microseconds, 1184)
    case .interval: (code, oid) = (.interval, 1186)
    case .enumeration(let names):
      labels = names.map { Array($0.utf8) }
      (code, oid) = (names.count <= 0xff ? .enum8 : names.count <= 0xffff ? .enum16 : .enum32, 25)
    case .list(let inner), .array(let inner, _):
      guard let form = Canonical(inner) else { return nil }
      if case .array(_, let count) = type { (code, scale) = (.array, count) } else { code = .list }
      element = [form]
      // An array of arrays has the type of its innermost elements.
      oid = form.oid
    case .null: (code, oid) = (.null, 25)
    case .structure, .map, .other: return nil
    }
    self.scale = scale
    self.labels = labels
    self.element = element
  }

  /// Days and seconds between 1970-01-01 and 2000-01-01.
  package static let epochDays: Int32 = 10957
  package static let epochMicros: Int64 = 946_684_800_000_000
}

/// A value that has no exact form where it should go.
package struct ValueRefusal: Error {
  /// The column's index in its schema.
  package var column: Int
  /// The row's index in its batch.
  package var row: Int
  /// What is wrong, to follow the column's name: `has a fraction finer than a microsecond`.
  package var reason: String
  package init(column: Int, row: Int, reason: String) {
    self.column = column
    self.row = row
    self.reason = reason
  }
}
