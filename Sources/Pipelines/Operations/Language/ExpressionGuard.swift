import Tabular

/// A SQL expression the user wrote, checked to be one expression and nothing more.
package struct UserExpression: SettingValue, Hashable {
  package let text: String
  package let location: Location

  package static var kind: SettingKind { .text }
  package init(setting: Setting) throws(Problem) {
    guard let text = UserSQL.text(setting) else { throw Problem("wrong-type", "must be a SQL expression.") }
    self.text = text
    location = setting.location
    try ExpressionGuard.check(text, at: setting.location)
  }

  /// The expression in parentheses.
  package var sql: SQL { SQL(enclosing: text) }
  package var display: String? { text.isEmpty ? nil : text }
}

/// Makes sure that a text put between parentheses stays between them.
package enum ExpressionGuard {
  package enum Shape: String, Sendable {
    case expression
    /// A SELECT, in which commas may stand outside parentheses.
    case query
  }

  /// - Throws: `bad-expression`, naming what is open, or what would end the expression.
  package static func check(_ text: String, at location: Location, allowing shape: Shape = .expression) throws(Problem)
  {
    func bad(_ what: String, hint: String? = nil) -> Problem {
      Problem("bad-expression", "isn't a single SQL \(shape.rawValue): \(what)", hint: hint, at: location)
    }
    let bytes = Array(text.utf8)
    guard bytes.contains(where: { $0 > 32 }) else { throw bad("it is empty.") }
    guard !bytes.contains(0) else { throw bad("it holds a NUL character.") }
    var scanner = Scanner(bytes: bytes)
    var open: [UInt8] = []
    var isBehindEscapes = false
    while let byte = scanner.current {
      let wasBehindEscapes = isBehindEscapes
      // Spaces and comments between two texts make them one, with the escapes of the first.
      isBehindEscapes = isBehindEscapes && (byte <= 32 || byte >= 128 || scanner.beginsComment)
      switch byte {
      case UInt8(ascii: "'"):
        guard !wasBehindEscapes else { throw bad("a text follows a text with escapes.") }
        isBehindEscapes = scanner.hasEscapes
        guard scanner.skipString() else {
          throw bad("a quotation mark ' is not closed.", hint: "Write a ' inside a text twice: 'it''s'.")
        }
      case UInt8(ascii: "\""):
        guard scanner.skipQuoted(byte) else { throw bad("a quotation mark \" is not closed.") }
      case UInt8(ascii: "-") where scanner.next == byte: scanner.skipLine()
      case UInt8(ascii: "/") where scanner.next == UInt8(ascii: "*"):
        guard scanner.skipComment() else { throw bad("a comment /* is not closed.") }
      case UInt8(ascii: "$"): throw bad("it holds a $.", hint: "Put a text between single quotation marks.")
      case UInt8(ascii: ";"):
        throw bad("a semicolon would end it.", hint: "Leave the semicolon out, or put it between quotation marks.")
      case UInt8(ascii: ","):
        guard !open.isEmpty || shape == .query else { throw bad("a comma stands outside parentheses.") }
        scanner.advance()
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"):
        open.append(byte)
        scanner.advance()
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
        guard let opening = open.popLast(), pairs[opening] == byte else {
          throw bad("\"\(Character(UnicodeScalar(byte)))\" closes nothing.")
        }
        scanner.advance()
      default: scanner.advance()
      }
    }
    if let opening = open.last { throw bad("\"\(Character(UnicodeScalar(opening)))\" is not closed.") }
  }

  private static let pairs: [UInt8: UInt8] = [
    UInt8(ascii: "("): UInt8(ascii: ")"), UInt8(ascii: "["): UInt8(ascii: "]"), UInt8(ascii: "{"): UInt8(ascii: "}"),
  ]

  /// Walks over SQL as the engine's lexer does.
  private struct Scanner {
    let bytes: [UInt8]
    var position = 0

    var current: UInt8? { position < bytes.count ? bytes[position] : nil }
    var next: UInt8? { position + 1 < bytes.count ? bytes[position + 1] : nil }
    mutating func advance() { position += 1 }

    var beginsComment: Bool {
      current == UInt8(ascii: "-") && next == current || current == UInt8(ascii: "/") && next == UInt8(ascii: "*")
    }

    /// Whether the text that begins here has backslash escapes: it starts with `E'`.
    var hasEscapes: Bool {
      position > 0 && (bytes[position - 1] | 32) == UInt8(ascii: "e") && !isWord(at: position - 2)
    }

    /// Past a text.
    mutating func skipString() -> Bool { skipQuoted(UInt8(ascii: "'"), escapes: hasEscapes) }

    mutating func skipQuoted(_ mark: UInt8, escapes: Bool = false) -> Bool {
      advance()
      while let byte = current {
        if escapes, byte == UInt8(ascii: "\\") {
          position += 2
        } else if byte == mark, next == mark {
          position += 2
        } else if byte == mark {
          advance()
          return true
        } else {
          advance()
        }
      }
      return false
    }

    mutating func skipLine() {
      while let byte = current, byte != 10, byte != 13 { advance() }
    }

    /// Past a comment; comments nest.
    mutating func skipComment() -> Bool {
      var depth = 0
      while let byte = current {
        if byte == UInt8(ascii: "/"), next == UInt8(ascii: "*") {
          depth += 1
          position += 2
        } else if byte == UInt8(ascii: "*"), next == UInt8(ascii: "/") {
          depth -= 1
          position += 2
          if depth == 0 { return true }
        } else {
          advance()
        }
      }
      return false
    }

    private func isWord(at index: Int) -> Bool {
      guard index >= 0 else { return false }
      let byte = bytes[index]
      return byte == UInt8(ascii: "_") || byte >= 128 || (48...57).contains(byte) || (97...122).contains(byte | 32)
    }
  }
}
