import Foundation
import Tabular

/// A value as JSON; numbers JSON can't hold exactly in other programs stay numbers here, decimals keep their digits as text.
struct JSONValue: Encodable {
  var value: Value

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch value {
    case .null: try container.encodeNil()
    case .boolean(let flag): try container.encode(flag)
    case .integer(let number):
      if let small = Int64(exactly: number) {
        try container.encode(small)
      } else {
        try container.encode(String(number))
      }
    case .float(let number):
      if number.isFinite { try container.encode(number) } else { try container.encode("\(number)") }
    case .list(let values): try container.encode(values.map { JSONValue(value: $0) })
    case .structure(let fields):
      try container.encode(
        Dictionary(fields.map { ($0.name, JSONValue(value: $0.value)) }, uniquingKeysWith: { first, _ in first }))
    default: try container.encode(value.description)
    }
  }
}
