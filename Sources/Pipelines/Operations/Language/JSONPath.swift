import Tabular

/// A path into JSON, in the part of JSONPath (RFC 9535) that the engine can follow: `$.a.b`, `['a b']`, `[0]`, `[-1]`, `[*]`, `.*` and a
/// filter `[?(@.a == 'x')]` with `==`, `!=`, `<`, `<=`, `>`, `>=` or nothing (it is there).
struct JSONPath: Sendable {
  private enum Part: Sendable {
    /// In the engine's notation: `."a"`, `[0]`, `[#-1]`.
    case plain(String)
    /// `[*]` or `.*`.
    case all(String)
    case filter(path: String, comparison: String, literal: Literal?)
  }
  private enum Literal: Sendable {
    case text(String)
    case number(String)
    case word(String)
  }

  private var parts: [Part] = []

  /// Whether it may lead to several values.
  var isMany: Bool { parts.contains { if case .plain = $0 { false } else { true } } }

  /// - Throws: `invalid-path`.
  init(_ text: String, at location: Location) throws(Problem) {
    var rest = Array(text.unicodeScalars)[...]
    if rest.first == "$" { rest = rest.dropFirst() } else if rest.first != "[" { rest.insert(".", at: rest.startIndex) }
    func wrong(_ words: String) -> Problem {
      Problem(
        "invalid-path", "The JSON path \"\(text)\" \(words).",
        hint: "Known are $.a.b, ['a b'], [0], [-1], [*] and [?(@.a == 'x')].", at: location)
    }
    while let first = rest.popFirst() {
      if first == "." {
        if rest.first == "." { throw wrong("has .., which isn't known here") }
        if rest.first == "*" {
          rest.removeFirst()
          parts.append(.all(".*"))
          continue
        }
        var name = Self.quoted(&rest, marks: ["\""])
        if name == nil {
          let plain = rest.prefix { !".[".unicodeScalars.contains($0) }
          rest = rest.dropFirst(plain.count)
          name = String(String.UnicodeScalarView(plain))
        }
        guard let name, !name.isEmpty else { throw wrong("lacks a name behind a point") }
        parts.append(.plain(try Self.key(name, wrong)))
      } else if first == "[" {
        try bracket(&rest, wrong)
      } else {
        throw wrong("has \"\(Character(first))\" where . or [ should be")
      }
    }
  }

  private mutating func bracket(_ rest: inout ArraySlice<Unicode.Scalar>, _ wrong: (String) -> Problem) throws(Problem)
  {
    if let name = Self.quoted(&rest, marks: ["'", "\""]) {
      guard rest.popFirst() == "]" else { throw wrong("has a [ that isn't closed") }
      parts.append(.plain(try Self.key(name, wrong)))
      return
    }
    if rest.first == "?" {
      parts.append(try Self.filter(&rest, wrong))
      return
    }
    let inside = String(String.UnicodeScalarView(rest.prefix { $0 != "]" }))
    rest = rest.dropFirst(inside.unicodeScalars.count)
    guard rest.popFirst() == "]" else { throw wrong("has a [ that isn't closed") }
    if inside == "*" {
      parts.append(.all("[*]"))
    } else if let index = Int(inside) {
      parts.append(.plain(index < 0 ? "[#\(index)]" : "[\(index)]"))
    } else {
      throw wrong("has [\(inside)], which isn't known here")
    }
  }

  /// `?(@.a.b == 'x')]`, with or without parentheses.
  private static func filter(
    _ rest: inout ArraySlice<Unicode.Scalar>, _ wrong: (String) -> Problem
  ) throws(Problem) -> Part {
    var inside = String.UnicodeScalarView()
    var mark: Unicode.Scalar?
    rest.removeFirst()
    while let next = rest.first, mark != nil || next != "]" {
      if mark == nil, next == "'" || next == "\"" { mark = next } else if mark == next { mark = nil }
      inside.append(next)
      rest.removeFirst()
    }
    guard rest.popFirst() == "]" else { throw wrong("has a [ that isn't closed") }
    var text = Substring(String(inside)).drop { $0 == " " }
    if text.first == "(", text.last == ")" { text = text.dropFirst().dropLast() }
    guard let match = text.wholeMatch(of: /\s*@((?:\.[A-Za-z_][A-Za-z0-9_]*)+)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?))?\s*/)
    else {
      throw wrong("has a filter that isn't known here")
    }
    let names = match.1.split(separator: ".").map { ".\"\($0)\"" }.joined()
    guard let comparison = match.2, let written = match.3 else {
      return .filter(path: names, comparison: "", literal: nil)
    }
    let literal: Literal
    if written.count >= 2, let quote = written.first, quote == "'" || quote == "\"", written.last == quote {
      literal = .text(String(written.dropFirst().dropLast()))
    } else if let number = Pipelines.Literal.number(String(written)) {
      literal = .number(number.text)
    } else if ["true", "false", "null"].contains(written) {
      literal = .word(String(written))
    } else {
      throw wrong("compares with \(written), which is neither a text in quotation marks nor a number")
    }
    return .filter(
      path: names, comparison: comparison == "==" ? "=" : comparison == "!=" ? "<>" : String(comparison),
      literal: literal)
  }

  private static func quoted(_ rest: inout ArraySlice<Unicode.Scalar>, marks: Set<Unicode.Scalar>) -> String? {
    guard let mark = rest.first, marks.contains(mark) else { return nil }
    let name = rest.dropFirst().prefix { $0 != mark }
    guard rest.count > name.count + 1 else { return nil }
    rest = rest.dropFirst(name.count + 2)
    return String(String.UnicodeScalarView(name))
  }

  private static func key(_ name: String, _ wrong: (String) -> Problem) throws(Problem) -> String {
    guard !name.contains("\""), !name.contains("\0") else { throw wrong("has a name with a quotation mark") }
    return ".\"\(name)\""
  }

  /// The texts it leads to in a JSON value: a text, or a list of texts if it is `isMany`.
  func sql(in json: SQL) -> SQL {
    var value = json
    var isMany = false
    var plain = ""
    func follow(_ ending: String = "") {
      guard !plain.isEmpty || !ending.isEmpty else { return }
      let path: SQL = "\(text: "$" + plain + ending)"
      if isMany {
        value = "list_transform(\(value), lambda __e: json_extract(__e, \(path)))"
        if !ending.isEmpty { value = "flatten(\(value))" }
      } else {
        value = "json_extract(\(value), \(path))"
      }
      plain = ""
      if isMany || !ending.isEmpty { value = "list_filter(\(value), lambda __e: __e IS NOT NULL)" }
    }
    for part in parts {
      switch part {
      case .plain(let path): plain += path
      case .all(let path):
        follow(path)
        isMany = true
      case .filter(let path, let comparison, let literal):
        follow("[*]")
        isMany = true
        value = "list_filter(\(value), lambda __e: \(Self.condition(path, comparison, literal)))"
      }
    }
    follow()
    return isMany
      ? "list_transform(\(value), lambda __e: json_extract_string(__e, '$'))" : "json_extract_string(\(value), '$')"
  }

  private static func condition(_ path: String, _ comparison: String, _ literal: Literal?) -> SQL {
    let place: SQL = "\(text: "$" + path)"
    let found: SQL = "json_extract_string(__e, \(place))"
    let sign = SQL(raw: comparison)
    let test: SQL =
      switch literal {
      case nil: "json_extract(__e, \(place)) IS NOT NULL"
      case .text(let text)?: "\(found) \(sign) \(Pipelines.Literal.text(text))"
      case .number(let number)?: "TRY_CAST(\(found) AS DOUBLE) \(sign) \(SQL(raw: number))"
      case .word("null")?: "coalesce(json_type(__e, \(place)), '') \(sign) 'NULL'"
      case .word(let word)?: "\(found) \(sign) \(text: word)"
      }
    return "coalesce(\(test), FALSE)"
  }
}
