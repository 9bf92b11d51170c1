import Tabular

/// SQL the user wrote, checked to be one query or one condition, so that what Weir puts around it holds.
/// Parameters in it are values: inside quotation marks their own are doubled, elsewhere anything but a number or a plain name
/// becomes a quoted text.
package enum UserSQL {
  /// One SELECT, without a semicolon at its end.
  /// - Throws: `wrong-type`, `bad-expression`.
  package static func query(_ setting: Setting) throws(Problem) -> String {
    guard let text = text(setting), !text.isEmpty else {
      throw Problem("wrong-type", "must be a SELECT.", at: setting.location)
    }
    let query = withoutSemicolon(text)
    try ExpressionGuard.check(query, at: setting.location, allowing: .query)
    return query
  }

  private static func withoutSemicolon(_ text: String) -> String {
    guard let last = text.lastIndex(where: { !$0.isWhitespace }), text[last] == ";" else { return text }
    return withoutSemicolon(String(text[..<last]))
  }

  /// One condition.
  /// - Throws: `wrong-type`, `bad-expression`.
  package static func condition(_ setting: Setting) throws(Problem) -> String {
    guard let text = text(setting) else {
      throw Problem("wrong-type", "must be a SQL condition.", at: setting.location)
    }
    try ExpressionGuard.check(text, at: setting.location)
    return text
  }

  /// The text with its parameters as values.
  static func text(_ setting: Setting) -> String? {
    guard let text = setting.text, !setting.parameters.isEmpty else { return setting.text }
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var place = Place.code
    var position = 0
    for range in setting.parameters {
      result += bytes[position..<range.lowerBound]
      for index in position..<range.lowerBound { place.pass(bytes, index) }
      result += place.value(bytes[range])
      position = range.upperBound
    }
    result += bytes[position...]
    return String(decoding: result, as: UTF8.self)
  }

  /// What kind of SQL text a parameter stands in.
  private enum Place {
    case code, text, name, line, comment

    /// Moves past the byte at `index`; a doubled quotation mark ends a text and begins it again.
    mutating func pass(_ bytes: [UInt8], _ index: Int) {
      let byte = bytes[index]
      let last = index > 0 ? bytes[index - 1] : 0
      switch self {
      case .code where byte == UInt8(ascii: "'"): self = .text
      case .code where byte == UInt8(ascii: "\""): self = .name
      case .code where byte == UInt8(ascii: "-") && last == byte: self = .line
      case .code where byte == UInt8(ascii: "*") && last == UInt8(ascii: "/"): self = .comment
      case .text where byte == UInt8(ascii: "'"), .name where byte == UInt8(ascii: "\""): self = .code
      case .line where byte == 10 || byte == 13: self = .code
      case .comment where byte == UInt8(ascii: "/") && last == UInt8(ascii: "*"): self = .code
      default: break
      }
    }

    func value(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
      switch self {
      case .text: Array(SQL.quote(String(decoding: bytes, as: UTF8.self), with: "'").utf8.dropFirst().dropLast())
      case .name: Array(SQL.quote(String(decoding: bytes, as: UTF8.self), with: "\"").utf8.dropFirst().dropLast())
      case .line, .comment: []
      case .code:
        Self.isPlain(bytes) ? Array(bytes) : Array(SQL.quote(String(decoding: bytes, as: UTF8.self), with: "'").utf8)
      }
    }

    /// A number, or a name such as `public.orders`.
    private static func isPlain(_ bytes: ArraySlice<UInt8>) -> Bool {
      let text = String(decoding: bytes, as: UTF8.self)
      if Literal.number(text)?.text == text { return true }
      let parts = text.split(separator: ".", omittingEmptySubsequences: false)
      return parts.allSatisfy { part in
        guard let first = part.utf8.first, first == UInt8(ascii: "_") || (97...122).contains(first | 32) else {
          return false
        }
        return part.utf8.allSatisfy {
          $0 == UInt8(ascii: "_") || (48...57).contains($0) || (97...122).contains($0 | 32) && $0 > 64
        }
      }
    }
  }
}

extension SQL {
  /// The user's query or condition between parentheses; the line break ends a comment at its end.
  package init(enclosing text: String) { self.init(raw: text.contains("--") ? "(\(text)\n)" : "(\(text))") }
}
