/// SQL text that can only be built from literals of this program, quoted names and quoted values,
/// so that no text of a user can break out of it.
///
///     let sql: SQL = "SELECT \(name: column) FROM \(name: table) WHERE kind = \(text: kind)"
package struct SQL: Hashable, Sendable, ExpressibleByStringInterpolation, CustomStringConvertible {
  package var text: String

  package init(stringLiteral text: String) { self.text = text }
  package init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }
  /// Takes text that is SQL already: a query the user wrote, or a statement the engine gave back.
  package init(raw text: String) { self.text = text }

  package var description: String { text }

  package static func += (left: inout SQL, right: SQL) { left.text += right.text }

  package struct StringInterpolation: StringInterpolationProtocol {
    var text = ""
    package init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }
    package mutating func appendLiteral(_ literal: String) { text += literal }
    package mutating func appendInterpolation(_ sql: SQL) { text += sql.text }
    package mutating func appendInterpolation(_ list: [SQL], separator: String = ", ") {
      text += list.map(\.text).joined(separator: separator)
    }
    /// A quoted identifier.
    package mutating func appendInterpolation(name: String) { text += SQL.quote(name, with: "\"") }
    /// Quoted identifiers, separated by commas.
    package mutating func appendInterpolation(names: [String]) {
      text += names.map { SQL.quote($0, with: "\"") }.joined(separator: ", ")
    }
    /// A string literal.
    package mutating func appendInterpolation(text value: String) { text += SQL.quote(value, with: "'") }
    package mutating func appendInterpolation(_ flag: Bool) { text += flag ? "true" : "false" }
    package mutating func appendInterpolation(_ number: Int) { text += String(number) }
    package mutating func appendInterpolation(_ type: DataType) { text += type.description }
  }

  /// `text` between two `mark`s, with each `mark` inside doubled.
  package static func quote(_ text: String, with mark: Unicode.Scalar) -> String {
    "\(mark)\(doubling(mark, in: text))\(mark)"
  }

  /// `text` with each `mark` doubled: also one that carries an accent, which Swift takes for another character.
  package static func doubling(_ mark: Unicode.Scalar, in text: String) -> String {
    guard text.unicodeScalars.contains(mark) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      result.append(scalar)
      if scalar == mark { result.append(mark) }
    }
    return String(result)
  }

  /// The name between double quotation marks, or `text` as it is if it has none.
  package static func unquoted(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard scalars.count > 1, scalars.first == "\"", scalars.last == "\"" else { return text }
    var result = String.UnicodeScalarView()
    var isFirst = false
    for scalar in scalars.dropFirst().dropLast() {
      isFirst = scalar == "\"" && !isFirst
      if !isFirst { result.append(scalar) }
    }
    return String(result)
  }
}
