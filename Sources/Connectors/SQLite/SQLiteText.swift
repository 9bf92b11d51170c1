import Pipelines
import Tabular

/// SQL the user wrote, as SQLite reads it: its comments don't nest, a line ends with a line feed only, backslashes mean nothing, and
/// names may stand in brackets.
enum SQLiteText {
  /// The query or condition between parentheses.
  /// - Throws: `bad-expression` for what SQLite would not keep between them.
  static func enclosed(_ text: String, at location: Location?) throws(Problem) -> SQL {
    func bad(_ what: String, hint: String? = nil) -> Problem {
      Problem("bad-expression", "The SQL for SQLite isn't one expression: \(what)", hint: hint, at: location)
    }
    let bytes = Array(text.utf8)
    var (position, depth) = (0, 0)
    /// Past the next `end`; nil if there is none.
    func skip(past end: [UInt8]) -> Int? {
      bytes[position...].firstRange(of: end)?.upperBound
    }
    while position < bytes.count {
      let byte = bytes[position]
      let next = position + 1 < bytes.count ? bytes[position + 1] : 0
      position += 1
      switch byte {
      case UInt8(ascii: "'"), UInt8(ascii: "\""):
        guard let end = skip(past: [byte]) else { throw bad("a quotation mark is not closed.") }
        position = end
      case UInt8(ascii: "-") where next == byte: position = skip(past: [10]) ?? bytes.count
      case UInt8(ascii: "/") where next == UInt8(ascii: "*"):
        position += 1
        guard let end = skip(past: Array("*/".utf8)) else { throw bad("a comment is not closed.") }
        position = end
      case UInt8(ascii: "["), UInt8(ascii: "`"):
        throw bad("it holds \(Character(UnicodeScalar(byte))).", hint: "Put names between double quotation marks.")
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"):
        depth -= 1
        guard depth >= 0 else { throw bad("a parenthesis closes nothing.") }
      case UInt8(ascii: ";"), 0: throw bad("a semicolon or a NUL would end it.")
      default: break
      }
    }
    guard depth == 0 else { throw bad("a parenthesis is not closed.") }
    return SQL(enclosing: text)
  }
}
