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
    var place = Place()
    var position = 0
    func put(_ part: some Sequence<UInt8>) {
      for byte in part {
        result.append(byte)
        place.pass(byte)
      }
    }
    for range in setting.parameters {
      put(bytes[position..<range.lowerBound])
      put(place.value(String(decoding: bytes[range], as: UTF8.self)))
      position = range.upperBound
    }
    result += bytes[position...]
    return String(decoding: result, as: UTF8.self)
  }

  /// What kind of SQL text a parameter stands in.
  private struct Place {
    private enum Kind { case code, text, name, line, comment }

    private var kind = Kind.code
    /// Of the text that is open, or has just ended and goes on if a quotation mark follows.
    private var hasEscapes = false
    private var isEscaped = false
    private var hasJustEnded = false
    /// Comments that are open; they nest.
    private var depth = 0
    /// The two bytes before, 0 for one that has begun or ended a comment.
    private var last: UInt8 = 0
    private var earlier: UInt8 = 0

    mutating func pass(_ byte: UInt8) {
      var kept = byte
      defer { (earlier, last) = (last, kept) }
      switch kind {
      case .code:
        switch byte {
        case UInt8(ascii: "'"):
          kind = .text
          if !hasJustEnded { hasEscapes = (last | 32) == UInt8(ascii: "e") && !Self.isWord(earlier) }
        case UInt8(ascii: "\""): kind = .name
        case UInt8(ascii: "-") where last == byte: kind = .line
        case UInt8(ascii: "*") where last == UInt8(ascii: "/"): (kind, depth, kept) = (.comment, 1, 0)
        default: break
        }
        hasJustEnded = false
      case .text where isEscaped: isEscaped = false
      case .text where byte == UInt8(ascii: "\\") && hasEscapes: isEscaped = true
      case .text where byte == UInt8(ascii: "'"): (kind, hasJustEnded) = (.code, true)
      case .name where byte == UInt8(ascii: "\""): kind = .code
      case .line where byte == 10 || byte == 13: kind = .code
      case .comment where byte == UInt8(ascii: "*") && last == UInt8(ascii: "/"): (depth, kept) = (depth + 1, 0)
      case .comment where byte == UInt8(ascii: "/") && last == UInt8(ascii: "*"):
        (depth, kept) = (depth - 1, 0)
        if depth == 0 { kind = .code }
      default: break
      }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: "_") || byte >= 128 || (48...57).contains(byte) || (97...122).contains(byte | 32)
    }

    /// The parameter as it stands here, apart from what is before it: `5-{{ x }}` begins no comment, `e{{ x }}` no text with escapes.
    func value(_ text: String) -> String.UTF8View {
      switch kind {
      case .text:
        return SQL.doubling("'", in: hasEscapes ? SQL.doubling("\\", in: text) : text).utf8
      case .name: return SQL.doubling("\"", in: text).utf8
      case .line, .comment: return "".utf8
      case .code where Self.isPlain(text): return ((last == UInt8(ascii: "-") ? " " : "") + text).utf8
      case .code:
        let touches = Self.isWord(last) || last == UInt8(ascii: "'") || last == UInt8(ascii: "&")
        return ((touches ? " " : "") + SQL.quote(text, with: "'")).utf8
      }
    }

    /// A number, or a name such as `public.orders`.
    private static func isPlain(_ text: String) -> Bool {
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
  package init(enclosing text: String) {
    self.init(raw: text.utf8.firstRange(of: "--".utf8) != nil ? "(\(text)\n)" : "(\(text))")
  }
}
