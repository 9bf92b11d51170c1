import Tabular

/// What the engine is made to say when an operation meets a value it can't use: operation, column, value, and the operation's place.
package enum Refusal {
  private static let mark = "weir-refusal "

  private static let hints = [
    "bad-value": "Use `on_error: null` where the operation has it, a filter or a check with `on_fail: skip` before it.",
    "too-many-pairs":
      "Name `keys` that must be equal, such as a city, so that fewer rows are compared; or compare a shorter column.",
  ]

  /// SQL that ends the query.
  /// - Parameter message: SQL of a text that is never null.
  static func saying(_ message: SQL, as code: String = "bad-value", at location: Location) -> SQL {
    "error(\(text: "\(mark)\(location.line) \(location.column) \(code) ") || \(message))"
  }

  /// The problem in what the engine said; nil if it said something else.
  /// - Parameter location: of the step, for the file's name.
  package static func problem(in text: String, at location: Location?) -> Problem? {
    guard let start = text.firstRange(of: mark) else { return nil }
    let parts = text[start.upperBound...].split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4, let line = Int(parts[0]), let column = Int(parts[1]) else { return nil }
    return Problem(
      Problem.Code(stringLiteral: String(parts[2])), String(parts[3]), hint: hints[String(parts[2])],
      at: location.map { Location(file: $0.file, line: line, column: column) })
  }
}
