/// Something the user can act on: in a pipeline file, in a connection, or in a run.
package struct Problem: Error, Sendable {
  /// A stable name such as `unknown-column`, listed in `docs/reference/problems.md`.
  package struct Code: Hashable, Sendable, Codable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let description: String
    package init(stringLiteral name: String) { description = name }
    package init(from decoder: any Decoder) throws {
      description = try decoder.singleValueContainer().decode(String.self)
    }
    package func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(description)
    }
  }

  package enum Severity: String, Sendable, Codable { case error, warning }

  package var code: Code
  /// What is wrong, in the user's words: `Step "daily" uses column "amout", which "orders" does not have.`
  package var message: String
  /// What to do: `Did you mean "amount"?`
  package var hint: String?
  package var location: Location?
  package var severity = Severity.error
  /// Whether the same attempt may succeed later (a timeout, a server that is restarting).
  package var isTransient = false
  /// For the log only.
  package var cause: (any Error)?

  package init(
    _ code: Code, _ message: String, hint: String? = nil, at location: Location? = nil, isTransient: Bool = false,
    cause: (any Error)? = nil
  ) {
    self.code = code
    self.message = message
    self.hint = hint
    self.location = location
    self.isTransient = isTransient
    self.cause = cause
  }

  /// The same problem, placed at `location` if it has no place yet.
  package func located(at location: Location?) -> Problem {
    var copy = self
    copy.location = copy.location ?? location
    return copy
  }

  package func warning() -> Problem {
    var copy = self
    copy.severity = .warning
    return copy
  }
}

extension Problem: CustomStringConvertible {
  package var description: String {
    "\(severity.rawValue)[\(code)] \(message)" + (location.map { "  \($0)" } ?? "") + (hint.map { "\n  \($0)" } ?? "")
  }
}

extension Problem: Codable {
  private enum CodingKeys: String, CodingKey { case code, message, hint, location, severity, isTransient = "transient" }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    code = try container.decode(Code.self, forKey: .code)
    message = try container.decode(String.self, forKey: .message)
    hint = try container.decodeIfPresent(String.self, forKey: .hint)
    location = try container.decodeIfPresent(Location.self, forKey: .location)
    severity = try container.decodeIfPresent(Severity.self, forKey: .severity) ?? .error
    isTransient = try container.decodeIfPresent(Bool.self, forKey: .isTransient) ?? false
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(code, forKey: .code)
    try container.encode(message, forKey: .message)
    try container.encode(hint, forKey: .hint)
    try container.encode(location, forKey: .location)
    if severity == .warning { try container.encode(severity, forKey: .severity) }
    if isTransient { try container.encode(isTransient, forKey: .isTransient) }
  }
}

/// Several problems found at once.
package struct Problems: Error, Sendable, CustomStringConvertible {
  package var all: [Problem]
  package init(_ all: [Problem]) { self.all = all }

  package var description: String { all.map(\.description).joined(separator: "\n") }

  /// The problems in any error; an error of another kind becomes `fallback` with the error as its cause.
  package static func of(_ error: any Error, fallback: Problem.Code = "internal") -> [Problem] {
    switch error {
    case let problem as Problem: [problem]
    case let problems as Problems: problems.all
    case let waiting as AwaitingInput: waiting.questions.map(\.problem)
    default:
      [
        Problem(
          fallback, "Something went wrong inside Weir: \(error)",
          hint: "Please report this with the output of `weir doctor`.",
          cause: error)
      ]
    }
  }
}
