import Foundation

/// How Weir writes and reads JSON: for people and programs (`text`), and between its own parts (`line`).
package enum Document {
  /// Indented, keys in snake case and sorted, times as ISO 8601.
  package static func text(_ value: some Encodable) throws -> String {
    let encoder = plainEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self).replacing(/\[\n\n *\]/, with: "[]").replacing(
      /\{\n\n *\}/, with: "{}")
  }

  /// On one line; `read` gives the value back.
  package static func line(_ value: some Encodable) throws -> String {
    String(decoding: try plainEncoder().encode(value), as: UTF8.self)
  }

  package static func read<Value: Decodable>(_ type: Value.Type, from line: String) throws -> Value {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .custom { decoder in
      let text = try decoder.singleValueContainer().decode(String.self)
      guard let date = date(text) else {
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: "\(text) is not a time."))
      }
      return date
    }
    return try decoder.decode(type, from: Data(line.utf8))
  }

  /// ISO 8601, UTC, with milliseconds.
  package static func text(_ date: Date) -> String { date.formatted(.iso8601WithMilliseconds) }

  package static func date(_ text: String) -> Date? {
    (try? Date.ISO8601FormatStyle.iso8601WithMilliseconds.parse(text))
      ?? (try? Date.ISO8601FormatStyle.iso8601.parse(text))
  }

  private static func plainEncoder() -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .custom { date, encoder in
      var container = encoder.singleValueContainer()
      try container.encode(text(date))
    }
    return encoder
  }
}

extension FormatStyle where Self == Date.ISO8601FormatStyle {
  fileprivate static var iso8601WithMilliseconds: Date.ISO8601FormatStyle { .init(includingFractionalSeconds: true) }
}
