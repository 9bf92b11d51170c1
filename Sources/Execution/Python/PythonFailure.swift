import Foundation
import Pipelines

/// What the Python side tells when it can't go on.
struct PythonFailure: Decodable {
  var kind: String
  var line: Int?
  var message: String?
  var row: Int?
  var column: String?
  /// The row as it came, as JSON.
  var values: String?
  var found: Found?
  var rows: Int?

  /// A word, a count, or undeclared columns with the types that would fit.
  enum Found: Decodable {
    case word(String), count(Int), columns([[String]])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let word = try? container.decode(String.self) {
        self = .word(word)
      } else if let count = try? container.decode(Int.self) {
        self = .count(count)
      } else {
        self = .columns(try container.decode([[String]].self))
      }
    }
  }

  /// The failure in the user's words, at the line of their code.
  func problem(of script: PythonScript, _ program: PythonProgram, in step: String) -> Problem {
    let place = script.location(ofLine: line)
    let at = row.map { "Step \"\(step)\": row \($0): " } ?? "Step \"\(step)\": "
    let code = script.line(line)?.trimmingCharacters(in: .whitespaces)
    let words = line.map { " (line \($0)\(code.map { ": \($0)" } ?? ""))" } ?? ""
    let shown = values.map { "The row was \($0.count > 500 ? $0.prefix(500) + "…" : $0)." }
    switch kind {
    case "exception":
      let aside = script.mode == .row && row != nil ? " With on_error: skip such rows are set aside." : ""
      return Problem(
        "python-exception", "\(at)\(message ?? "the function raised an exception")\(words)",
        hint: shown.map { $0 + aside }, at: place)
    case "value":
      return Problem(
        "python-value", "\(at)column \"\(column ?? "")\" \(message ?? "doesn't fit").",
        hint: "Return a value of the column's type, or give it another one under returns."
          + (shown.map { "\n  " + $0 } ?? ""), at: place)
    case "undeclared":
      var columns: [[String]] = []
      if case .columns(let found)? = found { columns = found.filter { $0.count == 2 } }
      let names = columns.map { "\"\($0[0])\"" }.joined(separator: ", ")
      let lines = columns.map { "\n    \(Self.key($0[0])): \(Self.key($0[1]))" }.joined()
      return Problem(
        "python-undeclared-column", "\(at)the function returns \(names), which the step doesn't declare.",
        hint: "Add to the step:\n  returns:\(lines)", at: program.location)
    case "result":
      var what = "something else"
      if case .word(let word)? = found { what = word }
      let wanted =
        script.mode == .row
        ? "a dict, a list of dicts (rows are split) or None (the row is dropped)"
        : "a dict of lists, a pyarrow.Table or None"
      return Problem(
        "python-value", "\(at)the function returned \(what); it must return \(wanted).", hint: shown, at: place)
    case "lengths":
      var count = 0
      if case .count(let found)? = found { count = found }
      return Problem(
        "python-value", "\(at)column \"\(column ?? "")\" has \(count) values, others have \(rows ?? 0).",
        hint: "A function that changes the number of rows returns all columns.", at: place)
    case "memory":
      return Problem(
        "python-memory",
        "\(at)the Python function needs more than the \(ByteCount(program.memoryBytes).display ?? "") it may use\(words).",
        hint: script.mode == .table
          ? "Raise memory:, or write def transform(batch), which sees 10,000 rows at a time."
          : "Raise memory:, or keep less in the function.",
        at: place)
    case "timeout":
      return Problem(
        "python-timeout",
        "\(at)the Python function took longer than \(TimeSpan.text(program.timeout))\(words) and was stopped.",
        hint: "Raise timeout:, or see whether the function ends.", at: place)
    default: return Problem("python-died", "\(at)Python said \"\(kind)\".", at: place)
    }
  }

  /// A word of YAML, in quotation marks where it needs them.
  private static func key(_ text: String) -> String {
    let isPlain =
      !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") } && Int(text) == nil
    return isPlain
      ? text : "\"\(text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\""))\""
  }
}

/// A row the function couldn't be used on.
struct PythonReject: Decodable {
  var row: Int
  var values: String
  var reason: String
  var line: Int?
}
