/// One value, for showing, comparing and small tables; rows in bulk stay in `Batch`es.
package indirect enum Value: Hashable, Sendable {
  case null
  case boolean(Bool)
  case integer(Int128)
  /// An exact number in plain digits: `-12.50`.
  case decimal(String)
  case float(Double)
  case text(String)
  /// JSON text, kept as written.
  case json(String)
  case blob([UInt8])
  /// A date, time, timestamp or interval in ISO 8601 form.
  case moment(String)
  case list([Value])
  case structure([(name: String, value: Value)])

  /// By bytes, as systems compare: an `é` of one character isn't one of two.
  package static func == (left: Value, right: Value) -> Bool { left.jsonText.utf8.elementsEqual(right.jsonText.utf8) }
  package func hash(into hasher: inout Hasher) { for byte in jsonText.utf8 { hasher.combine(byte) } }
}

extension Value: CustomStringConvertible {
  /// The value as a person reads it; texts without quotation marks.
  package var description: String {
    switch self {
    case .null: "NULL"
    case .text(let text), .json(let text), .moment(let text), .decimal(let text): text
    case .blob(let bytes): "\\x" + bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    default: jsonText
    }
  }

  /// The value as JSON. Numbers keep all their digits; a number JSON can't hold (NaN, infinity) becomes a string.
  package var jsonText: String {
    switch self {
    case .null: "null"
    case .boolean(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .decimal(let text): text
    case .float(let value):
      !value.isFinite
        ? "\"\(value)\"" : value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value)).0" : "\(value)"
    case .text(let text), .moment(let text): JSONText.quote(text)
    case .json(let text): text
    case .blob: JSONText.quote(description)
    case .list(let values): "[" + values.map(\.jsonText).joined(separator: ",") + "]"
    case .structure(let fields):
      "{" + fields.map { "\(JSONText.quote($0.name)):\($0.value.jsonText)" }.joined(separator: ",") + "}"
    }
  }
}

package enum JSONText {
  /// A JSON string with everything escaped that RFC 8259 section 7 demands.
  package static func quote(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20:
        let hex = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
