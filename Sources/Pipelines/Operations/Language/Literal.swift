import Tabular

/// Values of the pipeline file as SQL.
package enum Literal {
  /// A text; a NUL, which no SQL text can hold, becomes an expression of its own.
  package static func text(_ text: String) -> SQL {
    let parts = text.split(separator: "\0", omittingEmptySubsequences: false).map { part -> SQL in
      "\(text: String(part))"
    }
    return parts.count == 1 ? parts[0] : "(\(parts, separator: " || chr(0) || "))"
  }

  /// Plain digits (`-12.50`, `1e-3`), or nil if `text` isn't a finite number.
  package static func number(_ text: String) -> SQL? {
    guard let value = Double(text), value.isFinite else { return nil }
    let plain = text.utf8.allSatisfy { (48...57).contains($0) || "+-.eE".utf8.contains($0) }
    return SQL(raw: plain ? text : value.description)
  }

  /// Nothing, in a column of its own.
  static let empty: SQL = "CAST(NULL AS VARCHAR)"

  /// A constant as a column of its own: nothing is a text that is null.
  /// - Throws: see `constant`.
  package static func column(_ setting: Setting) throws(Problem) -> (sql: SQL, type: DataType) {
    setting.content == .null ? (empty, .text) : try constant(setting)
  }

  /// A constant that keeps its JSON type: whole numbers BIGINT, or HUGEINT where they need it, others DOUBLE as JSON readers make them.
  /// - Throws: `wrong-type` for lists, maps, and numbers these types don't hold exactly.
  package static func constant(_ setting: Setting) throws(Problem) -> (sql: SQL, type: DataType) {
    switch setting.content {
    case .null: return ("NULL", .null)
    case .toggle(let flag): return (flag ? "TRUE" : "FALSE", .boolean)
    case .integer(let number): return ("CAST(\(number) AS BIGINT)", .int64)
    case .number(let written):
      let number = PlainNumber(written)
      if let number, number.fits(.int128), !written.contains(where: { ".eE".contains($0) }) {
        return ("CAST(\(text: number.text) AS HUGEINT)", .int128)
      }
      guard number?.fits(.float64) == true else {
        throw Problem(
          "wrong-type", "\"\(written)\" has more digits than a number in a column of doubles.",
          hint: "Write it as a text and cast it: `- cast: { column: \"decimal(38,18)\" }`.", at: setting.location)
      }
      return ("CAST(\(text: written) AS DOUBLE)", .float64)
    case .text(let text): return (Literal.text(text), .text)
    case .list, .map:
      throw Problem(
        "wrong-type", "A list or a map can't be a constant.",
        hint: "Use an expression: `- add: { column: \"[1, 2]\" }`.", at: setting.location)
    }
  }

  /// `setting` as a value to compare a column of `type` with.
  /// - Throws: `wrong-type` if no value of the column can be equal to it.
  package static func comparable(_ setting: Setting, with type: DataType, field: FieldName) throws(Problem) -> SQL {
    func misfit() -> Problem {
      Problem(
        "wrong-type",
        "Column \"\(field.name)\" is \(type.inWords); it can't be compared with \"\(setting.text ?? "a list")\".",
        at: setting.location)
    }
    guard let text = setting.text else { throw misfit() }
    if type.isNumber && type != .numeric {
      guard let sql = number(text) else { throw misfit() }
      return text.hasPrefix("-") ? "(\(sql))" : sql
    }
    if type == .boolean {
      do { return try Bool(setting: setting) ? "TRUE" : "FALSE" } catch { throw misfit() }
    }
    if type.isMoment {
      guard text.utf8.count >= 8, text.utf8.prefix(4).allSatisfy({ (48...57).contains($0) }), text.contains("-") else {
        throw Problem(
          "wrong-type", misfit().message, hint: "Write dates like 2025-01-31, times like 2025-01-31T10:30:00Z.",
          at: setting.location)
      }
      return "CAST(\(Literal.text(text)) AS \(type))"
    }
    switch type {
    case .list, .array, .structure, .map: throw misfit()
    default: return Literal.text(text)
    }
  }
}
