/// Fills `${VAR}`, `${VAR:-default}` and `{{ … }}` in the values of a file.
///
/// `$${` stands for a literal `${`; `{{ "text" }}` for a literal text. Inside braces: `secret("name")`, `run.id`,
/// `run.started_at`, `parameters.name`, `env.NAME`, or the bare name of a run parameter.
package struct Interpolation {
  var environment: [String: String]
  var parameters: [String: String]
  /// Parameters the file declares without a default, for the hint when one is missing.
  var declared: Set<String> = []
  var secrets: any SecretLookup
  var run: RunFacts
  var redactor: Redactor
  package private(set) var problems: [Problem] = []
  /// Parameters that were asked for.
  private(set) var used: Set<String> = []

  package init(
    environment: [String: String], parameters: [String: String], secrets: any SecretLookup, run: RunFacts,
    redactor: Redactor
  ) {
    self.environment = environment
    self.parameters = parameters
    self.secrets = secrets
    self.run = run
    self.redactor = redactor
  }

  /// The same value with every text in it filled; problems are collected.
  package mutating func fill(_ setting: Setting) -> Setting {
    switch setting.content {
    case .text(let text) where text.utf8.contains(UInt8(ascii: "$")) || text.contains("{{"):
      return fill(text, at: setting.location)
    case .list(let elements):
      return Setting(.list(elements.map { fill($0) }), at: setting.location)
    case .map(let entries):
      let filled = entries.map { entry in
        Self.isCode(entry)
          ? entry : Setting.Entry(key: entry.key, keyLocation: entry.keyLocation, value: fill(entry.value))
      }
      return Setting(.map(filled), at: setting.location)
    default:
      return setting
    }
  }

  /// Code is left as it is: braces mean something else in Python.
  private static func isCode(_ entry: Setting.Entry) -> Bool {
    (entry.key == "code" || entry.key == "python") && entry.value.text?.contains("def ") == true
  }

  private mutating func fill(_ text: String, at location: Location) -> Setting {
    var result = ""
    var parameters: [Range<Int>] = []
    var rest = text[...]
    var pieces = 0
    var literals = 0
    while let mark = rest.firstIndex(where: { $0 == "$" || $0 == "{" }) {
      literals += rest[..<mark].isEmpty ? 0 : 1
      result += rest[..<mark]
      rest = rest[mark...]
      if rest.hasPrefix("$${") {
        result += "${"
        literals += 1
        rest = rest.dropFirst(3)
      } else if let (body, after) = enclosed(rest, from: "${", to: "}") {
        result += variable(body, at: place(of: rest.startIndex, in: text, from: location))
        pieces += 1
        rest = after
      } else if let (body, after) = enclosed(rest, from: "{{", to: "}}") {
        let start = result.utf8.count
        result += expression(body, at: place(of: rest.startIndex, in: text, from: location))
        parameters.append(start..<result.utf8.count)
        pieces += 1
        rest = after
      } else {
        literals += 1
        result.append(rest.removeFirst())
      }
    }
    literals += rest.isEmpty ? 0 : 1
    result += rest
    var filled = Setting(pieces == 1 && literals == 0 ? Self.retyped(result) : .text(result), at: location)
    if case .text = filled.content { filled.parameters = parameters }
    return filled
  }

  /// A value that is nothing but one variable may be a number or toggle, if no character is lost by it.
  private static func retyped(_ text: String) -> Setting.Content {
    switch text {
    case "true": .toggle(true)
    case "false": .toggle(false)
    default: Int(text).flatMap { String($0) == text ? .integer($0) : nil } ?? .text(text)
    }
  }

  private func enclosed(_ text: Substring, from opening: String, to closing: String) -> (Substring, Substring)? {
    guard text.hasPrefix(opening) else { return nil }
    let inner = text.dropFirst(opening.count)
    guard let end = inner.firstRange(of: closing) else { return nil }
    return (inner[..<end.lowerBound], inner[end.upperBound...])
  }

  private mutating func variable(_ body: Substring, at location: Location) -> String {
    let parts = body.split(separator: ":-", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    if let value = environment[name], !(value.isEmpty && parts.count == 2) {
      if SecretShape.isName(name) { redactor.hide(value) }
      return value
    }
    if parts.count == 2 {
      if SecretShape.isName(name) { redactor.hide(String(parts[1])) }
      return String(parts[1])
    }
    problems.append(
      Problem(
        "unknown-variable", "The environment has no variable \"\(name)\".",
        hint: Nearest.hint(name, among: environment.keys.sorted()) ?? "Set it, or give a default: ${\(name):-value}.",
        at: location))
    return ""
  }

  private mutating func expression(_ body: Substring, at location: Location) -> String {
    let expression = Self.trimmed(body)
    if let name = Self.argument(of: "secret", in: expression) { return secret(name, at: location) }
    if let literal = Self.quoted(expression) { return literal }
    switch expression {
    case "run.id": return run.id
    case "run.started_at": return run.startedAt
    default: break
    }
    if expression.hasPrefix("env.") { return variable(expression.dropFirst(4), at: location) }
    let name = expression.hasPrefix("parameters.") ? String(expression.dropFirst(11)) : expression
    if let value = parameters[name] {
      used.insert(name)
      return value
    }
    if declared.contains(name) {
      problems.append(
        Problem(
          "missing-parameter", "The parameter \"\(name)\" has no value.",
          hint: "Give it with --var \(name)=… or write a default under parameters.", at: location))
      return ""
    }
    let known = Array(parameters.keys).sorted() + declared.sorted() + ["run.id", "run.started_at"]
    problems.append(
      Problem(
        "unknown-parameter", "There is no parameter \"\(name)\".",
        hint: Nearest.hint(name, among: known) ?? "Declare it under parameters, or give it with --var \(name)=….",
        at: location))
    return ""
  }

  private mutating func secret(_ name: String, at location: Location) -> String {
    do throws(Problem) {
      let value = try secrets.secret(named: name).revealed
      redactor.hide(value)
      return value
    } catch {
      problems.append(error.located(at: location))
      return ""
    }
  }

  /// `secret("name")` → `name`.
  private static func argument(of function: String, in text: String) -> String? {
    guard text.hasPrefix(function), text.hasSuffix(")") else { return nil }
    let call = text.dropFirst(function.count).drop { $0 == " " }
    guard call.hasPrefix("(") else { return nil }
    return quoted(trimmed(call.dropFirst().dropLast()))
  }

  private static func trimmed(_ text: Substring) -> String {
    var rest = text.drop(while: \.isWhitespace)
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }

  private static func quoted(_ text: String) -> String? {
    guard text.count >= 2, let mark = text.first, mark == "\"" || mark == "'", text.last == mark else { return nil }
    return String(text.dropFirst().dropLast())
  }

  private func place(of index: String.Index, in text: String, from start: Location) -> Location {
    let before = text[..<index]
    let lines = before.utf8.count { $0 == UInt8(ascii: "\n") }
    let last = before.lastIndex(of: "\n").map { before.index(after: $0) } ?? before.startIndex
    let column = before[last...].unicodeScalars.count
    return Location(file: start.file, line: start.line + lines, column: start.column + column)
  }
}

/// What a pipeline file may know of the run it is read for.
package struct RunFacts: Sendable, Hashable {
  package var id: String
  /// The run's logical time, ISO 8601, UTC.
  package var startedAt: String

  package init(id: String, startedAt: String) {
    self.id = id
    self.startedAt = startedAt
  }

  /// For reading a file without running it.
  package static let preview = RunFacts(id: "preview", startedAt: "2000-01-01T00:00:00Z")
}
